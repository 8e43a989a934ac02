// What a request comes to, told from protobufjs' decoding of it: slow, plain, with BigInt.
import type { JsonMessage } from "./otlp-oracle.ts";

type Counts = Map<string, number>;

/** Records and rejections, in the shape of `Decoded`. */
export type Expected = { readonly records: JsonMessage[]; readonly rejected: Counts };

type TakeRecord = (record: JsonMessage, origin: JsonMessage, into: Expected) => void;

export function expectedSpans(request: JsonMessage): Expected {
  return expected(request, "Spans", "spans", takeSpan);
}

export function expectedLogs(request: JsonMessage): Expected {
  return expected(request, "Logs", "logRecords", takeLog);
}

export function expectedMetrics(request: JsonMessage): Expected {
  return expected(request, "Metrics", "metrics", takeMetric);
}

function expected(
  request: JsonMessage,
  signal: string,
  records: string,
  take: TakeRecord,
): Expected {
  const into: Expected = { records: [], rejected: new Map() };
  for (const resourced of list(request, `resource${signal}`)) {
    for (const scoped of list(resourced, `scope${signal}`)) {
      const scope = message(scoped, "scope");
      const origin = {
        resource: attributes(message(resourced, "resource")),
        scopeName: text(scope, "name"),
        scopeVersion: text(scope, "version"),
        schemaUrl: text(scoped, "schemaUrl") || text(resourced, "schemaUrl"),
      };
      for (const record of list(scoped, records)) take(record, origin, into);
    }
  }
  return into;
}

function takeSpan(span: JsonMessage, origin: JsonMessage, into: Expected): void {
  const parent = hex(span, "parentSpanId");
  if (!isId(hex(span, "traceId"), 16)) return reject(into, "trace-id-invalid");
  if (!isId(hex(span, "spanId"), 8)) return reject(into, "span-id-invalid");
  if (parent !== "" && parent.length !== 16) return reject(into, "parent-span-id-invalid");
  const start = nanos(span, "startTimeUnixNano");
  const end = nanos(span, "endTimeUnixNano");
  into.records.push({
    origin,
    traceId: hex(span, "traceId"),
    spanId: hex(span, "spanId"),
    parentSpanId: isId(parent, 8) ? parent : "",
    traceState: text(span, "traceState"),
    name: text(span, "name"),
    kind: span["kind"] ?? 0,
    startAt: Number(start / 1_000_000n),
    endAt: Number(end / 1_000_000n),
    durationNs: end - start,
    attributes: attributes(span),
    events: list(span, "events").map((event) => ({
      name: text(event, "name"),
      at: Number(nanos(event, "timeUnixNano") / 1_000_000n),
      attributes: attributes(event),
    })),
    statusCode: message(span, "status")["code"] ?? 0,
    statusMessage: text(message(span, "status"), "message"),
  });
}

function takeLog(log: JsonMessage, origin: JsonMessage, into: Expected): void {
  const time = nanos(log, "timeUnixNano") / 1_000_000n;
  const observed = nanos(log, "observedTimeUnixNano") / 1_000_000n;
  into.records.push({
    origin,
    at: Number(time === 0n ? observed : time),
    eventName: text(log, "eventName"),
    severityNumber: log["severityNumber"] ?? 0,
    body: anyValue(message(log, "body")),
    attributes: attributes(log),
    traceId: isId(hex(log, "traceId"), 16) ? hex(log, "traceId") : "",
    spanId: isId(hex(log, "spanId"), 8) ? hex(log, "spanId") : "",
  });
}

const POINTS = {
  gauge: numberPoint,
  sum: numberPoint,
  histogram: histogramPoint,
  exponentialHistogram: exponentialPoint,
};

function takeMetric(metric: JsonMessage, origin: JsonMessage, into: Expected): void {
  const identity = {
    origin,
    name: text(metric, "name"),
    unit: text(metric, "unit"),
    description: text(metric, "description"),
  };
  const pointCount = list(message(metric, "summary"), "dataPoints").length;
  if (pointCount > 0) into.records.push({ ...identity, type: "summary", pointCount });
  for (const [type, point] of Object.entries(POINTS)) {
    const data = message(metric, type);
    const temporality = Number(data["aggregationTemporality"] ?? 0);
    const points = list(data, "dataPoints").flatMap((item) => point(item, into));
    if (points.length === 0) continue;
    into.records.push({
      ...identity,
      type: type === "exponentialHistogram" ? "exponential-histogram" : type,
      points,
      ...(type === "sum" ? { monotonic: data["isMonotonic"] ?? false } : {}),
      ...(type === "gauge" ? {} : { temporality: temporality > 2 ? 0 : temporality }),
    });
  }
}

