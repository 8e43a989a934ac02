// Proto3's JSON mapping of scalar fields (protobuf.dev, "ProtoJSON Format"). Each function gives
// `undefined` for a value that the mapping does not allow.

/** The largest magnitudes of integer types, as digits: a double cannot tell the last ones apart. */
const UINT64_MAX = "18446744073709551615";
const INT64_MAX = "9223372036854775807";
const INT64_MIN_MAGNITUDE = "9223372036854775808";
/** From here on a number is written with an exponent; all integers of 64 bits are smaller. */
const EXPONENT_FROM = 1e21;

const INTEGER = /^-?\d{1,20}$/;
const DECIMAL = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;
const NOT_FINITE = new Map([
  ["NaN", NaN],
  ["Infinity", Infinity],
  ["-Infinity", -Infinity],
]);

/** The digits of an unsigned 64-bit integer, which comes as a string or as a number. */
export function uint64Digits(value: unknown): string | undefined {
  const digits = integerDigits(value);
  return digits !== undefined && isAtMost(digits, UINT64_MAX) ? digits : undefined;
}

/** A signed 64-bit integer; beyond ±2^53 the nearest number that a double can hold. */
export function int64(value: unknown): number | undefined {
  const digits = integerDigits(value);
  if (digits === undefined) return undefined;
  const fits = digits.startsWith("-")
    ? isAtMost(digits.slice(1), INT64_MIN_MAGNITUDE)
    : isAtMost(digits, INT64_MAX);
  // Adding 0 makes 0 of -0, which an integer does not have.
  return fits ? Number(digits) + 0 : undefined;
}

/** A double: a number, its digits in a string, or `"NaN"`, `"Infinity"`, `"-Infinity"`. */
export function double(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value !== "string") return undefined;
  if (!DECIMAL.test(value)) return NOT_FINITE.get(value);
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

/** Whether a text is valid: a `\ud83d` without its other half can be written in JSON, not in UTF-8. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

function integerDigits(value: unknown): string | undefined {
  if (typeof value === "string") return INTEGER.test(value) ? value : undefined;
  if (!Number.isInteger(value)) return undefined;
  return Math.abs(value as number) < EXPONENT_FROM ? String(value) : undefined;
}

function isAtMost(digits: string, max: string): boolean {
  if (digits.startsWith("-")) return false;
  const significant = digits.length < max.length ? digits : digits.replace(/^0+/, "");
  if (significant.length !== max.length) return significant.length < max.length;
  return significant <= max;
}

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/** The alphabet for URLs differs in the last two digits only. */
const URL_DIGITS = new Map([
  ["-", 62],
  ["_", 63],
]);

/**
 * How many bytes a base64 text spells, in either alphabet, padded or not; `undefined` when it is
 * not base64.
 */
export function base64Length(text: string): number | undefined {
  if (!BASE64.test(text)) return undefined;
  const digits = base64Digits(text);
  return digits % 4 === 1 ? undefined : Math.floor((digits * 3) / 4);
}

/** The first bytes that a base64 text spells. */
export function base64Bytes(text: string, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let bits = 0;
  for (let i = 0, at = 0; at < length; i++) {
    const digit = text.charAt(i);
    bits = ((bits << 6) | (URL_DIGITS.get(digit) ?? ALPHABET.indexOf(digit))) & 0xffffff;
    const pending = ((i + 1) * 6) % 8;
    if (i % 4 !== 0) bytes[at++] = (bits >>> pending) & 0xff;
  }
  return bytes;
}

function base64Digits(text: string): number {
  const padding = text.indexOf("=");
  return padding < 0 ? text.length : padding;
}
