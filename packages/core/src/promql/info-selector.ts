import { METRIC_NAME } from "../model/labels.ts";
import type { Matcher } from "../model/reader.ts";
import {
  type Call,
  childrenOf,
  type Expr,
  type FixedTime,
  type InstantSelector,
  unwrap,
} from "./ast.ts";

/** The info metric that is meant where none is named. */
const TARGET_INFO: Matcher = { name: METRIC_NAME, op: "=", value: "target_info" };

const selectors = new WeakMap<Call, InstantSelector>();

/** What `info` reads beside its first argument, at the time that this one looks at. */
export function infoSelector(call: Call): InstantSelector {
  const known = selectors.get(call);
  if (known !== undefined) return known;
  const matchers = infoMatchers(call);
  const made: InstantSelector = {
    kind: "selector",
    matchers: [
      ...matchers.filter(({ name }) => name !== METRIC_NAME),
      ...nameMatchers(matchers.filter(({ name }) => name === METRIC_NAME)),
    ],
    ...timeOf(call.args[0]),
    place: call.args[1]?.place ?? call.place,
  };
  selectors.set(call, made);
  return made;
}

/** The matchers of the second argument, as written. */
export function infoMatchers(call: Call): readonly Matcher[] {
  const labels = call.args[1] === undefined ? undefined : unwrap(call.args[1]);
  return labels?.kind === "selector" ? labels.matchers : [];
}

/** Which metrics are info metrics: named ones, or every other `…_info` where some are excluded. */
export function nameMatchers(written: readonly Matcher[]): readonly Matcher[] {
  if (written.length === 0) return [TARGET_INFO];
  if (written.some(({ op }) => op === "=" || op === "=~")) return written;
  return [{ name: METRIC_NAME, op: "=~", value: ".+_info" }, ...written];
}

type Time = { readonly offsetMs: number; readonly at?: FixedTime };

/** The time of the first selector, as seen from the outside of the subqueries around it. */
function timeOf(expr: Expr | undefined): Time {
  const path = expr === undefined ? undefined : pathToSelector(expr);
  let offsetMs = 0;
  for (const node of path ?? []) {
    offsetMs += node.offsetMs;
    if (node.at !== undefined) return { offsetMs, at: node.at };
  }
  return { offsetMs };
}

/** The first selector of an expression and the subqueries around it, from the inside out. */
function pathToSelector(
  expr: Expr,
): readonly Pick<InstantSelector, "offsetMs" | "at">[] | undefined {
  if (expr.kind === "selector") return [expr];
  for (const child of childrenOf(expr)) {
    const path = pathToSelector(child);
    if (path !== undefined) return expr.kind === "subquery" ? [...path, expr] : path;
  }
  return undefined;
}
