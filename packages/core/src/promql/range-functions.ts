import { formatFloat } from "../model/go-float.ts";
import { labelValue, METRIC_NAME } from "../model/labels.ts";
import { assert } from "../model/assert.ts";
import type { Call } from "./ast.ts";
import { hasValues, type Grid } from "./grid.ts";
import { changes, extrapolated, fromLastTwo, resets } from "./rates.ts";
import {
  countOf,
  deviationOf,
  firstOf,
  lastOf,
  maxOf,
  meanOf,
  medianDeviationOf,
  minOf,
  oneOf,
  quantileOf,
  type Reduction,
  sumOf,
  varianceOf,
} from "./reductions.ts";
import { deriv, predictLinear } from "./regression.ts";
import { dropNamesOfRange, type Run } from "./run.ts";
import type { WindowFunction } from "./windows.ts";

function reducing(reduce: Reduction): WindowFunction {
  return ({ values }) =>
    ({ lo, hi }) =>
      reduce(values, lo, hi);
}

const PLAIN: ReadonlyMap<string, WindowFunction> = new Map([
  ["rate", extrapolated("rate")],
  ["increase", extrapolated("increase")],
  ["delta", extrapolated("delta")],
  ["irate", fromLastTwo("irate")],
  ["idelta", fromLastTwo("idelta")],
  ["resets", resets],
  ["changes", changes],
  ["deriv", deriv],
  ["sum_over_time", reducing(sumOf)],
  ["avg_over_time", reducing(meanOf)],
  ["min_over_time", reducing(minOf)],
  ["max_over_time", reducing(maxOf)],
  ["count_over_time", reducing(countOf)],
  ["first_over_time", reducing(firstOf)],
  ["last_over_time", reducing(lastOf)],
  ["present_over_time", reducing(oneOf)],
  ["absent_over_time", reducing(oneOf)],
  ["stddev_over_time", reducing(deviationOf)],
  ["stdvar_over_time", reducing(varianceOf)],
  ["mad_over_time", reducing(medianDeviationOf)],
]);

/** What a function does with a window; `params` are its scalar arguments, a value a step. */
export function windowFunction(
  { name, args }: Call,
  params: readonly Float64Array[],
  run: Run,
): WindowFunction {
  const [param = new Float64Array()] = params;
  if (name === "predict_linear") return predictLinear(param);
  if (name === "quantile_over_time") {
    const place = args[0]?.place;
    return ({ values }) =>
      ({ lo, hi, step }) => {
        const q = param[step] ?? NaN;
        if (!(q >= 0 && q <= 1) && place !== undefined) {
          run.annotations.add("warning", badQuantile(q), place);
        }
        return quantileOf(q, values, lo, hi);
      };
  }
  const found = PLAIN.get(name);
  assert(found !== undefined, `"${name}" is a function over a range`);
  return found;
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

function noteNonCounters(call: Call, grid: Grid, run: Run): void {
  const place = call.args[0]?.place ?? call.place;
  let last = "";
  for (const [row, labels] of grid.rows.entries()) {
    const name = labelValue(labels, METRIC_NAME);
    if (name === last || name === "" || COUNTER_NAME.test(name) || !hasValues(grid, row)) continue;
    last = name;
    const what = "metric might not be a counter, name does not end in _total/_sum/_count/_bucket";
    run.annotations.add("info", `${what}: ${JSON.stringify(name)}`, place);
  }
}
