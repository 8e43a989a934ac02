import { bucketBound, CUSTOM_SCHEMA, type IndexedBuckets } from "../../model/histogram-buckets.ts";
import type { NativeHistogram } from "../../model/sample.ts";
import { negativeOf, positiveOf } from "./compare.ts";
import { fractionBelow } from "./estimate.ts";
import { compacted } from "./scale.ts";

/** Which end is cut off: `</` keeps what is below the value, `>/` what is above. */
export type TrimOp = "</" | ">/";

type Trim = { readonly op: TrimOp; readonly at: number; readonly custom: boolean };

type Bucket = { readonly lower: number; readonly upper: number; readonly count: number };

/** What stays of a bucket, and where its observations are taken to lie on average. */
type Kept = { readonly count: number; readonly middle: number };

const NOTHING: Kept = { count: 0, middle: 0 };

/**
 * A histogram of the observations on one side of a value; the bucket that holds the value is
 * divided by interpolation. Where anything is cut off, count and sum are those of what stays.
 */
export function trimmed(h: NativeHistogram, op: TrimOp, at: number): NativeHistogram {
  const trim: Trim = { op, at, custom: h.schema === CUSTOM_SCHEMA };
  const positive = trimSide(h, positiveOf(h), trim, 1);
  const negative = trimSide(h, negativeOf(h), trim, -1);
  const zero = trimZero(h, trim);
  const untouched =
    sameCounts(positive, h.positiveBuckets) &&
    sameCounts(negative, h.negativeBuckets) &&
    zero.count === h.zeroCount;
  if (untouched) return h;
  const all = [...positive, ...negative, zero];
  return compacted({
    ...h,
    count: all.reduce((count, kept) => count + kept.count, 0),
    sum: all.reduce((sum, kept) => sum + kept.middle * kept.count, 0),
    zeroCount: zero.count,
    positiveBuckets: positive.map(({ count }) => count),
    negativeBuckets: negative.map(({ count }) => count),
  });
}

function sameCounts(kept: readonly Kept[], counts: readonly number[]): boolean {
  return kept.every(({ count }, i) => count === counts[i]);
}

function trimSide(
  h: NativeHistogram,
  { indices, counts }: IndexedBuckets,
  trim: Trim,
  sign: 1 | -1,
): Kept[] {
  return indices.map((index, i) => {
    const count = counts[i] ?? 0;
    if (count === 0) return NOTHING;
    const near = bucketBound(h, index - 1);
    const far = bucketBound(h, index);
    const [lower, upper] = sign === 1 ? [near, far] : [-far, -near];
    return trimBucket({ lower, upper, count }, trim);
  });
}

function trimBucket(bucket: Bucket, trim: Trim): Kept {
  const { lower, upper, count } = bucket;
  const { op, at, custom } = trim;
  if (op === "</" ? upper <= at : lower >= at) {
    return { count, middle: middleOf(lower, upper, custom) };
  }
  if (op === "</" ? lower >= at : upper <= at) return NOTHING;
  if (lower === -Infinity || upper === Infinity) return trimOpenBucket(bucket, trim);
  const below = count * fractionBelow(bucket, at, custom);
  return op === "</"
    ? { count: below, middle: middleOf(lower, at, custom) }
    : { count: count - below, middle: middleOf(at, upper, custom) };
}

/**
 * How observations lie in an endless bucket is not known: it stays whole where its finite bound is
 * on the kept side, goes where it is not; but one from -Inf to above zero is taken to begin at zero.
 */
function trimOpenBucket({ lower, upper, count }: Bucket, { op, at }: Trim): Kept {
  if (lower !== -Infinity) return op === ">/" ? { count, middle: at } : NOTHING;
  const beginsAtZero = upper > 0 && upper !== Infinity;
  if (op === "</") {
    if (beginsAtZero && at > 0) return { count: (count * at) / upper, middle: at / 2 };
    return upper <= 0 ? { count, middle: at } : NOTHING;
  }
  if (!beginsAtZero || at < 0) return NOTHING;
  return { count: count * (1 - at / upper), middle: (at + upper) / 2 };
}

/** The zero bucket reaches only to the side on which there are other observations. */
function trimZero(h: NativeHistogram, { op, at }: Trim): Kept {
  const { zeroCount: count, zeroThreshold } = h;
  if (!(count > 0)) return { count, middle: 0 };
  const positive = h.positiveBuckets.some((bucket) => bucket !== 0);
  const negative = h.negativeBuckets.some((bucket) => bucket !== 0);
  const lower = positive && !negative ? 0 : -zeroThreshold;
  const upper = negative && !positive ? 0 : zeroThreshold;
  if (op === "</" && at <= lower) return NOTHING;
  const [from, to] = op === "</" ? [lower, Math.min(at, upper)] : [Math.max(at, lower), upper];
  if (from === lower && to === upper) return { count, middle: (lower + upper) / 2 };
  if (from >= to) return NOTHING;
  return { count: count * ((to - from) / (upper - lower)), middle: (from + to) / 2 };
}

function middleOf(lower: number, upper: number, linear: boolean): number {
  if (lower === -Infinity) {
    if (upper === Infinity) return 0;
    return upper > 0 ? upper / 2 : upper;
  }
  if (upper === Infinity) return lower;
  if (linear) return (lower + upper) / 2;
  const middle = Math.sqrt(Math.abs(lower * upper));
  return upper > 0 ? middle : -middle;
}
