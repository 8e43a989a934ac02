import type { Limits } from "../model/limits.ts";
import type { MetricMetadata } from "../model/received-series.ts";
import type { Tally } from "../model/tally.ts";
import { textStart } from "../model/text.ts";

/** What is known of metric families: the latest of each name. Bounded, and part of a snapshot. */
export class MetadataTable {
  readonly #limits: Pick<Limits, "metricFamilies" | "labelLength">;
  readonly #tally: Tally;
  /** By name; the one that changed longest ago is first. */
  readonly #families = new Map<string, MetricMetadata>();

  constructor(limits: Pick<Limits, "metricFamilies" | "labelLength">, tally: Tally) {
    this.#limits = limits;
    this.#tally = tally;
  }

  /** Takes what was received; past the limit the family that changed longest ago is forgotten. */
  take(metadata: readonly MetricMetadata[]): void {
    for (const one of metadata) {
      const kept = this.#kept(one);
      if (sameMetadata(this.#families.get(kept.name), kept)) continue;
      this.#families.delete(kept.name);
      this.#families.set(kept.name, kept);
      if (this.#families.size <= this.#limits.metricFamilies) continue;
      const [oldest = ""] = this.#families.keys();
      this.#families.delete(oldest);
      this.#tally.add("metadata_forgotten");
    }
  }

  /** Whether taking it would change nothing. */
  has(metadata: MetricMetadata): boolean {
    return sameMetadata(this.#families.get(this.#kept(metadata).name), this.#kept(metadata));
  }

  /** By family name. */
  get families(): ReadonlyMap<string, MetricMetadata> {
    return this.#families;
  }

  #kept({ name, type, help, unit }: MetricMetadata): MetricMetadata {
    const { labelLength } = this.#limits;
    const cut = (text: string): string =>
      text.length > labelLength ? textStart(text, labelLength) : text;
    return { name: cut(name), type, help: cut(help), unit: cut(unit) };
  }
}

function sameMetadata(a: MetricMetadata | undefined, b: MetricMetadata): boolean {
  return a !== undefined && a.type === b.type && a.help === b.help && a.unit === b.unit;
}
