import { unquote } from "../model/go-string.ts";
import type { Place } from "../model/input-error.ts";
import { parseDuration } from "../model/duration.ts";
import { SECOND_MS } from "../model/time.ts";
import { type Token, tokenize } from "./lexer.ts";
import { refuse } from "./refuse.ts";

/** The tokens of one expression with a cursor; what every rule of the grammar reads from. */
export class TokenStream {
  readonly text: string;
  private readonly tokens: readonly Token[];
  private index = 0;

  constructor(text: string) {
    this.text = text;
    this.tokens = tokenize(text);
  }

  peek(ahead = 0): Token {
    return this.tokens[Math.min(this.index + ahead, this.tokens.length - 1)] ?? endOf(this.text);
  }

  next(): Token {
    const token = this.peek();
    this.index++;
    return token;
  }

  /** Where the last token that was taken ends. */
  lastEnd(): number {
    return this.tokens[this.index - 1]?.place.to ?? 0;
  }

  isSymbol(symbol: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === "symbol" && token.text === symbol;
  }

  /** Keywords are recognised in any case. */
  isWord(word: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === "word" && token.text.toLowerCase() === word;
  }

  /** Takes the symbol if it is next. */
  takeSymbol(symbol: string): boolean {
    if (!this.isSymbol(symbol)) return false;
    this.index++;
    return true;
  }

  takeWord(word: string): boolean {
    if (!this.isWord(word)) return false;
    this.index++;
    return true;
  }

  expectSymbol(symbol: string): Token {
    if (!this.isSymbol(symbol)) this.unexpected(`"${symbol}"`);
    return this.next();
  }

  /** Refuses the next token, saying what would do. */
  unexpected(expected: string): never {
    const token = this.peek();
    const found = token.kind === "end" ? "end of input" : describe(token);
    return refuse(this.text, token.place, `unexpected ${found}, expected ${expected}`);
  }

  refuse(place: Place, what: string): never {
    return refuse(this.text, place, what);
  }

  /** The value of a string literal token. */
  stringValue(token: Token): string {
    const value = unquote(token.text);
    if (typeof value === "string") return value;
    const from = token.place.from + value.offset;
    return this.refuse({ from, to: from + 2 }, value.reason);
  }

  /** The value of a number token, or the seconds of a duration token. */
  numberValue(token: Token): number {
    if (token.kind === "number") {
      const value = readNumber(token.text);
      const overflows = value === Infinity && token.text.toLowerCase() !== "inf";
      return overflows ? this.refuse(token.place, "number is out of range") : value;
    }
    const ms = parseDuration(token.text);
    if (ms !== undefined) return ms / SECOND_MS;
    const wanted = "each unit once, largest first, as in 1h30m";
    return this.refuse(token.place, `"${token.text}" is no duration: ${wanted}`);
  }
}

function endOf(text: string): Token {
  return { kind: "end", text: "", place: { from: text.length, to: text.length } };
}

function describe(token: Token): string {
  return token.kind === "string" ? `string ${token.text}` : `"${token.text}"`;
}

/** Reads a number as Go does with base 0: hexadecimal, octal with a leading zero, underscores. */
function readNumber(written: string): number {
  const text = written.toLowerCase().replaceAll("_", "");
  if (text === "inf") return Infinity;
  if (/^0[0-7]+$/.test(text)) return Number.parseInt(text, 8);
  return Number(text);
}
