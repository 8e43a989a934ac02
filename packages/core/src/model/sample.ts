import type { Labels } from "./labels.ts";
import type { EpochMs } from "./time.ts";

/** Whether a histogram's counts began anew since the sample before, as far as its sender knows. */
export type CounterReset = "unknown" | "reset" | "not-reset" | "gauge";

/**
 * A native histogram's value (Prometheus, "Native Histograms", data model). Counts are absolute, one
 * a bucket, not cumulative; they may be fractions. Never written to after it was made.
 */
export type NativeHistogram = {
  readonly counterReset: CounterReset;
  /** -4 to 8: a bucket's bounds grow by 2^(2^-schema); -53: `customBounds`. */
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly count: number;
  readonly sum: number;
  readonly positiveSpans: readonly BucketSpan[];
  readonly positiveBuckets: readonly number[];
  readonly negativeSpans: readonly BucketSpan[];
  readonly negativeBuckets: readonly number[];
  /** Upper bounds, ascending, without +Inf; empty where the schema is not -53. */
  readonly customBounds: readonly number[];
};

/** A run of adjacent buckets: how far its first is from the end of the run before, and how many. */
export type BucketSpan = { readonly offset: number; readonly length: number };

/** What a sample holds; `typeof value === "number"` tells the kinds apart. */
export type SampleValue = number | NativeHistogram;

/** "The series ended here": distinct from every number, NaN included. */
export const STALE = "stale";
export type Stale = typeof STALE;

export type Sample = {
  readonly labels: Labels;
  readonly at: EpochMs;
  readonly value: SampleValue | Stale;
};

/** How stages hand samples to the store; one call a sample, no object made on the hot path. */
export type Append = (labels: Labels, at: EpochMs, value: SampleValue | Stale) => void;

// The stale marker is a NaN with a payload (Prometheus: 0x7ff0000000000002). A JavaScript engine may
// change a NaN's payload whenever it copies the number, so the marker is written and read as two
// 32-bit words of the array's buffer and never travels as a number.
const STALE_HIGH = 0x7ff00000;
const STALE_LOW = 2;
const littleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/** Whether a double with these words is the stale marker. */
export function isStaleMarker(high: number, low: number): boolean {
  return high === STALE_HIGH && low === STALE_LOW;
}

function wordsOf(values: Float64Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
}

/** Writes the stale marker at an index of an array of values. */
export function setStale(values: Float64Array, index: number): void {
  const words = wordsOf(values);
  words[index * 2 + (littleEndian ? 1 : 0)] = STALE_HIGH;
  words[index * 2 + (littleEndian ? 0 : 1)] = STALE_LOW;
}

/** Whether the value at an index is the stale marker; an ordinary NaN is not. */
export function isStale(values: Float64Array, index: number): boolean {
  const value = values[index];
  if (value === value) return false;
  const words = wordsOf(values);
  return (
    words[index * 2 + (littleEndian ? 1 : 0)] === STALE_HIGH &&
    words[index * 2 + (littleEndian ? 0 : 1)] === STALE_LOW
  );
}
