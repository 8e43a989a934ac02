import { formatFloat } from "../model/go-float.ts";
import { isUtf8, quote } from "../model/go-string.ts";
import { InputError } from "../model/input-error.ts";
import { keepLabels, type Labels, METRIC_NAME, withLabel } from "../model/labels.ts";
import type { Aggregation } from "./ast.ts";
import { groupRows } from "./aggregate.ts";
import { BestValues, FEW } from "./best-values.ts";
import { cellValue, emptyGrid, type Grid, gridLike, setCell } from "./grid.ts";
import { formatHistogram } from "./histogram/format-histogram.ts";
import type { Cells } from "./histogram-aggregates.ts";
import { HistogramNotes } from "./histogram-notes.ts";
import type { Run, Work } from "./run.ts";

/** NaN stands behind every number, whichever way the numbers are sorted. */
export function compareValues(a: number, b: number, descending: boolean): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  if (a === b) return 0;
  return a < b === descending ? 1 : -1;
}

/** `topk`, `bottomk`, `limitk`: the series themselves, of each group at most k at each step. */
export function pickSeries(expr: Aggregation, grid: Grid, counts: Float64Array, run: Run): Grid {
  const { steps } = grid;
  // Prometheus looks at the parameter of the whole range before it looks at any series.
  if (!counts.some((k) => Number.isNaN(k)) && !counts.some((k) => k >= 1)) {
    return emptyGrid([], steps);
  }
  for (const k of counts) refuseBadCount(expr, k);
  const present = new Uint8Array(grid.present.length);
  const notes = new HistogramNotes(run.annotations, expr.place);
  const order: number[] = [];
  for (const { rows } of groupRows(expr, grid)) {
    const best = bestOf(expr, grid, { rows, counts, notes });
    for (let step = 0; step < steps; step++) {
      for (const row of best(step, Math.max(0, Math.trunc(counts[step] ?? 0)))) {
        present[row * steps + step] = 1;
        if (steps === 1) order.push(row);
      }
    }
  }
  const picked = { ...grid, present };
  return steps === 1 ? rowsInOrder(picked, order) : picked;
}

function refuseBadCount(expr: Aggregation, k: number): void {
  const place = expr.param?.place ?? expr.place;
  if (Number.isNaN(k)) throw new InputError("promql", "Parameter value is NaN", place);
  if (Math.abs(k) < 2 ** 63) return;
  const what = k > 0 ? "overflows" : "underflows";
  throw new InputError("promql", `Scalar value ${formatFloat(k, "g", -1)} ${what} int64`, place);
}

type Picking = {
  readonly rows: readonly number[];
  readonly counts: Float64Array;
  readonly notes: HistogramNotes;
};

/** Of a group, at most so many rows at a step, best first. */
function bestOf(
  expr: Aggregation,
  grid: Grid,
  { rows, counts, notes }: Picking,
): (step: number, most: number) => Iterable<number> {
  const { steps, values, present, histograms } = grid;
  let width = 0;
  for (const count of counts) width = Math.max(width, Math.min(Math.trunc(count), rows.length));
  if (expr.op === "limitk" || histograms !== undefined || width > FEW || width < 1) {
    return (step, most) => bestRows(expr, grid, { rows, step }, notes).slice(0, most);
  }
  // Row by row, as they lie in memory.
  const best = new BestValues(steps, width, expr.op === "topk");
  for (const row of rows) {
    for (let step = 0; step < steps; step++) {
      const cell = row * steps + step;
      if (present[cell] === 1) best.offer(step, row, values[cell] ?? NaN);
    }
  }
  return (step, most) => best.at(step, most);
}

/** A group's rows at a step, best first; among equals the earlier row is better. */
function bestRows(
  expr: Aggregation,
  grid: Grid,
  { rows, step }: Cells,
  notes: HistogramNotes,
): number[] {
  const { steps, present, values, histograms } = grid;
  const there = rows.filter((row) => present[row * steps + step] === 1);
  if (expr.op === "limitk") return there;
  const numbers = there.filter((row) => histograms?.[row * steps + step] === undefined);
  if (numbers.length < there.length) notes.ignoredInAggregation(expr.op);
  const valueOf = (row: number): number => values[row * steps + step] ?? NaN;
  return numbers.toSorted((a, b) => compareValues(valueOf(a), valueOf(b), expr.op === "topk"));
}

/** The same vector with only these rows, in this order; for vectors of one step. */
export function rowsInOrder(grid: Grid, order: readonly number[]): Grid {
  const rows = order.flatMap((row) => grid.rows[row] ?? []);
  const drops = order.map((row) => grid.dropsName[row] ?? false);
  const out = gridLike(grid, rows, drops);
  for (const [to, row] of order.entries()) {
    if (grid.present[row] === 1) setCell(out, to, cellValue(grid, row));
  }
  return out;
}

/** `count_values`: how many series of a group have each value, the value as a label. */
export function* countValues(expr: Aggregation, grid: Grid, label: string, run: Run): Work<Grid> {
  const { steps } = grid;
  if (label === "" || !isUtf8(label)) {
    const place = expr.param?.place ?? expr.place;
    throw new InputError("promql", `invalid label name ${quote(label)}`, place);
  }
  const counts = new Map<string, { readonly labels: Labels; readonly counts: Float64Array }>();
  const grouping = expr.without ? expr.grouping : [...expr.grouping, label];
  for (const [cell, present] of grid.present.entries()) {
    if (run.budget.pause(0)) yield;
    if (present !== 1) continue;
    const of = grid.rows[Math.floor(cell / steps)];
    if (of === undefined) continue;
    const value = cellValue(grid, cell);
    const text = typeof value === "number" ? formatFloat(value, "f", -1) : formatHistogram(value);
    const valued = withLabel(of, label, text);
    const group = keepLabels(valued, (name) =>
      expr.without ? name !== METRIC_NAME && !grouping.includes(name) : grouping.includes(name),
    );
    if (!counts.has(group.key)) run.budget.charge(steps, expr.place);
    const known = counts.get(group.key) ?? { labels: group, counts: new Float64Array(steps) };
    const step = cell % steps;
    known.counts[step] = (known.counts[step] ?? 0) + 1;
    counts.set(group.key, known);
  }
  const found = [...counts.values()];
  const out = emptyGrid(
    found.map(({ labels }) => labels),
    steps,
  );
  for (const [row, { counts: perStep }] of found.entries()) {
    out.values.set(perStep, row * steps);
    for (const [step, count] of perStep.entries()) {
      if (count > 0) out.present[row * steps + step] = 1;
    }
  }
  return out;
}
