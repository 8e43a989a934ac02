import { METRIC_NAME, type Labels, labelValue, withLabels, labels } from "../model/labels.ts";
import type { BucketCounts, MetricPoint } from "../model/metric-point.ts";
import type { NativeHistogram } from "../model/sample.ts";
import { formatBound } from "./bounds.ts";
import {
  inOneLayout,
  nativeCounts,
  type NativeCounts,
  nativeHistogram,
  type NativeLayout,
  sameNativeLayout,
} from "./native-frame.ts";

/** Which series a received stream is written as; two points of equal layout have the same ones. */
export type Layout = {
  /** Finite upper bounds; `undefined` for what is one number. */
  readonly bounds: readonly number[] | undefined;
  readonly hasSum: boolean;
  /** Set for a native histogram, which is one series. */
  readonly native?: NativeLayout;
};

/**
 * A point as numbers, one a series: a histogram's cumulative buckets, its sum, and last its count. Of
 * a native histogram the zero bucket's count, those of the buckets, the sum, and last the count.
 */
export type Frame = { readonly layout: Layout; readonly values: readonly number[] };

const ONE_NUMBER: Layout = { bounds: undefined, hasSum: false };

/** Lays out a point; `undefined` where its buckets contradict themselves. */
export function frameOf(point: Exclude<MetricPoint, { readonly type: "end" }>): Frame | undefined {
  if (point.type === "exponential-histogram") return nativeFrame(point.histogram);
  if (point.type !== "histogram") return { layout: ONE_NUMBER, values: [point.value] };
  const { bounds, counts } = finiteBuckets(point.buckets);
  const { sum, count } = point.buckets;
  for (const bound of bounds) if (!Number.isFinite(bound)) return undefined;
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

function nativeFrame(histogram: NativeHistogram): Frame {
  const { layout: native, counts } = nativeCounts(histogram);
  const hasSum = !Number.isNaN(histogram.sum);
  const values = [...counts, ...(hasSum ? [histogram.sum] : []), histogram.count];
  return { layout: { bounds: undefined, hasSum, native }, values };
}

/** The native histogram that a frame is; `undefined` where it is none. */
export function histogramOf({ layout, values }: Frame): NativeHistogram | undefined {
  const { native, hasSum } = layout;
  if (native === undefined) return undefined;
  const sum = hasSum ? (values.at(-2) ?? Number.NaN) : Number.NaN;
  return nativeHistogram({ layout: native, counts: values }, { sum, count: values.at(-1) ?? 0 });
}

/**
 * Two frames of native histograms in one layout, to be added up; `undefined` where they are none. A
 * sum that one of them lacks is lost to both.
 *
 * @param bucketsMax above it, buckets become wider
 */
export function alike(a: Frame, b: Frame, bucketsMax: number): readonly [Frame, Frame] | undefined {
  const [first, second] = [a.layout.native, b.layout.native];
  if (first === undefined || second === undefined) return undefined;
  if (sameLayout(a.layout, b.layout)) return [a, b];
  const counted = inOneLayout(
    { layout: first, counts: a.values },
    { layout: second, counts: b.values },
    bucketsMax,
  );
  const hasSum = a.layout.hasSum && b.layout.hasSum;
  const framed = ({ layout: native, counts }: NativeCounts, { values }: Frame): Frame => ({
    layout: { bounds: undefined, hasSum, native },
    values: [...counts, ...values.slice(hasSum ? -2 : -1)],
  });
  return [framed(counted[0], a), framed(counted[1], b)];
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
  if (a.native !== undefined && b.native !== undefined) return sameNativeLayout(a.native, b.native);
  if (a.native !== b.native) return false;
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
