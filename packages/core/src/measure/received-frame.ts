import { METRIC_NAME, type Labels, labelValue, withLabels, labels } from "../model/labels.ts";
import type { BucketCounts, MetricPoint } from "../model/metric-point.ts";
import { formatBound } from "./bounds.ts";

/** Which series a received stream is written as; two points of equal layout have the same ones. */
export type Layout = {
  /** Finite upper bounds; `undefined` for what is one number. */
  readonly bounds: readonly number[] | undefined;
  readonly hasSum: boolean;
};

/** A point as numbers, one a series: a histogram's cumulative buckets, its sum, and last its count. */
export type Frame = { readonly layout: Layout; readonly values: readonly number[] };

const ONE_NUMBER: Layout = { bounds: undefined, hasSum: false };

/** Lays out a point; `undefined` where its buckets contradict themselves. */
export function frameOf(point: Exclude<MetricPoint, { readonly type: "end" }>): Frame | undefined {
  if (point.type !== "histogram") return { layout: ONE_NUMBER, values: [point.value] };
  const { bounds, counts } = finiteBuckets(point.buckets);
  const { sum, count } = point.buckets;
  if (!bounds.every((bound) => Number.isFinite(bound))) return undefined;
  const values: number[] = [];
  let total = 0;
  for (const one of counts) {
    total += one;
    values.push(total);
  }
  // Without any buckets a histogram is its sum and its count; otherwise they have to add up.
  if (counts.length === 0) values.push(count);
  else if (counts.length !== bounds.length + 1 || total !== count) return undefined;
  if (sum !== undefined) values.push(sum);
  values.push(count);
  return { layout: { bounds, hasSum: sum !== undefined }, values };
}

/** The labels of a stream's series, in the order of a frame's values. */
export function outputsOf(stream: Labels, layout: Layout): readonly Labels[] {
  if (layout.bounds === undefined) return [stream];
  const name = labelValue(stream, METRIC_NAME);
  const named = (suffix: string, le: Readonly<Record<string, string>> = {}): Labels =>
    withLabels(stream, labels({ [METRIC_NAME]: name + suffix, ...le }));
  const outputs = [...layout.bounds, Infinity].map((bound) =>
    named("_bucket", { le: formatBound(bound) }),
  );
  if (layout.hasSum) outputs.push(named("_sum"));
  outputs.push(named("_count"));
  return outputs;
}

/** Whether two layouts have the same series. */
export function sameLayout(a: Layout, b: Layout): boolean {
  if (a.hasSum !== b.hasSum || a.bounds?.length !== b.bounds?.length) return false;
  return a.bounds === undefined || a.bounds.every((bound, i) => bound === b.bounds?.[i]);
}

// Some senders spell the last bound, which the protocol leaves implied.
function finiteBuckets(buckets: BucketCounts): {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
} {
  const { bounds, counts } = buckets;
  if (bounds.at(-1) !== Infinity) return { bounds, counts };
  const last = (counts.at(-2) ?? 0) + (counts.at(-1) ?? 0);
  return { bounds: bounds.slice(0, -1), counts: [...counts.slice(0, -2), last] };
}
