import type { Exemplar, SeriesExemplars } from "../model/exemplar.ts";
import {
  compareLabels,
  type Labels,
  labelsFrom,
  labelValue,
  METRIC_NAME,
} from "../model/labels.ts";
import type { Limits } from "../model/limits.ts";
import { compileMatchers, PatternCache } from "../model/matcher.ts";
import type { Matcher } from "../model/reader.ts";
import { type EpochMs, epochMs } from "../model/time.ts";

/** Characters of an exemplar's names and values together (OpenMetrics 1.0, exemplars). */
const LABELS_LENGTH_MAX = 128;

/**
 * What became of an exemplar. `duplicate`: the series' newest one is equal, as each scrape of the
 * same exposition brings it again. `out-of-order`: the series has a later one.
 */
export type ExemplarResult = "added" | "duplicate" | "out-of-order" | "labels-too-long";

/** Series' labels, and exemplars in the order of their arrival with the index of their series. */
export type SavedExemplars = {
  readonly series: readonly (readonly string[])[];
  readonly exemplars: readonly SavedExemplar[];
};

type SavedExemplar = readonly [
  series: number,
  at: number,
  value: string,
  labels: readonly string[],
];

type Entry = { readonly exemplar: Exemplar; readonly of: Series };

type Series = { readonly labels: Labels; readonly exemplars: Exemplar[] };

/** The latest exemplars of all series together: when there is no room, the oldest of all goes. */
export class ExemplarStore {
  private readonly most: number;
  private readonly patterns = new PatternCache();
  /** By metric name, then by labels. */
  private readonly metrics = new Map<string, Map<string, Series>>();
  /** A ring in the order of arrival: the next one is written where the oldest stands. */
  private readonly ring: Entry[] = [];
  private next = 0;
  private forgotten = 0;

  constructor({ exemplars }: Pick<Limits, "exemplars">) {
    this.most = exemplars;
  }

  get size(): number {
    return this.ring.length;
  }

  /** How many went to make room for later ones. */
  get forgottenCount(): number {
    return this.forgotten;
  }

  add(labels: Labels, exemplar: Exemplar): ExemplarResult {
    if (lengthOf(exemplar.labels) > LABELS_LENGTH_MAX) return "labels-too-long";
    const of = this.find(labels);
    const newest = of?.exemplars.at(-1);
    if (newest !== undefined) {
      if (isEqual(newest, exemplar)) return "duplicate";
      if (exemplar.at < newest.at) return "out-of-order";
    }
    this.push(of ?? this.create(labels), exemplar);
    return "added";
  }

  /** Exemplars in [from, to] of the series that any of the sets of matchers means, by labels. */
  select(
    sets: readonly (readonly Matcher[])[],
    from: EpochMs,
    to: EpochMs,
  ): readonly SeriesExemplars[] {
    const found = new Map<string, SeriesExemplars>();
    for (const matchers of sets) {
      const fulfils = compileMatchers(matchers, this.patterns);
      for (const { labels, exemplars: all } of this.candidates(matchers)) {
        if (found.has(labels.key) || !fulfils(labels)) continue;
        const exemplars = all.filter(({ at }) => at >= from && at <= to);
        if (exemplars.length > 0) found.set(labels.key, { labels, exemplars });
      }
    }
    return [...found.values()].toSorted((a, b) => compareLabels(a.labels, b.labels));
  }

  save(): SavedExemplars {
    const indexes = new Map<Series, number>();
    const series: (readonly string[])[] = [];
    const exemplars: SavedExemplar[] = [];
    for (const { of, exemplar } of this.inOrder()) {
      const index = indexes.get(of) ?? series.push(of.labels.pairs) - 1;
      indexes.set(of, index);
      const { at, value, labels } = exemplar;
      // As text, for JSON has no notation for what is no number.
      exemplars.push([index, at, Object.is(value, -0) ? "-0" : String(value), labels.pairs]);
    }
    return { series, exemplars };
  }

  static load(saved: SavedExemplars, limits: Pick<Limits, "exemplars">): ExemplarStore {
    const store = new ExemplarStore(limits);
    const series = saved.series.map((pairs) => store.create(labelsOf(pairs)));
    for (const [index, at, value, pairs] of saved.exemplars) {
      const of = series[index];
      const labels = labelsOf(pairs);
      if (of) store.push(of, { labels, at: epochMs(at), value: Number(value) });
    }
    store.forgotten = 0;
    return store;
  }

  private find(labels: Labels): Series | undefined {
    return this.metrics.get(labelValue(labels, METRIC_NAME))?.get(labels.key);
  }

  private create(labels: Labels): Series {
    const name = labelValue(labels, METRIC_NAME);
    let metric = this.metrics.get(name);
    if (metric === undefined) this.metrics.set(name, (metric = new Map()));
    const series = { labels, exemplars: [] };
    metric.set(labels.key, series);
    return series;
  }

  private push(of: Series, exemplar: Exemplar): void {
    of.exemplars.push(exemplar);
    const entry = { exemplar, of };
    if (this.ring.length < this.most) {
      this.ring.push(entry);
      return;
    }
    const oldest = this.ring[this.next];
    this.ring[this.next] = entry;
    this.next = (this.next + 1) % this.most;
    if (oldest !== undefined) this.forget(oldest);
  }

  private forget({ of }: Entry): void {
    this.forgotten++;
    // Arrivals of one series are in the order of their times, so its oldest is its first.
    of.exemplars.shift();
    if (of.exemplars.length > 0) return;
    const name = labelValue(of.labels, METRIC_NAME);
    const metric = this.metrics.get(name);
    metric?.delete(of.labels.key);
    if (metric?.size === 0) this.metrics.delete(name);
  }

  private *inOrder(): Generator<Entry> {
    yield* this.ring.slice(this.next);
    yield* this.ring.slice(0, this.next);
  }

  private *candidates(matchers: readonly Matcher[]): Generator<Series> {
    const name = matchers.find((one) => one.name === METRIC_NAME && one.op === "=")?.value;
    if (name !== undefined) yield* this.metrics.get(name)?.values() ?? [];
    else for (const metric of this.metrics.values()) yield* metric.values();
  }
}

function isEqual(a: Exemplar, b: Exemplar): boolean {
  return a.at === b.at && Object.is(a.value, b.value) && a.labels.key === b.labels.key;
}

function lengthOf({ pairs }: Labels): number {
  // Characters, not code units: the second half of a pair is none of its own.
  return pairs.join("").replaceAll(/[\udc00-\udfff]/g, "").length;
}

function labelsOf(pairs: readonly string[]): Labels {
  const entries: [string, string][] = [];
  for (let i = 0; i < pairs.length; i += 2) entries.push([pairs[i] ?? "", pairs[i + 1] ?? ""]);
  return labelsFrom(entries);
}
