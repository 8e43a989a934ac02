import { labelValue, METRIC_NAME } from "../model/labels.ts";
import type { NativeHistogram } from "../model/sample.ts";
import type { Aggregation } from "./ast.ts";
import type { Grid } from "./grid.ts";
import { averageOf, totalOf } from "./histogram/combine.ts";
import type { HistogramNotes } from "./histogram-notes.ts";

/** Some rows of a grid at one step. */
export type Cells = { readonly rows: readonly number[]; readonly step: number };

/**
 * What a group that holds histograms comes to where its numbers do not decide: `numbers-only` where
 * they do, `undefined` where there is no result.
 */
export function aggregateHistograms(
  expr: Aggregation,
  grid: Grid,
  { rows, step }: Cells,
  notes: HistogramNotes,
): NativeHistogram | "numbers-only" | undefined {
  const { steps, present, histograms } = grid;
  const found: NativeHistogram[] = [];
  const names: string[] = [];
  let numbers = 0;
  for (const row of rows) {
    const cell = row * steps + step;
    if (present[cell] !== 1) continue;
    const histogram = histograms?.[cell];
    if (histogram === undefined) numbers++;
    else {
      found.push(histogram);
      const labels = grid.rows[row];
      names.push(labels === undefined ? "" : labelValue(labels, METRIC_NAME));
    }
  }
  if (found.length === 0) return "numbers-only";
  if (expr.op !== "sum" && expr.op !== "avg") {
    notes.ignoredInAggregation(expr.op);
    return "numbers-only";
  }
  if (numbers > 0) {
    notes.mixedKindsInAggregation();
    return undefined;
  }
  const combined = expr.op === "sum" ? totalOf(found) : averageOf(found);
  notes.aggregated(combined, names[combined.incompatibleAt ?? 0] ?? "");
  return combined.value;
}
