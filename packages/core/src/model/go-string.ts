/** What stands for one byte that is no UTF-8; label names and values with it are refused. */
const LONE_BYTE = 0xdc00;

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
};

/** Where in a literal the fault lies: an offset from the opening quote. */
export type BadEscape = { readonly offset: number; readonly reason: string };

/**
 * Reads a string literal with its quotes, by Go's rules: escapes in `"…"` and `'…'`, none in
 * backquotes. `\x` and octal escapes give bytes, which are then read as UTF-8.
 */
export function unquote(literal: string): string | BadEscape {
  const mark = literal[0] ?? "";
  const body = literal.slice(1, -1);
  if (mark === "`") return body.replaceAll("\r", "");
  let value = "";
  let bytes: number[] = [];
  for (let i = 0; i < body.length;) {
    if (body[i] !== "\\") {
      value += decodeUtf8(bytes) + (body[i] ?? "");
      bytes = [];
      i++;
      continue;
    }
    const escape = readEscape(body, i, mark);
    if (typeof escape === "string") return { offset: i + 1, reason: escape };
    i += escape.length;
    if (escape.byte !== undefined) {
      bytes.push(escape.byte);
      continue;
    }
    value += decodeUtf8(bytes) + escape.text;
    bytes = [];
  }
  return value + decodeUtf8(bytes);
}

type Escape = { readonly length: number; readonly byte?: number; readonly text: string };

function readEscape(body: string, start: number, mark: string): Escape | string {
  const kind = body[start + 1] ?? "";
  const simple = kind === mark ? mark : SIMPLE_ESCAPES[kind];
  if (simple !== undefined) return { length: 2, text: simple };
  const rest = body.slice(start + 1);
  const octal = /^[0-7]{3}/.exec(rest)?.[0];
  if (octal !== undefined) {
    const byte = Number.parseInt(octal, 8);
    return byte > 255 ? "octal escape above \\377" : { length: 4, byte, text: "" };
  }
  const hex = /^x([0-9a-fA-F]{2})|^u([0-9a-fA-F]{4})|^U([0-9a-fA-F]{8})/.exec(rest);
  if (hex === null) return `unknown escape "\\${kind}"`;
  const [all, byte, short, long] = hex;
  if (byte !== undefined) return { length: 4, byte: Number.parseInt(byte, 16), text: "" };
  const code = Number.parseInt(short ?? long ?? "", 16);
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return "escape of no character";
  return { length: all.length + 1, text: String.fromCodePoint(code) };
}

function decodeUtf8(bytes: readonly number[]): string {
  let text = "";
  for (let i = 0; i < bytes.length;) {
    const length = sequenceLength(bytes, i);
    if (length === 0) {
      text += String.fromCharCode(LONE_BYTE + (bytes[i] ?? 0));
      i++;
      continue;
    }
    let code = (bytes[i] ?? 0) & (length === 1 ? 0x7f : 0xff >> (length + 1));
    for (let j = 1; j < length; j++) code = (code << 6) | ((bytes[i + j] ?? 0) & 0x3f);
    text += String.fromCodePoint(code);
    i += length;
  }
  return text;
}

/** How many bytes the character at `start` takes; 0 where they are no UTF-8. */
function sequenceLength(bytes: readonly number[], start: number): number {
  const lead = bytes[start] ?? 0;
  if (lead < 0x80) return 1;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  for (let j = 1; j < length; j++) if (((bytes[start + j] ?? 0) & 0xc0) !== 0x80) return 0;
  const second = bytes[start + 1] ?? 0;
  // Overlong forms, surrogates and what lies beyond U+10FFFF are told by the second byte.
  if (lead === 0xe0 && second < 0xa0) return 0;
  if (lead === 0xed && second > 0x9f) return 0;
  if (lead === 0xf0 && second < 0x90) return 0;
  return lead === 0xf4 && second > 0x8f ? 0 : length;
}

/** Writes a string literal that `unquote` reads back, whatever the string holds. */
export function quote(value: string): string {
  const json = JSON.stringify(value);
  return json.replaceAll(/\\ud[c-d]([0-9a-f]{2})/g, (_escape, byte: string) => `\\x${byte}`);
}

/** Whether a text is UTF-8 throughout; one with a lone byte cannot be a label. */
export function isUtf8(text: string): boolean {
  return !/[\ud800-\udfff]/u.test(text);
}
