import type { BucketSpan, NativeHistogram } from "../../model/sample.ts";
import type { Limits } from "../../model/limits.ts";

/** Why a native histogram is not taken. */
export type HistogramFault =
  /** Not -4 to 8, and not -53. */
  | "histogram-schema"
  /** Spans and counts that do not fit each other. */
  | "histogram-spans"
  /** A count below zero, not finite, or less than its buckets hold. */
  | "histogram-count"
  /** Custom bounds that do not ascend, or where there should be none; or none where there should. */
  | "histogram-bounds"
  /** Beyond `limits.bucketsPerHistogram`. */
  | "buckets-limit";

/** The schema of histograms whose bounds are listed. */
const CUSTOM_SCHEMA = -53;
const SCHEMA_MIN = -4;
const SCHEMA_MAX = 8;

/**
 * Whether a histogram is one, as Prometheus decides on ingesting it.
 *
 * @param isWhole its counts were sent as whole numbers, so that they must add up
 */
export function histogramFault(
  histogram: NativeHistogram,
  isWhole: boolean,
  limits: Pick<Limits, "bucketsPerHistogram">,
): HistogramFault | undefined {
  const { schema, positiveBuckets, negativeBuckets, positiveSpans, negativeSpans } = histogram;
  const isCustom = schema === CUSTOM_SCHEMA;
  const isExponential = schema >= SCHEMA_MIN && schema <= SCHEMA_MAX;
  if (!isCustom && !isExponential) return "histogram-schema";
  const buckets = positiveBuckets.length + negativeBuckets.length;
  const spans = positiveSpans.length + negativeSpans.length;
  const { bucketsPerHistogram } = limits;
  const bounds = histogram.customBounds.length;
  if (Math.max(buckets, spans, bounds) > bucketsPerHistogram) return "buckets-limit";
  const fit =
    spansFit(positiveSpans, positiveBuckets.length) &&
    spansFit(negativeSpans, negativeBuckets.length);
  if (!fit) return "histogram-spans";
  const bad = isCustom ? customFault(histogram) : bounds > 0;
  return bad ? "histogram-bounds" : countFault(histogram, isWhole);
}

/** The first span may begin anywhere, a later one not before the end of the one before. */
function spansFit(spans: readonly BucketSpan[], buckets: number): boolean {
  let length = 0;
  for (const [i, span] of spans.entries()) {
    if (i > 0 && span.offset < 0) return false;
    length += span.length;
  }
  return length === buckets;
}

function customFault(histogram: NativeHistogram): boolean {
  const { customBounds: bounds, positiveSpans, negativeSpans, zeroCount } = histogram;
  const ascend = bounds.every(
    (bound, i) => Number.isFinite(bound) && bound > (bounds[i - 1] ?? -Infinity),
  );
  let last = 0;
  for (const { offset, length } of positiveSpans) last += offset + length;
  const inside = (positiveSpans[0]?.offset ?? 0) >= 0 && last <= bounds.length + 1;
  const noOther = negativeSpans.length === 0 && zeroCount === 0 && histogram.zeroThreshold === 0;
  return !ascend || !inside || !noOther;
}

function countFault(histogram: NativeHistogram, isWhole: boolean): "histogram-count" | undefined {
  const { count, zeroCount, sum, positiveBuckets, negativeBuckets } = histogram;
  let held = zeroCount;
  let good = count >= 0 && count < Infinity && zeroCount >= 0 && histogram.zeroThreshold >= 0;
  for (const buckets of [positiveBuckets, negativeBuckets]) {
    for (const one of buckets) {
      good &&= one >= 0;
      held += one;
    }
  }
  // Observations that are no number are counted and in no bucket; fractions may miss by a rounding.
  if (isWhole) good &&= Number.isNaN(sum) ? held <= count : held === count;
  return good && held < Infinity ? undefined : "histogram-count";
}
