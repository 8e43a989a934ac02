import {
  type BucketLayout,
  CUSTOM_SCHEMA,
  indexedBuckets,
  type IndexedBuckets,
} from "../../model/histogram-buckets.ts";
import type { CounterReset, NativeHistogram } from "../../model/sample.ts";
import { KahanSum } from "../kahan.ts";
import { BucketSums, coarserBuckets, coarserIndex } from "./bucket-sums.ts";
import { commonBounds, sameBounds, toCommonBounds } from "./custom-bounds.ts";
import { bucketsBelow, widerThreshold } from "./zero-bucket.ts";

/**
 * How a histogram went into a sum: as it is, after both were brought to the bounds that they share,
 * or not at all, because one is exponential and the other has custom bounds.
 */
export type Joined = "exact" | "bounds-reconciled" | "incompatible";

/** What the hint of a combination is; a reset beside no reset says nothing any more. */
function combinedHint(a: CounterReset, b: CounterReset): CounterReset {
  if (a === b) return a;
  return a === "gauge" || b === "gauge" ? "gauge" : "unknown";
}

/** Whether one histogram says that a counter began anew and the other that it did not. */
export function hintsCollide(a: CounterReset, b: CounterReset): boolean {
  return (a === "reset" && b === "not-reset") || (a === "not-reset" && b === "reset");
}

/**
 * Adds up histograms, every number with compensation. Differing layouts are brought to the coarser
 * schema, the wider zero bucket, the bounds in common.
 */
export class HistogramSum {
  private hint: CounterReset;
  private layout: BucketLayout;
  private zeroThreshold: number;
  private readonly zeroCount = new KahanSum();
  private readonly count = new KahanSum();
  private readonly sum = new KahanSum();
  private readonly positive = new BucketSums();
  private readonly negative = new BucketSums();

  constructor(first: NativeHistogram) {
    const { counterReset, schema, customBounds, zeroThreshold } = first;
    this.hint = counterReset;
    this.layout = { schema, customBounds };
    this.zeroThreshold = zeroThreshold;
    this.zeroCount.reset(first.zeroCount);
    this.count.reset(first.count);
    this.sum.reset(first.sum);
    this.positive.add(indexedBuckets(first.positiveSpans, first.positiveBuckets), 1);
    this.negative.add(indexedBuckets(first.negativeSpans, first.negativeBuckets), 1);
  }

  /** Adds a histogram `factor` times; -1 subtracts it. */
  add(other: NativeHistogram, factor = 1): Joined {
    const isCustom = this.layout.schema === CUSTOM_SCHEMA;
    if (isCustom !== (other.schema === CUSTOM_SCHEMA)) return "incompatible";
    this.hint = combinedHint(this.hint, other.counterReset);
    this.count.add(other.count * factor);
    this.sum.add(other.sum * factor);
    const positive = indexedBuckets(other.positiveSpans, other.positiveBuckets);
    if (isCustom) return this.addCustom(positive, other.customBounds, factor);
    const negative = indexedBuckets(other.negativeSpans, other.negativeBuckets);
    this.addExponential(other, [positive, negative], factor);
    return "exact";
  }

  private addCustom(
    buckets: IndexedBuckets,
    bounds: readonly number[],
    factor: number,
  ): "exact" | "bounds-reconciled" {
    const { customBounds } = this.layout;
    if (sameBounds(customBounds, bounds)) {
      this.positive.add(buckets, factor);
      return "exact";
    }
    const common = commonBounds(customBounds, bounds);
    this.positive.remap(toCommonBounds(customBounds, common));
    this.layout = { schema: CUSTOM_SCHEMA, customBounds: common };
    const moved = new BucketSums();
    moved.add(buckets, factor);
    moved.remap(toCommonBounds(bounds, common));
    const { indices, cells } = moved;
    this.positive.add({ indices, counts: cells.map((cell) => cell.total()) }, 1);
    return "bounds-reconciled";
  }

  private addExponential(
    other: NativeHistogram,
    sides: readonly [IndexedBuckets, IndexedBuckets],
    factor: number,
  ): void {
    const [positive, negative] = this.addZeroBucket(other, sides, factor);
    this.reduceTo(other.schema);
    const steps = other.schema - this.layout.schema;
    if (positive !== undefined) this.positive.add(coarserBuckets(positive, steps), factor);
    if (negative !== undefined) this.negative.add(coarserBuckets(negative, steps), factor);
  }

  /**
   * Widens the narrower zero bucket until both are equally wide and cut no bucket, adds, and returns
   * the other's buckets that the zero bucket did not take in.
   */
  private addZeroBucket(
    other: NativeHistogram,
    sides: readonly IndexedBuckets[],
    factor: number,
  ): readonly IndexedBuckets[] {
    let threshold = other.zeroThreshold;
    while (threshold !== this.zeroThreshold) {
      if (threshold < this.zeroThreshold) {
        threshold = widerThreshold(other, sides, this.zeroThreshold);
      } else {
        this.widenZeroBucket(threshold);
      }
    }
    this.zeroCount.add(other.zeroCount * factor);
    if (threshold === other.zeroThreshold) return sides;
    return sides.map(({ indices, counts }) => {
      const taken = bucketsBelow(other, indices, threshold);
      for (const count of counts.slice(0, taken)) this.zeroCount.add(count * factor);
      return { indices: indices.slice(taken), counts: counts.slice(taken) };
    });
  }

  private widenZeroBucket(threshold: number): void {
    const sides = [this.positive, this.negative];
    const populated = sides.map(({ indices, cells }) => ({
      indices,
      counts: cells.map((cell) => cell.total()),
    }));
    this.zeroThreshold = widerThreshold(this.layout, populated, threshold);
    for (const side of sides) {
      const taken = bucketsBelow(this.layout, side.indices, this.zeroThreshold);
      side.takeFirst(taken, this.zeroCount);
    }
  }

  /** Goes down to a schema; a finer one changes nothing. */
  private reduceTo(schema: number): void {
    const steps = this.layout.schema - schema;
    if (steps <= 0 || schema === CUSTOM_SCHEMA) return;
    this.positive.remap((index) => coarserIndex(index, steps));
    this.negative.remap((index) => coarserIndex(index, steps));
    this.layout = { ...this.layout, schema };
  }

  scale(factor: number): void {
    for (const part of this.parts()) part.scale(factor);
  }

  divide(by: number): void {
    for (const part of this.parts()) part.divide(by);
  }

  private parts(): readonly (KahanSum | BucketSums)[] {
    return [this.zeroCount, this.count, this.sum, this.positive, this.negative];
  }

  /** The count of observations so far. */
  counted(): number {
    return this.count.total();
  }

  /** Whether any number has left the range of doubles. */
  overflows(): boolean {
    const numbers = [this.zeroCount.sum, this.count.sum, this.sum.sum];
    if (numbers.some((value) => Math.abs(value) === Infinity)) return true;
    return this.positive.overflows() || this.negative.overflows();
  }

  /** What came together; empty buckets are left out. */
  result(counterReset: CounterReset = this.hint): NativeHistogram {
    const positive = this.positive.result();
    const negative = this.negative.result();
    return {
      counterReset,
      ...this.layout,
      zeroThreshold: this.zeroThreshold,
      zeroCount: this.zeroCount.total(),
      count: this.count.total(),
      sum: this.sum.total(),
      positiveSpans: positive.spans,
      positiveBuckets: positive.counts,
      negativeSpans: negative.spans,
      negativeBuckets: negative.counts,
    };
  }
}
