import { InputError } from "../model/input-error.ts";
import type { SampleValue } from "../model/sample.ts";
import {
  formatLabels,
  keepLabels,
  type Labels,
  labelsFrom,
  labelEntries,
  labelValue,
  METRIC_NAME,
} from "../model/labels.ts";
import { type Binary, isComparison, isTrim, type Matching } from "./ast.ts";
import {
  cellValue,
  emptyGrid,
  type Grid,
  hasValues,
  memoized,
  mergeRows,
  refuseDuplicates,
  setCell,
  withHistograms,
  withoutName,
} from "./grid.ts";
import { type MixedOperator, mixedOperator } from "./histogram-operators.ts";
import { type Operator, operatorOf } from "./operators.ts";
import type { Rows } from "./row-memo.ts";
import { LABELS_WORK, type Run, type Work } from "./run.ts";

const PLAIN_MATCHING: Matching = {
  on: false,
  labels: [],
  cardinality: "one-to-one",
  include: [],
};

const EXCEPT_NAME: object = {};

/** The labels by which series of both sides find each other. */
function signature(matching: Matching, labels: Labels): Labels {
  if (!matching.on && matching.labels.length === 0) {
    return memoized(EXCEPT_NAME, labels, (of) => keepLabels(of, (name) => name !== METRIC_NAME));
  }
  return memoized(matching, labels, (of) =>
    keepLabels(of, (name) =>
      matching.on
        ? matching.labels.includes(name)
        : name !== METRIC_NAME && !matching.labels.includes(name),
    ),
  );
}

/** Rows that a filter has emptied are left out: there may be many of them with one signature. */
function* rowsBySignature(matching: Matching, grid: Grid, run: Run): Work<Map<string, number[]>> {
  const rows = new Map<string, number[]>();
  for (const [row, labels] of grid.rows.entries()) {
    if (run.budget.pause(LABELS_WORK)) yield;
    if (!hasValues(grid, row)) continue;
    const { key } = signature(matching, labels);
    const known = rows.get(key);
    if (known === undefined) rows.set(key, [row]);
    else known.push(row);
  }
  return rows;
}

/** One pair of series that may meet, and where its result goes. */
type Pair = {
  readonly many: number;
  readonly one: number;
  readonly out: number;
  /** At each step only one pair may use a claim. */
  readonly claim: number;
};

type Pairing = {
  readonly pairs: readonly Pair[];
  readonly rows: readonly Labels[];
  readonly claims: number;
};

/** Arithmetic and comparison between two vectors. */
export function* betweenVectors(expr: Binary, left: Grid, right: Grid, run: Run): Work<Grid> {
  const matching = expr.matching ?? PLAIN_MATCHING;
  const swapped = matching.cardinality === "one-to-many";
  const sides: Sides = swapped ? [right, left] : [left, right];
  const [many, one] = matching.fill === undefined ? sides : yield* filled(matching, sides, run);
  const { pairs, rows, claims } = yield* pairing(expr, [many, one], run);
  const drops = rows.map(() => expr.bool);
  const hasHistograms = many.histograms !== undefined || one.histograms !== undefined;
  const numbers = emptyGrid(rows, many.steps, drops);
  const out = hasHistograms ? withHistograms(numbers) : numbers;
  const claimed = new Uint8Array(claims * many.steps);
  const operator = operatorOf(expr);
  // Trimming says of numbers, too, that they cannot be trimmed.
  const mixed = hasHistograms || isTrim(expr.op) ? mixedOperator(expr, operator, run) : undefined;
  const meet: Meeting = { expr, many, one, out, claimed, swapped, operator, mixed };
  for (const pair of pairs) {
    combine(pair, meet);
    if (run.budget.pause(many.steps)) yield;
  }
  return out;
}

/** The "many" and the "one" side. */
type Sides = readonly [Grid, Grid];

/**
 * Both sides with series that stand for those which only the other side has. As in Prometheus,
 * `fill_left` fills the "many" side, also where `group_right` has it on the right.
 */
function* filled(matching: Matching, [many, one]: Sides, run: Run): Work<Sides> {
  const { left, right } = matching.fill ?? {};
  return [
    left === undefined
      ? many
      : stacked(many, yield* standIns(matching, one, many, { run, value: left })),
    right === undefined
      ? one
      : stacked(one, yield* standIns(matching, many, one, { run, value: right })),
  ];
}

/** One series for each signature of `there`, at the steps at which `here` has none of it. */
function* standIns(
  matching: Matching,
  there: Grid,
  here: Grid,
  { run, value }: { readonly run: Run; readonly value: number },
): Work<Grid> {
  const known = yield* rowsBySignature(matching, here, run);
  const wanted = [...(yield* rowsBySignature(matching, there, run))];
  const rows = wanted.flatMap(([, [row = 0]]) => {
    const labels = there.rows[row];
    return labels === undefined ? [] : [signature(matching, labels)];
  });
  const out = emptyGrid(rows, there.steps);
  for (const [index, [key, rowsThere]] of wanted.entries()) {
    for (let step = 0; step < out.steps; step++) {
      if (!presentInAny(there, rowsThere, step)) continue;
      if (presentInAny(here, known.get(key) ?? [], step)) continue;
      out.present[index * out.steps + step] = 1;
      out.values[index * out.steps + step] = value;
    }
  }
  return out;
}

