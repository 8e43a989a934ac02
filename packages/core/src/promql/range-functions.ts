import { formatFloat } from "../model/go-float.ts";
import { InputError, type Place } from "../model/input-error.ts";
import { labelValue, METRIC_NAME } from "../model/labels.ts";
import { assert } from "../model/assert.ts";
import { SECOND_MS } from "../model/time.ts";
import type { Call, Extension, RangeSelector, Subquery } from "./ast.ts";
import { anchoredCount, extendedRate } from "./extended-ranges.ts";
import { type Grid, hasNumbers } from "./grid.ts";
import { changes, extrapolated, fromLastTwo, resets } from "./rates.ts";
import {
  countOf,
  deviationOf,
  firstOf,
  lastOf,
  meanOf,
  medianDeviationOf,
  oneOf,
  quantileOf,
  type Reduction,
  sumOf,
  varianceOf,
} from "./reductions.ts";
import { deriv, predictLinear } from "./regression.ts";
import { RowMemo, type Rows } from "./row-memo.ts";
import { dropNamesOfRange, type Run } from "./run.ts";
import { slidingExtreme } from "./sliding-extremes.ts";
import { doubleExponentialSmoothing } from "./smoothing.ts";
import type { SeriesSamples, WindowFunction } from "./windows.ts";

function reducing(reduce: Reduction): WindowFunction {
  return ({ values }) =>
    ({ lo, hi }) =>
      reduce(values, lo, hi);
}

const timeOf = ({ times }: SeriesSamples, index: number): number =>
  (times[index] ?? NaN) / SECOND_MS;

/** The time of the last of the samples that win over all before them. */
function timeOfBest(wins: (value: number, best: number) => boolean): WindowFunction {
  return (samples) =>
    ({ lo, hi }) => {
      let best = lo;
      for (let i = lo + 1; i < hi; i++) {
        const [value, before] = [samples.values[i] ?? NaN, samples.values[best] ?? NaN];
        if (wins(value, before) || Number.isNaN(before)) best = i;
      }
      return timeOf(samples, best);
    };
}

const PLAIN: ReadonlyMap<string, WindowFunction> = new Map([
  ["delta", extrapolated("delta")],
  ["irate", fromLastTwo("irate")],
  ["idelta", fromLastTwo("idelta")],
  ["resets", resets],
  ["changes", changes],
  ["deriv", deriv],
  ["sum_over_time", reducing(sumOf)],
  ["avg_over_time", reducing(meanOf)],
  ["min_over_time", slidingExtreme((value, other) => value < other)],
  ["max_over_time", slidingExtreme((value, other) => value > other)],
  ["count_over_time", reducing(countOf)],
  ["first_over_time", reducing(firstOf)],
  ["last_over_time", reducing(lastOf)],
  ["present_over_time", reducing(oneOf)],
  ["absent_over_time", reducing(oneOf)],
  ["stddev_over_time", reducing(deviationOf)],
  ["stdvar_over_time", reducing(varianceOf)],
  ["mad_over_time", reducing(medianDeviationOf)],
  [
    "ts_of_first_over_time",
    (samples) =>
      ({ lo }) =>
        timeOf(samples, lo),
  ],
  [
    "ts_of_last_over_time",
    (samples) =>
      ({ hi }) =>
        timeOf(samples, hi - 1),
  ],
  ["ts_of_max_over_time", timeOfBest((value, best) => value >= best)],
  ["ts_of_min_over_time", timeOfBest((value, best) => value <= best)],
]);

/** What a window function is asked for: in which run, over what. */
export type WindowUse = { readonly run: Run; readonly ranged: RangeSelector | Subquery };

const NO_PARAM = new Float64Array();

