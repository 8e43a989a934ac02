import { type Expr, unwrap } from "../promql/ast.ts";
import { type Catalog, knownMetric, type Unit, unitOfName } from "./catalog.ts";
import { nameOf, selectorsOf } from "../promql/walk.ts";

/** What the values of an expression measure, as far as a threshold can be held against them. */
export type Quantity = {
  readonly metric: string;
  readonly unit: Unit | undefined;
  /** A quantile comes from these buckets, and never exceeds the last bound. */
  readonly bounds: readonly number[] | undefined;
  readonly kind: "value" | "quantile" | "mean" | "share";
};

/** Functions and aggregations whose result measures the same as their argument. */
const KEEPS: ReadonlySet<string> = new Set(
  (
    "min max avg quantile topk bottomk avg_over_time min_over_time max_over_time last_over_time " +
    "first_over_time quantile_over_time abs ceil floor round sort sort_desc"
  ).split(" "),
);

/** What an expression measures; `undefined` where it cannot be told. */
export function quantityOf(expr: Expr, catalog: Catalog): Quantity | undefined {
  const inner = unwrap(expr);
  switch (inner.kind) {
    case "selector":
      return ofName(nameOf(inner), catalog);
    case "range":
      return ofName(nameOf(inner.selector), catalog);
    case "aggregation":
      return KEEPS.has(inner.op) ? quantityOf(inner.expr, catalog) : undefined;
    case "subquery":
      return quantityOf(inner.expr, catalog);
    case "call": {
      const [first, second] = inner.args;
      if (inner.name === "histogram_quantile") return second && ofQuantile(second, catalog);
      const argument = inner.name === "quantile_over_time" ? second : first;
      return KEEPS.has(inner.name) && argument !== undefined
        ? quantityOf(argument, catalog)
        : undefined;
    }
    case "binary":
      return inner.op === "/" ? ofDivision(inner.left, inner.right, catalog) : undefined;
    case "unary":
    case "number":
    case "string":
      return undefined;
  }
}

function ofName(name: string | undefined, catalog: Catalog): Quantity | undefined {
  if (name === undefined) return undefined;
  const known = knownMetric(catalog, name);
  if (known !== undefined && known.facts.type !== "gauge") return undefined;
  const unit = known?.facts.unit ?? unitOfName(name);
  return unit && { metric: name, unit, bounds: undefined, kind: "value" };
}

function ofQuantile(input: Expr, catalog: Catalog): Quantity | undefined {
  const names = new Set([...selectorsOf(input)].map((selector) => nameOf(selector)));
  const [name] = names;
  if (names.size !== 1 || name === undefined) return undefined;
  const known = knownMetric(catalog, name);
  const base = known?.base ?? name.replace(/_bucket$/, "");
  const unit = known?.facts.unit ?? unitOfName(base);
  return { metric: base, unit, bounds: known?.facts.bounds, kind: "quantile" };
}

/** A sum over its count is a mean; failures over all of the same kind are a share. */
function ofDivision(left: Expr, right: Expr, catalog: Catalog): Quantity | undefined {
  const [above, below] = [rateOf(left), rateOf(right)];
  if (above === undefined || below === undefined) return undefined;
  const base = above.replace(/_sum$/, "");
  if (above.endsWith("_sum") && below === `${base}_count`) {
    const unit = knownMetric(catalog, above)?.facts.unit ?? unitOfName(base);
    return { metric: base, unit, bounds: undefined, kind: "mean" };
  }
  if (!/err|fail|abort|reject|timeout/i.test(above)) return undefined;
  return { metric: above, unit: "share", bounds: undefined, kind: "share" };
}

/** The counter of `sum by (…) (rate(x[5m]))`; `undefined` for any other shape. */
function rateOf(expr: Expr): string | undefined {
  const inner = unwrap(expr);
  if (inner.kind === "aggregation" && inner.op === "sum") return rateOf(inner.expr);
  if (inner.kind !== "call" || !/^(?:rate|increase|irate)$/.test(inner.name)) return undefined;
  const [range] = inner.args;
  const ranged = range === undefined ? undefined : unwrap(range);
  return ranged?.kind === "range" ? nameOf(ranged.selector) : undefined;
}
