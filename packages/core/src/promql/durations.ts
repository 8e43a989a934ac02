import { InputError } from "../model/input-error.ts";
import { SECOND_MS } from "../model/time.ts";
import {
  type DurationExpr,
  type Expr,
  type InstantSelector,
  mapChildren,
  type Subquery,
} from "./ast.ts";

/** What calculated durations may refer to; `stepMs` is 0 for an instant query. */
export type QueryTimes = { readonly from: number; readonly to: number; readonly stepMs: number };

/**
 * The same expression with every calculated duration worked out; the expression itself where there
 * is none.
 *
 * @throws InputError of kind `promql` where a duration comes to nothing that can be used
 */
export function resolveDurations(expr: Expr, times: QueryTimes): Expr {
  if (withoutCalculated.has(expr)) return expr;
  const resolved = resolve(expr, times);
  if (resolved === expr) withoutCalculated.add(expr);
  return resolved;
}

/** Expressions without a calculated duration: a rule need not look for one at each tick. */
const withoutCalculated = new WeakSet<Expr>();

function resolve(expr: Expr, times: QueryTimes): Expr {
  if (expr.kind === "selector") return withOffset(expr, times);
  if (expr.kind === "range") {
    const selector = withOffset(expr.selector, times);
    const { range, ...rest } = expr;
    if (range !== undefined) return { ...rest, selector, rangeMs: spanMs(range, times) };
    return selector === expr.selector ? expr : { ...expr, selector };
  }
  const own = expr.kind === "subquery" ? withOffset(withSpans(expr, times), times) : expr;
  return mapChildren(own, (child) => resolve(child, times));
}

function withOffset<Node extends InstantSelector | Subquery>(node: Node, times: QueryTimes): Node {
  if (node.offset === undefined) return node;
  const { offset, ...rest } = node;
  // Without `offset` the node is what it would be, were the offset written as a literal.
  return { ...rest, offsetMs: inMs(offset, times) } as Node;
}

function withSpans(subquery: Subquery, times: QueryTimes): Subquery {
  const { range, step, ...rest } = subquery;
  if (range === undefined && step === undefined) return subquery;
  const rangeMs = range === undefined ? subquery.rangeMs : spanMs(range, times);
  if (step === undefined) return { ...rest, rangeMs };
  const stepMs = spanMs(step, times);
  if (stepMs >= 1) return { ...rest, rangeMs, stepMs };
  const what = "the step of a subquery must be at least 1ms";
  throw new InputError("promql", what, step.place);
}

function spanMs(duration: DurationExpr, times: QueryTimes): number {
  const seconds = valueOf(duration, times);
  if (seconds > 0 || Number.isNaN(seconds)) return inMs(duration, times);
  const what = "duration must be greater than 0";
  throw new InputError("promql", what, duration.place);
}

function inMs(duration: DurationExpr, times: QueryTimes): number {
  const ms = Math.trunc(valueOf(duration, times) * SECOND_MS);
  if (Number.isSafeInteger(ms)) return ms;
  throw new InputError("promql", "duration is out of range", duration.place);
}

/** The seconds that a duration comes to; not a number, or infinite, where it overflows. */
function valueOf(duration: DurationExpr, times: QueryTimes): number {
  switch (duration.kind) {
    case "literal":
      return duration.seconds;
    case "query":
      return (duration.of === "step" ? times.stepMs : times.to - times.from) / SECOND_MS;
    case "signed":
      return duration.op === "-" ? -valueOf(duration.expr, times) : valueOf(duration.expr, times);
    case "paren":
      return valueOf(duration.expr, times);
    case "binary":
    case "choice":
      return combined(duration, valueOf(duration.left, times), valueOf(duration.right, times));
  }
}

type Combination = Extract<DurationExpr, { readonly kind: "binary" | "choice" }>;

function combined({ op, place }: Combination, left: number, right: number): number {
  switch (op) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
    case "%":
      if (right === 0) {
        const what = op === "/" ? "division by zero" : "modulo by zero";
        throw new InputError("promql", what, place);
      }
      return op === "/" ? left / right : left % right;
    case "^":
      return left ** right;
    case "min_of":
      return Math.min(left, right);
    case "max_of":
      return Math.max(left, right);
  }
}
