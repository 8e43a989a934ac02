import { labelValue, METRIC_NAME } from "../model/labels.ts";
import type { NativeHistogram, SampleValue } from "../model/sample.ts";
import type { Call, Extension, InstantSelector, RangeSelector, Subquery } from "./ast.ts";
import { firstAfter } from "./extended-ranges.ts";
import { averageOf, type Combined, totalOf } from "./histogram/combine.ts";
import { identicalHistograms, isReset } from "./histogram/compare.ts";
import { extendedHistogramRate, smoothedHistogram } from "./histogram-edges.ts";
import { HistogramNotes } from "./histogram-notes.ts";
import {
  fromLastTwoHistograms,
  histogramRate,
  type HistogramSeries,
  type HistogramWindowFunction,
} from "./histogram-rates.ts";
import { startedBetween } from "./rates.ts";
import type { Run } from "./run.ts";
import type { MixedWindowFunction, SeriesSamples, Window, WindowFunction } from "./windows.ts";

export type MixedUse = {
  readonly run: Run;
  readonly ranged: RangeSelector | Subquery;
  readonly noteOverlap?: (samples: SeriesSamples) => void;
};

/** Functions that look at times alone, or at how many samples there are. */
const OF_ANY_KIND: ReadonlySet<string> = new Set([
  ..."count_over_time present_over_time absent_over_time".split(" "),
  ..."ts_of_first_over_time ts_of_last_over_time".split(" "),
]);

/**
 * The form of a function over a range for series with histograms.
 *
 * @param numbers what it does with numbers
 */
export function mixedWindowFunction(
  call: Call,
  numbers: WindowFunction,
  use: MixedUse,
): MixedWindowFunction {
  const { name } = call;
  if (OF_ANY_KIND.has(name)) return numbers;
  const notes = new HistogramNotes(use.run.annotations, call.args[0]?.place ?? call.place);
  const { ranged } = use;
  const extension = ranged.kind === "range" ? ranged.selector.extension : undefined;
  switch (name) {
    case "first_over_time":
      return (samples) =>
        ({ lo }) =>
          valueAt(samples, lo);
    case "last_over_time":
      return (samples) =>
        ({ hi }) =>
          valueAt(samples, hi - 1);
    case "resets":
      return counting(isResetAt, extension);
    case "changes":
      return counting(isChangeAt, extension);
    case "irate":
    case "idelta":
      return ofLastTwo(numbers, fromLastTwoHistograms(name, notes), notes);
    default: {
      const histograms = histogramFunction(name, notes, {
        extension,
        noteOverlap: use.noteOverlap,
      });
      return histograms === undefined
        ? ofNumbersOnly(numbers, notes)
        : ofOneKind(numbers, histograms, notes);
    }
  }
}

/** A smoothed selector's form for series with histograms. */
export function mixedSmoothed(
  numbers: WindowFunction,
  selector: InstantSelector,
  run: Run,
): MixedWindowFunction {
  const notes = new HistogramNotes(run.annotations, selector.place);
  return ofOneKind(numbers, smoothedHistogram(notes), notes);
}

function histogramFunction(
  name: string,
  notes: HistogramNotes,
  use: { extension: Extension | undefined; noteOverlap: MixedUse["noteOverlap"] },
): HistogramWindowFunction | undefined {
  switch (name) {
    case "rate":
    case "increase":
    case "delta":
      return use.extension === undefined
        ? histogramRate(name, notes, use.noteOverlap)
        : extendedHistogramRate(name, use.extension, notes);
    case "sum_over_time":
      return reducing(totalOf, notes);
    case "avg_over_time":
      return reducing(averageOf, notes);
    default:
      return undefined;
  }
}

function reducing(
  reduce: (histograms: readonly NativeHistogram[]) => Combined,
  notes: HistogramNotes,
): HistogramWindowFunction {
  return ({ histograms, name }) =>
    ({ lo, hi }) => {
      const combined = reduce(histograms.slice(lo, hi));
      notes.aggregated(combined, name);
      return combined.value;
    };
}

function valueAt({ values, histograms }: SeriesSamples, index: number): SampleValue {
  return histograms?.[index] ?? values[index] ?? NaN;
}

function isResetAt(samples: SeriesSamples, index: number): boolean {
  const [before, value] = [valueAt(samples, index - 1), valueAt(samples, index)];
  if (typeof before !== typeof value) return true;
  if (startedBetween(samples, index)) return true;
  return typeof before === "number" || typeof value === "number"
    ? value < before
    : isReset(value, before);
}

function isChangeAt(samples: SeriesSamples, index: number): boolean {
  const [before, value] = [valueAt(samples, index - 1), valueAt(samples, index)];
  if (typeof before === "number" || typeof value === "number") {
    return value !== before && !(Number.isNaN(value) && Number.isNaN(before));
  }
  return !identicalHistograms(value, before);
}

