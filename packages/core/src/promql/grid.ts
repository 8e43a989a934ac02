import { assert } from "../model/assert.ts";
import { InputError, type Place } from "../model/input-error.ts";
import { keepLabels, type Labels } from "../model/labels.ts";
import type { NativeHistogram, SampleValue } from "../model/sample.ts";

/**
 * An instant vector at every step of an evaluation: one row a series, one column a step. All rows
 * share one block of memory, so that an evaluation of thousands of series allocates once a node.
 */
export type Grid = {
  readonly steps: number;
  readonly rows: readonly Labels[];
  /** Per row: whether the metric name goes away at the end (delayed name removal). */
  readonly dropsName: readonly boolean[];
  /** Row after row; meaningful where `present` is 1. */
  readonly values: Float64Array;
  readonly present: Uint8Array;
  /** Present where any cell may hold a histogram; such a cell has no meaning in `values`. */
  readonly histograms?: HistogramCells;
};

/** Native histograms by cell, `undefined` where there is a number or nothing. */
export type HistogramCells = (NativeHistogram | undefined)[];

/** What one cell holds. */
export function cellValue({ values, histograms }: Grid, cell: number): SampleValue {
  return histograms?.[cell] ?? values[cell] ?? NaN;
}

/** Writes one cell of a grid that was made with room for what the value is. */
export function setCell(grid: Grid, cell: number, value: SampleValue): void {
  grid.present[cell] = 1;
  if (typeof value === "number") grid.values[cell] = value;
  else if (grid.histograms !== undefined) grid.histograms[cell] = value;
  else assert(false, "a grid for numbers holds no histogram");
}

/** The same grid with room for histograms. */
export function withHistograms(grid: Grid): Grid {
  return { ...grid, histograms: Array.from({ length: grid.present.length }, () => undefined) };
}

/** The same grid without its histograms. */
export function numbersOf(grid: Grid): Grid {
  const { histograms } = grid;
  if (histograms === undefined) return grid;
  const present = grid.present.map((there, cell) => (histograms[cell] === undefined ? there : 0));
  return { ...grid, present };
}

/** A grid without any value yet. */
export function emptyGrid(
  rows: readonly Labels[],
  steps: number,
  dropsName: readonly boolean[] = [],
): Grid {
  const cells = rows.length * steps;
  const flags = dropsName.length === rows.length ? dropsName : noFlags(rows.length);
  return {
    steps,
    rows,
    dropsName: flags,
    values: new Float64Array(cells),
    present: new Uint8Array(cells),
  };
}

/** Lists of flags that all grids of so few rows share. */
const FEW_ROWS = 256;
const sharedFlags: (readonly boolean[])[] = [];

function noFlags(count: number): readonly boolean[] {
  const flags = sharedFlags[count] ?? Array.from({ length: count }, () => false);
  if (count <= FEW_ROWS) sharedFlags[count] = flags;
  return flags;
}

/** An empty grid of other rows, with room for histograms where the first one has them. */
export function gridLike(
  { steps, histograms }: Grid,
  rows: readonly Labels[],
  dropsName: readonly boolean[] = [],
): Grid {
  const grid = emptyGrid(rows, steps, dropsName);
  return histograms === undefined ? grid : withHistograms(grid);
}

/** Whether a row has a value at any step. */
export function hasValues({ steps, present }: Grid, row: number): boolean {
  const end = (row + 1) * steps;
  for (let cell = row * steps; cell < end; cell++) if (present[cell] === 1) return true;
  return false;
}

/** Whether a row has a value at any step that is no histogram. */
export function hasNumbers(grid: Grid, row: number): boolean {
  const { steps, present, histograms } = grid;
  if (histograms === undefined) return hasValues(grid, row);
  const end = (row + 1) * steps;
  for (let cell = row * steps; cell < end; cell++) {
    if (present[cell] === 1 && histograms[cell] === undefined) return true;
  }
  return false;
}

/**
 * Joins rows with equal labels into one.
 *
 * @throws InputError where two of them have a value at the same step
 */
export function mergeRows(grid: Grid, place: Place): Grid {
  const target = new Map<string, number>();
  const rowTo: number[] = [];
  const kept: number[] = [];
  for (const [row, { key }] of grid.rows.entries()) {
    const known = target.get(key);
    rowTo.push(known ?? kept.length);
    if (known !== undefined) continue;
    target.set(key, kept.length);
    kept.push(row);
  }
  if (kept.length === grid.rows.length) return grid;
  const { steps, present } = grid;
  const merged = gridLike(
    grid,
    kept.flatMap((row) => grid.rows[row] ?? []),
    kept.map((row) => grid.dropsName[row] ?? false),
  );
  for (let cell = 0; cell < present.length; cell++) {
    if (present[cell] !== 1) continue;
    const row = rowTo[Math.floor(cell / steps)] ?? 0;
    const to = row * steps + (cell % steps);
    if (merged.present[to] === 1) refuseDuplicates(place);
    setCell(merged, to, cellValue(grid, cell));
  }
  return merged;
}

export function refuseDuplicates(place: Place): never {
  throw new InputError("promql", "vector cannot contain metrics with the same labelset", place);
}

const RESERVED: ReadonlySet<string> = new Set(["__name__", "__type__", "__unit__"]);

/** The labels without metric name, type and unit: what a computed value keeps. */
export function withoutName(labels: Labels): Labels {
  const known = nameless.get(labels);
  if (known !== undefined) return known;
  const made = keepLabels(labels, (name) => !RESERVED.has(name));
  nameless.set(labels, made);
  return made;
}

const nameless = new WeakMap<Labels, Labels>();

// Labels live as long as their series; what is derived from them for a node of an expression is
// the same at each evaluation of a rule, and is found here instead of built again.
const derived = new WeakMap<object, WeakMap<Labels, Labels>>();

/** Labels derived from labels, remembered per owner (a node of the expression). */
export function memoized(owner: object, of: Labels, derive: (of: Labels) => Labels): Labels {
  let known = derived.get(owner);
  if (known === undefined) {
    known = new WeakMap();
    derived.set(owner, known);
  }
  const found = known.get(of);
  if (found !== undefined) return found;
  const made = derive(of);
  known.set(of, made);
  return made;
}
