import type { ExponentialPoint, HistogramPoint, MetricRecord, NumberPoint } from "./records.ts";
import type { Origin, RejectReason, Temporality } from "./records.ts";
import type { Tally } from "./tally.ts";

/** OTLP's DataPointFlags bit 0. */
const NO_RECORDED_VALUE = 1;

/** What the messages Gauge, Sum, Histogram … of a metric come to. */
export type MetricData =
  | { readonly type: "gauge"; readonly points: readonly NumberPoint[] }
  | {
      readonly type: "sum";
      readonly monotonic: boolean;
      readonly temporality: Temporality;
      readonly points: readonly NumberPoint[];
    }
  | {
      readonly type: "histogram";
      readonly temporality: Temporality;
      readonly points: readonly HistogramPoint[];
    }
  | {
      readonly type: "exponential-histogram";
      readonly temporality: Temporality;
      readonly points: readonly ExponentialPoint[];
    }
  | { readonly type: "summary"; readonly pointCount: number };

/** A metric's name and the like. */
export type MetricIdentity = {
  readonly origin: Origin;
  readonly name: string;
  readonly unit: string;
  readonly description: string;
};

/**
 * The record of a metric; `undefined` for one without points, which is an empty envelope and may
 * be ignored (OTLP specification, "Empty Telemetry Envelopes").
 *
 * @param hasUnknown whether the metric carried something that OTLP did not have when this was
 *   written: where that is all, it is data of an unknown kind, counted as one point because how
 *   many there are cannot be told
 */
export function metricRecord(
  identity: MetricIdentity,
  data: MetricData | undefined,
  hasUnknown: boolean,
  tally: Tally,
): MetricRecord | undefined {
  if (data === undefined) {
    const counts = hasUnknown && tally.admitsRecord();
    return counts ? { ...identity, type: "unknown", pointCount: 1 } : undefined;
  }
  return pointCount(data) === 0 ? undefined : { ...identity, ...data };
}

/** How many points a metric's data has that were taken so far. */
export function pointCount(data: MetricData): number {
  return "points" in data ? data.points.length : data.pointCount;
}

/** Why a number point is not taken; `undefined` when it is. */
export function numberPointFault(
  value: number | undefined,
  flags: number,
): RejectReason | undefined {
  return value === undefined && (flags & NO_RECORDED_VALUE) === 0 ? "value-missing" : undefined;
}

/**
 * Why a histogram point is not taken; `undefined` when it is. Counts are one more than bounds, or
 * there are neither; bounds ascend (opentelemetry-proto, HistogramDataPoint).
 */
export function bucketsFault(
  bucketCounts: readonly number[],
  explicitBounds: readonly number[],
): RejectReason | undefined {
  const absent = bucketCounts.length === 0 && explicitBounds.length === 0;
  if (!absent && bucketCounts.length !== explicitBounds.length + 1) return "buckets-invalid";
  const ascends = explicitBounds.every(
    (bound, i) => i === 0 || bound > (explicitBounds[i - 1] ?? 0),
  );
  return ascends && !explicitBounds.some(Number.isNaN) ? undefined : "buckets-invalid";
}

/** Values that OTLP does not define count as unspecified. */
export function temporalityOf(value: number): Temporality {
  return value === 1 || value === 2 ? value : 0;
}
