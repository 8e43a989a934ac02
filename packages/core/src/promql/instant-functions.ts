import { assert } from "../model/assert.ts";
import { NO_LABELS } from "../model/labels.ts";
import { SECOND_MS } from "../model/time.ts";
import type { Call } from "./ast.ts";
import { CALENDAR } from "./calendar.ts";
import { emptyGrid, type Grid, numbersOf } from "./grid.ts";
import {
  histogramFraction,
  histogramQuantile,
  histogramQuantiles,
  OF_NATIVE,
  ofNative,
} from "./histogram-functions.ts";
import { labelJoin, labelReplace, labelsOfAbsent, sortLabels } from "./label-functions.ts";
import { compareByLabels } from "./natural-order.ts";
import { compareValues, rowsInOrder } from "./pick.ts";
import { dropNames, type Run, type Steps, type Value, type Work } from "./run.ts";

/** A call whose arguments are evaluated. */
export type Evaluated = {
  readonly call: Call;
  readonly args: readonly Value[];
  readonly steps: Steps;
  readonly run: Run;
};

/** Functions of one number, applied to every value. */
const MATH: ReadonlyMap<string, (value: number) => number> = new Map([
  ..."abs acos acosh asin asinh atan atanh ceil cos cosh exp floor log10 log2 sin sinh sqrt tan tanh"
    .split(" ")
    .map((name) => [name, Math[name as "abs"]] as const),
  ["ln", Math.log],
  ["sgn", (value) => (value < 0 ? -1 : value > 0 ? 1 : value)],
  ["deg", (value) => (value * 180) / Math.PI],
  ["rad", (value) => (value * Math.PI) / 180],
]);

/** Evaluates a call over instant vectors and scalars. */
export function* callInstant(evaluated: Evaluated): Work<Value> {
  const { call, steps } = evaluated;
  const math = MATH.get(call.name);
  if (math !== undefined) return mapped(evaluated, math);
  const calendar = CALENDAR.get(call.name);
  if (calendar !== undefined) return callCalendar(evaluated, calendar);
  const native = OF_NATIVE.get(call.name);
  if (native !== undefined) {
    return vector(ofNative(call, native, vectorArg(evaluated, 0), evaluated.run));
  }
  switch (call.name) {
    case "pi":
      return scalar(steps, () => Math.PI);
    case "time":
      return scalar(steps, (step) => timeAt(steps, step));
    case "start":
    case "end":
    case "range":
    case "step": {
      const seconds = queryTime(call.name, evaluated.run) / SECOND_MS;
      return scalar(steps, () => seconds);
    }
    case "max_of":
      return combined(evaluated, largerOf);
    case "min_of":
      return combined(evaluated, smallerOf);
    case "start_timestamp":
      // Only samples as they were sent have a start, not what was computed from them.
      return vector(emptyGrid([], steps.count));
    case "scalar":
      return { kind: "scalar", values: onlyValues(vectorArg(evaluated, 0)) };
    case "vector":
      return single(steps, scalarArg(evaluated, 0));
    case "histogram_quantile":
      return vector(
        yield* histogramQuantile(call, scalarArg(evaluated, 0), {
          ...evaluated,
          grid: vectorArg(evaluated, 1),
        }),
      );
    case "histogram_quantiles":
      return vector(yield* quantiles(evaluated));
    case "histogram_fraction": {
      const bounds = { lower: scalarArg(evaluated, 0), upper: scalarArg(evaluated, 1) };
      return vector(yield* histogramFraction(call, bounds, vectorArg(evaluated, 2), evaluated.run));
    }
    default:
      return callPlain(evaluated);
  }
}

