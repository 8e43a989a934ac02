import { type Labels, withLabel } from "../model/labels.ts";
import type { BucketCounts, MetricPoint } from "../model/metric-point.ts";
import type { MetricMetadata } from "../model/received-series.ts";
import type { EpochMs } from "../model/time.ts";
import type { ExponentialPoint, HistogramPoint, MetricRecord } from "../receive/records.ts";
import type { NumberPoint, Temporality } from "../receive/records.ts";
import type { Normalized, NormalizeContext } from "./context.ts";
import { canonicalMetricName } from "./metric-names.ts";
import { nativeHistogram } from "./native-histogram.ts";
import { pointLabels, type LabelRefusal } from "./point-labels.ts";
import { prometheusMetricName, prometheusUnitName, type NameKind } from "./prometheus-names.ts";
import { refuseTime, type TimeRefusal } from "./refusal.ts";
import { perResource, type Source } from "./source.ts";
import { Tally } from "../model/tally.ts";

/** Why a metric, with all of its points, or one point was not taken. */
export type PointRefusal =
  | TimeRefusal
  | LabelRefusal
  | "metric-name"
  | "unspecified-temporality"
  | "not-a-number"
  | "negative-counter"
  | "bad-histogram"
  | "exponential-scale"
  | "buckets-limit"
  | "summary"
  | "unknown-metric-type";

/** Makes points of metrics, named as Prometheus names them and as one name each (DESIGN section 4). */
export function normalizeMetrics(
  records: readonly MetricRecord[],
  context: NormalizeContext,
): Normalized {
  const points: MetricPoint[] = [];
  const told = new Map<string, MetricMetadata>();
  const ignored = new Tally();
  const rejections = new Tally();
  const sources = perResource(context.limits.labelLength);
  for (const record of records) {
    const metric = readMetric(record, context);
    if (typeof metric === "string") {
      rejections.add(metric, "points" in record ? record.points.length : record.pointCount);
      continue;
    }
    const metadata = metadataOf(metric, record.description);
    if (context.isKnown?.(metadata) === false) told.set(metadata.name, metadata);
    const sent = { ...metric, source: sources(record.origin.resource) };
    for (const point of metric.points) {
      const made = pointFrom(point, sent, { ...context, ignored });
      if (typeof made === "string") rejections.add(made);
      else points.push(made);
    }
  }
  return {
    telemetry: {
      calls: [],
      points,
      evaluations: [],
      ...(told.size === 0 ? {} : { metadata: [...told.values()] }),
    },
    ignored: ignored.counts,
    rejections: rejections.counts,
  };
}

type Kind =
  | { readonly type: "gauge" }
  | { readonly type: "sum"; readonly monotonic: boolean; readonly temporality: Summed }
  | { readonly type: "histogram"; readonly temporality: Summed }
  | { readonly type: "exponential-histogram"; readonly temporality: Summed };
type Summed = "cumulative" | "delta";

type Metric = {
  readonly name: string;
  readonly unit: string;
  readonly kind: Kind;
  readonly points: readonly Point[];
};
type Point = NumberPoint | HistogramPoint | ExponentialPoint;

const REFUSED_TYPES = {
  summary: "summary",
  unknown: "unknown-metric-type",
} as const;

function readMetric(record: MetricRecord, context: NormalizeContext): Metric | PointRefusal {
  if ("pointCount" in record) return REFUSED_TYPES[record.type];
  const kind = kindOf(record);
  if (kind === undefined) return "unspecified-temporality";
  const name = prometheusMetricName(record.name, record.unit, nameKindOf(kind));
  if (name === undefined || name.length > context.limits.labelLength) return "metric-name";
  const unit = prometheusUnitName(record.unit);
  return { name: canonicalMetricName(name), unit, kind, points: record.points };
}

function kindOf(record: Extract<MetricRecord, { readonly points: unknown }>): Kind | undefined {
  if (record.type === "gauge") return { type: "gauge" };
  const temporality = temporalityOf(record.temporality);
  if (temporality === undefined) return undefined;
  return record.type === "sum"
    ? { type: "sum", monotonic: record.monotonic, temporality }
    : { type: record.type, temporality };
}

function temporalityOf(sent: Temporality): Summed | undefined {
  if (sent === 1) return "delta";
  return sent === 2 ? "cumulative" : undefined;
}