/** How often something is seen between two samples in turn; a change of kind always is. */
function counting(
  seen: (samples: SeriesSamples, index: number) => boolean,
  extension: Extension | undefined,
): MixedWindowFunction {
  return (samples) => {
    const counts = new Int32Array(samples.times.length);
    for (let i = 1; i < counts.length; i++) {
      counts[i] = (counts[i - 1] ?? 0) + (seen(samples, i) ? 1 : 0);
    }
    return ({ lo, hi, fromMs }) => {
      let first = lo;
      if (extension === "anchored") {
        const inside = firstAfter(samples.times, lo, hi, fromMs);
        if (inside === hi) return undefined;
        first = Math.max(lo, inside - 1);
      }
      return (counts[hi - 1] ?? 0) - (counts[first] ?? 0);
    };
  };
}

/** The numbers and the histograms of one series apart. */
type Split = {
  readonly numbers: SeriesSamples;
  readonly histograms: HistogramSeries;
  /** How many numbers stand before an index of the whole. */
  readonly numbersBefore: Int32Array;
};

function split(samples: SeriesSamples): Split {
  const { times, histograms = [] } = samples;
  const numbersBefore = new Int32Array(times.length + 1);
  const numberAt: number[] = [];
  const histogramAt: number[] = [];
  for (let i = 0; i < times.length; i++) {
    (histograms[i] === undefined ? numberAt : histogramAt).push(i);
    numbersBefore[i + 1] = numberAt.length;
  }
  const found = histogramAt.flatMap((i) => histograms[i] ?? []);
  return {
    numbers: picked(samples, numberAt),
    histograms: {
      ...picked(samples, histogramAt),
      values: Float64Array.from(found, ({ count }) => count),
      histograms: found,
      name: labelValue(samples.labels, METRIC_NAME),
    },
    numbersBefore,
  };
}

function picked(samples: SeriesSamples, indices: readonly number[]): SeriesSamples {
  const { labels, times, values, starts } = samples;
  const pick = (from: Float64Array): Float64Array =>
    Float64Array.from(indices, (index) => from[index] ?? NaN);
  const size = { start: 0, end: indices.length };
  const made = { labels, times: pick(times), values: pick(values), ...size };
  return starts === undefined ? made : { ...made, starts: pick(starts) };
}

/** The same window over the numbers of a series, and over its histograms. */
type Windows = { readonly numbers: Window; readonly histograms: Window };

function windowsOf({ numbersBefore }: Split, window: Window): Windows {
  const lo = numbersBefore[window.lo] ?? 0;
  const hi = numbersBefore[window.hi] ?? 0;
  return {
    numbers: { ...window, lo, hi },
    histograms: { ...window, lo: window.lo - lo, hi: window.hi - hi },
  };
}

function isEmpty({ lo, hi }: Window): boolean {
  return lo === hi;
}

/** Where a window holds both kinds, there is no result. */
function ofOneKind(
  numbers: WindowFunction,
  histograms: HistogramWindowFunction,
  notes: HistogramNotes,
): MixedWindowFunction {
  return (samples) => {
    const parts = split(samples);
    const askNumbers = numbers(parts.numbers);
    const askHistograms = histograms(parts.histograms);
    return (window) => {
      const windows = windowsOf(parts, window);
      if (isEmpty(windows.histograms)) return askNumbers(windows.numbers);
      if (isEmpty(windows.numbers)) return askHistograms(windows.histograms);
      notes.mixedKinds(parts.histograms.name);
      return undefined;
    };
  };
}

/** The histograms of a window are as if they were not there. */
function ofNumbersOnly(numbers: WindowFunction, notes: HistogramNotes): MixedWindowFunction {
  return (samples) => {
    const parts = split(samples);
    const ask = numbers(parts.numbers);
    return (window) => {
      const windows = windowsOf(parts, window);
      if (isEmpty(windows.numbers)) return undefined;
      if (!isEmpty(windows.histograms)) notes.ignoredInRange(parts.histograms.name);
      return ask(windows.numbers);
    };
  };
}

function ofLastTwo(
  numbers: WindowFunction,
  histograms: HistogramWindowFunction,
  notes: HistogramNotes,
): MixedWindowFunction {
  return (samples) => {
    const parts = split(samples);
    const askNumbers = numbers(parts.numbers);
    const askHistograms = histograms(parts.histograms);
    return (window) => {
      const { hi } = window;
      if (hi - window.lo < 2) return undefined;
      const kinds = [hi - 2, hi - 1].map((index) => typeof valueAt(samples, index));
      const windows = windowsOf(parts, { ...window, lo: hi - 2 });
      if (kinds[0] === kinds[1]) {
        return kinds[0] === "number"
          ? askNumbers(windows.numbers)
          : askHistograms(windows.histograms);
      }
      notes.mixedKinds(parts.histograms.name);
      return undefined;
    };
  };
}
