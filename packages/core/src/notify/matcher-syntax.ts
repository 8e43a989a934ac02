import { isUtf8, unquote } from "../model/go-string.ts";
import type { Matcher } from "../model/reader.ts";

/** Matchers as read, or why the text is none. `classic`: only the older, laxer syntax accepts it. */
export type ReadMatchers =
  | { readonly ok: true; readonly matchers: readonly Matcher[]; readonly classic: boolean }
  | { readonly ok: false; readonly reason: string };

/**
 * Reads matchers as Alertmanager does by default: `foo="bar"`, `{a=~"x|y", "b c"!=d}`. Its UTF-8
 * syntax decides; where only its classic syntax accepts a text (`path=~"\d+"`), or the two read it
 * differently, the classic reading holds.
 */
export function readMatchers(text: string): ReadMatchers {
  const strict = readStrict(text);
  const classic = readClassic(text);
  if (strict.ok && (classic === undefined || same(strict.matchers, classic))) return strict;
  return classic === undefined ? strict : { ok: true, matchers: classic, classic: true };
}

/** Writes matchers as Alertmanager does, sorted by name: `{a="b",c=~"d"}`. */
export function formatMatchers(matchers: readonly Matcher[]): string {
  const written = matchers
    .toSorted((a, b) => compare(a.name, b.name) || compare(a.value, b.value))
    .map(
      ({ name, op, value }) => `${RESERVED.test(name) ? quote(name) : name}${op}${quote(value)}`,
    );
  return `{${written.join(",")}}`;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function quote(text: string): string {
  const escaped = text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
  return `"${escaped}"`;
}

function same(a: readonly Matcher[], b: readonly Matcher[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

// What Go's unicode.IsSpace accepts: not the same as \s, which has U+FEFF and lacks U+0085.
const SPACE = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;
const RESERVED = new RegExp(`${SPACE.source}|[{}!=~,\\\\"'\`]`);

type Token = { readonly kind: "{" | "}" | "," | "op" | "text" | "end"; readonly text: string };

/** A fault in the text; never leaves this file. */
class NoMatcher extends Error {}

function readStrict(text: string): ReadMatchers {
  try {
    return { ok: true, matchers: parse(tokensOf(text)), classic: false };
  } catch (error) {
    if (error instanceof NoMatcher) return { ok: false, reason: error.message };
    throw error;
  }
}

function parse(tokens: readonly Token[]): readonly Matcher[] {
  let at = 0;
  const peek = (): Token => tokens[at] ?? { kind: "end", text: "" };
  const take = (kind: Token["kind"], expected: string): string => {
    const token = peek();
    if (token.kind !== kind) {
      const found = token.kind === "end" ? "the end of the text" : JSON.stringify(token.text);
      throw new NoMatcher(`expected ${expected}, found ${found}`);
    }
    at++;
    return token.text;
  };
  const matchers: Matcher[] = [];
  const braces = peek().kind === "{";
  if (braces) at++;
  const closing = braces ? "}" : "end";
  while (peek().kind !== closing) {
    const name = take("text", "a label name");
    const op = take("op", "an operator (=, !=, =~ or !~)") as Matcher["op"];
    matchers.push({ name, op, value: take("text", "a label value") });
    if (peek().kind !== closing) take(",", braces ? 'a comma or "}"' : "a comma");
  }
  if (braces) at++;
  take("end", "the end of the text");
  return matchers;
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    if (SPACE.test(char)) {
      at++;
      continue;
    }
    const { token, length } = tokenAt(text.slice(at));
    tokens.push(token);
    at += length;
  }
  return tokens;
}

function tokenAt(rest: string): { readonly token: Token; readonly length: number } {
  const char = rest.charAt(0);
  if (char === "{" || char === "}" || char === ",") {
    return { token: { kind: char, text: char }, length: 1 };
  }
  const op = /^(?:=~|!~|!=|=)/.exec(rest)?.[0];
  if (op !== undefined) return { token: { kind: "op", text: op }, length: op.length };
  if (char === '"') {
    const quoted = /^"(?:[^\\"]|\\[\s\S])*"/.exec(rest)?.[0];
    if (quoted === undefined) throw new NoMatcher('a quoted text lacks its closing "');
    return { token: { kind: "text", text: textOf(quoted) }, length: quoted.length };
  }
  if (RESERVED.test(char)) {
    throw new NoMatcher(`${char} must stand inside a double-quoted text`);
  }
  const length = rest.search(RESERVED);
  const text = length === -1 ? rest : rest.slice(0, length);
  return { token: { kind: "text", text }, length: text.length };
}

/** The text between double quotes with Go's escapes resolved. */
function textOf(quoted: string): string {
  if (quoted.includes("\n")) throw new NoMatcher("a quoted text holds a line break; write \\n");
  const text = unquote(quoted);
  if (typeof text !== "string") throw new NoMatcher(`${text.reason}; write \\\\ for a backslash`);
  if (!isUtf8(text)) throw new NoMatcher("the bytes of a quoted text are not UTF-8");
  return text;
}

const CLASSIC_MATCHER = /^[\t\n\f\r ]*([a-zA-Z_:][a-zA-Z0-9_:]*)[\t\n\f\r ]*(=~|=|!=|!~)([\s\S]*)$/;
const CLASSIC_TRIM = /^[\t\n\f\r ]+|[\t\n\f\r ]+$/g;

/** The syntax before UTF-8 names: values need no quotes, and an unknown escape is a backslash. */
function readClassic(text: string): readonly Matcher[] | undefined {
  const inside = text.replace(/^\{/, "").replace(/\}$/, "");
  const parts = splitOutsideQuotes(inside);
  const last = parts.at(-1) ?? "";
  if (last.trim() === "") parts.pop();
  const matchers: Matcher[] = [];
  for (const part of parts) {
    const [, name, op, raw = ""] = CLASSIC_MATCHER.exec(part) ?? [];
    const value = classicValue(raw.replaceAll(CLASSIC_TRIM, ""));
    if (name === undefined || op === undefined || value === undefined) return undefined;
    matchers.push({ name, op: op as Matcher["op"], value });
  }
  return matchers;
}

function splitOutsideQuotes(text: string): string[] {
  const parts = [""];
  let quoted = false;
  let escaped = false;
  for (const char of text) {
    if (char === "," && !quoted) {
      parts.push("");
      continue;
    }
    if (char === '"' && !escaped) quoted = !quoted;
    escaped = char === "\\" && !escaped;
    parts[parts.length - 1] += char;
  }
  return parts;
}

function classicValue(raw: string): string | undefined {
  const quoted = raw.startsWith('"');
  const inside = quoted ? raw.slice(1) : raw;
  let value = "";
  let closed = !quoted;
  for (let i = 0; i < inside.length; i++) {
    const char = inside.charAt(i);
    const isLast = i === inside.length - 1;
    if (char === '"') {
      // A quote may only end a value that began with one.
      if (closed || !isLast) return undefined;
      closed = true;
    } else if (char === "\\" && !isLast) {
      i++;
      const escape = inside.charAt(i);
      if (escape === "n") value += "\n";
      else value += escape === '"' || escape === "\\" ? escape : `\\${escape}`;
    } else {
      value += char;
    }
  }
  return closed ? value : undefined;
}
