import { parseFloatText } from "../../model/go-float.ts";
import { CUSTOM_SCHEMA } from "../../model/histogram-buckets.ts";
import { InputError } from "../../model/input-error.ts";
import {
  formatLabels,
  type Labels,
  labelValue,
  METRIC_NAME,
  withLabel,
} from "../../model/labels.ts";
import type { NativeHistogram } from "../../model/sample.ts";
import { compacted } from "../histogram/scale.ts";
import type { ScriptSample, ScriptSeries } from "./script-series.ts";

const BUCKET_LABEL = "le";
const PART = /^(.*)_(bucket|count|sum)$/;

/** What the series of one classic histogram say at one time. */
type Classic = {
  /** Cumulative counts by upper bound. */
  readonly buckets: Map<number, number>;
  count?: number;
  sum?: number;
};

type ClassicSeries = { readonly labels: Labels; readonly byTime: Map<number, Classic> };

/**
 * What `load_with_nhcb` adds: for classic histograms among the series (`x_bucket`, `x_count`,
 * `x_sum`), a series `x` of native histograms with the same bounds.
 *
 * @throws InputError where counts fall from bucket to bucket, or `x_count` is another than the
 * count up to +Inf
 */
export function customBucketSeries(series: readonly ScriptSeries[]): readonly ScriptSeries[] {
  const found = new Map<string, ClassicSeries>();
  for (const one of series) {
    const [, name = "", part] = PART.exec(labelValue(one.labels, METRIC_NAME)) ?? [];
    const bound = parseFloatText(labelValue(one.labels, BUCKET_LABEL)) ?? NaN;
    if (part === undefined || (part === "bucket" && Number.isNaN(bound))) continue;
    const labels = withLabel(withLabel(one.labels, METRIC_NAME, name), BUCKET_LABEL, "");
    const classic = found.get(labels.key) ?? { labels, byTime: new Map<number, Classic>() };
    found.set(labels.key, classic);
    for (const [at, { value }] of one.samples) {
      if (typeof value !== "number") continue;
      const there = classic.byTime.get(at) ?? { buckets: new Map<number, number>() };
      classic.byTime.set(at, there);
      if (part === "bucket") there.buckets.set(bound, value);
      else if (part === "count") there.count = value;
      else there.sum = value;
    }
  }
  return [...found.values()].map(({ labels, byTime }) => {
    const samples = new Map<number, ScriptSample>();
    for (const [at, classic] of byTime) samples.set(at, { value: converted(classic, labels, at) });
    return { labels, samples };
  });
}

function converted(classic: Classic, labels: Labels, at: number): NativeHistogram {
  const sorted = [...classic.buckets].toSorted(([a], [b]) => a - b);
  const count = classic.count ?? sorted.at(-1)?.[1] ?? 0;
  if (sorted.at(-1)?.[0] !== Infinity) sorted.push([Infinity, count]);
  const refuse = (what: string): never => {
    const where = `${formatLabels(labels)} at ${at / 1000}s`;
    throw new InputError("promql-test", `${where} is no histogram: ${what}`);
  };
  if (sorted.at(-1)?.[1] !== count) refuse("its count is not that of all its buckets");
  let before = 0;
  const counts = sorted.map(([, cumulative]) => {
    const own = cumulative - before;
    if (own < 0) refuse("its counts fall from bucket to bucket");
    before = cumulative;
    return own;
  });
  return compacted({
    counterReset: "unknown",
    schema: CUSTOM_SCHEMA,
    zeroThreshold: 0,
    zeroCount: 0,
    count,
    sum: classic.sum ?? 0,
    positiveSpans: [{ offset: 0, length: counts.length }],
    positiveBuckets: counts,
    negativeSpans: [],
    negativeBuckets: [],
    customBounds: sorted.slice(0, -1).map(([bound]) => bound),
  });
}
