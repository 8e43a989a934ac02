import type { Labels } from "../model/labels.ts";
import { compileMatchers, PatternCache } from "../model/matcher.ts";
import type { Reader, SeriesSlice } from "../model/reader.ts";
import { type NativeHistogram, setStale, STALE } from "../model/sample.ts";
import type { SeriesValue } from "./test-language/series-line.ts";

/** A series whose values stand a fixed step apart, as test scripts write them. */
export type FixedSeries = {
  readonly labels: Labels;
  readonly fromMs: number;
  readonly stepMs: number;
  readonly values: readonly SeriesValue[];
};

/** A reader over series that are known from the start: for scripts and tests. */
export function fixedReader(series: readonly FixedSeries[]): Reader {
  return slicesReader(series.map(sliceOf));
}

/** A reader over slices that hold all there is. */
export function slicesReader(slices: readonly SeriesSlice[]): Reader {
  const cache = new PatternCache();
  return {
    select: (matchers, from, to) => {
      const matches = compileMatchers(matchers, cache);
      return slices
        .filter(({ labels }) => matches(labels))
        .map((slice) => cut(slice, from, to))
        .filter(({ times }) => times.length > 0);
    },
  };
}

function sliceOf({ labels, fromMs, stepMs, values }: FixedSeries): SeriesSlice {
  const there = [...values.entries()].filter(([, value]) => value !== undefined);
  const times = Float64Array.from(there, ([index]) => fromMs + index * stepMs);
  const numbers = new Float64Array(there.length);
  const histograms: (NativeHistogram | undefined)[] = [];
  for (const [i, [, value]] of there.entries()) {
    if (value === STALE) setStale(numbers, i);
    else if (typeof value === "object") histograms[i] = value;
    else numbers[i] = value ?? NaN;
  }
  if (histograms.length === 0) return { labels, times, values: numbers };
  histograms.length = there.length;
  return { labels, times, values: numbers, histograms };
}

function cut(slice: SeriesSlice, from: number, to: number): SeriesSlice {
  const { labels, times, values, histograms, starts } = slice;
  const first = times.findIndex((time) => time > from);
  const lo = first < 0 ? times.length : first;
  const hi = Math.max(lo, times.findLastIndex((time) => time <= to) + 1);
  return {
    labels,
    times: times.subarray(lo, hi),
    values: values.subarray(lo, hi),
    ...(histograms !== undefined && { histograms: histograms.slice(lo, hi) }),
    ...(starts !== undefined && { starts: starts.subarray(lo, hi) }),
  };
}