function callPlain(evaluated: Evaluated): Value {
  const { call, steps, run } = evaluated;
  switch (call.name) {
    case "timestamp":
      return mapped(evaluated, (_value, step) => timeAt(steps, step));
    case "round":
      return round(evaluated);
    case "clamp":
      return clamp(evaluated, scalarArg(evaluated, 1), scalarArg(evaluated, 2));
    case "clamp_min":
      return clamp(evaluated, scalarArg(evaluated, 1), undefined);
    case "clamp_max":
      return clamp(evaluated, undefined, scalarArg(evaluated, 1));
    case "absent":
      return absent(evaluated);
    case "label_replace":
      return vector(labelReplace(call, vectorArg(evaluated, 0)));
    case "label_join":
      return vector(labelJoin(call, vectorArg(evaluated, 0)));
    default:
      assert(call.name.startsWith("sort"), `${call.name} has an evaluation`);
      return vector(sorted(evaluated, run));
  }
}

function* quantiles(evaluated: Evaluated): Work<Grid> {
  const { call, args, steps, run } = evaluated;
  const label = args[1];
  assert(label?.kind === "string", "the label of histogram_quantiles is a text");
  const asked = args.slice(2).map((_, i) => scalarArg(evaluated, i + 2));
  const grid = vectorArg(evaluated, 0);
  return yield* histogramQuantiles(call, label.value, asked, { grid, steps, run });
}

function vector(grid: Grid): Value {
  return { kind: "vector", grid };
}

function vectorArg({ args, call }: Evaluated, index: number): Grid {
  const arg = args[index];
  assert(arg?.kind === "vector", `argument ${index} of ${call.name} is a vector`);
  return arg.grid;
}

function scalarArg({ args, call }: Evaluated, index: number): Float64Array {
  const arg = args[index];
  assert(arg?.kind === "scalar", `argument ${index} of ${call.name} is a scalar`);
  return arg.values;
}

function timeAt(steps: Steps, step: number): number {
  return (steps.from + step * steps.stepMs) / SECOND_MS;
}

function scalar(steps: Steps, valueAt: (step: number) => number): Value {
  const values = new Float64Array(steps.count);
  for (let step = 0; step < steps.count; step++) values[step] = valueAt(step);
  return { kind: "scalar", values };
}

/** Milliseconds; the step of an instant query, and of a range of one time, is 0. */
function queryTime(name: "start" | "end" | "range" | "step", { span }: Run): number {
  const { from, to, stepMs } = span;
  if (name === "start") return from;
  if (name === "end") return to;
  if (name === "range") return to - from;
  return from === to ? 0 : stepMs;
}

function combined(evaluated: Evaluated, choose: (a: number, b: number) => number): Value {
  const [left, right] = [scalarArg(evaluated, 0), scalarArg(evaluated, 1)];
  return { kind: "scalar", values: left.map((value, step) => choose(value, right[step] ?? NaN)) };
}

/** A vector of one series without labels. */
function single(steps: Steps, values: Float64Array): Value {
  const grid = emptyGrid([NO_LABELS], steps.count);
  grid.values.set(values);
  grid.present.fill(1);
  return vector(grid);
}

/** Every value changed; where that gives `undefined`, nothing is left, and names never meet. */
function mapped(
  evaluated: Evaluated,
  change: (value: number, step: number) => number | undefined,
): Value {
  const { call, run } = evaluated;
  const grid = vectorArg(evaluated, 0);
  const { steps, values, present, histograms } = grid;
  const out = emptyGrid(grid.rows, steps, grid.dropsName);
  out.present.set(present);
  for (let cell = 0; cell < present.length; cell++) {
    if (present[cell] !== 1) continue;
    // `timestamp` alone has an answer for histograms.
    const isLeftOut = histograms?.[cell] !== undefined && call.name !== "timestamp";
    const value = isLeftOut ? undefined : change(values[cell] ?? NaN, cell % steps);
    if (value === undefined) out.present[cell] = 0;
    else out.values[cell] = value;
  }
  return vector(dropNames(run, out, call.place));
}

/** Without an argument, the evaluation time is what is taken apart. */
function callCalendar(evaluated: Evaluated, part: (seconds: number) => number): Value {
  const { args, steps } = evaluated;
  if (args.length > 0) return mapped(evaluated, part);
  const values = new Float64Array(steps.count);
  for (let step = 0; step < steps.count; step++) values[step] = part(timeAt(steps, step));
  return single(steps, values);
}

