import { type Call, type Expr, type InstantSelector, unwrap } from "../promql/ast.ts";
import { type Catalog, sampleType } from "./catalog.ts";
import type { LintFinding } from "./finding.ts";
import { nameOf, nodesOf } from "../promql/walk.ts";

const OF_COUNTERS: ReadonlySet<string> = new Set(["rate", "increase", "irate", "resets"]);
const OF_GAUGES: ReadonlySet<string> = new Set(["delta", "idelta", "deriv", "predict_linear"]);

/** Functions of counters over gauges, and the reverse. */
export function* countersAndGauges(expr: Expr, catalog: Catalog): Generator<LintFinding> {
  for (const node of nodesOf(expr)) {
    if (node.kind !== "call") continue;
    const selector = rangedSelector(node);
    const name = selector === undefined ? undefined : nameOf(selector);
    if (name === undefined) continue;
    const type = sampleType(catalog, name);
    if (OF_COUNTERS.has(node.name) && type === "gauge") {
      const instead =
        'take delta() or deriv(), or an aggregation over time such as "avg_over_time"';
      const what = `${node.name}() of "${name}", which is a gauge: every fall counts as a restart from zero`;
      yield { code: "rate-of-gauge", place: node.place, message: `${what}; ${instead}` };
    }
    if (OF_GAUGES.has(node.name) && type === "counter") {
      const what = `${node.name}() of "${name}", which is a counter: a restart shows as a fall`;
      const message = `${what}; take increase() or rate()`;
      yield { code: "difference-of-counter", place: node.place, message };
    }
  }
}

function rangedSelector({ args }: Call): InstantSelector | undefined {
  for (const arg of args) {
    const inner = unwrap(arg);
    if (inner.kind === "range") return inner.selector;
  }
  return undefined;
}
