import type { BucketSpan, NativeHistogram } from "../../model/sample.ts";
import { almostEqual } from "./almost-equal.ts";

/**
 * Whether two histograms agree as closely as Prometheus' test scripts demand: bounds exactly,
 * counts and sums almost. How the buckets are cut into spans, and buckets without observations,
 * do not matter.
 */
export function sameHistogram(
  a: NativeHistogram,
  b: NativeHistogram,
  { withReset }: { readonly withReset: boolean },
): boolean {
  return (
    a.schema === b.schema &&
    a.zeroThreshold === b.zeroThreshold &&
    almostEqual(a.count, b.count) &&
    almostEqual(a.sum, b.sum) &&
    almostEqual(a.zeroCount, b.zeroCount) &&
    sameNumbers(a.customBounds, b.customBounds) &&
    sameBuckets(
      bucketsOf(a.positiveSpans, a.positiveBuckets),
      bucketsOf(b.positiveSpans, b.positiveBuckets),
    ) &&
    sameBuckets(
      bucketsOf(a.negativeSpans, a.negativeBuckets),
      bucketsOf(b.negativeSpans, b.negativeBuckets),
    ) &&
    (!withReset || a.counterReset === b.counterReset)
  );
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

/** Counts by bucket index, without empty buckets. */
function bucketsOf(
  spans: readonly BucketSpan[],
  counts: readonly number[],
): ReadonlyMap<number, number> {
  const buckets = new Map<number, number>();
  let index = 0;
  let next = 0;
  for (const { offset, length } of spans) {
    index += offset;
    for (let i = 0; i < length; i++, index++) {
      const count = counts[next++] ?? 0;
      if (count !== 0) buckets.set(index, count);
    }
  }
  return buckets;
}

function sameBuckets(a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>): boolean {
  return (
    a.size === b.size && [...a].every(([index, count]) => almostEqual(count, b.get(index) ?? NaN))
  );
}
