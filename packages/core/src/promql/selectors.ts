import type { SeriesStretch } from "../model/reader.ts";
import type { SampleValue } from "../model/sample.ts";
import { SECOND_MS } from "../model/time.ts";
import type { InstantSelector, RangeSelector } from "./ast.ts";
import { emptyGrid, type Grid, setCell, withHistograms } from "./grid.ts";
import { mixedSmoothed } from "./mixed-windows.ts";
import { pinnedTime } from "./plan.ts";
import { RowLists } from "./row-memo.ts";
import type { Run, Steps, Work } from "./run.ts";
import { smoothedAt } from "./extended-ranges.ts";
import {
  isStaleAt,
  type MixedWindowFunction,
  overWindows,
  PLAIN_EDGES,
  type Ranges,
  type SeriesSamples,
  startsWithoutStale,
  type WindowFunction,
  withoutStale,
} from "./windows.ts";

/**
 * A sample's value, its time, or its time and the start that it was sent with as the functions of
 * these names find them; times in seconds.
 */
export type SampleField = "value" | "time" | "timestamp" | "start_timestamp";

/**
 * The newest sample of each series at each step, where it is younger than the look-back and no
 * stale marker.
 *
 * @param what which part of the sample; a start that is not known is 0
 */
export function* selectInstant(
  selector: InstantSelector,
  steps: Steps,
  run: Run,
  what: SampleField = "value",
): Work<Grid> {
  const slices = run.slices.get(selector) ?? [];
  run.budget.charge(slices.length * steps.count, selector.place);
  const numbers = emptyGrid(selectedRows.of(selector, slices), steps.count);
  const hasHistograms = slices.some(({ histograms }) => histograms !== undefined);
  const grid = hasHistograms && what === "value" ? withHistograms(numbers) : numbers;
  const edges = edgesAt(selector, run, what);
  for (const [row, slice] of slices.entries()) {
    const cell = row * steps.count;
    let index = slice.start - 1;
    for (let step = 0; step < steps.count; step++) {
      const now = edges.pinned ?? steps.from + step * steps.stepMs;
      while (index + 1 < slice.end && (slice.times[index + 1] ?? NaN) <= now - edges.offsetMs)
        index++;
      const fresh = index >= slice.start && (slice.times[index] ?? NaN) > now - edges.oldestMs;
      if (!fresh || isStaleAt(slice, index)) continue;
      setCell(grid, cell + step, readSample(slice, index, what));
    }
    if (run.budget.pause(slice.end - slice.start + steps.count)) yield;
  }
  return grid;
}

/** What is looked at: from `oldestMs`, left out, to `offsetMs` before a step, or before `pinned`. */
type LookBack = {
  readonly pinned: number | undefined;
  readonly offsetMs: number;
  readonly oldestMs: number;
};

/**
 * Prometheus selects the samples of `timestamp(x @ 7 offset 1m)` as for `x @ 7 offset 1m`, but looks at
 * them from 7 on: a sample has to be in both look-backs.
 */
function edgesAt({ at, offsetMs }: InstantSelector, { span }: Run, what: SampleField): LookBack {
  const pinned = pinnedTime(at, span);
  const oldestMs = offsetMs + span.lookbackMs;
  if (pinned === undefined || !what.endsWith("timestamp")) return { pinned, offsetMs, oldestMs };
  return {
    pinned,
    offsetMs: Math.max(offsetMs, 0),
    oldestMs: Math.min(oldestMs, span.lookbackMs),
  };
}

function readSample(slice: SeriesStretch, index: number, what: SampleField): SampleValue {
  const { times, values, histograms, starts } = slice;
  if (what === "value") return histograms?.[index] ?? values[index] ?? NaN;
  if (what !== "start_timestamp") return (times[index] ?? NaN) / SECOND_MS;
  const start = starts?.[index] ?? NaN;
  return Number.isNaN(start) ? 0 : start / SECOND_MS;
}

/** The samples that a range selector slides over. */
export function selectRanges({ selector, rangeMs }: RangeSelector, run: Run): Ranges {
  const slices = run.slices.get(selector) ?? [];
  const useStarts = run.features.has("use-start-timestamps");
  return {
    rows: selectedRows.of(selector, slices),
    dropsName: [],
    series: slices.map((slice) => samplesOf(slice, useStarts)),
    rangeMs,
    offsetMs: selector.offsetMs,
    pinned: pinnedTime(selector.at, run.span),
    ...edgesOf(selector, run),
  };
}

const selectedRows = new RowLists();

function samplesOf(slice: SeriesStretch, useStarts: boolean): SeriesSamples {
  const samples = withoutStale(slice);
  // Most are numbers without any stale marker, which are taken as they are.
  if (slice.starts === undefined) return samples;
  const { labels, times, values, histograms, start, end } = samples;
  const starts = useStarts ? startsWithoutStale(slice) : undefined;
  return {
    labels,
    times,
    values,
    ...(histograms !== undefined && { histograms }),
    ...(starts !== undefined && { starts }),
    start,
    end,
  };
}

function edgesOf({ extension }: InstantSelector, run: Run): Pick<Ranges, "before" | "after"> {
  const { lookbackMs } = run.span;
  if (extension === undefined) return PLAIN_EDGES;
  return { before: lookbackMs, after: extension === "smoothed" ? lookbackMs : 0 };
}

const SMOOTHED: WindowFunction = (samples) => (window) => smoothedAt(samples, window);

/** A smoothed selector: samples on both sides of each step are looked at, stale markers are not. */
export function selectSmoothed(selector: InstantSelector, steps: Steps, run: Run): Work<Grid> {
  const { place } = selector;
  const ranges = selectRanges({ kind: "range", selector, rangeMs: 0, place }, run);
  const mixed = (): MixedWindowFunction => mixedSmoothed(SMOOTHED, selector, run);
  return overWindows(ranges, SMOOTHED, { run, steps, place, mixed });
}
