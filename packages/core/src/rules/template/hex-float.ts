import { formatFloat } from "../../model/go-float.ts";

/** Writes a float64 as Go's `%x`: a hexadecimal mantissa and a binary exponent. */
export function formatHexFloat(value: number, precision: number): string {
  if (!Number.isFinite(value)) return formatFloat(value, "g", -1);
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, Math.abs(value));
  const word = bits.getBigUint64(0);
  let exponent = Number(word >> 52n) - 1023;
  let mantissa = (word & ((1n << 52n) - 1n)) | (1n << 52n);
  if (value === 0) [mantissa, exponent] = [0n, 0];
  else if (exponent === -1023) {
    // A subnormal number is shifted until its first digit is 1.
    mantissa ^= 1n << 52n;
    exponent = -1022;
    while (mantissa < 1n << 52n) [mantissa, exponent] = [mantissa << 1n, exponent - 1];
  }
  if (precision >= 0 && precision < 13) {
    const shift = BigInt((13 - precision) * 4);
    const half = 1n << (shift - 1n);
    const rest = mantissa & ((1n << shift) - 1n);
    mantissa >>= shift;
    if (rest > half || (rest === half && (mantissa & 1n) === 1n)) mantissa += 1n;
    mantissa <<= shift;
    if (mantissa >= 1n << 53n) [mantissa, exponent] = [mantissa >> 1n, exponent + 1];
  }
  const all = mantissa.toString(16).padStart(14, "0");
  const after = all.slice(1);
  const shown =
    precision < 0 ? after.replace(/0+$/, "") : after.slice(0, precision).padEnd(precision, "0");
  const power = String(Math.abs(exponent)).padStart(2, "0");
  const point = shown === "" ? "" : `.${shown}`;
  return `${sign}0x${all[0]}${point}p${exponent < 0 ? "-" : "+"}${power}`;
}
