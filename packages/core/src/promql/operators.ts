import type { ArithmeticOp, Binary, ComparisonOp } from "./ast.ts";
import { isComparison, isTrim } from "./ast.ts";
import { cellValue, emptyGrid, type Grid, gridLike, setCell } from "./grid.ts";
import { mixedOperator } from "./histogram-operators.ts";
import { dropNames, type Run } from "./run.ts";

/** What an operator does with two numbers: the result, and whether a filter keeps it. */
export type Operator = {
  readonly result: (left: number, right: number) => number;
  readonly keeps: (left: number, right: number) => boolean;
};

const ARITHMETIC: Readonly<Record<ArithmeticOp, Operator["result"]>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b,
  "^": power,
  atan2: Math.atan2,
};

const COMPARISON: Readonly<Record<ComparisonOp, Operator["keeps"]>> = {
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  ">": (a, b) => a > b,
  "<": (a, b) => a < b,
  ">=": (a, b) => a >= b,
  "<=": (a, b) => a <= b,
};

/** IEEE 754's pow, which JavaScript's differs from where the base is 1 or -1. */
function power(base: number, exponent: number): number {
  if (base === 1) return 1;
  if (base === -1 && Math.abs(exponent) === Infinity) return 1;
  return base ** exponent;
}

/** An arithmetic operator, a filter, or a comparison that gives 0 and 1. */
export function operatorOf({ op, bool }: Pick<Binary, "op" | "bool">): Operator {
  // Only histograms can be trimmed: numbers give nothing.
  if (isTrim(op)) return { result: () => NaN, keeps: () => false };
  if (!isComparison(op)) {
    // Set operators work on whole vectors and never come here.
    return { result: ARITHMETIC[op as ArithmeticOp], keeps: () => true };
  }
  const holds = COMPARISON[op];
  if (bool) return { result: (a, b) => (holds(a, b) ? 1 : 0), keeps: () => true };
  return { result: (a) => a, keeps: holds };
}

export function betweenScalars(
  expr: Binary,
  left: Float64Array,
  right: Float64Array,
): Float64Array {
  const { result } = operatorOf(expr);
  return left.map((value, step) => result(value, right[step] ?? NaN));
}

export type VectorAndScalar = {
  readonly grid: Grid;
  readonly scalar: Float64Array;
  /** Whether the scalar stands on the left. */
  readonly swapped: boolean;
};

/** A filter keeps the vector's own values and names, on whichever side it stands. */
export function betweenVectorAndScalar(
  expr: Binary,
  { grid, scalar, swapped }: VectorAndScalar,
  run: Run,
): Grid {
  if (grid.histograms !== undefined || isTrim(expr.op)) {
    return mixedWithScalar(expr, { grid, scalar, swapped }, run);
  }
  const { result, keeps } = operatorOf(expr);
  const filters = isComparison(expr.op) && !expr.bool;
  const { steps, values, present } = grid;
  const out = emptyGrid(grid.rows, steps, grid.dropsName);
  for (let cell = 0; cell < present.length; cell++) {
    if (present[cell] !== 1) continue;
    const value = values[cell] ?? NaN;
    const other = scalar[cell % steps] ?? NaN;
    const [left, right] = swapped ? [other, value] : [value, other];
    if (!keeps(left, right)) continue;
    out.present[cell] = 1;
    out.values[cell] = filters ? value : result(left, right);
  }
  return filters ? out : dropNames(run, out, expr.place);
}

/** The same where the vector may hold histograms; trimming keeps names, as a filter does. */
function mixedWithScalar(expr: Binary, { grid, scalar, swapped }: VectorAndScalar, run: Run): Grid {
  const operate = mixedOperator(expr, operatorOf(expr), run);
  const filters = isComparison(expr.op) && !expr.bool;
  const { steps, present } = grid;
  const out = gridLike(grid, grid.rows, grid.dropsName);
  for (let cell = 0; cell < present.length; cell++) {
    if (present[cell] !== 1) continue;
    const value = cellValue(grid, cell);
    const other = scalar[cell % steps] ?? NaN;
    const made = swapped ? operate(other, value) : operate(value, other);
    if (made !== undefined) setCell(out, cell, filters ? value : made);
  }
  return filters || isTrim(expr.op) ? out : dropNames(run, out, expr.place);
}
