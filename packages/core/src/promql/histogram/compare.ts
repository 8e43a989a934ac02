import {
  CUSTOM_SCHEMA,
  indexedBuckets,
  type IndexedBuckets,
} from "../../model/histogram-buckets.ts";
import type { CounterReset, NativeHistogram, SampleValue } from "../../model/sample.ts";
import { coarserBuckets } from "./bucket-sums.ts";
import { commonBounds, sameBounds, toCommonBounds } from "./custom-bounds.ts";
import { bucketsAbove, bucketsBelow, widerThreshold } from "./zero-bucket.ts";

/** Equal in every number and in which buckets are there, empty ones too; hints do not count. */
export function identicalHistograms(a: NativeHistogram, b: NativeHistogram): boolean {
  if (a === b) return true;
  return (
    a.schema === b.schema &&
    Object.is(a.count, b.count) &&
    Object.is(a.sum, b.sum) &&
    a.zeroThreshold === b.zeroThreshold &&
    Object.is(a.zeroCount, b.zeroCount) &&
    sameBounds(a.customBounds, b.customBounds) &&
    sameBuckets(positiveOf(a), positiveOf(b)) &&
    sameBuckets(negativeOf(a), negativeOf(b))
  );
}

export function positiveOf(h: NativeHistogram): IndexedBuckets {
  return indexedBuckets(h.positiveSpans, h.positiveBuckets);
}

export function negativeOf(h: NativeHistogram): IndexedBuckets {
  return indexedBuckets(h.negativeSpans, h.negativeBuckets);
}

function sameBuckets(a: IndexedBuckets, b: IndexedBuckets): boolean {
  return (
    a.indices.length === b.indices.length &&
    a.indices.every((index, i) => index === b.indices[i] && Object.is(a.counts[i], b.counts[i]))
  );
}

/**
 * Whether a counter began anew between two of its histograms: its hint says so, or anything but the
 * sum became smaller. A finer schema, a narrower zero bucket and a zero bucket that would have to
 * cut a populated bucket come with a reset only.
 */
export function isReset(h: NativeHistogram, before: NativeHistogram): boolean {
  if (h.counterReset === "reset") return true;
  if (h.counterReset === "not-reset") return false;
  if (h.count < before.count) return true;
  if (h.schema === CUSTOM_SCHEMA) return before.schema !== CUSTOM_SCHEMA || customFell(h, before);
  if (h.schema > before.schema || h.zeroThreshold < before.zeroThreshold) return true;
  const sides = [positiveOf(before), negativeOf(before)] as const;
  const threshold = widerThreshold(before, sides, h.zeroThreshold);
  if (threshold !== h.zeroThreshold || h.zeroCount < zeroCountUpTo(before, sides, threshold)) {
    return true;
  }
  const steps = before.schema - h.schema;
  const comparable = (side: IndexedBuckets): IndexedBuckets =>
    bucketsAbove(h, coarserBuckets(side, steps), h.zeroThreshold);
  return (
    anyFell(positiveOf(h), comparable(sides[0])) || anyFell(negativeOf(h), comparable(sides[1]))
  );
}

function zeroCountUpTo(
  h: NativeHistogram,
  sides: readonly IndexedBuckets[],
  threshold: number,
): number {
  let { zeroCount } = h;
  if (threshold === h.zeroThreshold) return zeroCount;
  for (const { indices, counts } of sides) {
    const taken = bucketsBelow(h, indices, threshold);
    for (let i = 0; i < taken; i++) zeroCount += counts[i] ?? 0;
  }
  return zeroCount;
}

/** Whether any bucket holds less than it did, or is gone. */
function anyFell(now: IndexedBuckets, before: IndexedBuckets): boolean {
  let at = 0;
  for (const [i, index] of before.indices.entries()) {
    while ((now.indices[at] ?? Infinity) < index) at++;
    const was = before.counts[i] ?? 0;
    if (now.indices[at] === index ? (now.counts[at] ?? 0) < was : was !== 0) return true;
  }
  return false;
}

function customFell(h: NativeHistogram, before: NativeHistogram): boolean {
  if (sameBounds(h.customBounds, before.customBounds)) {
    return anyFell(positiveOf(h), positiveOf(before));
  }
  const common = commonBounds(h.customBounds, before.customBounds);
  const [now, then] = [h, before].map((one) => {
    const counts = Array.from({ length: common.length + 1 }, () => 0);
    const target = toCommonBounds(one.customBounds, common);
    const { indices, counts: own } = positiveOf(one);
    for (const [i, index] of indices.entries()) {
      const to = target(index);
      counts[to] = (counts[to] ?? 0) + (own[i] ?? 0);
    }
    return counts;
  });
  return then?.some((count, i) => (now?.[i] ?? 0) < count) ?? false;
}

/**
 * The hint that a histogram has once it is stored behind another sample of its series, as
 * Prometheus' storage gives it back: gauges stay gauges; a counter that goes on in the same layout
 * is known not to have been reset; everything else is to be found out by who reads it.
 *
 * @param before the sample before; `undefined` for a first one, a stale marker, a number
 */
export function storedHint(h: NativeHistogram, before: SampleValue | undefined): CounterReset {
  if (h.counterReset === "gauge") return "gauge";
  if (before === undefined || typeof before === "number" || before.counterReset === "gauge") {
    return "unknown";
  }
  const goesOn =
    h.schema === before.schema &&
    h.zeroThreshold === before.zeroThreshold &&
    sameBounds(h.customBounds, before.customBounds) &&
    h.counterReset !== "reset" &&
    !isReset({ ...h, counterReset: "unknown" }, before);
  return goesOn ? "not-reset" : "unknown";
}
