import type { Features } from "../model/features.ts";
import { InputError, type Place } from "../model/input-error.ts";
import type { Limits } from "../model/limits.ts";
import type { SeriesStretch } from "../model/reader.ts";
import type { Annotations } from "./annotations.ts";
import type { InstantSelector } from "./ast.ts";
import { type Grid, hasValues, mergeRows, refuseDuplicates, withoutName } from "./grid.ts";
import type { Span } from "./plan.ts";
import type { RememberedWork } from "./remembered-work.ts";
import { RowMemo, type Rows } from "./row-memo.ts";

/** A computation that lets the event loop live: it yields every so many samples. */
export type Work<Result> = Generator<undefined, Result, undefined>;

/** The value of a node at every step. */
export type Value =
  | { readonly kind: "scalar"; readonly values: Float64Array }
  | { readonly kind: "vector"; readonly grid: Grid }
  | { readonly kind: "string"; readonly value: string };

/** The times at which a node is evaluated. */
export type Steps = { readonly from: number; readonly stepMs: number; readonly count: number };

/** What all nodes of one evaluation share. */
export type Run = {
  readonly span: Span;
  /** Step of a subquery that names none. */
  readonly subqueryStepMs: number;
  /** Whether metric names go away at the very end instead of at each function. */
  readonly delayedNames: boolean;
  readonly features: Features;
  readonly slices: ReadonlyMap<InstantSelector, readonly SeriesStretch[]>;
  readonly annotations: Annotations;
  readonly budget: Budget;
  /** What expressions evaluated before this one have worked out. */
  readonly remembered?: RememberedWork;
};

/** Samples between two yields. */
const PAUSE_EVERY = 10_000;

/** Counts the samples that an evaluation reads and makes, and says when to yield. */
export class Budget {
  samples = 0;
  private sincePause = 0;
  private readonly limitName: "ruleSamples" | "querySamples";
  private readonly limit: number;

  constructor(limits: Limits, limitName: "ruleSamples" | "querySamples") {
    this.limitName = limitName;
    this.limit = limits[limitName];
  }

  /** Counts samples before they are made. */
  charge(samples: number, place: Place): void {
    this.samples += samples;
    if (this.samples <= this.limit) return;
    const what = `touches more than ${this.limit} samples (limit ${this.limitName})`;
    const remedy = `narrow selectors, range or steps, or raise limits.${this.limitName}`;
    throw new InputError("promql", `${what}; ${remedy}`, place);
  }

  /** Counts work done; true when it is time to yield. */
  pause(samples: number): boolean {
    this.sincePause += samples + 1;
    if (this.sincePause < PAUSE_EVERY) return false;
    this.sincePause = 0;
    return true;
  }
}

/** What making one label set weighs beside one sample. */
export const LABELS_WORK = 20;

/** So many label sets are made without a pause. */
const FEW_ROWS = 2000;

/** Works out the rows' labels without names in turns; they are remembered for `dropNames`. */
export function* prepareNames(run: Run, { rows }: Grid): Work<void> {
  if (rows.length <= FEW_ROWS) return;
  for (const labels of rows) {
    withoutName(labels);
    if (run.budget.pause(LABELS_WORK)) yield;
  }
}

/** The rows of a computed vector: without metric name, at once or at the end. */
export function dropNames(run: Run, grid: Grid, place: Place): Grid {
  if (run.delayedNames) return { ...grid, dropsName: grid.rows.map(() => true) };
  const { rows, areDistinct } = namelessRows.of(place, grid.rows, withoutNames);
  return areDistinct ? { ...grid, rows } : mergeRows({ ...grid, rows }, place);
}

const namelessRows = new RowMemo<Nameless>();

/** Rows without metric names, and whether no two of them are equal. */
type Nameless = { readonly rows: Rows; readonly areDistinct: boolean };

function withoutNames(named: Rows): Nameless {
  const rows = named.map(withoutName);
  return { rows, areDistinct: new Set(rows.map(({ key }) => key)).size === rows.length };
}

/** As `dropNames`, but equal labels are refused even where they never meet at a step. */
export function dropNamesOfRange(run: Run, grid: Grid, place: Place): Grid {
  if (run.delayedNames) return dropNames(run, grid, place);
  const { rows, areDistinct } = namelessRows.of(place, grid.rows, withoutNames);
  if (areDistinct) return { ...grid, rows };
  const seen = new Set<string>();
  for (const [row, { key }] of rows.entries()) {
    if (!hasValues(grid, row)) continue;
    if (seen.has(key)) refuseDuplicates(place);
    seen.add(key);
  }
  return mergeRows({ ...grid, rows }, place);
}
