import { isUtf8, quote } from "../model/go-string.ts";
import { InputError } from "../model/input-error.ts";
import { type Labels, labelValue, METRIC_NAME, NO_LABELS, withLabel } from "../model/labels.ts";
import { compilePattern, expand, type Pattern } from "../model/pattern.ts";
import type { Matcher } from "../model/reader.ts";
import { type Call, type Expr, unwrap } from "./ast.ts";
import { type Grid, mergeRows } from "./grid.ts";

function text(call: Call, index: number): string {
  const arg = call.args[index];
  const inner = arg === undefined ? undefined : unwrap(arg);
  return inner?.kind === "string" ? inner.value : "";
}

function requireLabelName(call: Call, index: number, what: string): string {
  const name = text(call, index);
  if (name !== "" && isUtf8(name)) return name;
  const place = call.args[index]?.place ?? call.place;
  const message = `invalid ${what} label name in ${call.name}(): ${quote(name)}`;
  throw new InputError("promql", message, place);
}

/** Sets one label of each row; a new metric name is kept to the end. */
function relabel(
  call: Call,
  grid: Grid,
  target: string,
  valueOf: (of: Labels) => string | undefined,
): Grid {
  const dropsName = [...grid.dropsName];
  const rows = grid.rows.map((of, row) => {
    const value = valueOf(of);
    if (value === undefined) return of;
    if (target === METRIC_NAME) dropsName[row] = false;
    return withLabel(of, target, value);
  });
  return mergeRows({ ...grid, rows, dropsName }, call.place);
}

/** `label_replace(v, target, replacement, source, pattern)`; rows that do not match stay. */
export function labelReplace(call: Call, grid: Grid): Grid {
  const pattern = compileArgument(call, 4);
  const target = requireLabelName(call, 1, "destination");
  const replacement = text(call, 2);
  const source = text(call, 3);
  return relabel(call, grid, target, (of) => {
    const captures = pattern.captures(labelValue(of, source));
    return captures === undefined ? undefined : expand(replacement, captures, pattern.names);
  });
}

function compileArgument(call: Call, index: number): Pattern {
  const source = text(call, index);
  try {
    return compilePattern(source, { anchored: true, dotAll: true });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const message = `invalid regular expression in label_replace(): ${source}`;
    throw new InputError("promql", message, call.args[index]?.place ?? call.place, error);
  }
}

/** `label_join(v, target, separator, source…)`. */
export function labelJoin(call: Call, grid: Grid): Grid {
  const separator = text(call, 2);
  const sources = call.args.slice(3).map((_, i) => requireLabelName(call, i + 3, "source"));
  const target = requireLabelName(call, 1, "destination");
  return relabel(call, grid, target, (of) =>
    sources.map((source) => labelValue(of, source)).join(separator),
  );
}

/** The names of the labels that `sort_by_label` sorts by. */
export function sortLabels(call: Call): string[] {
  return call.args.slice(1).map((_, i) => text(call, i + 1));
}

/** The labels that a selector's equality matchers promise: what `absent` answers with. */
export function labelsOfAbsent(arg: Expr | undefined): Labels {
  const inner = arg === undefined ? undefined : unwrap(arg);
  const matchers = selectorMatchers(inner).filter(({ name }) => name !== METRIC_NAME);
  let labels = NO_LABELS;
  const seen = new Set<string>();
  for (const { name, op, value } of matchers) {
    // A label that is asked for twice promises nothing.
    const promised = op === "=" && !seen.has(name);
    labels = withLabel(labels, name, promised ? value : "");
    if (promised) seen.add(name);
  }
  return labels;
}

function selectorMatchers(expr: Expr | undefined): readonly Matcher[] {
  if (expr?.kind === "selector") return expr.matchers;
  return expr?.kind === "range" ? expr.selector.matchers : [];
}
