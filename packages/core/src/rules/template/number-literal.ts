import { unquote } from "../../model/go-string.ts";

const DECIMAL = /^[+-]?(?:0|[1-9](?:_?[0-9])*)$/;
const OLD_OCTAL = /^[+-]?0(?:_?[0-7])+$/;
const PREFIXED = /^[+-]?0(?:[xX](?:_?[0-9a-fA-F])+|[oO](?:_?[0-7])+|[bB](?:_?[01])+)$/;
const FLOAT = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const HEX_FLOAT = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?[0-9]+)$/;

/**
 * Reads a number as Go's templates do: a bigint is an int, a number a float64, a text says what is
 * wrong. Imaginary numbers are refused, which Go accepts: nothing in an alert takes them.
 */
export function readNumber(written: string): bigint | number | string {
  const bad = `bad number syntax: ${JSON.stringify(written)}`;
  if (written.endsWith("i")) return `complex numbers are not supported: ${JSON.stringify(written)}`;
  const whole = readWhole(written);
  if (whole !== undefined) {
    const fits = whole >= -(2n ** 63n) && whole < 2n ** 64n;
    return fits ? whole : `integer overflow: ${JSON.stringify(written)}`;
  }
  const hex = HEX_FLOAT.exec(written);
  if (hex !== null) {
    const [, sign, before = "", after = "", power] = hex;
    if (before + after === "") return bad;
    const mantissa = Number(BigInt(`0x${before}${after}`));
    const value = mantissa * 2 ** (Number(power) - 4 * after.length);
    return sign === "-" ? -value : value;
  }
  if (!FLOAT.test(written)) return bad;
  const value = Number(written);
  return Number.isFinite(value) ? value : bad;
}

function readWhole(written: string): bigint | undefined {
  const digits = written.replace(/^[+-]/, "").replaceAll("_", "");
  let value: bigint;
  if (OLD_OCTAL.test(written)) value = BigInt(`0o${digits.slice(1)}`);
  else if (DECIMAL.test(written) || PREFIXED.test(written)) value = BigInt(digits.toLowerCase());
  else return undefined;
  return written.startsWith("-") ? -value : value;
}

/** Reads `'a'` as its code point; a text says what is wrong. */
export function readRune(written: string): bigint | string {
  const malformed = `malformed character constant: ${written}`;
  const char = unquote(written);
  if (typeof char !== "string") return malformed;
  const point = char.codePointAt(0);
  if (point === undefined || String.fromCodePoint(point) !== char) return malformed;
  return BigInt(point);
}
