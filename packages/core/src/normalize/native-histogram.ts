import { spansOf } from "../model/histogram-buckets.ts";
import type { Limits } from "../model/limits.ts";
import type { BucketSpan, NativeHistogram } from "../model/sample.ts";
import type { ExponentialBuckets, ExponentialPoint } from "../receive/records.ts";

/** Schemas of exponential buckets that Prometheus has ("Native Histograms", schema). */
const SCHEMA_MIN = -4;
const SCHEMA_MAX = 8;
/** The finest scale that OpenTelemetry's SDKs begin with. */
const SCALE_MAX = 20;

/** Why an exponential histogram cannot be a native one. */
export type NativeRefusal = "exponential-scale" | "bad-histogram" | "buckets-limit";

/**
 * An exponential histogram of OpenTelemetry as a native one of Prometheus: a scale finer than its
 * finest schema is coarsened to that, and a coarser one than its coarsest is refused, because its
 * buckets cannot be divided. (OpenTelemetry specification, "Prometheus and OpenMetrics
 * Compatibility", exponential histograms.)
 */
export function nativeHistogram(
  point: ExponentialPoint,
  limits: Pick<Limits, "bucketsPerHistogram">,
): NativeHistogram | NativeRefusal {
  const { scale, count, sum, zeroCount, zeroThreshold } = point;
  if (scale < SCHEMA_MIN || scale > SCALE_MAX) return "exponential-scale";
  const steps = Math.max(0, scale - SCHEMA_MAX);
  const positive = sideOf(point.positive, steps);
  const negative = sideOf(point.negative, steps);
  const held = [...positive.buckets, ...negative.buckets].reduce(
    (all, one) => all + one,
    zeroCount,
  );
  const good = zeroThreshold >= 0 && zeroThreshold < Infinity && held === count;
  if (!good || (sum !== undefined && !Number.isFinite(sum))) return "bad-histogram";
  if (positive.buckets.length + negative.buckets.length > limits.bucketsPerHistogram) {
    return "buckets-limit";
  }
  return {
    counterReset: "unknown",
    schema: scale - steps,
    zeroThreshold,
    zeroCount,
    count,
    sum: sum ?? Number.NaN,
    positiveSpans: positive.spans,
    positiveBuckets: positive.buckets,
    negativeSpans: negative.spans,
    negativeBuckets: negative.buckets,
    customBounds: [],
  };
}

type Side = { readonly spans: readonly BucketSpan[]; readonly buckets: readonly number[] };

/** Buckets that hold anything, each step of scale coarser making two of them one. */
function sideOf({ offset, counts }: ExponentialBuckets, steps: number): Side {
  const indices: number[] = [];
  const buckets: number[] = [];
  for (const [i, count] of counts.entries()) {
    if (count === 0) continue;
    // OpenTelemetry's bucket 0 begins at 1, Prometheus' ends there.
    const index = Math.floor((offset + i) / 2 ** steps) + 1;
    const last = buckets.length - 1;
    if (indices[last] === index) buckets[last] = (buckets[last] ?? 0) + count;
    else {
      indices.push(index);
      buckets.push(count);
    }
  }
  return { spans: spansOf(indices), buckets };
}
