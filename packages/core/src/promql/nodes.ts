import { assert } from "../model/assert.ts";
import { InputError } from "../model/input-error.ts";
import type { NativeHistogram } from "../model/sample.ts";
import { aggregate } from "./aggregate.ts";
import {
  type Aggregation,
  type AggregationOp,
  type Binary,
  type Call,
  type Expr,
  isComparison,
  isSetOp,
  type RangeSelector,
  type Subquery,
  type Unary,
  unwrap,
} from "./ast.ts";
import { type Grid, type HistogramCells } from "./grid.ts";
import { scaled } from "./histogram/scale.ts";
import { infoSelector } from "./info-selector.ts";
import { withInfoLabels } from "./info.ts";
import { absentFrom, callInstant } from "./instant-functions.ts";
import { betweenVectors, bySet } from "./matching.ts";
import { betweenScalars, betweenVectorAndScalar } from "./operators.ts";
import { countValues, pickSeries } from "./pick.ts";
import { mixedWindowFunction } from "./mixed-windows.ts";
import { pinnedTime } from "./plan.ts";
import type { RememberedWork } from "./remembered-work.ts";
import { sampleSeries } from "./sample-series.ts";
import { finishRange, windowFunction } from "./range-functions.ts";
import { dropNames, prepareNames, type Run, type Steps, type Value, type Work } from "./run.ts";
import { type SampleField, selectInstant, selectRanges, selectSmoothed } from "./selectors.ts";
import {
  type MixedWindowFunction,
  overWindows,
  PLAIN_EDGES,
  type Ranges,
  type SeriesSamples,
} from "./windows.ts";

/** Evaluates a node at all steps at once, unless that was done for another expression. */
export function evaluateNode(expr: Expr, steps: Steps, run: Run): Work<Value> {
  const { remembered } = run;
  return remembered?.isShared(expr) === true
    ? workOutOnce(expr, steps, { run, remembered })
    : workOut(expr, steps, run);
}

type Remembering = { readonly run: Run; readonly remembered: RememberedWork };

function* workOutOnce(expr: Expr, steps: Steps, { run, remembered }: Remembering): Work<Value> {
  const { budget } = run;
  const known = remembered.value(expr, steps);
  if (known !== undefined) {
    budget.charge(known.samples, expr.place);
    return known.value;
  }
  const before = budget.samples;
  const value = yield* workOut(expr, steps, run);
  remembered.keepValue(expr, steps, { value, samples: budget.samples - before });
  return value;
}

function* workOut(expr: Expr, steps: Steps, run: Run): Work<Value> {
  switch (expr.kind) {
    case "number":
      return { kind: "scalar", values: new Float64Array(steps.count).fill(expr.value) };
    case "string":
      return { kind: "string", value: expr.value };
    case "selector": {
      const select = expr.extension === "smoothed" ? selectSmoothed : selectInstant;
      return { kind: "vector", grid: yield* select(expr, steps, run) };
    }
    case "paren":
      return yield* evaluateNode(expr.expr, steps, run);
    case "unary":
      return yield* evaluateUnary(expr, steps, run);
    case "binary":
      return yield* evaluateBinary(expr, steps, run);
    case "aggregation":
      return { kind: "vector", grid: yield* evaluateAggregation(expr, steps, run) };
    case "call":
      return yield* evaluateCall(expr, steps, run);
    case "range":
    case "subquery":
      // The check lets a range vector stand only where a function over ranges takes it.
      assert(false, "a range vector is evaluated by the function that takes it");
  }
}

function* evaluateVector(expr: Expr, steps: Steps, run: Run): Work<Grid> {
  const value = yield* evaluateNode(expr, steps, run);
  assert(value.kind === "vector", "the check let only a vector stand here");
  return value.grid;
}

function* evaluateScalar(expr: Expr, steps: Steps, run: Run): Work<Float64Array> {
  const value = yield* evaluateNode(expr, steps, run);
  assert(value.kind === "scalar", "the check let only a scalar stand here");
  return value.values;
}

function* evaluateUnary(expr: Unary, steps: Steps, run: Run): Work<Value> {
  const value = yield* evaluateNode(expr.expr, steps, run);
  if (expr.op === "+" || value.kind === "string") return value;
  if (value.kind === "scalar") return { ...value, values: value.values.map((x) => -x) };
  const negated: Grid = { ...value.grid, values: value.grid.values.map((x) => -x) };
  const histograms = value.grid.histograms?.map((h) => h && scaled(h, -1));
  const grid = histograms === undefined ? negated : { ...negated, histograms };
  yield* prepareNames(run, grid);
  return { kind: "vector", grid: dropNames(run, grid, expr.place) };
}

