import { parseFloatText } from "../model/go-float.ts";
import { METRIC_NAME } from "../model/labels.ts";
import type { MetricMetadata } from "../model/received-series.ts";
import { type MetricFacts, type SeenData, type Unit, unitOfName } from "./catalog.ts";

/** What is read of metadata; the type may be one that Prometheus does not have. */
export type ToldMetadata = Pick<MetricMetadata, "name" | "unit"> & { readonly type: string };

/** Collects what names, series and metadata tell of the metrics that data has had. */
export class SeenMetrics {
  readonly #names = new Set<string>();
  /** Of the metrics whose series were added. */
  readonly #labels = new Map<string, Set<string>>();
  /** Finite bounds, by the name with `_bucket`. */
  readonly #bounds = new Map<string, Set<number>>();

  addName(name: string): void {
    this.#names.add(name);
  }

  addSeries(labels: Iterable<readonly [string, string]>): void {
    const all = [...labels];
    const metric = all.find(([name]) => name === METRIC_NAME)?.[1] ?? "";
    this.#names.add(metric);
    const known = this.#labels.get(metric) ?? new Set();
    this.#labels.set(metric, known);
    for (const [name, value] of all) {
      if (name === METRIC_NAME) continue;
      known.add(name);
      if (name === "le" && metric.endsWith("_bucket")) this.#addBound(metric, value);
    }
  }

  #addBound(metric: string, text: string): void {
    const bound = parseFloatText(text);
    if (bound === undefined || !Number.isFinite(bound)) return;
    const known = this.#bounds.get(metric) ?? new Set();
    this.#bounds.set(metric, known.add(bound));
  }

  seen(metadata: Iterable<ToldMetadata>): SeenData {
    const facts = new Map<string, MetricFacts>();
    for (const bucket of this.#bounds.keys()) {
      const name = bucket.slice(0, -"_bucket".length);
      facts.set(name, this.#factsOf({ name, type: "histogram", unit: "" }, "histogram"));
    }
    for (const told of metadata) {
      const { name, type } = told;
      if (type !== "counter" && type !== "gauge" && type !== "histogram") continue;
      // OpenMetrics calls the family of a counter by its name without `_total`.
      const isFamily = type === "counter" && !this.#names.has(name);
      facts.set(isFamily ? `${name}_total` : name, this.#factsOf(told, type));
    }
    return {
      names: this.#names,
      labelsOf: (name) => this.#labels.get(name) ?? new Set(),
      facts,
    };
  }

  #factsOf({ name, unit: told }: ToldMetadata, type: MetricFacts["type"]): MetricFacts {
    const unit = UNITS.get(told) ?? unitOfName(name);
    const found = this.#bounds.get(`${name}_bucket`);
    const bounds = found && [...found].toSorted((a, b) => a - b);
    return { type, ...(unit && { unit }), ...(type === "histogram" && bounds && { bounds }) };
  }
}

const UNITS: ReadonlyMap<string, Unit> = new Map([
  ["seconds", "seconds"],
  ["milliseconds", "milliseconds"],
  ["ratio", "share"],
  ["percent", "percent"],
]);
