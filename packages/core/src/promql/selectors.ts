import type { SeriesSlice } from "../model/reader.ts";
import { isStale } from "../model/sample.ts";
import { SECOND_MS } from "../model/time.ts";
import type { InstantSelector, RangeSelector } from "./ast.ts";
import { emptyGrid, type Grid } from "./grid.ts";
import { pinnedTime } from "./plan.ts";
import type { Run, Steps, Work } from "./run.ts";
import { type Ranges, withoutStale } from "./windows.ts";

/**
 * The newest sample of each series at each step, where it is younger than the look-back and no
 * stale marker.
 *
 * @param what the sample's value, or its time in seconds for `timestamp`
 */
export function* selectInstant(
  selector: InstantSelector,
  steps: Steps,
  run: Run,
  what: "value" | "time" = "value",
): Work<Grid> {
  const slices = run.slices.get(selector) ?? [];
  run.budget.charge(slices.length * steps.count, selector.place);
  const grid = emptyGrid(
    slices.map(({ labels }) => labels),
    steps.count,
  );
  const pinned = pinnedTime(selector.at, run.span);
  for (const [row, slice] of slices.entries()) {
    const cell = row * steps.count;
    let index = -1;
    for (let step = 0; step < steps.count; step++) {
      const now = (pinned ?? steps.from + step * steps.stepMs) - selector.offsetMs;
      while ((slice.times[index + 1] ?? Infinity) <= now) index++;
      const fresh = index >= 0 && (slice.times[index] ?? NaN) > now - run.span.lookbackMs;
      if (!fresh || isStale(slice.values, index)) continue;
      grid.present[cell + step] = 1;
      grid.values[cell + step] = readSample(slice, index, what);
    }
    if (run.budget.pause(slice.times.length + steps.count)) yield;
  }
  return grid;
}

function readSample(slice: SeriesSlice, index: number, what: "value" | "time"): number {
  const { times, values } = slice;
  return (what === "value" ? values[index] : (times[index] ?? NaN) / SECOND_MS) ?? NaN;
}

/** The samples that a range selector slides over. */
export function selectRanges({ selector, rangeMs }: RangeSelector, run: Run): Ranges {
  const slices = run.slices.get(selector) ?? [];
  return {
    series: slices.map((slice) => ({
      ...withoutStale(slice),
      labels: slice.labels,
      dropsName: false,
    })),
    rangeMs,
    offsetMs: selector.offsetMs,
    pinned: pinnedTime(selector.at, run.span),
  };
}
