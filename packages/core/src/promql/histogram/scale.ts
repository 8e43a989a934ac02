import type { CounterReset, NativeHistogram } from "../../model/sample.ts";
import { indexedBuckets, spansOf } from "../../model/histogram-buckets.ts";

/** Every count and the sum, times a factor; a negative one makes it a gauge. */
export function scaled(h: NativeHistogram, factor: number): NativeHistogram {
  const counterReset: CounterReset = factor < 0 ? "gauge" : h.counterReset;
  return compacted({ ...mapNumbers(h, (value) => value * factor), counterReset });
}

/** Every count and the sum, divided; division by zero leaves no buckets. */
export function divided(h: NativeHistogram, by: number): NativeHistogram {
  const counterReset: CounterReset = by < 0 ? "gauge" : h.counterReset;
  const quotient = { ...mapNumbers(h, (value) => value / by), counterReset };
  if (by !== 0) return compacted(quotient);
  return {
    ...quotient,
    positiveSpans: [],
    positiveBuckets: [],
    negativeSpans: [],
    negativeBuckets: [],
  };
}

function mapNumbers(h: NativeHistogram, change: (value: number) => number): NativeHistogram {
  return {
    ...h,
    zeroCount: change(h.zeroCount),
    count: change(h.count),
    sum: change(h.sum),
    positiveBuckets: h.positiveBuckets.map(change),
    negativeBuckets: h.negativeBuckets.map(change),
  };
}

/** The same histogram without its empty buckets. */
export function compacted(h: NativeHistogram): NativeHistogram {
  if (!h.positiveBuckets.includes(0) && !h.negativeBuckets.includes(0)) return h;
  const positive = populated(h.positiveSpans, h.positiveBuckets);
  const negative = populated(h.negativeSpans, h.negativeBuckets);
  return {
    ...h,
    positiveSpans: positive.spans,
    positiveBuckets: positive.counts,
    negativeSpans: negative.spans,
    negativeBuckets: negative.counts,
  };
}

function populated(
  spans: NativeHistogram["positiveSpans"],
  counts: readonly number[],
): { readonly spans: NativeHistogram["positiveSpans"]; readonly counts: readonly number[] } {
  const { indices } = indexedBuckets(spans, counts);
  return {
    spans: spansOf(indices.filter((_, i) => counts[i] !== 0)),
    counts: counts.filter((count) => count !== 0),
  };
}
