import {
  bucketBound,
  type BucketLayout,
  CUSTOM_SCHEMA,
  type IndexedBuckets,
} from "../../model/histogram-buckets.ts";

/**
 * The least threshold of at least `threshold` that lies inside no populated bucket: only up to
 * there can a zero bucket grow without cutting a bucket in two.
 *
 * @param sides the positive and the negative buckets; bounds are symmetric
 */
export function widerThreshold(
  layout: BucketLayout,
  sides: readonly IndexedBuckets[],
  threshold: number,
): number {
  let wanted = threshold;
  for (;;) {
    const before = wanted;
    for (const { indices, counts } of sides) {
      for (const [i, index] of indices.entries()) {
        if (bucketBound(layout, index - 1) >= wanted) break;
        if (counts[i] !== 0) wanted = Math.max(wanted, bucketBound(layout, index));
      }
    }
    if (wanted === before) return wanted;
  }
}

/** How many buckets begin below a threshold: those that a zero bucket of that width takes in. */
export function bucketsBelow(
  layout: BucketLayout,
  indices: readonly number[],
  threshold: number,
): number {
  let count = 0;
  while (count < indices.length && bucketBound(layout, (indices[count] ?? 0) - 1) < threshold) {
    count++;
  }
  return count;
}

/** The buckets that end above a threshold; those of a custom layout have no zero bucket. */
export function bucketsAbove(
  layout: BucketLayout,
  buckets: IndexedBuckets,
  threshold: number,
): IndexedBuckets {
  if (threshold === 0 || layout.schema === CUSTOM_SCHEMA) return buckets;
  const { indices, counts } = buckets;
  let skip = 0;
  while (skip < indices.length && bucketBound(layout, indices[skip] ?? 0) <= threshold) skip++;
  return skip === 0 ? buckets : { indices: indices.slice(skip), counts: counts.slice(skip) };
}
