// The only platform names in the core. They are declared here, as far as they are used, because the
// core is compiled without the types of any platform; every JavaScript runtime has them.
declare class TextDecoder {
  constructor(encoding: string, options: { readonly fatal: boolean; readonly ignoreBOM: boolean });
  decode(bytes: Uint8Array): string;
}
declare class TextEncoder {
  encode(text: string): Uint8Array;
}

// A byte order mark is kept: dropping it would make two different texts equal.
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });
/** What the lenient decoder writes for bytes that are not UTF-8; it can also be meant. */
const REPLACEMENT = "\ufffd";
const encoder = new TextEncoder();

/** The text that the bytes spell in UTF-8; `undefined` when they are not valid UTF-8. */
export function utf8Text(bytes: Uint8Array): string | undefined {
  // The lenient decoder takes half the time for short texts, and good text rarely has the sign.
  const text = lenient.decode(bytes);
  if (!text.includes(REPLACEMENT)) return text;
  try {
    return strict.decode(bytes);
  } catch {
    // The decoder says no more than that the bytes are invalid, and nothing else throws here.
    return undefined;
  }
}

/** The text in UTF-8; a lone surrogate, which UTF-8 cannot spell, becomes U+FFFD. */
export function utf8Bytes(text: string): Uint8Array {
  return encoder.encode(text);
}

const HIGH_SURROGATE_FIRST = 0xd800;
const HIGH_SURROGATE_LAST = 0xdbff;

/**
 * The first code units of a text, at most `length`, never ending in half a surrogate pair. The
 * result is a copy: a slice would keep the whole text in memory for as long as it lives.
 */
export function textStart(text: string, length: number): string {
  const last = text.charCodeAt(length - 1);
  const splitsPair = last >= HIGH_SURROGATE_FIRST && last <= HIGH_SURROGATE_LAST;
  return utf8Text(utf8Bytes(text.slice(0, splitsPair ? length - 1 : length))) ?? "";
}