function presentInAny({ present, steps }: Grid, rows: readonly number[], step: number): boolean {
  return rows.some((row) => present[row * steps + step] === 1);
}

type Meeting = {
  readonly expr: Binary;
  readonly many: Grid;
  readonly one: Grid;
  readonly out: Grid;
  readonly claimed: Uint8Array;
  readonly swapped: boolean;
  readonly operator: Operator;
  /** Present where a side may hold histograms. */
  readonly mixed: MixedOperator | undefined;
};

function combine(pair: Pair, meeting: Meeting): void {
  const { expr, many, one, out, claimed, swapped, operator, mixed } = meeting;
  const { steps } = many;
  for (let step = 0; step < steps; step++) {
    const manyCell = pair.many * steps + step;
    const oneCell = pair.one * steps + step;
    if (many.present[manyCell] !== 1 || one.present[oneCell] !== 1) continue;
    const claim = pair.claim * steps + step;
    if (claimed[claim] === 1) refuseManyMatches(expr);
    claimed[claim] = 1;
    let value: SampleValue | undefined;
    if (mixed === undefined) {
      const a = many.values[manyCell] ?? NaN;
      const b = one.values[oneCell] ?? NaN;
      const [x, y] = swapped ? [b, a] : [a, b];
      if (operator.keeps(x, y)) value = operator.result(x, y);
    } else {
      const a = cellValue(many, manyCell);
      const b = cellValue(one, oneCell);
      value = swapped ? mixed(b, a) : mixed(a, b);
    }
    if (value === undefined) continue;
    const cell = pair.out * steps + step;
    if (out.present[cell] === 1) refuseDuplicates(expr.place);
    setCell(out, cell, value);
  }
}

function refuseManyMatches({ matching, place }: Binary): never {
  const grouped = matching !== undefined && matching.cardinality !== "one-to-one";
  const remedy = grouped
    ? "grouping labels must ensure unique matches"
    : "many-to-one matching must be explicit (group_left/group_right)";
  throw new InputError("promql", `multiple matches for labels: ${remedy}`, place);
}

/** The pairing of two grids that have a value in every cell, so that it depends on their rows alone. */
type FullPairing = { readonly many: Rows; readonly one: Rows; readonly pairing: Pairing };

const fullPairings = new WeakMap<Binary, FullPairing>();

/** Which rows of both sides meet; with a rule that finds the same series it is found once. */
function* pairing(expr: Binary, [many, one]: Sides, run: Run): Work<Pairing> {
  const isFull = !run.delayedNames && !many.present.includes(0) && !one.present.includes(0);
  const known = isFull ? fullPairings.get(expr) : undefined;
  if (known?.many === many.rows && known.one === one.rows) {
    run.budget.charge(known.pairing.pairs.length * many.steps, expr.place);
    return known.pairing;
  }
  const rowsOfOne = yield* rowsBySignature(expr.matching ?? PLAIN_MATCHING, one, run);
  refuseDuplicateOnes(expr, [many, one], rowsOfOne);
  const found = yield* pairUp(expr, many, one, { rowsOfOne, run });
  if (isFull) fullPairings.set(expr, { many: many.rows, one: one.rows, pairing: found });
  return found;
}

type PairingInput = {
  readonly rowsOfOne: ReadonlyMap<string, readonly number[]>;
  readonly run: Run;
};

function* pairUp(
  expr: Binary,
  many: Grid,
  one: Grid,
  { rowsOfOne, run }: PairingInput,
): Work<Pairing> {
  const matching = expr.matching ?? PLAIN_MATCHING;
  const pairs: Pair[] = [];
  const rows: Labels[] = [];
  const rowByKey = new Map<string, number>();
  const claimByKey = new Map<string, number>();
  for (const [manyRow, labels] of many.rows.entries()) {
    if (run.budget.pause(LABELS_WORK)) yield;
    if (!hasValues(many, manyRow)) continue;
    const { key } = signature(matching, labels);
    for (const oneRow of rowsOfOne.get(key) ?? []) {
      run.budget.charge(many.steps, expr.place);
      const result = resultLabels(expr, labels, one.rows[oneRow] ?? labels, run);
      const out = rowByKey.get(result.key) ?? rows.length;
      if (out === rows.length) rows.push(result);
      rowByKey.set(result.key, out);
      const claimKey = matching.cardinality === "one-to-one" ? key : `${out} ${key}`;
      const claim = claimByKey.get(claimKey) ?? claimByKey.size;
      claimByKey.set(claimKey, claim);
      pairs.push({ many: manyRow, one: oneRow, out, claim });
    }
  }
  return { pairs, rows, claims: claimByKey.size };
}

