import { exponentialBound, indexedBuckets, spansOf } from "../model/histogram-buckets.ts";
import type { NativeHistogram } from "../model/sample.ts";

/** Where the buckets of a native histogram lie, as the indices of those that it has. */
export type NativeLayout = {
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly positive: readonly number[];
  readonly negative: readonly number[];
};

/** The counts of a native histogram: of the zero bucket, and of the buckets in their layout's order. */
export type NativeCounts = { readonly layout: NativeLayout; readonly counts: readonly number[] };

/** The coarsest schema that Prometheus has. */
const SCHEMA_MIN = -4;

export function nativeCounts(histogram: NativeHistogram): NativeCounts {
  const { schema, zeroThreshold, zeroCount } = histogram;
  const positive = indexedBuckets(histogram.positiveSpans, histogram.positiveBuckets);
  const negative = indexedBuckets(histogram.negativeSpans, histogram.negativeBuckets);
  return {
    layout: { schema, zeroThreshold, positive: positive.indices, negative: negative.indices },
    counts: [zeroCount, ...positive.counts, ...negative.counts],
  };
}

/** The histogram of counts in a layout. */
export function nativeHistogram(
  { layout, counts }: NativeCounts,
  of: { readonly sum: number; readonly count: number },
): NativeHistogram {
  const { schema, zeroThreshold, positive, negative } = layout;
  const negativesFrom = 1 + positive.length;
  return {
    counterReset: "unknown",
    schema,
    zeroThreshold,
    zeroCount: counts[0] ?? 0,
    count: of.count,
    sum: of.sum,
    positiveSpans: spansOf(positive),
    positiveBuckets: counts.slice(1, negativesFrom),
    negativeSpans: spansOf(negative),
    negativeBuckets: counts.slice(negativesFrom, negativesFrom + negative.length),
    customBounds: [],
  };
}

export function sameNativeLayout(a: NativeLayout, b: NativeLayout): boolean {
  return (
    a.schema === b.schema &&
    a.zeroThreshold === b.zeroThreshold &&
    sameIndices(a.positive, b.positive) &&
    sameIndices(a.negative, b.negative)
  );
}

function sameIndices(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((index, i) => index === b[i]);
}

/**
 * Two histograms in one layout that has room for both: of the coarser schema and the wider zero
 * bucket, and coarser still where it would have more than `bucketsMax` buckets.
 */
export function inOneLayout(
  a: NativeCounts,
  b: NativeCounts,
  bucketsMax: number,
): readonly [NativeCounts, NativeCounts] {
  let schema = Math.min(a.layout.schema, b.layout.schema);
  for (;;) {
    const both = [a, b].map((one) => new Buckets(one, schema));
    widenZero(both);
    const positive = union(both.map((one) => one.positive));
    const negative = union(both.map((one) => one.negative));
    if (positive.length + negative.length > bucketsMax && schema > SCHEMA_MIN) {
      schema--;
      continue;
    }
    const zeroThreshold = both[0]?.zeroThreshold ?? 0;
    const layout = { schema, zeroThreshold, positive, negative };
    const [first, second] = both.map((one) => ({ layout, counts: one.countsIn(layout) }));
    return [first ?? a, second ?? b];
  }
}

/** Counts by index, while layouts are fitted to each other. */
class Buckets {
  zeroThreshold: number;
  zeroCount: number;
  readonly schema: number;
  readonly positive: Map<number, number>;
  readonly negative: Map<number, number>;

  /** @param schema at most that of the layout */
  constructor({ layout, counts }: NativeCounts, schema: number) {
    const steps = layout.schema - schema;
    const negativesFrom = 1 + layout.positive.length;
    this.schema = schema;
    this.zeroThreshold = layout.zeroThreshold;
    this.zeroCount = counts[0] ?? 0;
    this.positive = coarser(layout.positive, counts.slice(1, negativesFrom), steps);
    this.negative = coarser(layout.negative, counts.slice(negativesFrom), steps);
  }

  /** Moves buckets that begin below the threshold into the zero bucket, which may widen it. */
  widenTo(threshold: number): void {
    this.zeroThreshold = Math.max(this.zeroThreshold, threshold);
    for (const side of [this.positive, this.negative]) {
      for (const [index, count] of [...side].toSorted(([x], [y]) => x - y)) {
        if (exponentialBound(index - 1, this.schema) >= this.zeroThreshold) break;
        this.zeroCount += count;
        side.delete(index);
        const upper = exponentialBound(index, this.schema);
        this.zeroThreshold = Math.max(this.zeroThreshold, upper);
      }
    }
  }

  countsIn({ positive, negative }: NativeLayout): readonly number[] {
    return [
      this.zeroCount,
      ...positive.map((index) => this.positive.get(index) ?? 0),
      ...negative.map((index) => this.negative.get(index) ?? 0),
    ];
  }
}

/** Each step of schema makes two buckets one. */
function coarser(
  indices: readonly number[],
  counts: readonly number[],
  steps: number,
): Map<number, number> {
  const side = new Map<number, number>();
  for (const [i, index] of indices.entries()) {
    const coarse = Math.floor((index - 1) / 2 ** steps) + 1;
    side.set(coarse, (side.get(coarse) ?? 0) + (counts[i] ?? 0));
  }
  return side;
}

/** Until all have one zero bucket: what one of them has to take in can widen those of the others. */
function widenZero(all: readonly Buckets[]): void {
  for (;;) {
    const widest = Math.max(...all.map((one) => one.zeroThreshold));
    if (all.every((one) => one.zeroThreshold === widest)) return;
    for (const one of all) one.widenTo(widest);
  }
}

function union(sides: readonly ReadonlyMap<number, number>[]): readonly number[] {
  return [...new Set(sides.flatMap((side) => [...side.keys()]))].toSorted((a, b) => a - b);
}
