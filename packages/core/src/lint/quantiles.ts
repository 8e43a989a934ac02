import { type Expr, type InstantSelector, unwrap } from "../promql/ast.ts";
import { type Catalog, knownMetric } from "./catalog.ts";
import type { LintFinding } from "./finding.ts";
import { nameOf, nodesOf } from "../promql/walk.ts";

/** What `histogram_quantile` is given: buckets, their increase, and `le` still on them. */
export function* quantileInputs(expr: Expr, catalog: Catalog): Generator<LintFinding> {
  for (const node of nodesOf(expr)) {
    if (node.kind !== "call" || node.name !== "histogram_quantile") continue;
    const [, input] = node.args;
    if (input === undefined) continue;
    for (const { selector, over, lostLe } of leaves(input)) {
      const name = nameOf(selector);
      if (name === undefined) continue;
      yield* checkLeaf({ selector, name, over, lostLe }, catalog);
    }
  }
}

type Leaf = {
  readonly selector: InstantSelector;
  /** Whether a range lies between it and the quantile. */
  readonly over: boolean;
  /** The aggregation that took `le` away. */
  readonly lostLe: Expr | undefined;
};

function leaves(expr: Expr, over = false, lostLe?: Expr): Leaf[] {
  const inner = unwrap(expr);
  switch (inner.kind) {
    case "selector":
      return [{ selector: inner, over, lostLe }];
    case "range":
      return [{ selector: inner.selector, over: true, lostLe }];
    case "subquery":
      return leaves(inner.expr, true, lostLe);
    case "unary":
      return leaves(inner.expr, over, lostLe);
    case "aggregation": {
      const loses = inner.grouping.includes("le") === inner.without;
      const keepsAll = ["topk", "bottomk", "limitk", "limit_ratio"].includes(inner.op);
      return leaves(inner.expr, over, loses && !keepsAll ? inner : lostLe);
    }
    case "binary":
      return [...leaves(inner.left, over, lostLe), ...leaves(inner.right, over, lostLe)];
    case "call":
      return inner.args.flatMap((arg) => leaves(arg, over, lostLe));
    case "number":
    case "string":
      return [];
  }
}

function* checkLeaf(
  leaf: Leaf & { readonly name: string },
  catalog: Catalog,
): Generator<LintFinding> {
  const { name, selector } = leaf;
  const known = knownMetric(catalog, name);
  if (known?.facts.type === "histogram" && known.part !== "_bucket" && known.facts.bounds) {
    const what = `histogram_quantile() reads buckets, and "${name}" has none`;
    const message = `${what}; take "${known.base}_bucket"`;
    yield { code: "quantile-without-buckets", place: selector.place, message };
    return;
  }
  if (!name.endsWith("_bucket")) return;
  if (!leaf.over && !name.includes(":")) {
    const what = `buckets of "${name}" without rate(): the quantile of everything since the start`;
    const message = `${what}, which hardly moves in an incident; take rate(${name}[5m])`;
    yield { code: "quantile-without-rate", place: selector.place, message };
  }
  if (leaf.lostLe !== undefined) {
    const what = '"le" is aggregated away before histogram_quantile(), which then gives nothing';
    const place = leaf.lostLe.place;
    yield {
      code: "quantile-without-le",
      place,
      message: `${what}; add le to by(), or take it out of without()`,
    };
  }
}
