import { CUSTOM_SCHEMA } from "../model/histogram-buckets.ts";
import type { NativeHistogram } from "../model/sample.ts";
import { SECOND_MS } from "../model/time.ts";
import { isReset } from "./histogram/compare.ts";
import { sameBounds } from "./histogram/custom-bounds.ts";
import { HistogramSum } from "./histogram/histogram-sum.ts";
import type { HistogramNotes } from "./histogram-notes.ts";
import type { RateKind } from "./rates.ts";
import { extension, extensionFrom, overlaps, startedBetween, startInside } from "./rates.ts";
import type { SeriesSamples, Window } from "./windows.ts";

/** A series, or the part of one, that holds histograms alone; `values` are their counts. */
export type HistogramSeries = Omit<SeriesSamples, "histograms"> & {
  readonly histograms: readonly NativeHistogram[];
  readonly name: string;
};

/** Asked once a step, as a `WindowFunction`. */
export type HistogramWindowFunction = (
  series: HistogramSeries,
) => (window: Window) => NativeHistogram | undefined;

/** What a counter of histograms is like, found out once a series. */
type CounterFacts = {
  /** Where it began anew, ascending. */
  readonly resets: readonly number[];
  /** Whether all of it has one layout and none of it is a gauge: nothing to look for in a window. */
  readonly uniform: boolean;
};

function factsOf(series: HistogramSeries): CounterFacts {
  const { histograms } = series;
  const resets: number[] = [];
  let uniform = histograms[0]?.counterReset !== "gauge";
  for (let i = 1; i < histograms.length; i++) {
    const [before, h] = [histograms[i - 1], histograms[i]];
    if (before === undefined || h === undefined) continue;
    if (startedBetween(series, i) || isReset(h, before)) resets.push(i);
    uniform &&=
      h.counterReset !== "gauge" &&
      h.schema === before.schema &&
      sameBounds(h.customBounds, before.customBounds);
  }
  return { resets, uniform };
}

const NOTHING: CounterFacts = { resets: [], uniform: true };

/** `rate`, `increase` and `delta`, extended to the window's ends as those of numbers are. */
export function histogramRate(
  kind: RateKind,
  notes: HistogramNotes,
  noteOverlap?: (samples: SeriesSamples) => void,
): HistogramWindowFunction {
  const isCounter = kind !== "delta";
  return (series) => {
    const facts = isCounter ? factsOf(series) : NOTHING;
    const difference = isCounter ? counterDifference : gaugeDifference;
    return (window) => {
      const { lo, hi } = window;
      const { histograms } = series;
      const startMs = isCounter ? startInside(series, window) : undefined;
      const first = histograms[lo];
      if (first === undefined || (hi - lo < 2 && startMs === undefined)) return undefined;
      let sum: HistogramSum | undefined;
      if (hi - lo >= 2) {
        sum = difference(series, window, { facts, notes });
        if (sum === undefined) return undefined;
      }
      if (noteOverlap !== undefined) {
        for (let i = lo + 1; i < hi; i++) if (overlaps(series, i)) noteOverlap(series);
      }
      let factor: number;
      if (startMs === undefined) {
        factor = extension(series, window, isCounter ? sum?.counted() : undefined);
      } else {
        factor = extensionFrom(startMs, series.times, window);
        if (sum === undefined) sum = new HistogramSum(first);
        else if (!joins(sum, first, { series, notes })) return undefined;
      }
      const seconds = (window.toMs - window.fromMs) / SECOND_MS;
      sum?.scale(kind === "rate" ? factor / seconds : factor);
      return sum?.result(hi - lo < 2 ? first.counterReset : "gauge");
    };
  };
}

type Differing = { readonly facts: CounterFacts; readonly notes: HistogramNotes };

function gaugeDifference(
  series: HistogramSeries,
  { lo, hi }: Window,
  { notes }: Differing,
): HistogramSum | undefined {
  const [first, last] = [series.histograms[lo], series.histograms[hi - 1]];
  if (first === undefined || last === undefined) return undefined;
  const sum = new HistogramSum(last);
  if (!subtracts(sum, first, { series, notes })) return undefined;
  if (first.counterReset !== "gauge" || last.counterReset !== "gauge") notes.notGauge(series.name);
  return sum;
}