function resultLabels(expr: Binary, many: Labels, one: Labels, run: Run): Labels {
  const matching = expr.matching ?? PLAIN_MATCHING;
  // With delayed names other labels come out, so they are remembered under another owner.
  const base = memoized(run.delayedNames ? expr : expr.place, many, (of) => {
    const keeps = isComparison(expr.op) || isTrim(expr.op);
    const changes = !keeps || (expr.bool && !run.delayedNames);
    const named = changes ? withoutName(of) : of;
    if (matching.cardinality !== "one-to-one") return named;
    return keepLabels(named, (name) => matching.labels.includes(name) === matching.on);
  });
  if (matching.include.length === 0) return base;
  const included = matching.include.map((name) => [name, labelValue(one, name)] as const);
  return labelsFrom([...labelEntries(base), ...included]);
}

/** At no step may two series of the "one" side have the same signature. */
function refuseDuplicateOnes(
  expr: Binary,
  [many, one]: readonly [Grid, Grid],
  rowsOfOne: ReadonlyMap<string, readonly number[]>,
): void {
  const matching = expr.matching ?? PLAIN_MATCHING;
  for (const rows of rowsOfOne.values()) {
    if (rows.length < 2) continue;
    for (let step = 0; step < one.steps; step++) {
      const present = rows.filter((row) => one.present[row * one.steps + step] === 1);
      const [first, second] = present.map((row) => one.rows[row]);
      if (first === undefined || second === undefined || !anyPresent(many, step)) continue;
      const side = matching.cardinality === "one-to-many" ? "left" : "right";
      const group = formatLabels(signature(matching, first));
      const both = [first, second].map(braced).toSorted().join(", ");
      throw new InputError(
        "promql",
        `found duplicate series for the match group ${group} on the ${side} hand-side of the ` +
          `operation: [${both}];many-to-many matching not allowed: matching labels must be ` +
          "unique on one side",
        expr.place,
      );
    }
  }
}

/** All labels inside the braces, the metric name too. */
function braced(labels: Labels): string {
  const inside = [...labelEntries(labels)].map(([name, value]) => {
    return `${name}=${JSON.stringify(value)}`;
  });
  return `{${inside.join(", ")}}`;
}

function anyPresent({ present, steps, rows }: Grid, step: number): boolean {
  for (let row = 0; row < rows.length; row++) if (present[row * steps + step] === 1) return true;
  return false;
}

/** `and`, `or`, `unless`: whole series by signature, step by step; values are never combined. */
export function* bySet(expr: Binary, left: Grid, right: Grid, run: Run): Work<Grid> {
  const matching = expr.matching ?? PLAIN_MATCHING;
  if (expr.op === "or") {
    const added = yield* filtered(right, left, { matching, keepsMatched: false, run });
    return mergeRows(stacked(left, added), expr.place);
  }
  return yield* filtered(left, right, { matching, keepsMatched: expr.op === "and", run });
}

type SetFilter = {
  readonly matching: Matching;
  readonly keepsMatched: boolean;
  readonly run: Run;
};

/** By signature, at which steps any series has a value. */
function* presenceBySignature(
  matching: Matching,
  { steps, rows, present }: Grid,
  run: Run,
): Work<Map<string, Uint8Array>> {
  const presence = new Map<string, Uint8Array>();
  for (const [row, labels] of rows.entries()) {
    const { key } = signature(matching, labels);
    let any = presence.get(key);
    if (any === undefined) presence.set(key, (any = new Uint8Array(steps)));
    for (let step = 0; step < steps; step++) if (present[row * steps + step] === 1) any[step] = 1;
    if (run.budget.pause(steps)) yield;
  }
  return presence;
}

/** The cells of `grid` that have, or have not, a partner in `other` at the same step. */
function* filtered(
  grid: Grid,
  other: Grid,
  { matching, keepsMatched, run }: SetFilter,
): Work<Grid> {
  const { steps } = grid;
  const partners = yield* presenceBySignature(matching, other, run);
  const present = new Uint8Array(grid.present.length);
  for (const [row, labels] of grid.rows.entries()) {
    const partner = partners.get(signature(matching, labels).key);
    for (let step = 0; step < steps; step++) {
      const cell = row * steps + step;
      if (grid.present[cell] !== 1) continue;
      const matched = partner?.[step] === 1;
      if (matched === keepsMatched) present[cell] = 1;
    }
    if (run.budget.pause(steps)) yield;
  }
  return { ...grid, present };
}

function copyHistograms({ histograms = [] }: Grid, to: Grid, offset: number): void {
  if (to.histograms === undefined) return;
  for (const [cell, histogram] of histograms.entries()) to.histograms[offset + cell] = histogram;
}

function stacked(above: Grid, below: Grid): Grid {
  const rows = [...above.rows, ...below.rows];
  const out = emptyGrid(rows, above.steps, [...above.dropsName, ...below.dropsName]);
  out.values.set(above.values);
  out.values.set(below.values, above.values.length);
  out.present.set(above.present);
  out.present.set(below.present, above.present.length);
  if (above.histograms === undefined && below.histograms === undefined) return out;
  const made = withHistograms(out);
  copyHistograms(above, made, 0);
  copyHistograms(below, made, above.present.length);
  return made;
}
