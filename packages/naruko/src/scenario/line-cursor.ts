import { parseDuration } from "@naruko/core/model/duration";
import { InputError } from "@naruko/core/model/input-error";
import type { Position } from "./scenario.ts";

/** Reads one line of a scenario from left to right; every refusal names its place. */
export class LineCursor {
  readonly #name: string;
  readonly #text: string;
  readonly line: number;
  #at = 0;

  constructor(name: string, line: number, text: string) {
    this.#name = name;
    this.line = line;
    this.#text = withoutComment(text).trimEnd();
    this.#skipSpace();
  }

  get position(): Position {
    return { line: this.line, column: this.#at + 1 };
  }

  isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  /** Everything that is left, without moving. */
  rest(): string {
    return this.#text.slice(this.#at);
  }

  /** Moves on by so many characters, and over the space behind them. */
  skip(length: number): void {
    this.#at += length;
    this.#skipSpace();
  }

  /** The characters up to the next space. */
  word(expected: string): string {
    const word = /^\S+/.exec(this.rest())?.[0];
    if (word === undefined) this.refuse(`expected ${expected}, the line ends here`);
    this.skip(word.length);
    return word;
  }

  /** A word, or a text in double quotes. */
  text(expected: string): string {
    if (!this.rest().startsWith('"')) return this.word(expected);
    const quoted = /^"(?:[^"\\]|\\.)*"/.exec(this.rest())?.[0];
    if (quoted === undefined) this.refuse('expected a closing "');
    const text = this.#unquoted(quoted);
    this.skip(quoted.length);
    return text;
  }

  /** A duration in milliseconds. */
  duration(what: string): number {
    const { position } = this;
    const word = this.word(`${what}, such as 90s or 1h30m`);
    const ms = parseDuration(word);
    if (ms !== undefined) return ms;
    this.refuse(`expected ${what}, such as 90s or 1h30m, got "${word}"`, position);
  }

  expectEnd(): void {
    if (!this.isAtEnd()) this.refuse(`expected the end of the line, got "${this.rest()}"`);
  }

  refuse(message: string, { line, column }: Position = this.position): never {
    throw new InputError("scenario", `${this.#name}:${line}:${column}: ${message}`);
  }

  /** Runs a parser of the core on the rest of the line, and shows its faults at their place. */
  parse<T>(parser: (text: string) => T): T {
    const from = this.#at;
    try {
      return parser(this.rest());
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      const column = from + (error.place?.from ?? 0) + 1;
      // The parser counts line and column from where it began to read.
      const message = error.message.replace(/^\d+:\d+: /, "");
      this.refuse(message, { line: this.line, column });
    }
  }

  #unquoted(quoted: string): string {
    try {
      return JSON.parse(quoted) as string;
    } catch {
      // The only thing that is left to say: JSON.parse knows no place that would help.
      this.refuse(`${quoted} has an escape that JSON does not know`);
    }
  }

  #skipSpace(): void {
    while (this.#at < this.#text.length && /\s/.test(this.#text.charAt(this.#at))) this.#at++;
  }
}

/** Cuts a `#` comment off that begins a line or follows a space, outside of quotes. */
function withoutComment(text: string): string {
  let quote = "";
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (quote !== "") {
      if (char === "\\" && quote !== "`") i++;
      else if (char === quote) quote = "";
    } else if (char === '"' || char === "'" || char === "`") {
      quote = char;
    } else if (char === "#" && (i === 0 || /\s/.test(text.charAt(i - 1)))) {
      return text.slice(0, i);
    }
  }
  return text;
}
