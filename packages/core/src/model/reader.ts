import type { Labels } from "./labels.ts";
import type { NativeHistogram } from "./sample.ts";
import type { EpochMs } from "./time.ts";

/** How one label is compared. Regular expressions are anchored at both ends, as in Prometheus. */
export type Matcher = {
  readonly name: string;
  readonly op: "=" | "!=" | "=~" | "!~";
  readonly value: string;
};

/** A series within a time range. Arrays are shared: never write to them. */
export type SeriesSlice = {
  readonly labels: Labels;
  /** Epoch ms, strictly ascending. */
  readonly times: Float64Array;
  /** Same length; stale markers are told by `isStale`. */
  readonly values: Float64Array;
  /** Present where the series has native histograms; an index with one has no meaning in `values`. */
  readonly histograms?: readonly (NativeHistogram | undefined)[];
  /**
   * Present where senders said when a counter began: epoch ms, one a sample, NaN where they did not.
   */
  readonly starts?: Float64Array;
};

/**
 * A series within a time range, without arrays of its own: the samples at [start, end) of arrays that
 * may hold more, which has no meaning. Where there are histograms or starts, the arrays hold no more.
 */
export type SeriesStretch = SeriesSlice & { readonly start: number; readonly end: number };

/** All of a slice. */
export function wholeStretch(slice: SeriesSlice): SeriesStretch {
  return { ...slice, start: 0, end: slice.times.length };
}

/**
 * What evaluation reads: an immutable state of the series. Synchronous: what memory lacks was
 * loaded before (`plan` says what).
 */
export type Reader = {
  /** Series that match, with samples in (from, to]; series without any in the range are left out. */
  readonly select: (
    matchers: readonly Matcher[],
    from: EpochMs,
    to: EpochMs,
  ) => readonly SeriesSlice[];
  /**
   * `select` in turns, for many series: yields again and again how many samples it has read since
   * the last time, so that the caller can stop it or let other work run.
   */
  readonly selecting?: (
    matchers: readonly Matcher[],
    from: EpochMs,
    to: EpochMs,
  ) => Generator<number, readonly SeriesSlice[], undefined>;
  /** `selecting` for who can do without a pair of arrays for each series, which are what it costs. */
  readonly stretching?: (
    matchers: readonly Matcher[],
    from: EpochMs,
    to: EpochMs,
  ) => Generator<number, readonly SeriesStretch[], undefined>;
};
