import type { Labels } from "../model/labels.ts";
import { compileMatchers, PatternCache } from "../model/matcher.ts";
import {
  type Reader,
  type SeriesSlice,
  type SeriesStretch,
  wholeStretch,
} from "../model/reader.ts";
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
  const stretches = (...[matchers, from, to]: Parameters<Reader["select"]>): SeriesStretch[] => {
    const matches = compileMatchers(matchers, cache);
    return slices
      .filter(({ labels }) => matches(labels))
      .map((slice) => stretch(slice, from, to))
      .filter(({ start, end }) => start < end);
  };
  return {
    select: (...asked) => stretches(...asked).map(cut),
    *stretching(...asked) {
      const found = stretches(...asked).map((one) =>
        isOfNumbers(one) ? one : wholeStretch(cut(one)),
      );
      yield found.reduce((samples, { start, end }) => samples + end - start, 0);
      return found;
    },
  };
}

function isOfNumbers({ histograms, starts }: SeriesSlice): boolean {
  return histograms === undefined && starts === undefined;
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

function stretch(slice: SeriesSlice, from: number, to: number): SeriesStretch {
  const { times } = slice;
  const first = times.findIndex((time) => time > from);
  const start = first < 0 ? times.length : first;
  return { ...slice, start, end: Math.max(start, times.findLastIndex((time) => time <= to) + 1) };
}

function cut({
  labels,
  times,
  values,
  histograms,
  starts,
  start,
  end,
}: SeriesStretch): SeriesSlice {
  return {
    labels,
    times: times.subarray(start, end),
    values: values.subarray(start, end),
    ...(histograms !== undefined && { histograms: histograms.slice(start, end) }),
    ...(starts !== undefined && { starts: starts.subarray(start, end) }),
  };
}
