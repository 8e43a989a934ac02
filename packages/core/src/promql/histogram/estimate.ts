import {
  CUSTOM_SCHEMA,
  type HistogramBucket,
  histogramBuckets,
} from "../../model/histogram-buckets.ts";
import type { NativeHistogram } from "../../model/sample.ts";
import { KahanSum } from "../kahan.ts";

/** What an estimate says about observations of NaN, which no bucket holds. */
export type NanNote = "none" | "result-is-nan" | "skewed" | "excluded";

export type Estimate = { readonly value: number; readonly nan: NanNote };

function plain(value: number): Estimate {
  return { value, nan: "none" };
}

function isCustom({ schema }: NativeHistogram): boolean {
  return schema === CUSTOM_SCHEMA;
}

/** A bucket around zero reaches only to the side on which the histogram has observations. */
function oneSided(bucket: HistogramBucket, h: NativeHistogram): HistogramBucket {
  const negative = h.negativeBuckets.length > 0;
  const positive = h.positiveBuckets.length > 0;
  if (negative === positive) return bucket;
  return positive ? { ...bucket, lower: 0 } : { ...bucket, upper: 0 };
}

/**
 * How far into a bucket a value lies, 0 to 1: linear in custom buckets and around zero, else on the
 * scale of exponents, as if the bucket were divided into those of a finer schema.
 */
export function fractionBelow(
  { lower, upper }: Pick<HistogramBucket, "lower" | "upper">,
  value: number,
  linear: boolean,
): number {
  if (linear) return (value - lower) / (upper - lower);
  const from = Math.log2(Math.abs(lower));
  const to = Math.log2(Math.abs(upper));
  const at = Math.log2(Math.abs(value));
  return value > 0 ? (at - from) / (to - from) : 1 - (at - to) / (from - to);
}

/**
 * The quantile of a native histogram, interpolated within the bucket that it falls into. NaN
 * observations count as larger than every number.
 */
export function histogramQuantile(q: number, h: NativeHistogram): Estimate {
  if (q < 0) return plain(-Infinity);
  if (q > 1) return plain(Infinity);
  if (h.count === 0 || Number.isNaN(q)) return plain(NaN);
  // From the nearer end fewer counts are added up; with NaNs only the lower end is known.
  const mayHaveNan = Number.isNaN(h.sum);
  const upwards = mayHaveNan || q < 0.5;
  const all = [...histogramBuckets(h)];
  if (!upwards) all.reverse();
  const rank = (upwards ? q : 1 - q) * h.count;
  const { found, seen, index } = bucketAtRank(all, rank);
  if (found === undefined) {
    return mayHaveNan ? { value: NaN, nan: "result-is-nan" } : plain(rank === 0 ? NaN : 0);
  }
  const open = openBucketValue(found, h);
  if (open !== undefined) return plain(open);
  const bucket = readable(found, h);
  const count = Math.min(seen, h.count);
  if (count < rank) {
    return mayHaveNan ? { value: NaN, nan: "result-is-nan" } : plain(bucket.upper);
  }
  const inside = upwards ? rank - (count - bucket.count) : count - rank;
  const value = valueInside(bucket, inside / bucket.count, h);
  if (!mayHaveNan) return plain(value);
  const rest = all.slice(index + 1).reduce((sum, other) => sum + other.count, count);
  return { value, nan: rest < h.count ? "skewed" : "none" };
}

type Ranked = {
  readonly found: HistogramBucket | undefined;
  /** What lies up to the end of that bucket. */
  readonly seen: number;
  readonly index: number;
};

/** The bucket that holds a rank; the last one where none does. */
function bucketAtRank(all: readonly HistogramBucket[], rank: number): Ranked {
  let seen = 0;
  let found: HistogramBucket | undefined;
  let index = 0;
  for (; index < all.length; index++) {
    found = all[index];
    if (found === undefined || found.count === 0) continue;
    seen += found.count;
    if (seen >= rank) break;
  }
  return { found, seen, index };
}

/** In an endless custom bucket nothing can be interpolated: its finite bound is the answer. */
function openBucketValue(
  { lower, upper }: HistogramBucket,
  h: NativeHistogram,
): number | undefined {
  if (!isCustom(h)) return undefined;
  if (lower === -Infinity) return upper <= 0 ? upper : undefined;
  return upper === Infinity ? lower : undefined;
}

/** The bucket with the bounds that interpolation goes by. */
function readable(bucket: HistogramBucket, h: NativeHistogram): HistogramBucket {
  if (isCustom(h)) return bucket.lower === -Infinity ? { ...bucket, lower: 0 } : bucket;
  return bucket.lower < 0 && bucket.upper > 0 ? oneSided(bucket, h) : bucket;
}

function valueInside(
  { lower, upper }: HistogramBucket,
  fraction: number,
  h: NativeHistogram,
): number {
  if (isCustom(h) || (lower <= 0 && upper >= 0)) return lower + (upper - lower) * fraction;
  const from = Math.log2(Math.abs(lower));
  const to = Math.log2(Math.abs(upper));
  if (lower > 0) return 2 ** (from + (to - from) * fraction);
  return -(2 ** (to + (from - to) * (1 - fraction)));
}

/** The share of observations between two values, interpolated as for a quantile. */
export function histogramFraction(lower: number, upper: number, h: NativeHistogram): Estimate {
  if (h.count === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return plain(NaN);
  if (lower >= upper) return plain(0);
  const mayHaveNan = Number.isNaN(h.sum);
  const all = [...histogramBuckets(h)];
  const seen = mayHaveNan ? all.reduce((sum, { count }) => sum + count, 0) : h.count;
  const share = (rankOf(upper, all, h, seen) - rankOf(lower, all, h, seen)) / h.count;
  return { value: share, nan: mayHaveNan && seen < h.count ? "excluded" : "none" };
}

/** How many observations lie below a value, at most `most`. */
function rankOf(
  value: number,
  all: readonly HistogramBucket[],
  h: NativeHistogram,
  most: number,
): number {
  let rank = 0;
  for (const each of all) {
    const aroundZero = each.lower <= 0 && each.upper >= 0;
    const bucket = aroundZero ? oneSided(each, h) : each;
    if (bucket.lower >= value) return Math.min(rank, most);
    if (bucket.upper > value) {
      // Of the observations in a bucket without lower end, all are taken to lie below the value.
      if (bucket.lower === -Infinity) return Math.min(bucket.count, most);
      const linear = isCustom(h) || aroundZero;
      return Math.min(rank + bucket.count * fractionBelow(bucket, value, linear), most);
    }
    rank += bucket.count;
  }
  return most;
}

/** The population variance, every observation taken to lie in the middle of its bucket. */
export function histogramVariance(h: NativeHistogram): number {
  const mean = h.sum / h.count;
  const variance = new KahanSum();
  for (const bucket of histogramBuckets(h)) {
    if (bucket.count === 0) continue;
    const delta = middleOf(bucket, h) - mean;
    variance.add(bucket.count * delta * delta);
  }
  return variance.total() / h.count;
}

function middleOf({ lower, upper }: HistogramBucket, h: NativeHistogram): number {
  if (isCustom(h)) return (upper + lower) / 2;
  if (lower <= 0 && upper >= 0) return 0;
  const middle = Math.sqrt(upper * lower);
  return upper < 0 ? -middle : middle;
}