function* evaluateBinary(expr: Binary, steps: Steps, run: Run): Work<Value> {
  const left = yield* evaluateNode(expr.left, steps, run);
  const right = yield* evaluateNode(expr.right, steps, run);
  assert(left.kind !== "string" && right.kind !== "string", "operators take no strings");
  if (run.budget.pause(steps.count)) yield;
  if (left.kind === "scalar" && right.kind === "scalar") {
    return { kind: "scalar", values: betweenScalars(expr, left.values, right.values) };
  }
  if (left.kind === "vector" && right.kind === "vector") {
    const grid = isSetOp(expr.op)
      ? yield* bySet(expr, left.grid, right.grid, run)
      : yield* betweenVectors(expr, left.grid, right.grid, run);
    return { kind: "vector", grid };
  }
  const [vector, scalar] = left.kind === "vector" ? [left, right] : [right, left];
  assert(vector.kind === "vector" && scalar.kind === "scalar", "one side is a vector");
  const sides = { grid: vector.grid, scalar: scalar.values, swapped: vector === right };
  if (run.budget.pause(vector.grid.values.length)) yield;
  if (!isComparison(expr.op) || expr.bool) yield* prepareNames(run, vector.grid);
  return { kind: "vector", grid: betweenVectorAndScalar(expr, sides, run) };
}

/** Aggregations that give some of the series themselves. */
const PICKS: ReadonlySet<AggregationOp> = new Set(["topk", "bottomk", "limitk", "limit_ratio"]);

function* evaluateAggregation(expr: Aggregation, steps: Steps, run: Run): Work<Grid> {
  if (expr.op === "count_values") {
    const label = expr.param === undefined ? undefined : unwrap(expr.param);
    assert(label?.kind === "string", "count_values has a label");
    const input = yield* evaluateVector(expr.expr, steps, run);
    return yield* countValues(expr, input, label.value, run);
  }
  const param =
    expr.param === undefined ? undefined : yield* evaluateScalar(expr.param, steps, run);
  const grid = yield* evaluateVector(expr.expr, steps, run);
  if (!PICKS.has(expr.op)) return yield* aggregate(expr, grid, param, run);
  assert(param !== undefined, `${expr.op} has a parameter`);
  if (run.budget.pause(grid.values.length)) yield;
  return expr.op === "limit_ratio"
    ? sampleSeries(expr, grid, param, run)
    : pickSeries(expr, grid, param, run);
}

function isRanged(expr: Expr): expr is RangeSelector | Subquery {
  return expr.kind === "range" || expr.kind === "subquery";
}

/** The part of a selector's samples that a function reads instead of the value. */
function fieldOf(name: string, { features }: Run): SampleField | undefined {
  if (name === "timestamp") return name;
  if (name !== "start_timestamp" || !features.has("use-start-timestamps")) return undefined;
  return name;
}

function* evaluateInfo(call: Call, steps: Steps, run: Run): Work<Grid> {
  const [vector] = call.args;
  assert(vector !== undefined, "info has an argument");
  const base = yield* evaluateVector(vector, steps, run);
  const selector = infoSelector(call);
  if (run.slices.get(selector)?.some(({ histograms }) => histograms !== undefined) === true) {
    throw new InputError("promql", "info sample should be float", call.place);
  }
  const info = yield* selectInstant(selector, steps, run, "time");
  return yield* withInfoLabels(call, base, info, run);
}

function* evaluateCall(call: Call, steps: Steps, run: Run): Work<Value> {
  const args = call.args.map(unwrap);
  const ranged = args.find(isRanged);
  if (ranged !== undefined) {
    return { kind: "vector", grid: yield* callOverRange(call, ranged, steps, run) };
  }
  const [first] = args;
  const field = fieldOf(call.name, run);
  if (field !== undefined && first?.kind === "selector") {
    const times = yield* selectInstant(first, steps, run, field);
    yield* prepareNames(run, times);
    return { kind: "vector", grid: dropNames(run, times, call.place) };
  }
  if (call.name === "info") return { kind: "vector", grid: yield* evaluateInfo(call, steps, run) };
  const values: Value[] = [];
  for (const arg of args) values.push(yield* evaluateNode(arg, steps, run));
  let cells = 0;
  for (const value of values) if (value.kind === "vector") cells += value.grid.values.length;
  if (run.budget.pause(cells)) yield;
  for (const value of values) if (value.kind === "vector") yield* prepareNames(run, value.grid);
  return yield* callInstant({ call, args: values, steps, run });
}

