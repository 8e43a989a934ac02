import type { NativeHistogram } from "../model/sample.ts";
import { SECOND_MS } from "../model/time.ts";
import type { Extension } from "./ast.ts";
import { firstAfter } from "./extended-ranges.ts";
import { isReset } from "./histogram/compare.ts";
import { HistogramSum } from "./histogram/histogram-sum.ts";
import { scaled } from "./histogram/scale.ts";
import type { HistogramNotes } from "./histogram-notes.ts";
import {
  type HistogramSeries,
  type HistogramWindowFunction,
  isOneKind,
  joins,
  subtracts,
} from "./histogram-rates.ts";
import type { RateKind } from "./rates.ts";
import type { Window } from "./windows.ts";

type Noting = { readonly series: HistogramSeries; readonly notes: HistogramNotes };

/**
 * The histogram at a time between a sample and the next; a counter that began anew rises from
 * nothing. `undefined` where their buckets are of different kinds.
 */
function histogramBetween(
  { series, notes }: Noting,
  index: number,
  ms: number,
  isCounter: boolean,
): NativeHistogram | undefined {
  const { times, histograms } = series;
  const [before, after] = [histograms[index], histograms[index + 1]];
  const [from, to] = [times[index] ?? NaN, times[index + 1] ?? NaN];
  if (before === undefined || after === undefined || ms === from) return before;
  if (ms === to) return after;
  const share = (ms - from) / (to - from);
  if (isCounter && isReset(after, before)) return scaled(after, share);
  const sum = new HistogramSum(after);
  if (!subtracts(sum, before, { series, notes })) return undefined;
  sum.scale(share);
  return joins(sum, before, { series, notes }) ? sum.result() : undefined;
}

/** What an extended range shows: the histograms at its edges, and the samples that they come from. */
type Edges = {
  readonly left: NativeHistogram | undefined;
  readonly right: NativeHistogram | undefined;
  readonly first: number;
  readonly last: number;
  readonly leftIsBetween: boolean;
};

/** `rate`, `increase` and `delta` over an extended range, as those of numbers. */
export function extendedHistogramRate(
  kind: RateKind,
  extension: Extension,
  notes: HistogramNotes,
): HistogramWindowFunction {
  const isCounter = kind !== "delta";
  return (series) => (window) => {
    const edges = edgesOf({ series, notes }, window, extension, isCounter);
    if (edges?.left === undefined || edges.right === undefined) return undefined;
    const { left, right } = edges;
    const gauges = [left, right].filter(({ counterReset }) => counterReset === "gauge").length;
    if (!isCounter && gauges < 2) notes.notGauge(series.name);
    const sum = new HistogramSum(right);
    if (!subtracts(sum, left, { series, notes })) return undefined;
    if (isCounter) {
      for (const before of beforeResets(series, edges)) {
        if (!joins(sum, before, { series, notes })) return undefined;
      }
    }
    if (kind === "rate") sum.divide((window.toMs - window.fromMs) / SECOND_MS);
    return sum.result("gauge");
  };
}

function edgesOf(
  { series, notes }: Noting,
  { lo, hi, fromMs, toMs }: Window,
  extension: Extension,
  isCounter: boolean,
): Edges | undefined {
  const { times, histograms, name } = series;
  const smoothed = extension === "smoothed";
  const timeAt = (index: number): number => times[index] ?? NaN;
  const first = Math.max(lo, firstAfter(times, lo, hi - 1, fromMs) - 1);
  const last = smoothed ? firstAfter(times, lo, hi - 1, toMs - 1) : hi - 1;
  if (timeAt(last) <= fromMs || (smoothed && timeAt(first) > toMs)) return undefined;
  const shown = histograms.slice(first, last + 1);
  if (!isOneKind(shown)) {
    notes.mixedBuckets(name);
    return undefined;
  }
  if (isCounter && shown.some(({ counterReset }) => counterReset === "gauge")) {
    notes.notCounter(name);
  }
  const leftIsBetween = smoothed && timeAt(first) < fromMs;
  const rightIsBetween = smoothed && last > lo && timeAt(last) > toMs;
  const between = (index: number, ms: number): NativeHistogram | undefined =>
    histogramBetween({ series, notes }, index, ms, isCounter);
  return {
    left: leftIsBetween ? between(first, fromMs) : histograms[first],
    right: rightIsBetween ? between(last - 1, toMs) : histograms[last],
    first,
    last,
    leftIsBetween,
  };
}

/** What the counter had come to before each time it began anew between the edges. */
function beforeResets(
  { histograms }: HistogramSeries,
  { left, right, first, last, leftIsBetween }: Edges,
): NativeHistogram[] {
  const [start, next] = [histograms[first], histograms[first + 1]];
  if (left === undefined || right === undefined || start === undefined) return [];
  let before = left;
  let from = first + 1;
  // A reset that the left edge lies on is part of that edge.
  if (leftIsBetween && next !== undefined && isReset(next, start)) {
    before = next;
    from++;
  }
  if (from > last) return [];
  const found: NativeHistogram[] = [];
  for (const h of [...histograms.slice(from, last), right]) {
    if (isReset(h, before)) found.push(before);
    before = h;
  }
  return found;
}

/** A smoothed selector's histogram at a time: between the samples around it. */
export function smoothedHistogram(notes: HistogramNotes): HistogramWindowFunction {
  return (series) =>
    ({ lo, hi, toMs }) => {
      const { times, histograms, name } = series;
      const next = firstAfter(times, lo, hi, toMs - 1);
      const [before, after] = [histograms[next - 1], histograms[next]];
      if (next < hi && times[next] === toMs) return after;
      if (next === lo || before === undefined) return undefined;
      // A hint says how a sample continues the one before it; here there is none between them.
      if (next === hi || after === undefined) return { ...before, counterReset: "unknown" };
      if (!isOneKind([before, after])) {
        notes.mixedBuckets(name);
        return undefined;
      }
      const isCounter = before.counterReset !== "gauge" || after.counterReset !== "gauge";
      return histogramBetween({ series, notes }, next - 1, toMs, isCounter);
    };
}
