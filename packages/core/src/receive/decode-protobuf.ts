import type { Limits } from "../model/limits.ts";
import type { MessageShape } from "./message-shapes.ts";
import { LOGS_REQUEST, METRICS_REQUEST, TRACE_REQUEST } from "./message-shapes.ts";
import { readLog } from "./protobuf-logs.ts";
import { readMetric } from "./protobuf-metrics.ts";
import { readRequest } from "./protobuf-request.ts";
import { readSpan } from "./protobuf-traces.ts";
import type { Decoded, LogRecord, MetricRecord, Origin, SpanRecord } from "./records.ts";
import { refusal } from "./refusal.ts";
import { Tally } from "./tally.ts";
import { WireFault } from "./wire-fault.ts";
import { WireReader } from "./wire-reader.ts";

/** Decodes an ExportTraceServiceRequest; throws `InputError` when the bytes are malformed. */
export function decodeTracesProtobuf(bytes: Uint8Array, limits: Limits): Decoded<SpanRecord> {
  return decode(bytes, limits, TRACE_REQUEST, readSpan);
}

/** Decodes an ExportMetricsServiceRequest; throws `InputError` when the bytes are malformed. */
export function decodeMetricsProtobuf(bytes: Uint8Array, limits: Limits): Decoded<MetricRecord> {
  return decode(bytes, limits, METRICS_REQUEST, readMetric);
}

/** Decodes an ExportLogsServiceRequest; throws `InputError` when the bytes are malformed. */
export function decodeLogsProtobuf(bytes: Uint8Array, limits: Limits): Decoded<LogRecord> {
  return decode(bytes, limits, LOGS_REQUEST, readLog);
}

function decode<T>(
  bytes: Uint8Array,
  limits: Limits,
  shape: MessageShape,
  read: (reader: WireReader, origin: Origin, into: T[]) => void,
): Decoded<T> {
  const tally = new Tally(limits);
  const records: T[] = [];
  try {
    readRequest(new WireReader(bytes, tally), (reader, origin) => read(reader, origin, records));
  } catch (error) {
    if (!(error instanceof WireFault)) throw error;
    throw refusal(error, new WireReader(bytes, new Tally(limits)), shape);
  }
  return tally.decoded(records);
}
