import { assert } from "./assert.ts";
import type { BucketSpan, NativeHistogram } from "./sample.ts";

/** The schema of histograms whose bounds are listed in `customBounds`. */
export const CUSTOM_SCHEMA = -53;

/** One bucket as a reader sees it. */
export type HistogramBucket = {
  readonly lower: number;
  readonly upper: number;
  readonly lowerInclusive: boolean;
  readonly upperInclusive: boolean;
  readonly count: number;
};

/** Buckets of one sign, flat: which bucket, and how much is in it. Ascending by index. */
export type IndexedBuckets = {
  readonly indices: readonly number[];
  readonly counts: readonly number[];
};

/** How a histogram's bucket indices map to bounds. */
export type BucketLayout = Pick<NativeHistogram, "schema" | "customBounds">;

// 2^(1/2), 2^(1/4) … 2^(1/256). Bounds are products of these, largest first, which gives the very
// doubles of Prometheus' table of bounds; hence the first one, a unit below the nearest double.
const ROOTS: readonly number[] = [
  Math.SQRT2 - Number.EPSILON,
  1.189207115002721,
  1.0905077326652577,
  1.0442737824274138,
  1.0218971486541166,
  1.0108892860517005,
  1.0054299011128027,
  1.0027112750502025,
];
const LARGEST_EXPONENT = 1024;

/**
 * The upper bound of an exponential bucket, away from zero: 2^(index · 2^-schema). The last bucket
 * of finite values ends at the largest double; the one behind it holds infinities.
 *
 * @param schema -4 to 8
 */
export function exponentialBound(index: number, schema: number): number {
  const perPower = 2 ** schema;
  const power = Math.floor(index / perPower);
  let rest = (index - power * perPower) * 2 ** (8 - Math.max(schema, 0));
  if (rest === 0 && power === LARGEST_EXPONENT) return Number.MAX_VALUE;
  if (schema <= 0) return 2 ** (index / perPower);
  let fraction = 0.5;
  for (let bit = 0; rest > 0; bit++) {
    const weight = 2 ** (7 - bit);
    if (rest < weight) continue;
    rest -= weight;
    fraction *= ROOTS[bit] ?? 1;
  }
  // Two steps, because the power alone may lie beyond the doubles on either side.
  return power < 0 ? fraction * 2 ** (power + 1) : fraction * 2 ** power * 2;
}

/** The bound above a bucket; with `index - 1`, the one below it. */
export function bucketBound({ schema, customBounds }: BucketLayout, index: number): number {
  if (schema !== CUSTOM_SCHEMA) return exponentialBound(index, schema);
  if (index < 0) return -Infinity;
  return customBounds[index] ?? Infinity;
}

/** Spans and counts as a flat list; empty buckets that stand there stay. */
export function indexedBuckets(
  spans: readonly BucketSpan[],
  counts: readonly number[],
): IndexedBuckets {
  const indices: number[] = [];
  let index = 0;
  for (const [n, { offset, length }] of spans.entries()) {
    assert(n === 0 || offset >= 0, "spans stand behind each other");
    index += offset;
    for (let i = 0; i < length; i++) indices.push(index++);
  }
  assert(indices.length === counts.length, "spans tell one index for each bucket");
  return { indices, counts };
}

/** The spans of buckets with these indices, ascending. */
export function spansOf(indices: readonly number[]): BucketSpan[] {
  const spans: { offset: number; length: number }[] = [];
  let next = 0;
  for (const index of indices) {
    const last = spans.at(-1);
    if (last !== undefined && index === next) last.length++;
    else spans.push({ offset: index - next, length: 1 });
    next = index + 1;
  }
  return spans;
}

/**
 * Every bucket that stands in a histogram, from the lowest to the highest, empty ones too; the zero
 * bucket where it holds anything. Where a bucket reaches into the zero bucket, it is shown to begin
 * behind it.
 */
export function* histogramBuckets(h: NativeHistogram): Generator<HistogramBucket> {
  const negative = indexedBuckets(h.negativeSpans, h.negativeBuckets);
  for (let i = negative.indices.length - 1; i >= 0; i--) {
    yield bucketAt(h, negative, i, -1);
  }
  if (h.zeroCount > 0) {
    const { zeroThreshold: upper, zeroCount: count } = h;
    yield { lower: -upper, upper, lowerInclusive: true, upperInclusive: true, count };
  }
  const positive = indexedBuckets(h.positiveSpans, h.positiveBuckets);
  for (let i = 0; i < positive.indices.length; i++) yield bucketAt(h, positive, i, 1);
}

function bucketAt(
  h: NativeHistogram,
  { indices, counts }: IndexedBuckets,
  at: number,
  sign: 1 | -1,
): HistogramBucket {
  const index = indices[at] ?? 0;
  const count = counts[at] ?? 0;
  const far = bucketBound(h, index);
  const near = bucketBound(h, index - 1);
  if (h.schema === CUSTOM_SCHEMA) {
    return { lower: near, upper: far, lowerInclusive: index === 0, upperInclusive: true, count };
  }
  const visible = Math.max(near, Math.min(h.zeroThreshold, far));
  return sign === 1
    ? { lower: visible, upper: far, lowerInclusive: false, upperInclusive: true, count }
    : { lower: -far, upper: -visible, lowerInclusive: true, upperInclusive: false, count };
}
