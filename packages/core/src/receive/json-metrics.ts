import { readJsonAttributes } from "./json-attributes.ts";
import { type JsonMessage, oneof } from "./json-message.ts";
import { bucketsFault, type MetricData, metricRecord } from "./metric-points.ts";
import { numberPointFault, temporalityOf } from "./metric-points.ts";
import type { ExponentialBuckets, ExponentialPoint, HistogramPoint } from "./records.ts";
import type { MetricRecord, NumberPoint, Origin, Temporality } from "./records.ts";

type Kind = "gauge" | "sum" | "histogram" | "exponentialHistogram" | "summary";

const READERS: Readonly<Record<Kind, (data: JsonMessage) => MetricData>> = {
  gauge: (data) => ({ type: "gauge", points: readPoints(data, readNumberPoint) }),
  sum: (data) => ({
    type: "sum",
    points: readPoints(data, readNumberPoint),
    temporality: readTemporality(data),
    monotonic: data.bool("isMonotonic"),
  }),
  histogram: (data) => ({
    type: "histogram",
    points: readPoints(data, readHistogramPoint),
    temporality: readTemporality(data),
  }),
  exponentialHistogram: (data) => ({
    type: "exponential-histogram",
    points: readPoints(data, readExponentialPoint),
    temporality: readTemporality(data),
  }),
  summary: (data) => ({ type: "summary", pointCount: countPoints(data) }),
};

const KINDS = oneof<Kind>("gauge", "sum", "histogram", "exponentialHistogram", "summary");
const VALUES = oneof("asDouble", "asInt");
const NO_DATA_FIELDS: ReadonlySet<string> = new Set(["name", "description", "unit", "metadata"]);

const TEMPORALITIES = new Map([
  ["AGGREGATION_TEMPORALITY_UNSPECIFIED", 0],
  ["AGGREGATION_TEMPORALITY_DELTA", 1],
  ["AGGREGATION_TEMPORALITY_CUMULATIVE", 2],
]);

/** Reads a Metric into `metrics`, unless it has no points. */
export function readJsonMetric(metric: JsonMessage, origin: Origin, metrics: MetricRecord[]): void {
  const identity = {
    origin,
    name: metric.text("name"),
    unit: metric.text("unit"),
    description: metric.text("description"),
  };
  const hasUnknown = metric.hasUnknownMessage(NO_DATA_FIELDS);
  const record = metricRecord(identity, readData(metric), hasUnknown, metric.tally);
  if (record !== undefined) metrics.push(record);
}

function readData(metric: JsonMessage): MetricData | undefined {
  const kind = metric.member(KINDS);
  const data = kind === undefined ? undefined : metric.message(kind);
  return kind === undefined || data === undefined ? undefined : READERS[kind](data);
}

function readTemporality(data: JsonMessage): Temporality {
  return temporalityOf(data.enumeration("aggregationTemporality", TEMPORALITIES));
}

function countPoints(data: JsonMessage): number {
  let count = 0;
  for (let i = data.count("dataPoints"); i > 0; i--) if (data.tally.admitsRecord()) count++;
  return count;
}

function readPoints<T>(
  data: JsonMessage,
  readPoint: (point: JsonMessage, points: T[]) => void,
): readonly T[] {
  const points: T[] = [];
  for (const point of data.messages("dataPoints")) {
    if (data.tally.admitsRecord()) readPoint(point, points);
  }
  return points;
}

function readNumberPoint(point: JsonMessage, points: NumberPoint[]): void {
  const kind = point.member(VALUES);
  const value = kind === "asInt" ? point.int64(kind) : point.double("asDouble");
  const flags = point.uint32("flags");
  const fault = numberPointFault(value, flags);
  if (fault !== undefined) {
    point.tally.reject(fault);
    return;
  }
  points.push({ ...readPointBase(point), value: value ?? 0, flags });
}

function readHistogramPoint(point: JsonMessage, points: HistogramPoint[]): void {
  const bucketCounts: number[] = [];
  const explicitBounds: number[] = [];
  point.repeated("bucketCounts", "fixed64", bucketCounts);
  point.repeated("explicitBounds", "double", explicitBounds);
  const fault = bucketsFault(bucketCounts, explicitBounds);
  if (fault !== undefined) {
    point.tally.reject(fault);
    return;
  }
  points.push({
    ...readPointBase(point),
    count: point.uint64("count"),
    sum: point.double("sum"),
    bucketCounts,
    explicitBounds,
    flags: point.uint32("flags"),
  });
}

function readExponentialPoint(point: JsonMessage, points: ExponentialPoint[]): void {
  points.push({
    ...readPointBase(point),
    count: point.uint64("count"),
    sum: point.double("sum"),
    scale: point.int32("scale"),
    zeroCount: point.uint64("zeroCount"),
    zeroThreshold: point.double("zeroThreshold") ?? 0,
    positive: readBuckets(point.message("positive")),
    negative: readBuckets(point.message("negative")),
    flags: point.uint32("flags"),
  });
}

function readBuckets(buckets: JsonMessage | undefined): ExponentialBuckets {
  const counts: number[] = [];
  buckets?.repeated("bucketCounts", "fixed64", counts);
  return { offset: buckets?.int32("offset") ?? 0, counts };
}

function readPointBase(point: JsonMessage): Pick<NumberPoint, "attributes" | "startAt" | "at"> {
  return {
    attributes: readJsonAttributes(point),
    startAt: point.time("startTimeUnixNano").at,
    at: point.time("timeUnixNano").at,
  };
}
