import { parseDuration } from "../../model/duration.ts";
import { InputError, type Place } from "../../model/input-error.ts";

/** One line without the space around it; empty where it holds only a comment. */
export type ScriptLine = {
  /** From 1. */
  readonly number: number;
  readonly text: string;
  /** From 1: where the text begins in its line. */
  readonly column: number;
  /** Where the text begins in the script. */
  readonly from: number;
};

export function* linesOf(text: string): Generator<ScriptLine> {
  let from = 0;
  let number = 1;
  for (const whole of text.split("\n")) {
    const trimmed = whole.trim();
    const indent = whole.length - whole.trimStart().length;
    const shown = trimmed.startsWith("#") ? "" : trimmed;
    yield { number, text: shown, column: indent + 1, from: from + indent };
    from += whole.length + 1;
    number++;
  }
}

/** Refuses a part of a line, the whole of it where no part is told. */
export function refuseLine(line: ScriptLine, what: string, part?: Place): never {
  const { from, to } = part ?? { from: 0, to: line.text.length };
  throw new InputError("promql-test", `${line.number}:${line.column + from}: ${what}`, {
    from: line.from + from,
    to: line.from + to,
  });
}

/** Runs a parser on a part of a line, and shows its faults at their place in the script. */
export function parsePart<T>(line: ScriptLine, from: number, parser: (text: string) => T): T {
  try {
    return parser(line.text.slice(from));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const place = error.place ?? { from: 0, to: line.text.length - from };
    // The parser counts line and column from where it began to read.
    const what = error.message.replace(/^\d+:\d+: /, "");
    return refuseLine(line, what, { from: from + place.from, to: from + place.to });
  }
}

/** A duration of a match's group, in ms. */
export function durationOf(line: ScriptLine, match: RegExpExecArray, group: number): number {
  const text = match[group] ?? "";
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  return refuseLine(
    line,
    `expected a duration, such as 90s or 1h30m, got "${text}"`,
    partOf(match, group),
  );
}

/** Where a group of a match with indices (flag `d`) lies. */
export function partOf(match: RegExpExecArray, group: number): Place {
  const [from, to] = match.indices?.[group] ?? [0, 0];
  return { from, to };
}
