import { METRIC_NAME, type Labels, labelsFrom } from "../model/labels.ts";
import { type Append, STALE } from "../model/sample.ts";
import { type EpochMs, epochMs, MINUTE_MS } from "../model/time.ts";
import { assert } from "../model/assert.ts";
import { bucketOf, formatBound } from "./bounds.ts";
import type { DerivedMetric } from "./derived-metrics.ts";

/** One label set of one derived metric, with what was counted so far. */
export type DerivedSeries = {
  readonly metric: DerivedMetric;
  /** In the order of `metric.labels`; empty where a label is absent. */
  readonly labelValues: readonly string[];
  /** A counter's one value; a histogram's counts a bucket (not cumulative, `+Inf` last), then its sum. */
  readonly values: Float64Array;
  /** The values as of the last tick: what a birth writes. */
  readonly before: Float64Array;
  state: "live" | "ended" | "forgotten";
  /** When the last call was counted. */
  countedAt: EpochMs;
  /** Time of the newest sample or stale marker; `NEVER` before the first. */
  sampledAt: EpochMs;
  /** Whether the newest of them is a sample. */
  open: boolean;
  /** The labels of its samples in the order in which they are written; made at the first. */
  output: Output | undefined;
  /** When each bucket last kept an exemplar; absent while none has, and of what is no histogram. */
  exemplarAt: Float64Array | undefined;
};

/** A bucket keeps one exemplar in this time, so that an hour of them has room. */
const EXEMPLAR_EVERY_MS: number = MINUTE_MS;

/** Before all times that count: what happened at it did not happen. */
export const NEVER: EpochMs = epochMs(-1);

/** How many numbers a label set of a metric is counted in. */
export function valueCount(metric: DerivedMetric): number {
  return metric.kind === "histogram" ? metric.bounds.length + 2 : 1;
}

/** Counts an amount; `amount` is never negative, so that a counter never falls. */
export function addTo(series: DerivedSeries, amount: number): void {
  series.values[0] = (series.values[0] ?? 0) + amount;
}

/** Counts a measured value that stands for `weight` of its kind; returns the index of its bucket. */
export function observe(series: DerivedSeries, value: number, weight: number): number {
  const { values, metric } = series;
  const bucket = bucketOf(metric.bounds, value);
  const sum = values.length - 1;
  values[bucket] = (values[bucket] ?? 0) + weight;
  values[sum] = (values[sum] ?? 0) + value * weight;
  return bucket;
}

/** Whether a bucket is to keep an exemplar of this moment; if so, it keeps none for a while. */
export function wantsExemplar(series: DerivedSeries, bucket: number, at: EpochMs): boolean {
  series.exemplarAt ??= new Float64Array(series.metric.bounds.length + 1).fill(NEVER);
  const before = series.exemplarAt[bucket] ?? NEVER;
  if (before !== NEVER && at - before < EXEMPLAR_EVERY_MS) return false;
  series.exemplarAt[bucket] = at;
  return true;
}

/** The labels of one bucket's series. */
export function bucketLabels(series: DerivedSeries, bucket: number): Labels {
  const labels = outputOf(series).counts[bucket];
  assert(labels !== undefined, "a histogram has its bucket");
  return labels;
}

/** The labels of a label set's samples. */
export type Output = {
  /** A counter's one series, or a histogram's buckets with `+Inf` last. */
  readonly counts: readonly Labels[];
  /** A histogram's `_sum` and `_count`. */
  readonly totals?: { readonly sum: Labels; readonly count: Labels };
};

/** Writes one label set's samples as Prometheus lays them out: cumulative buckets, sum, count. */
export function writeSeries(
  series: DerivedSeries,
  values: Float64Array,
  at: EpochMs,
  append: Append,
): void {
  const { counts, totals } = outputOf(series);
  let total = 0;
  let index = 0;
  for (const labels of counts) {
    total += values[index++] ?? 0;
    append(labels, at, total);
  }
  if (totals === undefined) return;
  append(totals.sum, at, values[index] ?? 0);
  append(totals.count, at, total);
}

/** Ends all series of a label set with the stale marker. */
export function writeEnd(series: DerivedSeries, at: EpochMs, append: Append): void {
  const { counts, totals } = outputOf(series);
  for (const labels of counts) append(labels, at, STALE);
  if (totals === undefined) return;
  append(totals.sum, at, STALE);
  append(totals.count, at, STALE);
}

function outputOf(series: DerivedSeries): Output {
  series.output ??= makeOutput(series.metric, series.labelValues);
  return series.output;
}

function makeOutput(metric: DerivedMetric, values: readonly string[]): Output {
  const entries = metric.labels.map((name, i) => [name, values[i] ?? ""] as const);
  const named = (suffix: string, extra: readonly (readonly [string, string])[] = []): Labels =>
    labelsFrom([[METRIC_NAME, metric.name + suffix], ...entries, ...extra]);
  if (metric.kind !== "histogram") return { counts: [named("")] };
  const counts = [...metric.bounds, Infinity].map((bound) =>
    named("_bucket", [["le", formatBound(bound)]]),
  );
  return { counts, totals: { sum: named("_sum"), count: named("_count") } };
}
