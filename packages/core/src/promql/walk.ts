import { METRIC_NAME } from "../model/labels.ts";
import { childrenOf, type Expr, type InstantSelector } from "./ast.ts";

/** Every node of an expression, parents before children. */
export function* nodesOf(expr: Expr): Generator<Expr> {
  yield expr;
  for (const child of childrenOf(expr)) yield* nodesOf(child);
}

/** Every selector of an expression. */
export function* selectorsOf(expr: Expr): Generator<InstantSelector> {
  for (const node of nodesOf(expr)) if (node.kind === "selector") yield node;
}

/** The one metric name that a selector asks for; `undefined` where it asks for many. */
export function nameOf(selector: InstantSelector): string | undefined {
  return selector.matchers.find(({ name, op }) => name === METRIC_NAME && op === "=")?.value;
}
