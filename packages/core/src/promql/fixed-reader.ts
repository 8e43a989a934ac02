import type { Labels } from "../model/labels.ts";
import { compileMatchers, PatternCache } from "../model/matcher.ts";
import type { Reader, SeriesSlice } from "../model/reader.ts";
import { setStale, STALE } from "../model/sample.ts";
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
  const slices = series.map(sliceOf);
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
  for (const [i, [, value]] of there.entries()) {
    if (value === STALE) setStale(numbers, i);
    else numbers[i] = value ?? NaN;
  }
  return { labels, times, values: numbers };
}

function cut({ labels, times, values }: SeriesSlice, from: number, to: number): SeriesSlice {
  const lo = times.findIndex((time) => time > from);
  const hi = times.findLastIndex((time) => time <= to) + 1;
  if (lo < 0) return { labels, times: times.subarray(0, 0), values: values.subarray(0, 0) };
  return { labels, times: times.subarray(lo, hi), values: values.subarray(lo, hi) };
}
