import { type Expr, isComparison, unwrap } from "../promql/ast.ts";
import type { LintFinding } from "./finding.ts";
import { nameOf, nodesOf, selectorsOf } from "../promql/walk.ts";

/**
 * An alert on too little traffic: where the sender is gone, its series end, and a comparison with
 * nothing is no alert.
 *
 * @param watched metrics whose absence some rule of the file looks for
 */
export function* absentOnFault(expr: Expr, watched: ReadonlySet<string>): Generator<LintFinding> {
  for (const node of alternatives(expr)) {
    if (node.kind !== "binary" || !isComparison(node.op)) continue;
    const isFloor = isNumber(node.right) && ["<", "<=", "=="].includes(node.op);
    if (!isFloor || !countsTraffic(node.left)) continue;
    for (const selector of selectorsOf(node.left)) {
      const name = nameOf(selector);
      if (name === undefined || watched.has(name)) continue;
      const what = `where nothing sends "${name}" any more, this has no value and the alert is silent`;
      const message = `${what}; add "or absent(${name})", or a rule that does`;
      yield { code: "absent-on-fault", place: node.place, message };
      return;
    }
  }
}

/** Metrics that an expression looks for the absence of. */
export function* watchedFor(expr: Expr): Generator<string> {
  for (const node of nodesOf(expr)) {
    const looks =
      (node.kind === "call" && /^absent(?:_over_time)?$/.test(node.name)) ||
      (node.kind === "binary" && node.op === "unless");
    if (!looks) continue;
    for (const selector of selectorsOf(node)) {
      const name = nameOf(selector);
      if (name !== undefined) yield name;
    }
  }
}

/** What an alert fires for: the sides of `or` and `and`, and what `unless` leaves. */
function* alternatives(expr: Expr): Generator<Expr> {
  const inner = unwrap(expr);
  if (inner.kind === "binary" && (inner.op === "or" || inner.op === "and")) {
    yield* alternatives(inner.left);
    yield* alternatives(inner.right);
  } else yield inner;
}

function isNumber(expr: Expr): boolean {
  return unwrap(expr).kind === "number";
}

const TRAFFIC = /^(?:rate|increase|irate|count_over_time|changes)$/;

function countsTraffic(expr: Expr): boolean {
  const inner = unwrap(expr);
  if (inner.kind === "aggregation") return inner.op === "count" || countsTraffic(inner.expr);
  return inner.kind === "call" && TRAFFIC.test(inner.name);
}
