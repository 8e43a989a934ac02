/**
 * Which input was refused. The API, the command line and the UI switch on this, so a value never
 * changes its meaning.
 */
export type InputKind =
  | "otlp"
  | "remote-write"
  | "promql"
  | "template"
  | "rule-file"
  | "routing"
  | "config"
  | "scenario"
  | "promql-test"
  | "rule-test"
  | "exposition"
  | "replay"
  | "rubric"
  | "labels"
  | "snapshot";

/** Where in the input the fault lies; offsets are in UTF-16 code units, `to` is exclusive. */
export type Place = { readonly from: number; readonly to: number };

/**
 * Somebody handed us something that we cannot accept. Our own bugs never throw this: they fail an
 * assertion. The message says where, what is wrong, and what would do.
 */
export class InputError extends Error {
  override readonly name = "InputError";
  readonly kind: InputKind;
  readonly place: Place | undefined;

  constructor(kind: InputKind, message: string, place?: Place, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
    this.place = place;
  }
}

/** Line and column, both from 1, of an offset in a text: what an editor jumps to. */
export function lineAndColumn(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const lastBreak = before.lastIndexOf("\n");
  let line = 1;
  for (const char of before) if (char === "\n") line++;
  return { line, column: offset - lastBreak };
}
