/** One cumulative bucket of a classic histogram. */
export type Bucket = { readonly upperBound: number; count: number };

/** Buckets whose counts were below an earlier one's, and were lifted to it. */
export type LiftedBuckets = {
  /** Upper bounds of the first and the last of them. */
  readonly lowest: number;
  readonly highest: number;
  readonly greatestDifference: number;
};

// Differences of this relative size come from floating point addition and mean nothing.
const SMALL_DELTA = 1e-12;

function almostEqual(a: number, b: number): boolean {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true;
  const sum = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  const smallest = 2.2250738585072014e-308;
  if (a === 0 || b === 0 || sum < smallest) return difference < SMALL_DELTA * smallest;
  return difference / Math.min(sum, Number.MAX_VALUE) < SMALL_DELTA;
}

/** Adds up buckets with equal bounds, in new ones if there are any; the input is sorted by bound. */
function coalesce(buckets: readonly Bucket[]): readonly Bucket[] {
  if (!hasEqualBounds(buckets)) return buckets;
  const distinct: Bucket[] = [];
  for (const { upperBound, count } of buckets) {
    const last = distinct.at(-1);
    if (last?.upperBound === upperBound) last.count += count;
    else distinct.push({ upperBound, count });
  }
  return distinct;
}

function hasEqualBounds(buckets: readonly Bucket[]): boolean {
  for (let i = 1; i < buckets.length; i++) {
    if (buckets[i]?.upperBound === buckets[i - 1]?.upperBound) return true;
  }
  return false;
}

/** Makes counts never fall from bucket to bucket, and says which were lifted for that, if any. */
function makeMonotonic(buckets: readonly Bucket[]): LiftedBuckets | undefined {
  let lifted: LiftedBuckets | undefined;
  let highest = buckets[0]?.count ?? NaN;
  for (const [i, bucket] of buckets.entries()) {
    if (i === 0) continue;
    const { count, upperBound } = bucket;
    if (count === highest) continue;
    if (almostEqual(highest, count)) {
      bucket.count = highest;
    } else if (count < highest) {
      bucket.count = highest;
      lifted = {
        lowest: lifted?.lowest ?? upperBound,
        highest: upperBound,
        greatestDifference: Math.max(lifted?.greatestDifference ?? 0, highest - count),
      };
    } else {
      highest = count;
    }
  }
  return lifted;
}

export type BucketQuantile = {
  readonly value: number;
  readonly lifted: LiftedBuckets | undefined;
};

function withoutBuckets(value: number): BucketQuantile {
  return { value, lifted: undefined };
}

/**
 * The quantile of cumulative buckets, interpolated linearly inside the bucket that it falls into.
 * NaN without a `+Inf` bucket, with fewer than two buckets or without observations.
 *
 * @param sorted by upper bound; counts that fall are repaired in place
 */
export function bucketQuantile(q: number, sorted: readonly Bucket[]): BucketQuantile {
  if (Number.isNaN(q)) return withoutBuckets(NaN);
  if (q < 0) return withoutBuckets(-Infinity);
  if (q > 1) return withoutBuckets(Infinity);
  if (sorted.at(-1)?.upperBound !== Infinity) return withoutBuckets(NaN);
  const buckets = coalesce(sorted);
  const lifted = makeMonotonic(buckets);
  const last = buckets.length - 1;
  const observations = buckets[last]?.count ?? 0;
  if (last < 1 || observations === 0) return { value: NaN, lifted };
  const rank = q * observations;
  let index = 0;
  // Nothing reaches a rank that is no number, which leaves the last bucket.
  while (index < last && !((buckets[index]?.count ?? NaN) >= rank)) index++;
  return { value: valueAtRank(buckets, index, rank), lifted };
}

function valueAtRank(buckets: readonly Bucket[], index: number, rank: number): number {
  const { upperBound = NaN, count = NaN } = buckets[index] ?? {};
  if (index === buckets.length - 1) return buckets[index - 1]?.upperBound ?? NaN;
  if (index === 0 && upperBound <= 0) return upperBound;
  const below = index === 0 ? { upperBound: 0, count: 0 } : buckets[index - 1];
  const start = below?.upperBound ?? NaN;
  const before = below?.count ?? NaN;
  return start + (upperBound - start) * ((rank - before) / (count - before));
}

/** The share of observations between two values, interpolated as for a quantile. */
export function bucketFraction(lower: number, upper: number, sorted: readonly Bucket[]): number {
  if (sorted.at(-1)?.upperBound !== Infinity) return NaN;
  const buckets = coalesce(sorted);
  const count = buckets.at(-1)?.count ?? 0;
  if (count === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return NaN;
  if (lower >= upper) return 0;
  return (rankOf(upper, buckets) - rankOf(lower, buckets)) / count;
}

/** How many observations lie at or below a value. */
function rankOf(value: number, buckets: readonly Bucket[]): number {
  const total = buckets.at(-1)?.count ?? NaN;
  // A first bucket above zero is taken to begin at zero.
  let start = (buckets[0]?.upperBound ?? NaN) <= 0 ? -Infinity : 0;
  let rank = 0;
  for (const { upperBound, count } of buckets) {
    if (start >= value) return Math.min(rank, total);
    if (upperBound > value) {
      // Nothing can be told about where in an endless bucket the observations are.
      if (start === -Infinity) return Math.min(count, total);
      const inside = rank + ((count - rank) * (value - start)) / (upperBound - start);
      return Math.min(inside, total);
    }
    rank = count;
    start = upperBound;
  }
  return total;
}