/** What a function does with a window; `params` are its scalar arguments, a value a step. */
export function windowFunction(
  call: Call,
  params: readonly Float64Array[],
  { run, ranged }: WindowUse,
): WindowFunction {
  const { name, args } = call;
  const extension = ranged.kind === "range" ? ranged.selector.extension : undefined;
  if (extension !== undefined) return extendedFunction(call, extension);
  const [param = NO_PARAM, second = NO_PARAM] = params;
  switch (name) {
    case "predict_linear":
      return predictLinear(param);
    case "double_exponential_smoothing":
      return doubleExponentialSmoothing(call, param, second);
    case "quantile_over_time":
      return quantileOverTime(param, args[0]?.place ?? call.place, run);
    case "rate":
    case "increase":
      return extrapolated(name, (samples) => noteOverlap(call, samples, run));
    default: {
      const found = PLAIN.get(name);
      assert(found !== undefined, `"${name}" is a function over a range`);
      return found;
    }
  }
}

function quantileOverTime(param: Float64Array, place: Place, run: Run): WindowFunction {
  return ({ values }) =>
    ({ lo, hi, step }) => {
      const q = param[step] ?? NaN;
      if (!(q >= 0 && q <= 1)) run.annotations.add("warning", badQuantile(q), place);
      return quantileOf(q, values, lo, hi);
    };
}

/** Functions that know what to do with what an extended range shows beyond its edges. */
const EXTENDED: Readonly<Record<Extension, readonly string[]>> = {
  anchored: ["changes", "delta", "increase", "rate", "resets"],
  smoothed: ["delta", "increase", "rate"],
};

function extendedFunction({ name, place }: Call, extension: Extension): WindowFunction {
  const known = EXTENDED[extension];
  if (!known.includes(name)) {
    const what = `${extension} modifier can only be used with: ${known.join(", ")}`;
    throw new InputError("promql", `${what} - not with ${name}`, place);
  }
  switch (name) {
    case "changes":
      return anchoredCount(changes);
    case "resets":
      return anchoredCount(resets);
    case "rate":
    case "increase":
    case "delta":
      return extendedRate(name, extension);
    default:
      assert(false, `"${name}" has an extended form`);
  }
}

function noteOverlap(call: Call, { labels }: SeriesSamples, run: Run): void {
  const what = "sample has start time that overlaps with previous sample timestamp";
  const metric = JSON.stringify(labelValue(labels, METRIC_NAME));
  const place = call.args[0]?.place ?? call.place;
  run.annotations.add("warning", `${what} for metric ${metric}`, place);
}

export function badQuantile(q: number): string {
  return `quantile value should be between 0 and 1, got ${formatFloat(q, "g", -1)}`;
}

/** Gives the result its labels, and says what looks wrong about the input. */
export function finishRange(call: Call, grid: Grid, run: Run): Grid {
  if (call.name === "rate" || call.name === "increase") noteNonCounters(call, grid, run);
  if (call.name === "last_over_time" || call.name === "first_over_time") return grid;
  return dropNamesOfRange(run, grid, call.place);
}

const COUNTER_NAME = /_(?:total|sum|count|bucket)$/;
const COUNTER_TYPES: ReadonlySet<string> = new Set(["counter", "histogram"]);

const counterNames = new RowMemo<boolean>();

/** Whether all names are those of counters, so that there is nothing to be said of any. */
function areCounterNames(rows: Rows): boolean {
  return rows.every((labels) => {
    const name = labelValue(labels, METRIC_NAME);
    return name === "" || COUNTER_NAME.test(name);
  });
}

function noteNonCounters(call: Call, grid: Grid, run: Run): void {
  const place = call.args[0]?.place ?? call.place;
  const typed = run.features.has("type-and-unit-labels");
  if (!typed && counterNames.of(call, grid.rows, areCounterNames)) return;
  let last = "";
  for (const [row, labels] of grid.rows.entries()) {
    const name = labelValue(labels, METRIC_NAME);
    const type = typed ? labelValue(labels, "__type__") : "";
    const seen = `${name} ${type}`;
    if (seen === last || name === "" || !hasNumbers(grid, row)) continue;
    last = seen;
    if (typed ? COUNTER_TYPES.has(type) : COUNTER_NAME.test(name)) continue;
    const what = typed
      ? `__type__ label is not set to "counter" or "histogram", got ${JSON.stringify(type)}`
      : "name does not end in _total/_sum/_count/_bucket";
    const message = `metric might not be a counter, ${what}: ${JSON.stringify(name)}`;
    run.annotations.add("info", message, place);
  }
}
