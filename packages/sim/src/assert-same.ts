import { AssertionError } from "node:assert";
import { inspect, isDeepStrictEqual } from "node:util";

/** Fails at the first place where two values differ, and shows that place alone: both may be large. */
export function assertSame(actual: unknown, expected: unknown, what: string): void {
  if (isDeepStrictEqual(actual, expected)) return;
  const { path, found, wanted } = difference(actual, expected, "");
  const message = `${what}${path}: ${short(found)} instead of ${short(wanted)}`;
  throw new AssertionError({ message, actual: found, expected: wanted });
}

type Difference = { readonly path: string; readonly found: unknown; readonly wanted: unknown };

function difference(found: unknown, wanted: unknown, path: string): Difference {
  const foundParts = partsOf(found);
  const wantedParts = partsOf(wanted);
  if (foundParts === undefined || wantedParts === undefined) return { path, found, wanted };
  for (const name of new Set([...wantedParts.keys(), ...foundParts.keys()])) {
    const a = foundParts.get(name);
    const b = wantedParts.get(name);
    if (!isDeepStrictEqual(a, b)) return difference(a, b, `${path} › ${String(name)}`);
  }
  return { path, found, wanted };
}

function partsOf(value: unknown): Map<unknown, unknown> | undefined {
  if (value instanceof Map) return value;
  if (typeof value !== "object" || value === null) return undefined;
  return new Map(Object.entries(value));
}

function short(value: unknown): string {
  return inspect(value, { depth: 2, breakLength: Infinity }).slice(0, 400);
}
