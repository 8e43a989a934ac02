import type { Exemplar } from "../model/exemplar.ts";
import { InputError } from "../model/input-error.ts";
import {
  type Labels,
  labelEntries,
  labelsFrom,
  labelValue,
  METRIC_NAME,
  withLabel,
} from "../model/labels.ts";
import type { MetricMetadata, ReceivedSeries } from "../model/received-series.ts";
import { STALE } from "../model/sample.ts";
import type { EpochMs } from "../model/time.ts";
import type { Exposition, ScrapedSample } from "./exposition.ts";
import { type MutableLabels, relabel, type RelabelStep } from "./relabel.ts";

/** What becomes of a target's samples. A limit of 0 is none. */
export type SampleRules = {
  /** Where the target's labels and the sample's differ, the sample's win; else they are renamed. */
  readonly honorLabels: boolean;
  /** Times that the target tells count; else all samples have the time of the scrape. */
  readonly honorTimestamps: boolean;
  /** Series whose times the target tells get stale markers too. */
  readonly trackTimestampsStaleness: boolean;
  readonly metricRelabel: readonly RelabelStep[];
  readonly sampleLimit: number;
  readonly labelLimit: number;
  readonly labelNameLengthLimit: number;
  readonly labelValueLengthLimit: number;
};

/** When a scrape began, and how long it took. */
export type ScrapeTime = { readonly at: EpochMs; readonly durationS: number };

/** What one scrape of one target comes to. */
export type ScrapeBatch = {
  readonly series: readonly ReceivedSeries[];
  /** What is told of families for the first time, or otherwise than before. */
  readonly metadata: readonly MetricMetadata[];
  /** Why the scrape counts as failed; absent where it did not. */
  readonly fault?: string;
  /** Samples of a series that the page had before, at the same time: left out. */
  readonly duplicates: number;
  /** Exemplars with more text than OpenMetrics allows: left out. */
  readonly longExemplars: number;
  /** What the target's memory is once the batch is committed. */
  readonly shown: ReadonlyMap<string, ShownSeries>;
};

type ShownSeries = { readonly labels: Labels; readonly endsStale: boolean };

/** Characters of an exemplar's labels, names and values together (OpenMetrics 1.0, exemplars). */
const EXEMPLAR_LENGTH = 128;

type Counts = { scraped: number; kept: number; added: number };
const NOTHING: Counts = { scraped: 0, kept: 0, added: 0 };

/**
 * The series of one target over its scrapes: labels them, counts them, and ends with the stale
 * marker what is gone. A batch changes nothing until it is adopted, so that one that could not be
 * committed is made good by the next.
 */
export class TargetSeries {
  readonly #target: Labels;
  readonly #rules: SampleRules;
  /** By the array that a page's memo gives for the text of a series; `null` for a dropped one. */
  readonly #labels = new WeakMap<readonly string[], Labels | null>();
  #shown: ReadonlyMap<string, ShownSeries> = new Map();
  readonly #metadata = new Map<string, MetricMetadata>();

  constructor(target: Labels, rules: SampleRules) {
    this.#target = target;
    this.#rules = rules;
  }

