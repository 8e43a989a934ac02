import type { Labels } from "../model/labels.ts";
import type { SeriesSlice, SeriesStretch } from "../model/reader.ts";
import { isStale, type NativeHistogram, type SampleValue } from "../model/sample.ts";
import type { Place } from "../model/input-error.ts";
import { emptyGrid, type Grid, setCell, withHistograms } from "./grid.ts";
import type { Rows } from "./row-memo.ts";
import type { Run, Steps, Work } from "./run.ts";

/** Samples without stale markers. */
export type Samples = {
  readonly times: Float64Array;
  readonly values: Float64Array;
  /** Present where any sample is a histogram; an index with one has no meaning in `values`. */
  readonly histograms?: readonly (NativeHistogram | undefined)[];
  /** When the counter of each sample began, in epoch ms; NaN where that is not known. */
  readonly starts?: Float64Array;
};

/** One series: its samples are those at [start, end), and what the arrays hold besides has no meaning. */
export type SeriesSamples = Samples & {
  readonly labels: Labels;
  readonly start: number;
  readonly end: number;
};

/** A range vector at every step: series, and which stretch (from, to] of them a step sees. */
export type Ranges = {
  readonly series: readonly SeriesSamples[];
  /** The labels of the series. */
  readonly rows: Rows;
  /** As in `Grid`, by the same index; empty where no name goes away at the end. */
  readonly dropsName: readonly boolean[];
  readonly rangeMs: number;
  readonly offsetMs: number;
  /** The time that every step looks at instead of its own. */
  readonly pinned: number | undefined;
  /** How far functions see beyond the range's start and end, in ms; 0 for ordinary ranges. */
  readonly before: number;
  readonly after: number;
};

/** Ranges that end where they end. */
export const PLAIN_EDGES = { before: 0, after: 0 } as const;

/** What a function over a range sees at one step; the object is reused from step to step. */
export type Window = {
  /** The samples [lo, hi), at least one; with those beyond the range's edges that are seen. */
  lo: number;
  hi: number;
  /** The range (fromMs, toMs]. */
  fromMs: number;
  toMs: number;
  /** The evaluation time. */
  atMs: number;
  /** Index of the step, for scalar parameters. */
  step: number;
};

/** Prepares one series and returns what is asked once a step; `undefined` gives no value. */
export type WindowFunction = (samples: SeriesSamples) => (window: Window) => number | undefined;

/** The same for series that hold histograms, alone or beside numbers. */
export type MixedWindowFunction = (
  samples: SeriesSamples,
) => (window: Window) => SampleValue | undefined;

/** Whether a sample is a stale marker. */
export function isStaleAt({ values, histograms }: SeriesSlice, index: number): boolean {
  return histograms?.[index] === undefined && isStale(values, index);
}

/** A series without its stale markers; itself where it has none. */
export function withoutStale(series: SeriesStretch): SeriesSamples {
  const { labels, times, values, histograms, start, end } = series;
  if (histograms !== undefined) {
    const kept = (_: unknown, index: number): boolean => !isStaleAt(series, index);
    const keptTimes = times.filter(kept);
    return {
      labels,
      times: keptTimes,
      values: values.filter(kept),
      histograms: Array.from(histograms).filter(kept),
      start: 0,
      end: keptTimes.length,
    };
  }
  let stale = 0;
  for (let i = start; i < end; i++) if (isStale(values, i)) stale++;
  if (stale === 0) return series;
  const count = end - start - stale;
  const keptTimes = new Float64Array(count);
  const keptValues = new Float64Array(count);
  for (let i = start, kept = 0; i < end; i++) {
    if (isStale(values, i)) continue;
    keptTimes[kept] = times[i] ?? NaN;
    keptValues[kept++] = values[i] ?? NaN;
  }
  return { labels, times: keptTimes, values: keptValues, start: 0, end: count };
}

/** The starts that belong to the samples of `withoutStale`. */
export function startsWithoutStale(slice: SeriesSlice): Float64Array | undefined {
  return slice.starts?.filter((_, index) => !isStaleAt(slice, index));
}

export type WindowCall = {
  readonly run: Run;
  readonly steps: Steps;
  readonly place: Place;
  /** Makes the function's form for series that hold histograms, where there are any. */
  readonly mixed: () => MixedWindowFunction;
};

/** Slides a function over every series, each walked once from left to right. */
export function* overWindows(
  ranges: Ranges,
  evaluate: WindowFunction,
  { run, steps, place, mixed }: WindowCall,
): Work<Grid> {
  const { series, rows, dropsName } = ranges;
  run.budget.charge(series.length * steps.count, place);
  const numbers = emptyGrid(rows, steps.count, dropsName);
  const hasHistograms = series.some(({ histograms }) => histograms !== undefined);
  const grid = hasHistograms ? withHistograms(numbers) : numbers;
  const ofMixed = hasHistograms ? mixed() : evaluate;
  const sliding: Sliding = { ranges, steps, grid, window: { ...NO_WINDOW } };
  for (const [row, samples] of series.entries()) {
    const ask = samples.histograms === undefined ? evaluate(samples) : ofMixed(samples);
    slide(samples, ask, row * steps.count, sliding);
    if (run.budget.pause(samples.end - samples.start + steps.count)) yield;
  }
  return grid;
}

const NO_WINDOW: Readonly<Window> = { lo: 0, hi: 0, fromMs: 0, toMs: 0, atMs: 0, step: 0 };

/** What all series of a range vector have in common. */
type Sliding = {
  readonly ranges: Ranges;
  readonly steps: Steps;
  /** Where the answers go. */
  readonly grid: Grid;
  /** Written anew for each answer. */
  readonly window: Window;
};

/** Moves both ends of the window forward over the samples, and asks where it holds any. */
function slide(
  { times, start, end }: SeriesSamples,
  ask: (window: Window) => SampleValue | undefined,
  firstCell: number,
  { ranges, steps, grid, window }: Sliding,
): void {
  const { rangeMs, offsetMs, pinned, before, after } = ranges;
  const { from, stepMs, count } = steps;
  const { values, present } = grid;
  let lo = start;
  let hi = start;
  for (let step = 0; step < count; step++) {
    const atMs = from + step * stepMs;
    const toMs = (pinned ?? atMs) - offsetMs;
    const last = toMs + after;
    // At the last step, which is the only one of a rule, all samples are there.
    if (end > start && (times[end - 1] ?? Infinity) <= last) hi = end;
    else while (hi < end && (times[hi] ?? NaN) <= last) hi++;
    const first = toMs - rangeMs - before;
    while (lo < hi && (times[lo] ?? NaN) <= first) lo++;
    if (lo === hi) continue;
    window.lo = lo;
    window.hi = hi;
    window.fromMs = toMs - rangeMs;
    window.toMs = toMs;
    window.atMs = atMs;
    window.step = step;
    const value = ask(window);
    if (typeof value === "number") {
      values[firstCell + step] = value;
      present[firstCell + step] = 1;
    } else if (value !== undefined) setCell(grid, firstCell + step, value);
  }
}
