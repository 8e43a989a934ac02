import type { Limits } from "../model/limits.ts";
import { readJsonLog } from "./json-logs.ts";
import { JsonMessage } from "./json-message.ts";
import { readJsonMetric } from "./json-metrics.ts";
import { type JsonRequestNames, readJsonRequest } from "./json-request.ts";
import { readJsonSpan } from "./json-traces.ts";
import type { Decoded, LogRecord, MetricRecord, Origin, SpanRecord } from "./records.ts";
import { Tally } from "./tally.ts";

/**
 * Decodes an ExportTraceServiceRequest that was parsed from JSON, such as a line of a file that the
 * Collector wrote; throws `InputError` with the path of a value that is malformed. Parse with
 * `parseJson`, which bounds the nesting.
 */
export function decodeTracesJson(value: unknown, limits: Limits): Decoded<SpanRecord> {
  const names = { resources: "resourceSpans", scopes: "scopeSpans", records: "spans" };
  return decode(value, limits, names, readJsonSpan);
}

/** As `decodeTracesJson`, for an ExportMetricsServiceRequest. */
export function decodeMetricsJson(value: unknown, limits: Limits): Decoded<MetricRecord> {
  const names = { resources: "resourceMetrics", scopes: "scopeMetrics", records: "metrics" };
  return decode(value, limits, names, readJsonMetric);
}

/** As `decodeTracesJson`, for an ExportLogsServiceRequest. */
export function decodeLogsJson(value: unknown, limits: Limits): Decoded<LogRecord> {
  const names = { resources: "resourceLogs", scopes: "scopeLogs", records: "logRecords" };
  return decode(value, limits, names, readJsonLog);
}

function decode<T>(
  value: unknown,
  limits: Limits,
  names: JsonRequestNames,
  read: (record: JsonMessage, origin: Origin, into: T[]) => void,
): Decoded<T> {
  const tally = new Tally(limits);
  const records: T[] = [];
  const request = JsonMessage.root(value, tally);
  readJsonRequest(request, names, (record, origin) => read(record, origin, records));
  return tally.decoded(records);
}