function* callOverRange(
  call: Call,
  ranged: RangeSelector | Subquery,
  steps: Steps,
  run: Run,
): Work<Grid> {
  const params: Float64Array[] = [];
  for (const arg of call.args) {
    const inner = unwrap(arg);
    if (!isRanged(inner)) params.push(yield* evaluateScalar(inner, steps, run));
  }
  const ranges = yield* evaluateRanges(ranged, steps, run);
  const evaluateWindow = windowFunction(call, params, { run, ranged });
  const mixed = (): MixedWindowFunction =>
    mixedWindowFunction(call, evaluateWindow, { run, ranged });
  const grid = yield* overWindows(ranges, evaluateWindow, { run, steps, place: call.place, mixed });
  if (call.name === "absent_over_time") return absentFrom(call, grid);
  yield* prepareNames(run, grid);
  return finishRange(call, grid, run);
}

/** The series that a function over ranges slides over: stored ones, or a subquery's. */
export function* evaluateRanges(
  expr: RangeSelector | Subquery,
  steps: Steps,
  run: Run,
): Work<Ranges> {
  if (expr.kind === "range") return selectRanges(expr, run);
  const pinned = pinnedTime(expr.at, run.span);
  const inner = subqueryStepsOf(expr, steps, { run, pinned });
  run.budget.charge(inner.count, expr.place);
  const grid = inner.count === 0 ? undefined : yield* evaluateVector(expr.expr, inner, run);
  return {
    series: grid === undefined ? [] : yield* samplesOf(grid, inner, run),
    rows: grid?.rows ?? [],
    dropsName: grid?.dropsName ?? [],
    rangeMs: expr.rangeMs,
    offsetMs: expr.offsetMs,
    pinned,
    ...PLAIN_EDGES,
  };
}

type SubqueryTimes = { readonly run: Run; readonly pinned: number | undefined };

/** A subquery's own steps are multiples of its step, whatever the outer times are. */
function subqueryStepsOf(expr: Subquery, outer: Steps, { run, pinned }: SubqueryTimes): Steps {
  const stepMs = expr.stepMs ?? run.subqueryStepMs;
  const first = (pinned ?? outer.from) - expr.offsetMs;
  const last = (pinned ?? outer.from + (outer.count - 1) * outer.stepMs) - expr.offsetMs;
  const from = (Math.floor((first - expr.rangeMs) / stepMs) + 1) * stepMs;
  return { from, stepMs, count: Math.max(0, Math.floor((last - from) / stepMs) + 1) };
}

/** A hint is about the sample before, which a subquery may leave out or give again. */
function withoutHint(histogram: NativeHistogram): NativeHistogram {
  const { counterReset } = histogram;
  if (counterReset === "gauge" || counterReset === "unknown") return histogram;
  return { ...histogram, counterReset: "unknown" };
}

function* samplesOf(grid: Grid, steps: Steps, run: Run): Work<SeriesSamples[]> {
  const series: SeriesSamples[] = [];
  // One block for all series: a hundred thousand small ones would keep the collector busy.
  const allTimes = new Float64Array(grid.rows.length * steps.count);
  const allValues = new Float64Array(allTimes.length);
  for (const [row, labels] of grid.rows.entries()) {
    const [start, end] = [row * steps.count, (row + 1) * steps.count];
    const times = allTimes.subarray(start, end);
    const values = allValues.subarray(start, end);
    const histograms: HistogramCells = [];
    let count = 0;
    for (let step = 0; step < steps.count; step++) {
      const cell = row * steps.count + step;
      if (grid.present[cell] !== 1) continue;
      times[count] = steps.from + step * steps.stepMs;
      const histogram = grid.histograms?.[cell];
      if (histogram !== undefined) histograms[count] = withoutHint(histogram);
      values[count++] = grid.values[cell] ?? NaN;
    }
    const one = {
      labels,
      times: times.subarray(0, count),
      values: values.subarray(0, count),
      start: 0,
      end: count,
    };
    series.push(histograms.length === 0 ? one : { ...one, histograms });
    if (run.budget.pause(steps.count)) yield;
  }
  return series;
}
