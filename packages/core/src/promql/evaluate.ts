import { assert } from "../model/assert.ts";
import { type Features, NO_FEATURES } from "../model/features.ts";
import { InputError } from "../model/input-error.ts";
import { compareLabels, type Labels, NO_LABELS } from "../model/labels.ts";
import type { Limits } from "../model/limits.ts";
import {
  type Reader,
  type SeriesSlice,
  type SeriesStretch,
  wholeStretch,
} from "../model/reader.ts";
import type { NativeHistogram } from "../model/sample.ts";
import { type EpochMs, epochMs, MINUTE_MS } from "../model/time.ts";
import { type Annotation, Annotations } from "./annotations.ts";
import { type Expr, type InstantSelector, unwrap } from "./ast.ts";
import { kindOf } from "./check.ts";
import { resolveDurations } from "./durations.ts";
import { extendedSamples } from "./extended-ranges.ts";
import {
  emptyGrid,
  type Grid,
  hasValues,
  type HistogramCells,
  mergeRows,
  withoutName,
} from "./grid.ts";
import { evaluateNode, evaluateRanges } from "./nodes.ts";
import { readsOf, type SelectorRead, type Span } from "./plan.ts";
import { statsSelectors, withDecidedResets } from "./stats-selectors.ts";
import { Budget, type Run, type Steps, type Value, type Work } from "./run.ts";
import type { RememberedWork } from "./remembered-work.ts";
import { RowLists, RowMemo, type Rows } from "./row-memo.ts";

export type EvaluateOptions = Span & {
  readonly limits: Limits;
  /** Which limit counts: a rule's or a query's; `query` where not told. */
  readonly purpose?: "rule" | "query";
  /** Step of a subquery that names none; one minute where not told, as in Prometheus. */
  readonly subqueryStepMs?: number;
  /** What is evaluated in another way than by default. */
  readonly features?: Features;
  /** What other expressions over the same series have worked out; their annotations are theirs. */
  readonly remembered?: RememberedWork;
};

/** One series of a result; times in epoch ms, ascending. */
export type ResultSeries = {
  readonly labels: Labels;
  readonly times: Float64Array;
  readonly values: Float64Array;
  /** Present where any sample is a native histogram; an index with one has no meaning in `values`. */
  readonly histograms?: readonly (NativeHistogram | undefined)[];
};

export type ResultValue =
  | { readonly kind: "scalar"; readonly at: EpochMs; readonly value: number }
  | { readonly kind: "string"; readonly at: EpochMs; readonly value: string }
  /** Series and their values by the same index, in the order that the expression asks for. */
  | {
      readonly kind: "vector";
      readonly at: EpochMs;
      readonly series: readonly Labels[];
      readonly values: Float64Array;
      /** As in `ResultSeries`. */
      readonly histograms?: readonly (NativeHistogram | undefined)[];
    }
  /** Sorted by labels. */
  | { readonly kind: "matrix"; readonly series: readonly ResultSeries[] };

export type QueryResult = {
  readonly value: ResultValue;
  readonly annotations: readonly Annotation[];
  /** Samples read and made. */
  readonly samples: number;
};

/**
 * Evaluates a checked expression over an immutable state of the series. Yields about every 10,000
 * samples, so that the caller can let other work run; what is stored meanwhile shows nowhere.
 *
 * `stepMs` 0 is an instant query, for which `from` equals `to`.
 *
 * @throws InputError of kind `promql`: a limit (named), or series that cannot be matched
 */
export function* evaluate(
  expr: Expr,
  reader: Reader,
  options: EvaluateOptions,
): Generator<undefined, QueryResult, undefined> {
  const resolved = resolveDurations(expr, options);
  const steps = stepsOf(resolved, options);
  const run = yield* startRun(resolved, reader, options);
  const value = yield* evaluateTop(resolved, steps, run);
  return { value, annotations: run.annotations.list(), samples: run.budget.samples };
}

/** Runs an evaluation to its end without pausing. */
export function evaluateNow(expr: Expr, reader: Reader, options: EvaluateOptions): QueryResult {
  const work = evaluate(expr, reader, options);
  for (;;) {
    const turn = work.next();
    if (turn.done === true) return turn.value;
  }
}

function stepsOf(expr: Expr, { from, to, stepMs, limits }: EvaluateOptions): Steps {
  assert(stepMs >= 0 && from <= to, "an evaluation goes forward");
  assert(stepMs > 0 || from === to, "an instant query has one time");
  if (stepMs === 0) return { from, stepMs: 1, count: 1 };
  const last = Math.floor((to - from) / stepMs);
  if (last > limits.querySteps) {
    const what = `${last} steps are more than ${limits.querySteps} (limit querySteps)`;
    const remedy = "take a longer step or a shorter range, or raise limits.querySteps";
    throw new InputError("promql", `${what}; ${remedy}`, expr.place);
  }
  const kind = kindOf(expr);
  if (kind === "range vector" || kind === "string") {
    const what = `a range query needs a scalar or an instant vector, this is a ${kind}`;
    throw new InputError("promql", what, expr.place);
  }
  return { from, stepMs, count: last + 1 };
}

