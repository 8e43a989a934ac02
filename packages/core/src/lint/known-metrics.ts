import { assert } from "../model/assert.ts";
import { JUDGE_METADATA } from "../judge/judge-series.ts";
import { TRUST_METADATA } from "../judge/trust-series.ts";
import { DERIVED_METRICS } from "../measure/derived-metrics.ts";
import type { DerivedMetric } from "../measure/derived-metrics.ts";
import { CANONICAL_METRICS } from "../normalize/metric-names.ts";
import { type Catalog, type MetricFacts, type SeenData, unitOfName } from "./catalog.ts";
import { PUBLIC_METRICS } from "./public-metrics.ts";

function ofDerived({ kind, bounds, labels, name }: DerivedMetric): MetricFacts {
  const unit = unitOfName(name);
  return {
    type: kind,
    labels,
    // Calls always have these; what else describes a call may be unknown, and is then left out.
    always: name.startsWith("llm_") ? labels : [],
    ...(unit === undefined ? {} : { unit }),
    ...(kind === "histogram" ? { bounds } : {}),
  };
}

function* builtIn(): Generator<readonly [string, MetricFacts]> {
  yield* PUBLIC_METRICS;
  for (const { name, type } of CANONICAL_METRICS) {
    const unit = unitOfName(name);
    yield [name, unit === undefined ? { type } : { type, unit }];
  }
  for (const { name, type } of [...JUDGE_METADATA, ...TRUST_METADATA]) {
    assert(type === "counter" || type === "gauge", "the judge has counters and gauges");
    const unit = unitOfName(name);
    yield [name, unit === undefined ? { type } : { type, unit }];
  }
  for (const metric of DERIVED_METRICS.values()) yield [metric.name, ofDerived(metric)];
  yield ["up", { type: "gauge" }];
}

const FACTS: ReadonlyMap<string, MetricFacts> = new Map(builtIn());

/** The catalog of what is known without data, of recording rules, and of data where it is at hand. */
export function catalogOf(recorded: ReadonlySet<string>, seen?: SeenData): Catalog {
  return seen === undefined ? { facts: FACTS, recorded } : { facts: FACTS, recorded, seen };
}
