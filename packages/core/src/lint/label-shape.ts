import { METRIC_NAME } from "../model/labels.ts";
import { type Aggregation, type Binary, type Expr, unwrap } from "../promql/ast.ts";
import { type Catalog, knownMetric, labelsOfMetric } from "./catalog.ts";
import { nameOf } from "../promql/walk.ts";

/** Which labels the series of a vector have, as far as the expression tells. */
export type LabelShape = {
  /** All that can be there; absent where that is unknown. */
  readonly may?: ReadonlySet<string>;
  /** Those that its author counts on: named by an aggregation, or of every series of the metric. */
  readonly must: ReadonlySet<string>;
};

const ANY: LabelShape = { must: new Set() };
const NONE: LabelShape = { may: new Set(), must: new Set() };

/** Functions that give their series other labels than their argument has. */
const MAKES_LABELS: ReadonlySet<string> = new Set([
  "label_replace",
  "label_join",
  "absent",
  "absent_over_time",
  "info",
  "histogram_quantiles",
]);

/** The labels of the series that an expression gives, metric name aside. */
export function labelShape(expr: Expr, catalog: Catalog): LabelShape {
  const inner = unwrap(expr);
  switch (inner.kind) {
    case "number":
    case "string":
      return NONE;
    case "selector": {
      const name = nameOf(inner);
      const may = name === undefined ? undefined : labelsOfMetric(catalog, name);
      if (name === undefined || may === undefined) return ANY;
      const always = knownMetric(catalog, name)?.facts.always ?? [];
      return { may, must: new Set(always.filter((label) => may.has(label))) };
    }
    case "range":
      return labelShape(inner.selector, catalog);
    case "subquery":
    case "unary":
      return labelShape(inner.expr, catalog);
    case "aggregation":
      return aggregated(inner, labelShape(inner.expr, catalog));
    case "binary":
      return combined(inner, catalog);
    case "call": {
      if (MAKES_LABELS.has(inner.name)) return ANY;
      if (inner.name === "vector") return NONE;
      const vector = inner.args.map(unwrap).find((arg) => arg.kind !== "number");
      if (vector === undefined) return ANY;
      const shape = labelShape(vector, catalog);
      return inner.name === "histogram_quantile" ? without(shape, ["le"]) : shape;
    }
  }
}

function without({ may, must }: LabelShape, names: readonly string[]): LabelShape {
  const gone = new Set([...names, METRIC_NAME]);
  const kept = (set: ReadonlySet<string>): Set<string> =>
    new Set([...set].filter((x) => !gone.has(x)));
  return may === undefined ? { must: kept(must) } : { may: kept(may), must: kept(must) };
}

function only(names: readonly string[]): LabelShape {
  return { may: new Set(names), must: new Set(names) };
}

const KEEPS_SERIES: ReadonlySet<string> = new Set(["topk", "bottomk", "limitk", "limit_ratio"]);

function aggregated({ op, without: leavesOut, grouping }: Aggregation, of: LabelShape): LabelShape {
  if (KEEPS_SERIES.has(op)) return of;
  if (op === "count_values") return ANY;
  return leavesOut ? without(of, grouping) : only(grouping);
}

function combined({ op, left, right, matching }: Binary, catalog: Catalog): LabelShape {
  const [of, other] = [labelShape(left, catalog), labelShape(right, catalog)];
  if (unwrap(left).kind === "number") return other;
  if (unwrap(right).kind === "number") return of;
  if (op === "or") {
    const must = new Set([...of.must].filter((name) => other.must.has(name)));
    if (of.may === undefined || other.may === undefined) return { must };
    return { may: new Set([...of.may, ...other.may]), must };
  }
  if (op === "and" || op === "unless" || matching === undefined) return of;
  if (matching.cardinality !== "one-to-one") {
    const many = matching.cardinality === "many-to-one" ? of : other;
    if (many.may === undefined) return many;
    return { may: new Set([...many.may, ...matching.include]), must: many.must };
  }
  return matching.on ? only(matching.labels) : without(of, matching.labels);
}