function* startRun(expr: Expr, reader: Reader, options: EvaluateOptions): Work<Run> {
  const { limits, purpose = "query", features = NO_FEATURES } = options;
  const budget = new Budget(limits, purpose === "rule" ? "ruleSamples" : "querySamples");
  const slices = new Map<InstantSelector, readonly SeriesStretch[]>();
  for (const read of readsOf(expr, options)) {
    const found = yield* selectedOnce(reader, read, { budget, remembered: options.remembered });
    if (purpose === "query" && found.length > limits.querySeries) {
      const what = `selects more than ${limits.querySeries} series (limit querySeries)`;
      const remedy = "narrow the selector, or raise limits.querySeries";
      throw new InputError("promql", `${what}; ${remedy}`, read.selector.place);
    }
    chargeHistograms(found, read.selector, budget);
    slices.set(read.selector, found);
  }
  decideResets(expr, slices);
  return {
    span: options,
    subqueryStepMs: options.subqueryStepMs ?? MINUTE_MS,
    delayedNames: features.has("promql-delayed-name-removal"),
    features,
    slices,
    annotations: new Annotations(),
    budget,
    ...(options.remembered !== undefined && { remembered: options.remembered }),
  };
}

const isMixed = ({ histograms }: SeriesStretch): boolean => histograms !== undefined;

/** What Prometheus does to histograms of which only counts and sums are read. */
function decideResets(expr: Expr, slices: Map<InstantSelector, readonly SeriesStretch[]>): void {
  if (![...slices.values()].some((found) => found.some(isMixed))) return;
  for (const selector of statsSelectors(expr)) {
    const found = slices.get(selector);
    if (found?.some(isMixed) === true) slices.set(selector, found.map(withDecidedResets));
  }
}

type Selecting = { readonly budget: Budget; readonly remembered: RememberedWork | undefined };

/** What a selector reads; charged alike whether it was selected before or not. */
function* selectedOnce(
  reader: Reader,
  read: SelectorRead,
  { budget, remembered }: Selecting,
): Work<readonly SeriesStretch[]> {
  const known = remembered?.selection(read.selector, read);
  if (known !== undefined) {
    for (const { start, end } of known) budget.charge(end - start, read.selector.place);
    return known;
  }
  const found = inLabelOrder(read.selector, yield* selected(reader, read, budget));
  remembered?.keepSelection(read.selector, read, found);
  return found;
}

/** What a selector reads, charged while it is read: too much is refused before it is in memory. */
function* selected(
  reader: Reader,
  { selector, matchers, from, to }: SelectorRead,
  budget: Budget,
): Work<readonly SeriesStretch[]> {
  const work = turnsOf(reader, { matchers, from, to });
  if (work === undefined) {
    const found = reader.select(matchers, from, to).map(wholeStretch);
    let samples = 0;
    for (const { end } of found) samples += end;
    budget.charge(samples, selector.place);
    return found;
  }
  for (;;) {
    const turn = work.next();
    if (turn.done === true) return turn.value;
    budget.charge(turn.value, selector.place);
    // A turn without samples was spent looking for series.
    if (turn.value === 0 || budget.pause(turn.value)) yield;
  }
}

type Turns<Found> = Generator<number, readonly Found[], undefined>;

/** How a reader reads in turns; `undefined` where it does not. */
function turnsOf(
  reader: Reader,
  { matchers, from, to }: Pick<SelectorRead, "matchers" | "from" | "to">,
): Turns<SeriesStretch> | undefined {
  if (reader.stretching !== undefined) return reader.stretching(matchers, from, to);
  const slices = reader.selecting?.(matchers, from, to);
  return slices && wholeStretches(slices);
}

function* wholeStretches(slices: Turns<SeriesSlice>): Turns<SeriesStretch> {
  return (yield* slices).map(wholeStretch);
}

/** A histogram weighs as many samples more as it has buckets. */
function chargeHistograms(
  slices: readonly SeriesStretch[],
  { place }: InstantSelector,
  budget: Budget,
): void {
  for (const { histograms } of slices) {
    if (histograms === undefined) continue;
    let buckets = 0;
    for (const one of histograms) {
      buckets += (one?.positiveBuckets.length ?? 0) + (one?.negativeBuckets.length ?? 0);
    }
    budget.charge(buckets, place);
  }
}

/** Floating point sums depend on the order of the series, so it must not depend on the store. */
function inLabelOrder(
  selector: InstantSelector,
  slices: readonly SeriesStretch[],
): readonly SeriesStretch[] {
  const order = labelOrders.of(selector, foundRows.of(selector, slices), labelOrder);
  if (order === undefined) return slices;
  const ordered: SeriesStretch[] = [];
  for (const index of order) {
    const slice = slices[index];
    if (slice !== undefined) ordered.push(slice);
  }
  return ordered;
}

const foundRows = new RowLists();
const labelOrders = new RowMemo<readonly number[] | undefined>();

