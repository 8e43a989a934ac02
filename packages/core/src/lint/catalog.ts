/** What a metric counts in, as far as a threshold can be compared with it. */
export type Unit = "seconds" | "milliseconds" | "share" | "percent";

/** What is known of a metric before any of its data is seen. */
export type MetricFacts = {
  readonly type: "counter" | "gauge" | "histogram";
  readonly unit?: Unit;
  /** Finite upper bounds of a classic histogram, ascending. */
  readonly bounds?: readonly number[];
  /** All labels that its series can have, `le` aside; absent where that is not known. */
  readonly labels?: readonly string[];
  /** Those of them that no series lacks. */
  readonly always?: readonly string[];
};

/** What the data of a server or a data directory has had. */
export type SeenData = {
  /** Full names: `x_bucket` and not `x`. */
  readonly names: ReadonlySet<string>;
  readonly labelsOf: (name: string) => ReadonlySet<string>;
  /** What metadata and buckets tell, by base name. */
  readonly facts: ReadonlyMap<string, MetricFacts>;
};

/** Everything that rules are held against. */
export type Catalog = {
  /** By base name: a histogram's without `_bucket`, `_sum`, `_count`. */
  readonly facts: ReadonlyMap<string, MetricFacts>;
  /** Names that recording rules write. */
  readonly recorded: ReadonlySet<string>;
  /** Absent where no data is at hand; then only what is certain without is told. */
  readonly seen?: SeenData;
};

/** A metric as an expression names it. */
export type Known = {
  readonly base: string;
  readonly part: "" | "_bucket" | "_sum" | "_count";
  readonly facts: MetricFacts;
};

/** What is known without data comes first: it is exact, and data may be of an odd sender. */
function factsOf({ facts, seen }: Catalog, base: string): MetricFacts | undefined {
  const [known, found] = [facts.get(base), seen?.facts.get(base)];
  return known === undefined ? found : { ...found, ...known };
}

/** The facts of a name, a histogram's parts included. */
export function knownMetric(catalog: Catalog, name: string): Known | undefined {
  const whole = factsOf(catalog, name);
  if (whole !== undefined) return { base: name, part: "", facts: whole };
  const [, base = "", part] = /^(.+)(_bucket|_sum|_count)$/.exec(name) ?? [];
  const histogram = factsOf(catalog, base);
  if (histogram?.type !== "histogram") return undefined;
  if (part !== "_bucket" && part !== "_sum" && part !== "_count") return undefined;
  return { base, part, facts: histogram };
}

/** The type of a name's own samples: the parts of a histogram are counters. */
export function sampleType(catalog: Catalog, name: string): "counter" | "gauge" | undefined {
  const known = knownMetric(catalog, name);
  if (known === undefined) return undefined;
  if (known.facts.type === "histogram") return known.part === "" ? undefined : "counter";
  return known.facts.type;
}

/** Every label that a metric's series can have, metric name aside; `undefined` where unknown. */
export function labelsOfMetric(catalog: Catalog, name: string): ReadonlySet<string> | undefined {
  const { seen } = catalog;
  if (seen?.names.has(name) === true) return seen.labelsOf(name);
  const known = knownMetric(catalog, name);
  if (known?.facts.labels === undefined) return undefined;
  return new Set([...known.facts.labels, ...(known.part === "_bucket" ? ["le"] : [])]);
}

/** The unit that a metric's name tells, by the naming rules of Prometheus. */
export function unitOfName(name: string): Unit | undefined {
  if (name.endsWith("_seconds")) return "seconds";
  if (/_(?:milliseconds|ms)$/.test(name)) return "milliseconds";
  if (name.endsWith("_ratio")) return "share";
  return name.endsWith("_percent") ? "percent" : undefined;
}