/** What a counter rose by; where it began anew, what it had come to is added. */
function counterDifference(
  series: HistogramSeries,
  { lo, hi }: Window,
  { facts, notes }: Differing,
): HistogramSum | undefined {
  const { histograms } = series;
  const inside = facts.resets.slice(firstAbove(facts.resets, lo), firstAbove(facts.resets, hi - 1));
  const [first, second, last] = [histograms[lo], histograms[lo + 1], histograms[hi - 1]];
  if (first === undefined || second === undefined || last === undefined) return undefined;
  // What stands before a reset counts with its buckets only where it is no more than the start.
  const base = inside[0] === lo + 1 ? emptyLike(second) : first;
  if (isCustom(base) !== isCustom(last)) {
    notes.mixedBuckets(series.name);
    return undefined;
  }
  const sum = new HistogramSum(last);
  if (!facts.uniform && !fitsTogether(histograms.slice(lo, hi), base, { series, notes })) {
    return undefined;
  }
  if (!subtracts(sum, base, { series, notes })) return undefined;
  for (const index of inside) {
    const before = histograms[index - 1];
    if (index === lo + 1 || before === undefined) continue;
    if (!joins(sum, before, { series, notes })) return undefined;
  }
  return sum;
}

/** Index of the first entry of an ascending list that is above a value. */
function firstAbove(ascending: readonly number[], value: number): number {
  let lo = 0;
  let hi = ascending.length;
  while (lo < hi) {
    const middle = (lo + hi) >>> 1;
    if ((ascending[middle] ?? Infinity) > value) hi = middle;
    else lo = middle + 1;
  }
  return lo;
}

function isCustom({ schema }: NativeHistogram): boolean {
  return schema === CUSTOM_SCHEMA;
}

function emptyLike({ schema, customBounds }: NativeHistogram): NativeHistogram {
  return {
    counterReset: "unknown",
    schema,
    customBounds,
    zeroThreshold: 0,
    zeroCount: 0,
    count: 0,
    sum: 0,
    positiveSpans: [],
    positiveBuckets: [],
    negativeSpans: [],
    negativeBuckets: [],
  };
}

type Noting = { readonly series: HistogramSeries; readonly notes: HistogramNotes };

/** Whether what stands behind a window's first histogram has buckets of one kind with its base. */
function fitsTogether(
  window: readonly NativeHistogram[],
  base: NativeHistogram,
  { series, notes }: Noting,
): boolean {
  for (const [i, h] of window.entries()) {
    if (h.counterReset === "gauge") notes.notCounter(series.name);
    if (i === 0 || isCustom(h) === isCustom(base)) continue;
    notes.mixedBuckets(series.name);
    return false;
  }
  return true;
}

/** Whether all have exponential buckets, or all have custom ones. */
export function isOneKind(histograms: readonly NativeHistogram[]): boolean {
  const customs = histograms.filter(isCustom).length;
  return customs === 0 || customs === histograms.length;
}

/** Subtracts, saying what there is to say; false where the buckets are of another kind. */
export function subtracts(
  sum: HistogramSum,
  other: NativeHistogram,
  { series, notes }: Noting,
): boolean {
  const joined = sum.add(other, -1);
  if (joined === "incompatible") notes.mixedBuckets(series.name);
  if (joined === "bounds-reconciled") notes.reconciledBounds("subtraction");
  return joined !== "incompatible";
}

/** Adds, as `subtracts` subtracts. */
export function joins(
  sum: HistogramSum,
  other: NativeHistogram,
  { series, notes }: Noting,
): boolean {
  const joined = sum.add(other);
  if (joined === "incompatible") notes.mixedBuckets(series.name);
  if (joined === "bounds-reconciled") notes.reconciledBounds("addition");
  return joined !== "incompatible";
}

/** `irate` and `idelta` of a window whose last two samples are histograms. */
export function fromLastTwoHistograms(
  kind: "irate" | "idelta",
  notes: HistogramNotes,
): HistogramWindowFunction {
  return (series) =>
    ({ lo, hi }) => {
      const { histograms, times, name } = series;
      const [before, last] = [histograms[hi - 2], histograms[hi - 1]];
      if (hi - lo < 2 || before === undefined || last === undefined) return undefined;
      const gauges = [before, last].filter(({ counterReset }) => counterReset === "gauge").length;
      if (kind === "irate" && gauges > 0) notes.notCounter(name);
      if (kind === "idelta" && gauges < 2) notes.notGauge(name);
      const sum = new HistogramSum(last);
      const anew = kind === "irate" && (startedBetween(series, hi - 1) || isReset(last, before));
      if (!anew && !subtracts(sum, before, { series, notes })) return undefined;
      if (kind === "irate") {
        sum.divide(((times[hi - 1] ?? NaN) - (times[hi - 2] ?? NaN)) / SECOND_MS);
      }
      return sum.result("gauge");
    };
}
