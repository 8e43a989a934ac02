import type { Place } from "../model/input-error.ts";
import { refuse } from "./refuse.ts";

/**
 * `word` is an identifier or keyword, `symbol` an operator or bracket. `text` is as written, but
 * for symbols it is their one spelling.
 */
export type Token = {
  readonly kind: "word" | "number" | "duration" | "string" | "symbol" | "end";
  readonly text: string;
  readonly place: Place;
};

const SPACE = /(?:[ \t\r\n]|#[^\r\n]*)+/y;
const WORD = /[A-Za-z_:][A-Za-z0-9_:]*/y;
// Inside brackets a colon parts range and step; inside braces it is no part of a label's name.
const PLAIN_WORD = /[A-Za-z_][A-Za-z0-9_]*/y;
const DURATION = /\d+(?:ms|[smhdwy])(?:\d+(?:ms|[smhdw]))*(?![A-Za-z0-9_])/y;
const NUMBER =
  /(?:0[xX]_?[0-9a-fA-F](?:_?[0-9a-fA-F])*|(?:\d(?:_?\d)*\.?(?:\d(?:_?\d)*)?|\.\d(?:_?\d)*)(?:[eE][+-]?\d(?:_?\d)*)?)(?![A-Za-z0-9_.])/y;
const STRING = /"(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\\\n]|\\[^\n])*'|`[^`]*`/y;
const SYMBOL = /==|=~|!=|!~|<=|>=|<\/|>\/|[-+*/%^=<>(){}[\],:@]/y;
const CLOSERS: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

function matchAt(pattern: RegExp, text: string, offset: number): string | undefined {
  pattern.lastIndex = offset;
  return pattern.exec(text)?.[0];
}

/** Cuts an expression into tokens, without spaces and comments; the last one is `end`. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const open: Token[] = [];
  let offset = 0;
  for (;;) {
    offset += matchAt(SPACE, text, offset)?.length ?? 0;
    if (offset >= text.length) break;
    const inside = open.at(-1)?.text ?? "";
    const token = tokenAt(text, offset, inside);
    if (token.kind === "symbol") follow(text, token, open);
    tokens.push(token);
    offset = token.place.to;
  }
  const end = { from: text.length, to: text.length };
  tokens.push({ kind: "end", text: "", place: end });
  const unclosed = open.at(-1);
  if (unclosed !== undefined && tokens.length > 1) {
    const closer = CLOSERS[unclosed.text] ?? "";
    refuse(text, end, `unexpected end of input, expected "${closer}" for "${unclosed.text}"`);
  }
  return tokens;
}

function tokenAt(text: string, offset: number, inside: string): Token {
  const token = (kind: Token["kind"], found: string): Token => ({
    kind,
    text: found,
    place: { from: offset, to: offset + found.length },
  });
  const nested = inside === "[" || inside === "{";
  const word = matchAt(nested ? PLAIN_WORD : WORD, text, offset);
  if (word !== undefined) {
    const isNumber = inside !== "{" && /^(?:inf|nan)$/i.test(word);
    return token(isNumber ? "number" : "word", word);
  }
  const duration = matchAt(DURATION, text, offset);
  if (duration !== undefined) return token("duration", duration);
  const number = matchAt(NUMBER, text, offset);
  if (number !== undefined) return token("number", number);
  const string = matchAt(STRING, text, offset);
  if (string !== undefined) {
    // What a decoder writes for bytes that are no UTF-8; Prometheus refuses it however it came about.
    const at = offset + string.indexOf("\ufffd");
    if (at >= offset) refuse(text, { from: at, to: at + 1 }, "text must be UTF-8");
    return token("string", string);
  }
  const symbol = matchAt(SYMBOL, text, offset);
  if (symbol !== undefined) return token("symbol", symbol);
  return refuseCharacter(text, offset);
}

function refuseCharacter(text: string, offset: number): never {
  const rest = /^[A-Za-z0-9_.]+/.exec(text.slice(offset))?.[0];
  if (rest !== undefined) {
    const place = { from: offset, to: offset + rest.length };
    refuse(text, place, `bad number or duration ${JSON.stringify(rest)}`);
  }
  const char = String.fromCodePoint(text.codePointAt(offset) ?? 0);
  const place = { from: offset, to: offset + char.length };
  if (`"'\``.includes(char)) refuse(text, place, "string without its closing quote");
  return refuse(text, place, `unexpected character ${JSON.stringify(char)}`);
}

/** Keeps the stack of what is open, and refuses a bracket that closes something else. */
function follow(text: string, token: Token, open: Token[]): void {
  const inside = open.at(-1);
  if (token.text in CLOSERS) {
    open.push(token);
    return;
  }
  if (!")]}".includes(token.text)) return;
  const expected = inside === undefined ? undefined : CLOSERS[inside.text];
  if (expected === token.text) {
    open.pop();
    return;
  }
  const wanted = expected === undefined ? "nothing is open" : `expected "${expected}"`;
  refuse(text, token.place, `unexpected "${token.text}", ${wanted}`);
}
