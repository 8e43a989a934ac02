import { InputError } from "../model/input-error.ts";
import type { Limits } from "../model/limits.ts";
import { utf8Text } from "../model/text.ts";

/** From the request's braces to an attribute of a span's event: twelve, and some room. */
const ENVELOPE_DEPTH = 16;
/** An AnyValue in a kvlistValue adds four brackets: its own, the list's, the array's, the entry's. */
const VALUE_DEPTH = 4;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
// In ASCII square brackets and braces differ in this bit only.
const BRACE_BIT = 0x20;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
const COMMA = 0x2c;
const COLON = 0x3a;
const BYTE_ORDER_MARK = "\ufeff";

/**
 * Parses JSON whose nesting and number of values are bounded, because `JSON.parse` bounds neither:
 * an object whose keys nobody saw before takes it a microsecond, and 30 times its bytes.
 *
 * @throws {InputError} for bytes that are not UTF-8, not JSON, nested too deep or too many values
 */
export function parseJson(bytes: Uint8Array, limits: Limits): unknown {
  const text = utf8Text(bytes);
  if (text === undefined) throw new InputError("otlp", "the request is not valid UTF-8");
  boundTokens(bytes, ENVELOPE_DEPTH + VALUE_DEPTH * limits.depth, limits.jsonTokens);
  try {
    return JSON.parse(text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError("otlp", `the request is not JSON: ${reason}`, undefined, error);
  }
}

/** Looks at brackets, commas and colons outside of strings. */
function boundTokens(bytes: Uint8Array, maxDepth: number, maxCount: number): void {
  let depth = 0;
  let count = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) {
      at = stringEnd(bytes, at);
    } else if ((byte | BRACE_BIT) === OPENING_BRACE) {
      if (++depth > maxDepth) refuse(`is nested deeper than ${maxDepth} levels`, at);
      count++;
    } else if ((byte | BRACE_BIT) === CLOSING_BRACE) {
      depth--;
    } else if (byte === COMMA || byte === COLON) {
      count++;
    }
    if (count > maxCount) {
      refuse(`has more than ${maxCount} brackets, commas and colons (limit jsonTokens)`, at);
    }
  }
}

/** Where the string that begins at `from` has its closing quote. */
function stringEnd(bytes: Uint8Array, from: number): number {
  let at = from + 1;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}

function refuse(reason: string, at: number): never {
  throw new InputError("otlp", `the request ${reason}, at byte ${at}`);
}