function nameKindOf(kind: Kind): NameKind {
  if (kind.type === "gauge") return "gauge";
  if (kind.type !== "sum") return "histogram";
  return kind.monotonic ? "counter" : "up-down-counter";
}

type Sent = Omit<Metric, "points"> & { readonly source: Source };

/** Bit 0 of a point's flags: nothing was recorded, the series ends here. */
const NO_RECORDED_VALUE = 1;

function pointFrom(
  point: Point,
  metric: Sent,
  context: NormalizeContext & { readonly ignored: Tally },
): MetricPoint | PointRefusal {
  const badTime = refuseTime(point.at, context);
  if (badTime !== undefined) return badTime;
  const labels = pointLabels(metric.name, point.attributes, metric.source, context);
  if (typeof labels === "string") return labels;
  const base: PointBase = {
    labels: context.typeLabels === true ? typed(labels, metric) : labels,
    at: point.at,
    service: metric.source.service,
    ...(point.startAt > 0 && { startAt: point.startAt }),
  };
  if ((point.flags & NO_RECORDED_VALUE) !== 0)
    return { ...base, type: "end", of: metric.kind.type };
  if ("scale" in point) return exponentialFrom(point, base, metric.kind, context);
  return "bucketCounts" in point
    ? histogramFrom(point, base, metric.kind)
    : numberFrom(point.value, base, metric.kind);
}

function typed(labels: Labels, { kind, unit }: Sent): Labels {
  return withLabel(withLabel(labels, "__type__", typeNameOf(kind)), "__unit__", unit);
}

/** Prometheus' name for a kind: to it, a sum that may fall is a gauge. */
function typeNameOf(kind: Kind): "gauge" | "counter" | "histogram" {
  const named = nameKindOf(kind);
  return named === "up-down-counter" ? "gauge" : named;
}

function metadataOf({ name, unit, kind }: Metric, help: string): MetricMetadata {
  return { name, type: typeNameOf(kind), help, unit };
}

type PointBase = {
  readonly labels: Labels;
  readonly at: EpochMs;
  readonly service: string;
  readonly startAt?: EpochMs;
};

function numberFrom(value: number, base: PointBase, kind: Kind): MetricPoint | PointRefusal {
  // A gauge may show NaN, as in Prometheus; a sum that took it in would never be a number again.
  if (kind.type === "gauge") return { ...base, type: "gauge", value };
  if (kind.type !== "sum" || !Number.isFinite(value)) return "not-a-number";
  // A monotonic sum below zero, or one that shrinks by a delta, contradicts itself.
  if (kind.monotonic && value < 0) return "negative-counter";
  return { ...base, ...kind, value };
}

function histogramFrom(
  point: HistogramPoint,
  base: PointBase,
  kind: Kind,
): MetricPoint | PointRefusal {
  if (kind.type !== "histogram") return "bad-histogram";
  const buckets = bucketsOf(point);
  return buckets === undefined ? "bad-histogram" : { ...base, ...kind, buckets };
}

function exponentialFrom(
  point: ExponentialPoint,
  base: PointBase,
  kind: Kind,
  context: NormalizeContext,
): MetricPoint | PointRefusal {
  if (kind.type !== "exponential-histogram") return "bad-histogram";
  const histogram = nativeHistogram(point, context.limits);
  return typeof histogram === "string" ? histogram : { ...base, ...kind, histogram };
}

/** `undefined` where bounds, counts and total contradict each other. */
function bucketsOf(point: HistogramPoint): BucketCounts | undefined {
  const { explicitBounds: bounds, count: total, sum } = point;
  // Without buckets all that is known is that everything lies below infinity.
  const counts =
    point.bucketCounts.length === 0 && bounds.length === 0 ? [total] : point.bucketCounts;
  const ascending = bounds.every(
    (bound, i) => Number.isFinite(bound) && bound > (bounds[i - 1] ?? -Infinity),
  );
  const counted = counts.reduce((all, n) => (n >= 0 ? all + n : Number.NaN), 0);
  if (!ascending || counts.length !== bounds.length + 1 || counted !== total) return undefined;
  if (sum === undefined) return { bounds, counts, count: total };
  return Number.isFinite(sum) ? { bounds, counts, count: total, sum } : undefined;
}
