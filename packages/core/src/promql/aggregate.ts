import { keepLabels, type Labels, METRIC_NAME } from "../model/labels.ts";
import type { Aggregation, AggregationOp } from "./ast.ts";
import { type Grid, gridLike, memoized, numbersOf, setCell } from "./grid.ts";
import { aggregateHistograms } from "./histogram-aggregates.ts";
import { HistogramNotes } from "./histogram-notes.ts";
import { badQuantile } from "./range-functions.ts";
import {
  countOf,
  maxOf,
  meanOf,
  minOf,
  oneOf,
  plainDeviationOf,
  plainVarianceOf,
  quantileOf,
  type Reduction,
  sumOf,
} from "./reductions.ts";
import { RowMemo, type Rows } from "./row-memo.ts";
import type { Run, Work } from "./run.ts";

/** Rows of the input that are aggregated together, in their order. */
export type Group = { readonly labels: Labels; readonly rows: readonly number[] };

/** The labels of a series' group. */
function groupLabels(expr: Aggregation, of: Labels): Labels {
  return memoized(expr, of, (labels) =>
    keepLabels(labels, (name) =>
      expr.without
        ? name !== METRIC_NAME && !expr.grouping.includes(name)
        : expr.grouping.includes(name),
    ),
  );
}

/** The groups of an aggregation, and their labels by the same index. */
type Groups = { readonly groups: readonly Group[]; readonly labels: Rows };

const groupsOfRows = new RowMemo<Groups>();

function groupsOf(expr: Aggregation, { rows: all }: Grid): Groups {
  return groupsOfRows.of(expr, all, (rows) => {
    const found = new Map<string, { readonly labels: Labels; readonly rows: number[] }>();
    for (const [row, of] of rows.entries()) {
      const labels = groupLabels(expr, of);
      const known = found.get(labels.key);
      if (known === undefined) found.set(labels.key, { labels, rows: [row] });
      else known.rows.push(row);
    }
    const groups = [...found.values()];
    return { groups, labels: groups.map(({ labels }) => labels) };
  });
}

export function groupRows(expr: Aggregation, grid: Grid): readonly Group[] {
  return groupsOf(expr, grid).groups;
}

const REDUCTIONS: Partial<Record<AggregationOp, Reduction>> = {
  sum: sumOf,
  avg: meanOf,
  min: minOf,
  max: maxOf,
  count: countOf,
  group: oneOf,
  stddev: plainDeviationOf,
  stdvar: plainVarianceOf,
};

/** Aggregations to which every series counts alike, whatever its value. */
const OF_ANY_KIND: ReadonlySet<AggregationOp> = new Set(["count", "group"]);

/** The aggregations that make one value of each group at each step. */
export function* aggregate(
  expr: Aggregation,
  grid: Grid,
  param: Float64Array | undefined,
  run: Run,
): Work<Grid> {
  const { groups, labels } = groupsOf(expr, grid);
  const { steps } = grid;
  const reduction = REDUCTIONS[expr.op];
  if (param !== undefined) noteBadQuantile(expr, param, run);
  const reduce = (values: Float64Array, count: number, step: number): number =>
    reduction?.(values, 0, count) ?? quantileOf(param?.[step] ?? NaN, values, 0, count);
  const drops = groups.map(({ rows }) => rows.some((row) => grid.dropsName[row] === true));
  const out = gridLike(grid, labels, drops);
  const notes = new HistogramNotes(run.annotations, expr.expr.place);
  const numbersDecide = grid.histograms === undefined || OF_ANY_KIND.has(expr.op);
  const numbers = numbersDecide ? grid : numbersOf(grid);
  const buffer = new Float64Array(Math.max(0, ...groups.map(({ rows }) => rows.length)));
  for (const [index, { rows }] of groups.entries()) {
    for (let step = 0; step < steps; step++) {
      const cell = index * steps + step;
      if (!numbersDecide) {
        const made = aggregateHistograms(expr, grid, { rows, step }, notes);
        if (typeof made === "object") setCell(out, cell, made);
        if (made !== "numbers-only") continue;
      }
      const count = gather(numbers, rows, step, buffer);
      if (count === 0) continue;
      out.present[cell] = 1;
      out.values[cell] = reduce(buffer, count, step);
    }
    if (run.budget.pause(rows.length * steps)) yield;
  }
  return out;
}

/** Copies what a group's rows hold at a step into the buffer, and returns how many there are. */
function gather(
  { values, present, steps }: Grid,
  rows: readonly number[],
  step: number,
  buffer: Float64Array,
): number {
  let count = 0;
  for (const row of rows) {
    const cell = row * steps + step;
    if (present[cell] === 1) buffer[count++] = values[cell] ?? NaN;
  }
  return count;
}

function noteBadQuantile(expr: Aggregation, param: Float64Array, run: Run): void {
  // Of many bad values only the extremes are told.
  const numbers = param.filter((q) => !Number.isNaN(q));
  const extremes = [Math.max(0, ...numbers), Math.min(1, ...numbers)];
  if (numbers.length < param.length) extremes.push(NaN);
  for (const q of extremes) {
    if (q >= 0 && q <= 1) continue;
    run.annotations.add("warning", badQuantile(q), expr.param?.place ?? expr.place);
  }
}
