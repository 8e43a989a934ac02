import { bucketsFault, metricRecord, numberPointFault } from "./metric-points.ts";
import { type MetricData, pointCount, temporalityOf } from "./metric-points.ts";
import { readAttribute } from "./protobuf-attributes.ts";
import { readExponentialPoint } from "./protobuf-exponential.ts";
import type { AttributeValue, HistogramPoint, MetricRecord } from "./records.ts";
import type { NumberPoint, Origin } from "./records.ts";
import { NO_TIME } from "./unix-nano.ts";
import { LENGTH_DELIMITED, type WireReader } from "./wire-reader.ts";

/** Reads the Metric that the current field holds into `metrics`, unless it has no points. */
export function readMetric(reader: WireReader, origin: Origin, metrics: MetricRecord[]): void {
  const outer = reader.enter();
  let name = "";
  let unit = "";
  let description = "";
  let data: MetricData | undefined;
  let hasUnknown = false;
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        name = reader.text();
        break;
      case 2:
        description = reader.text();
        break;
      case 3:
        unit = reader.text();
        break;
      case 5:
      case 7:
      case 9:
      case 10:
      case 11:
        // Of a oneof the last member that was sent counts.
        if (data !== undefined) reader.tally.reject("data-replaced", pointCount(data));
        data = readData(reader);
        break;
      case 12:
        reader.skip();
        break;
      default:
        hasUnknown ||= reader.wire === LENGTH_DELIMITED;
        reader.skip();
    }
  }
  reader.leave(outer);
  const identity = { origin, name, unit, description };
  const record = metricRecord(identity, data, hasUnknown, reader.tally);
  if (record !== undefined) metrics.push(record);
}

function readData(reader: WireReader): MetricData {
  switch (reader.field) {
    case 5:
    case 7:
      return readNumbers(reader, reader.field === 5 ? "gauge" : "sum");
    case 9:
      return readHistogram(reader);
    case 10:
      return readExponentialHistogram(reader);
    default:
      return readSummary(reader);
  }
}

function readNumbers(reader: WireReader, type: "gauge" | "sum"): MetricData {
  const outer = reader.enter();
  const points: NumberPoint[] = [];
  let temporality = 0;
  let monotonic = false;
  while (reader.next()) {
    if (reader.field === 1) readNumberPoint(reader, points);
    else if (reader.field === 2 && type === "sum") temporality = reader.int32();
    else if (reader.field === 3 && type === "sum") monotonic = reader.bool();
    else reader.skip();
  }
  reader.leave(outer);
  if (type === "gauge") return { type, points };
  return { type, points, monotonic, temporality: temporalityOf(temporality) };
}

function readHistogram(reader: WireReader): MetricData {
  return { type: "histogram", ...readDistribution(reader, readHistogramPoint) };
}

function readExponentialHistogram(reader: WireReader): MetricData {
  return { type: "exponential-histogram", ...readDistribution(reader, readExponentialPoint) };
}

/** Both kinds of histograms are points and their temporality, under the same fields. */
function readDistribution<Point>(
  reader: WireReader,
  readPoint: (reader: WireReader, points: Point[]) => void,
): { readonly points: Point[]; readonly temporality: ReturnType<typeof temporalityOf> } {
  const outer = reader.enter();
  const points: Point[] = [];
  let temporality = 0;
  while (reader.next()) {
    if (reader.field === 1) readPoint(reader, points);
    else if (reader.field === 2) temporality = reader.int32();
    else reader.skip();
  }
  reader.leave(outer);
  return { points, temporality: temporalityOf(temporality) };
}

/** Its points are counted and read no further. */
function readSummary(reader: WireReader): MetricData {
  const outer = reader.enter();
  let count = 0;
  while (reader.next()) {
    if (reader.field === 1 && reader.tally.admitsRecord()) count++;
    reader.skip();
  }
  reader.leave(outer);
  return { type: "summary", pointCount: count };
}

function readNumberPoint(reader: WireReader, points: NumberPoint[]): void {
  if (!reader.tally.admitsRecord()) {
    reader.skip();
    return;
  }
  const outer = reader.enter();
  const attributes = new Map<string, AttributeValue>();
  let start = NO_TIME;
  let time = NO_TIME;
  let value: number | undefined;
  let flags = 0;
  while (reader.next()) {
    switch (reader.field) {
      case 2:
        start = reader.time();
        break;
      case 3:
        time = reader.time();
        break;
      case 4:
        value = reader.double();
        break;
      case 6:
        value = reader.sfixed64();
        break;
      case 7:
        readAttribute(reader, attributes);
        break;
      case 8:
        flags = reader.uint32();
        break;
      default:
        reader.skip();
    }
  }
  reader.leave(outer);
  const fault = numberPointFault(value, flags);
  if (fault !== undefined) reader.tally.reject(fault);
  else points.push({ attributes, startAt: start.at, at: time.at, value: value ?? 0, flags });
}

function readHistogramPoint(reader: WireReader, points: HistogramPoint[]): void {
  if (!reader.tally.admitsRecord()) {
    reader.skip();
    return;
  }
  const outer = reader.enter();
  const attributes = new Map<string, AttributeValue>();
  let start = NO_TIME;
  let time = NO_TIME;
  let count = 0;
  let sum: number | undefined;
  const bucketCounts: number[] = [];
  const explicitBounds: number[] = [];
  let flags = 0;
  while (reader.next()) {
    switch (reader.field) {
      case 2:
        start = reader.time();
        break;
      case 3:
        time = reader.time();
        break;
      case 4:
        count = reader.fixed64();
        break;
      case 5:
        sum = reader.double();
        break;
      case 6:
        reader.repeated("fixed64", bucketCounts);
        break;
      case 7:
        reader.repeated("double", explicitBounds);
        break;
      case 9:
        readAttribute(reader, attributes);
        break;
      case 10:
        flags = reader.uint32();
        break;
      default:
        reader.skip();
    }
  }
  reader.leave(outer);
  const fault = bucketsFault(bucketCounts, explicitBounds);
  const times = { startAt: start.at, at: time.at };
  if (fault !== undefined) reader.tally.reject(fault);
  else points.push({ attributes, ...times, count, sum, bucketCounts, explicitBounds, flags });
}