function pointBase(point: JsonMessage): JsonMessage {
  return {
    attributes: attributes(point),
    startAt: Number(nanos(point, "startTimeUnixNano") / 1_000_000n),
    at: Number(nanos(point, "timeUnixNano") / 1_000_000n),
    flags: point["flags"] ?? 0,
  };
}

function numberPoint(point: JsonMessage, into: Expected): JsonMessage[] {
  const base = pointBase(point);
  const value = point["asInt"] ?? point["asDouble"];
  if (value !== undefined) return [{ ...base, value: Number(value) }];
  if (Number(base["flags"]) % 2 === 1) return [{ ...base, value: 0 }];
  reject(into, "value-missing");
  return [];
}

function histogramPoint(point: JsonMessage, into: Expected): JsonMessage[] {
  const bucketCounts = numbers(point, "bucketCounts");
  const explicitBounds = numbers(point, "explicitBounds");
  const fits =
    bucketCounts.length === explicitBounds.length + 1 ||
    (bucketCounts.length === 0 && explicitBounds.length === 0);
  const sorted = [...new Set(explicitBounds)].toSorted((a, b) => a - b);
  const ascends = sorted.join(" ") === explicitBounds.join(" ");
  if (!fits || !ascends) {
    reject(into, "buckets-invalid");
    return [];
  }
  const sum = point["sum"];
  const count = Number(point["count"] ?? 0);
  return [{ ...pointBase(point), count, sum, bucketCounts, explicitBounds }];
}

function exponentialPoint(point: JsonMessage): JsonMessage[] {
  const buckets = (field: string): JsonMessage => ({
    offset: message(point, field)["offset"] ?? 0,
    counts: numbers(message(point, field), "bucketCounts"),
  });
  return [
    {
      ...pointBase(point),
      count: Number(point["count"] ?? 0),
      sum: point["sum"],
      scale: point["scale"] ?? 0,
      zeroCount: Number(point["zeroCount"] ?? 0),
      zeroThreshold: point["zeroThreshold"] ?? 0,
      positive: buckets("positive"),
      negative: buckets("negative"),
    },
  ];
}

function reject(into: Expected, reason: string): void {
  into.rejected.set(reason, (into.rejected.get(reason) ?? 0) + 1);
}

function list(of: JsonMessage, field: string): JsonMessage[] {
  return (of[field] ?? []) as JsonMessage[];
}

function numbers(of: JsonMessage, field: string): number[] {
  return ((of[field] ?? []) as unknown[]).map(Number);
}

function message(of: JsonMessage, field: string): JsonMessage {
  return (of[field] ?? {}) as JsonMessage;
}

function text(of: JsonMessage, field: string): string {
  return (of[field] ?? "") as string;
}

function hex(of: JsonMessage, field: string): string {
  return Buffer.from((of[field] ?? []) as Uint8Array).toString("hex");
}

function isId(digits: string, bytes: number): boolean {
  return digits.length === bytes * 2 && !/^0*$/.test(digits);
}

function nanos(of: JsonMessage, field: string): bigint {
  return BigInt((of[field] ?? "0") as string);
}

function attributes(of: JsonMessage): Map<string, unknown> {
  return entries(list(of, "attributes"));
}

function entries(of: JsonMessage[]): Map<string, unknown> {
  return new Map(of.map((entry) => [text(entry, "key"), anyValue(message(entry, "value"))]));
}

function anyValue(value: JsonMessage): unknown {
  const [field = "", content] = Object.entries(value)[0] ?? [];
  switch (field) {
    case "intValue":
      return Number(content);
    case "bytesValue":
      return Uint8Array.from(content as Uint8Array);
    case "arrayValue":
      return list(content as JsonMessage, "values").map(anyValue);
    case "kvlistValue":
      return entries(list(content as JsonMessage, "values"));
    default:
      return content ?? null;
  }
}
