import { formatFloat, parseFloatText } from "../../model/go-float.ts";
import { fail } from "./builtins.ts";
import type { GoValue } from "./value.ts";
import { typeOf } from "./value.ts";

const LARGE = ["k", "M", "G", "T", "P", "E", "Z", "Y"];
const SMALL = ["m", "u", "n", "p", "f", "a", "z", "y"];
const BINARY = ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"];

/** What the humanizing functions take: numbers, and texts that spell one. */
export function toFloat(value: GoValue): number {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "string") return fail(`can't convert ${typeOf(value)} to float`);
  const number = parseFloatText(value);
  if (number !== undefined) return number;
  return fail(`strconv.ParseFloat: parsing ${JSON.stringify(value)}: invalid syntax`);
}

function fourDigits(value: number): string {
  return formatFloat(value, "g", 4);
}

function scaled(value: number, base: number, units: readonly string[]): string {
  let rest = value;
  let unit = "";
  for (const next of units) {
    if (Math.abs(rest) < base) break;
    unit = next;
    rest /= base;
  }
  return fourDigits(rest) + unit;
}

/** Units below one: milli, micro …, ASCII only. */
function scaledDown(value: number): string {
  let rest = value;
  let unit = "";
  for (const next of SMALL) {
    if (Math.abs(rest) >= 1) break;
    unit = next;
    rest *= 1000;
  }
  return fourDigits(rest) + unit;
}

/** `1234` → `1.234k`, `0.01` → `10m`. */
export function humanize(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return fourDigits(value);
  return Math.abs(value) >= 1 ? scaled(value, 1000, LARGE) : scaledDown(value);
}

/** As `humanize` with 1024: `2048` → `2ki`. */
export function humanize1024(value: number): string {
  return Number.isFinite(value) ? scaled(value, 1024, BINARY) : fourDigits(value);
}

/** `0.1234` → `12.34%`. */
export function humanizePercentage(value: number): string {
  return `${fourDigits(value * 100)}%`;
}

/** Seconds: `90` → `1m 30s`, `0.0123` → `12.3ms`. */
export function humanizeDuration(value: number): string {
  if (!Number.isFinite(value)) return fourDigits(value);
  if (value === 0) return `${fourDigits(value)}s`;
  if (Math.abs(value) < 1) return `${scaledDown(value)}s`;
  const sign = value < 0 ? "-" : "";
  const size = Math.abs(value);
  const whole = Math.trunc(size);
  const seconds = `${whole % 60}s`;
  const minutes = `${Math.floor(whole / 60) % 60}m ${seconds}`;
  const hours = `${Math.floor(whole / 3600) % 24}h ${minutes}`;
  if (whole >= 86_400) return `${sign}${Math.floor(whole / 86_400)}d ${hours}`;
  if (whole >= 3600) return sign + hours;
  if (whole >= 60) return sign + minutes;
  return `${sign}${fourDigits(size)}s`;
}
