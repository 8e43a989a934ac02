import { type Labels, labelValue, METRIC_NAME, withLabel } from "../model/labels.ts";
import type { MetricMetadata } from "../model/received-series.ts";

type Families = ReadonlyMap<string, MetricMetadata>;

/** Endings of a family's series, and the types of which they are: others only look alike. */
const ENDINGS: ReadonlyMap<string, readonly MetricMetadata["type"][]> = new Map([
  ["_bucket", ["histogram", "gaugehistogram"]],
  ["_count", ["histogram", "summary"]],
  ["_sum", ["histogram", "summary"]],
  ["_gcount", ["gaugehistogram"]],
  ["_gsum", ["gaugehistogram"]],
  ["_total", ["counter"]],
  ["_info", ["info"]],
]);

/**
 * Prometheus' feature `type-and-unit-labels` for series that are scraped or written: the type and
 * the unit of their metric as the labels `__type__` and `__unit__`, in place of what was sent there.
 */
export class TypedLabels {
  readonly #families: Families;
  /** What was made of labels, as long as the same is known of their metric. */
  readonly #made = new WeakMap<Labels, { readonly of: MetricMetadata; readonly labels: Labels }>();

  /** @param families what is known of metrics, by name; it may change */
  constructor(families: Families) {
    this.#families = families;
  }

  /** The labels as they were sent where nothing is known of their metric. */
  of(sent: Labels): Labels {
    const metadata = familyOf(labelValue(sent, METRIC_NAME), this.#families);
    if (metadata === undefined) return sent;
    const known = this.#made.get(sent);
    if (known?.of === metadata) return known.labels;
    const made = typed(sent, metadata);
    this.#made.set(sent, { of: metadata, labels: made });
    return made;
  }
}

function typed(sent: Labels, { type, unit }: MetricMetadata): Labels {
  const named = withLabel(sent, "__type__", type === "unknown" ? "" : type);
  return withLabel(named, "__unit__", unit);
}

function familyOf(name: string, families: Families): MetricMetadata | undefined {
  const own = families.get(name);
  if (own !== undefined) return own;
  const ending = /_[a-z]+$/.exec(name)?.[0] ?? "";
  const types = ENDINGS.get(ending);
  const family = types && families.get(name.slice(0, -ending.length));
  return family !== undefined && types?.includes(family.type) === true ? family : undefined;
}