  /** A page was read. It may still count as failed, by a limit. */
  scraped({ samples, metadata }: Exposition, time: ScrapeTime): ScrapeBatch {
    const page = new Page(this.#rules, this.#shown, time.at);
    try {
      for (const sample of samples) page.take(sample, this.#labelsOf(sample.pairs));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      page.fault = error.message;
    }
    const { sampleLimit } = this.#rules;
    if (page.fault === undefined && sampleLimit > 0 && page.counts.kept > sampleLimit) {
      page.fault = `${page.counts.kept} samples are more than sample_limit ${sampleLimit}`;
    }
    if (page.fault !== undefined) return this.#fault(page.fault, time, page.counts);
    const changed = metadata.filter((one) => !isEqual(one, this.#metadata.get(one.name)));
    return {
      series: [
        ...page.series,
        ...this.#gone(page.shown, time.at),
        ...this.#report(1, page.counts, time),
      ],
      metadata: changed,
      duplicates: page.duplicates,
      longExemplars: page.longExemplars,
      shown: page.shown,
    };
  }

  /** The target did not answer, or with what is no page. */
  failed(reason: string, time: ScrapeTime): ScrapeBatch {
    return this.#fault(reason, time, NOTHING);
  }

  /** The target is gone: everything of it ends. */
  ended(at: EpochMs): ScrapeBatch {
    const report = REPORT_NAMES.map((name) => ended(this.#reportLabels(name), at));
    return { ...NO_BATCH, series: [...this.#gone(new Map(), at), ...report] };
  }

  /** A batch was committed: the next is compared with it. */
  adopt(batch: ScrapeBatch): void {
    this.#shown = batch.shown;
    for (const one of batch.metadata) this.#metadata.set(one.name, one);
  }

  #fault(fault: string, time: ScrapeTime, counts: Counts): ScrapeBatch {
    const gone = this.#gone(new Map(), time.at);
    return { ...NO_BATCH, fault, series: [...gone, ...this.#report(0, counts, time)] };
  }

  #gone(shown: ReadonlyMap<string, ShownSeries>, at: EpochMs): readonly ReceivedSeries[] {
    const gone: ReceivedSeries[] = [];
    for (const [key, { labels, endsStale }] of this.#shown) {
      if (endsStale && !shown.has(key)) gone.push(ended(labels, at));
    }
    return gone;
  }

  #report(up: 0 | 1, counts: Counts, { at, durationS }: ScrapeTime): readonly ReceivedSeries[] {
    const values: Readonly<Record<ReportName, number>> = {
      up,
      scrape_duration_seconds: durationS,
      scrape_samples_scraped: counts.scraped,
      scrape_samples_post_metric_relabeling: counts.kept,
      scrape_series_added: counts.added,
    };
    return REPORT_NAMES.map((name) => {
      const samples = [{ at, value: values[name] }];
      return { labels: this.#reportLabels(name), samples, exemplars: [] };
    });
  }

  #reportLabels(name: ReportName): Labels {
    return withLabel(this.#target, METRIC_NAME, name);
  }

  #labelsOf(pairs: readonly string[]): Labels | null {
    const known = this.#labels.get(pairs);
    if (known !== undefined) return known;
    const labels = this.#makeLabels(pairs);
    this.#labels.set(pairs, labels);
    return labels;
  }

  #makeLabels(pairs: readonly string[]): Labels | null {
    const labels: MutableLabels = new Map();
    for (let i = 0; i < pairs.length; i += 2) labels.set(pairs[i] ?? "", pairs[i + 1] ?? "");
    if (this.#rules.honorLabels) {
      for (const [name, value] of labelEntries(this.#target)) {
        if (!labels.has(name)) labels.set(name, value);
      }
    } else exportConflicts(labels, this.#target);
    for (const [name, value] of labels) if (value === "") labels.delete(name);
    if (relabel(labels, this.#rules.metricRelabel) === "dropped") return null;
    const made = labelsFrom(labels);
    checkLabels(made, this.#rules);
    return made;
  }
}

const REPORT_NAMES = [
  "up",
  "scrape_duration_seconds",
  "scrape_samples_scraped",
  "scrape_samples_post_metric_relabeling",
  "scrape_series_added",
] as const;
type ReportName = (typeof REPORT_NAMES)[number];

const NO_BATCH = {
  series: [],
  metadata: [],
  duplicates: 0,
  longExemplars: 0,
  shown: new Map<string, ShownSeries>(),
} as const;

/** One page on its way into a batch. */
class Page {
  readonly series: ReceivedSeries[] = [];
  readonly shown = new Map<string, ShownSeries>();
  readonly counts: Counts = { ...NOTHING };
  duplicates = 0;
  longExemplars = 0;
  fault: string | undefined;
  readonly #rules: SampleRules;
  readonly #before: ReadonlyMap<string, ShownSeries>;
  readonly #at: EpochMs;
  /** Series and time, of the samples whose times the target tells. */
  readonly #timed = new Set<string>();

  constructor(rules: SampleRules, before: ReadonlyMap<string, ShownSeries>, at: EpochMs) {
    this.#rules = rules;
    this.#before = before;
    this.#at = at;
  }

  take(sample: ScrapedSample, labels: Labels | null): void {
    this.counts.scraped++;
    if (labels === null) return;
    this.counts.kept++;
    const told = this.#rules.honorTimestamps ? sample.at : undefined;
    if (this.#isRepeat(labels, told)) {
      this.duplicates++;
      return;
    }
    if (!this.#before.has(labels.key) && !this.shown.has(labels.key)) this.counts.added++;
    const endsStale = told === undefined || this.#rules.trackTimestampsStaleness;
    this.shown.set(labels.key, { labels, endsStale });
    const { value, startAt } = sample;
    const at = told ?? this.#at;
    const one = { at, value, ...(startAt === undefined ? {} : { startAt }) };
    this.series.push({ labels, samples: [one], exemplars: this.#exemplars(sample, at) });
  }

  #isRepeat({ key }: Labels, told: EpochMs | undefined): boolean {
    if (told === undefined) return this.shown.has(key);
    const timed = `${told} ${key}`;
    if (this.#timed.has(timed)) return true;
    this.#timed.add(timed);
    return false;
  }

  #exemplars({ exemplar }: ScrapedSample, at: EpochMs): readonly Exemplar[] {
    if (exemplar === undefined) return [];
    const length = exemplar.labels.pairs.reduce((sum, text) => sum + Array.from(text).length, 0);
    if (length > EXEMPLAR_LENGTH) {
      this.longExemplars++;
      return [];
    }
    return [{ labels: exemplar.labels, value: exemplar.value, at: exemplar.at ?? at }];
  }
}

function ended(labels: Labels, at: EpochMs): ReceivedSeries {
  return { labels, samples: [{ at, value: STALE }], exemplars: [] };
}

/** The target's labels win; a sample's own of that name is called `exported_` and the name. */
function exportConflicts(labels: MutableLabels, target: Labels): void {
  const conflicts: (readonly [string, string])[] = [];
  for (const [name, value] of labelEntries(target)) {
    const own = labels.get(name) ?? "";
    if (own !== "") conflicts.push([name, own]);
    labels.set(name, value);
  }
  // Shorter names first, as in Prometheus: the result does not depend on the order of the page.
  for (const [name, value] of conflicts.toSorted(([a], [b]) => a.length - b.length)) {
    let exported = `exported_${name}`;
    while ((labels.get(exported) ?? "") !== "") exported = `exported_${exported}`;
    labels.set(exported, value);
  }
}

function checkLabels(labels: Labels, rules: SampleRules): void {
  const metric = labelValue(labels, METRIC_NAME);
  if (metric === "") refuse("a series has no metric name after metric_relabel_configs");
  const { labelLimit, labelNameLengthLimit, labelValueLengthLimit } = rules;
  const count = labels.pairs.length / 2;
  if (labelLimit > 0 && count > labelLimit) {
    refuse(`${metric} has ${count} labels, label_limit is ${labelLimit}`);
  }
  for (const [name, value] of labelEntries(labels)) {
    if (labelNameLengthLimit > 0 && name.length > labelNameLengthLimit) {
      refuse(`${metric}: the label name ${name} is longer than ${labelNameLengthLimit}`);
    }
    if (labelValueLengthLimit > 0 && value.length > labelValueLengthLimit) {
      refuse(`${metric}: the value of ${name} is longer than ${labelValueLengthLimit}`);
    }
  }
}

function refuse(what: string): never {
  throw new InputError("exposition", what);
}

function isEqual(a: MetricMetadata, b: MetricMetadata | undefined): boolean {
  return a.type === b?.type && a.help === b.help && a.unit === b.unit;
}