/** Where rows stand once they are sorted by labels; `undefined` where that is where they are. */
function labelOrder(rows: Rows): readonly number[] | undefined {
  const compare = (a: number, b: number): number =>
    compareLabels(rows[a] ?? NO_LABELS, rows[b] ?? NO_LABELS);
  for (let i = 1; i < rows.length; i++) {
    if (compare(i - 1, i) > 0) return [...rows.keys()].toSorted(compare);
  }
  return undefined;
}

function* evaluateTop(expr: Expr, steps: Steps, run: Run): Work<ResultValue> {
  const inner = unwrap(expr);
  if (inner.kind === "range" || inner.kind === "subquery") {
    return { kind: "matrix", series: yield* rawSamples(inner, steps, run) };
  }
  const value = yield* evaluateNode(expr, steps, run);
  return run.span.stepMs === 0
    ? instantResult(value, epochMs(steps.from), expr)
    : { kind: "matrix", series: yield* matrixOf(value, steps, expr, run) };
}

/** An instant query for a range vector gives the samples as they are. */
function* rawSamples(
  expr: Parameters<typeof evaluateRanges>[0],
  steps: Steps,
  run: Run,
): Work<ResultSeries[]> {
  const ranges = yield* evaluateRanges(expr, steps, run);
  const extension = expr.kind === "range" ? expr.selector.extension : undefined;
  const to = (ranges.pinned ?? steps.from) - ranges.offsetMs;
  const from = to - ranges.rangeMs;
  return ranges.series
    .map((one, row) => {
      const { labels, times, values, histograms } = one;
      let [start, end] = [one.start, one.end];
      while (start < end && (times[start] ?? NaN) <= from - ranges.before) start++;
      while (start < end && (times[end - 1] ?? NaN) > to + ranges.after) end--;
      const named = { labels: ranges.dropsName[row] === true ? withoutName(labels) : labels };
      if (extension !== undefined && start < end) {
        if (histogramsOf(histograms?.slice(start, end)).histograms !== undefined) {
          const message = `${extension} modifier is not supported with histograms`;
          throw new InputError("promql", message, expr.place);
        }
        const window = { lo: start, hi: end, fromMs: from, toMs: to, atMs: steps.from, step: 0 };
        return { ...named, ...extendedSamples(one, window, extension) };
      }
      return {
        ...named,
        times: times.slice(start, end),
        values: values.slice(start, end),
        ...histogramsOf(histograms?.slice(start, end)),
      };
    })
    .filter(({ times }) => times.length > 0)
    .toSorted((a, b) => compareLabels(a.labels, b.labels));
}

type HistogramPart = { readonly histograms?: HistogramCells };

/** Results tell of histograms only where there are any. */
function histogramsOf(cells: HistogramCells | undefined): HistogramPart {
  return cells?.some((cell) => cell !== undefined) === true ? { histograms: cells } : {};
}

/** The grid as it is shown: names that were to go are gone, equal labels are one series. */
function finalGrid(grid: Grid, { place }: Expr): Grid {
  if (!grid.dropsName.includes(true)) return grid;
  const rows = grid.rows.map((of, row) => (grid.dropsName[row] === true ? withoutName(of) : of));
  return mergeRows({ ...grid, rows }, place);
}

function instantResult(value: Value, at: EpochMs, expr: Expr): ResultValue {
  if (value.kind === "string") return { kind: "string", at, value: value.value };
  if (value.kind === "scalar") return { kind: "scalar", at, value: value.values[0] ?? NaN };
  const { rows, values, present, histograms } = finalGrid(value.grid, expr);
  // Most rules find nothing at most times.
  if (!present.includes(1)) return { kind: "vector", at, series: [], values: new Float64Array() };
  const isThere = (_: unknown, row: number): boolean => present[row] === 1;
  return {
    kind: "vector",
    at,
    series: rows.filter(isThere),
    values: values.filter(isThere),
    ...histogramsOf(histograms?.filter(isThere)),
  };
}

function* matrixOf(value: Value, steps: Steps, expr: Expr, run: Run): Work<ResultSeries[]> {
  const grid = finalGrid(asGrid(value), expr);
  const series: ResultSeries[] = [];
  for (const [row, labels] of grid.rows.entries()) {
    if (!hasValues(grid, row)) continue;
    const times: number[] = [];
    const values: number[] = [];
    const histograms: HistogramCells = [];
    for (let step = 0; step < steps.count; step++) {
      const cell = row * steps.count + step;
      if (grid.present[cell] !== 1) continue;
      times.push(steps.from + step * steps.stepMs);
      values.push(grid.values[cell] ?? NaN);
      if (grid.histograms !== undefined) histograms.push(grid.histograms[cell]);
    }
    series.push({
      labels,
      times: Float64Array.from(times),
      values: Float64Array.from(values),
      ...histogramsOf(histograms),
    });
    if (run.budget.pause(times.length)) yield;
  }
  return series.toSorted((a, b) => compareLabels(a.labels, b.labels));
}

function asGrid(value: Value): Grid {
  assert(value.kind !== "string", "a range query gives numbers");
  if (value.kind === "vector") return value.grid;
  const grid = emptyGrid([NO_LABELS], value.values.length);
  grid.values.set(value.values);
  grid.present.fill(1);
  return grid;
}
