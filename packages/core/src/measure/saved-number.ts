/** A number as JSON can hold it; what JSON has no number for is a string. */
export type SavedNumber = number | "NaN" | "Infinity" | "-Infinity" | "-0";

/** Makes a number safe for JSON. */
export function saveNumber(value: number): SavedNumber {
  if (Object.is(value, -0)) return "-0";
  if (value === Infinity) return "Infinity";
  if (value === -Infinity) return "-Infinity";
  return value === value ? value : "NaN";
}

/** Reads back what `saveNumber` wrote. */
export function loadNumber(saved: SavedNumber): number {
  return Number(saved);
}

/** Makes numbers safe for JSON, in order. */
export function saveNumbers(values: Iterable<number>): SavedNumber[] {
  return Array.from(values, saveNumber);
}
