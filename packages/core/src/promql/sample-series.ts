import { formatFloat } from "../model/go-float.ts";
import { InputError } from "../model/input-error.ts";
import { labelEntries, type Labels } from "../model/labels.ts";
import { utf8Bytes } from "../model/text.ts";
import type { Aggregation } from "./ast.ts";
import type { Grid } from "./grid.ts";
import type { Run } from "./run.ts";
import { xxhash64 } from "./xxhash64.ts";

/**
 * `limit_ratio`: about this share of the series, told by a hash of their labels, so that a series is
 * in the sample always or never. A negative share takes the others: `limit_ratio(-0.9, …)` is what
 * `limit_ratio(0.1, …)` leaves.
 */
export function sampleSeries(expr: Aggregation, grid: Grid, ratios: Float64Array, run: Run): Grid {
  const { steps } = grid;
  const place = expr.param?.place ?? expr.place;
  const present = new Uint8Array(grid.present.length);
  if (ratios.every((ratio) => ratio === 0)) return { ...grid, present };
  if (ratios.some((ratio) => Number.isNaN(ratio))) {
    throw new InputError("promql", "Ratio value is NaN", place);
  }
  const greatest = ratios.reduce((a, b) => Math.max(a, b));
  const least = ratios.reduce((a, b) => Math.min(a, b));
  if (greatest > 1) run.annotations.add("warning", badRatio(greatest, 1), place);
  if (least < -1) run.annotations.add("warning", badRatio(least, -1), place);
  for (const [row, labels] of grid.rows.entries()) {
    const offset = sampleOffset(labels);
    for (let step = 0; step < steps; step++) {
      const cell = row * steps + step;
      const ratio = Math.max(-1, Math.min(1, ratios[step] ?? 0));
      const taken = ratio < 0 ? offset >= 1 + ratio : offset < ratio;
      if (taken && grid.present[cell] === 1) present[cell] = 1;
    }
  }
  return { ...grid, present };
}

function badRatio(ratio: number, cap: number): string {
  const got = formatFloat(ratio, "g", -1);
  return `ratio value should be between -1 and 1, got ${got}, capping to ${cap}`;
}

const offsets = new WeakMap<Labels, number>();
const HASH_MAX = 2 ** 64;

/** Where a series stands between 0 and 1: as in Prometheus, so that both take the same sample. */
function sampleOffset(labels: Labels): number {
  const known = offsets.get(labels);
  if (known !== undefined) return known;
  const offset = Number(xxhash64(encodedLabels(labels))) / HASH_MAX;
  offsets.set(labels, offset);
  return offset;
}

/** Names and values, each behind its length, as Prometheus keeps labels in memory. */
function encodedLabels(labels: Labels): Uint8Array {
  const parts: number[] = [];
  for (const pair of labelEntries(labels)) {
    for (const text of pair) {
      const bytes = utf8Bytes(text);
      const { length } = bytes;
      if (length < 255) parts.push(length);
      else parts.push(255, length & 255, (length >> 8) & 255, (length >> 16) & 255);
      for (const byte of bytes) parts.push(byte);
    }
  }
  return Uint8Array.from(parts);
}
