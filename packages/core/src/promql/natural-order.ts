import { compareLabels, type Labels, labelValue } from "../model/labels.ts";

/** Texts with numbers in them as people sort them: `disk2` before `disk10`. */
function compareNaturally(a: string, b: string): number {
  const left = a.match(/\d+|\D+/g) ?? [];
  const right = b.match(/\d+|\D+/g) ?? [];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const x = left[i] ?? "";
    const y = right[i] ?? "";
    if (x === y) continue;
    const difference = Number(x) - Number(y);
    // Equal numbers with other leading zeros, and text, go by their characters.
    if (!Number.isNaN(difference) && difference !== 0) return difference;
    return x < y ? -1 : 1;
  }
  return left.length - right.length;
}

/** By some labels in natural order, then by all labels, so that the order is total. */
export function compareByLabels(a: Labels, b: Labels, names: readonly string[]): number {
  for (const name of names) {
    const order = compareNaturally(labelValue(a, name), labelValue(b, name));
    if (order !== 0) return order;
  }
  return compareLabels(a, b);
}