/** The value of the only series; NaN where there is none, or more than one. */
function onlyValues({ rows, steps, values, present, histograms }: Grid): Float64Array {
  const out = new Float64Array(steps).fill(NaN);
  for (let step = 0; step < steps; step++) {
    let found = 0;
    for (let row = 0; row < rows.length && found < 2; row++) {
      const cell = row * steps + step;
      if (present[cell] !== 1 || histograms?.[cell] !== undefined) continue;
      out[step] = values[cell] ?? NaN;
      found++;
    }
    if (found !== 1) out[step] = NaN;
  }
  return out;
}

/** To the nearest multiple, halves upwards; multiplied by the inverse, as Prometheus does. */
function round(evaluated: Evaluated): Value {
  const nearest = evaluated.args.length > 1 ? scalarArg(evaluated, 1) : undefined;
  return mapped(evaluated, (value, step) => {
    const inverse = 1 / (nearest === undefined ? 1 : (nearest[step] ?? NaN));
    return Math.floor(value * inverse + 0.5) / inverse;
  });
}

/** Nothing remains at a step where the least value is above the greatest. */
function clamp(
  evaluated: Evaluated,
  least: Float64Array | undefined,
  greatest: Float64Array | undefined,
): Value {
  return mapped(evaluated, (value, step) => {
    const min = least === undefined ? -Infinity : (least[step] ?? NaN);
    const max = greatest === undefined ? Infinity : (greatest[step] ?? NaN);
    return max < min ? undefined : largerOf(min, smallerOf(max, value));
  });
}

// As Go has it, an infinity decides even against NaN.
function largerOf(a: number, b: number): number {
  return a === Infinity || b === Infinity ? Infinity : Math.max(a, b);
}

function smallerOf(a: number, b: number): number {
  return a === -Infinity || b === -Infinity ? -Infinity : Math.min(a, b);
}

function absent(evaluated: Evaluated): Value {
  return vector(absentFrom(evaluated.call, vectorArg(evaluated, 0)));
}

/** One series with value 1 at the steps where a vector is empty. */
export function absentFrom(call: Call, { rows, steps, present }: Grid): Grid {
  const out = emptyGrid([labelsOfAbsent(call.args[0])], steps);
  for (let step = 0; step < steps; step++) {
    let found = false;
    for (let row = 0; row < rows.length && !found; row++) found = present[row * steps + step] === 1;
    if (found) continue;
    out.present[step] = 1;
    out.values[step] = 1;
  }
  return out;
}

/** Only an instant query has an order; a range query's series are sorted by labels in the end. */
function sorted(evaluated: Evaluated, run: Run): Grid {
  const { call } = evaluated;
  const grid = vectorArg(evaluated, 0);
  if (evaluated.steps.count > 1) {
    const what = "sort is ineffective for range queries";
    const why = "since results are always ordered by labels";
    run.annotations.add("warning", `${what} ${why}`, call.place);
    return call.name.startsWith("sort_by_label") ? grid : numbersOf(grid);
  }
  const there = [...grid.rows.keys()].filter((row) => grid.present[row] === 1);
  const descending = call.name.endsWith("_desc");
  if (call.name.startsWith("sort_by_label")) {
    const names = sortLabels(call);
    const labelsAt = (row: number): Grid["rows"][number] => grid.rows[row] ?? NO_LABELS;
    const order = there.toSorted((a, b) => compareByLabels(labelsAt(a), labelsAt(b), names));
    return rowsInOrder(grid, descending ? order.toReversed() : order);
  }
  const valueAt = (row: number): number => grid.values[row] ?? NaN;
  const numbers = there.filter((row) => grid.histograms?.[row] === undefined);
  const order = numbers.toSorted((a, b) => compareValues(valueAt(a), valueAt(b), descending));
  return rowsInOrder(grid, order);
}
