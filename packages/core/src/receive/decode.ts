import type { Limits } from "../model/limits.ts";
import { decodeLogsJson, decodeMetricsJson, decodeTracesJson } from "./decode-json.ts";
import { decodeLogsProtobuf, decodeMetricsProtobuf } from "./decode-protobuf.ts";
import { decodeTracesProtobuf } from "./decode-protobuf.ts";
import type { Encoding } from "./encoding.ts";
import { parseJson } from "./json-text.ts";
import type { Decoded, LogRecord, MetricRecord, SpanRecord } from "./records.ts";

/**
 * The spans of an ExportTraceServiceRequest, and what of it was not taken.
 *
 * @param bytes the body, decompressed; it may be reused afterwards, because records copy what they keep
 * @throws {InputError} when the bytes are malformed: nothing of the request is taken
 */
export function decodeTraces(
  bytes: Uint8Array,
  encoding: Encoding,
  limits: Limits,
): Decoded<SpanRecord> {
  return encoding === "protobuf"
    ? decodeTracesProtobuf(bytes, limits)
    : decodeTracesJson(parseJson(bytes, limits), limits);
}

/** As `decodeTraces`, for the metrics of an ExportMetricsServiceRequest; counted in data points. */
export function decodeMetrics(
  bytes: Uint8Array,
  encoding: Encoding,
  limits: Limits,
): Decoded<MetricRecord> {
  return encoding === "protobuf"
    ? decodeMetricsProtobuf(bytes, limits)
    : decodeMetricsJson(parseJson(bytes, limits), limits);
}

/** As `decodeTraces`, for the log records of an ExportLogsServiceRequest. */
export function decodeLogs(
  bytes: Uint8Array,
  encoding: Encoding,
  limits: Limits,
): Decoded<LogRecord> {
  return encoding === "protobuf"
    ? decodeLogsProtobuf(bytes, limits)
    : decodeLogsJson(parseJson(bytes, limits), limits);
}
