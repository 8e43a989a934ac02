import { readJsonAttributes } from "./json-attributes.ts";
import type { JsonMessage } from "./json-message.ts";
import { spanIdOrNone, spanIdsFault } from "./record-ids.ts";
import type { Origin, SpanEventRecord, SpanRecord } from "./records.ts";
import { elapsedNs } from "./unix-nano.ts";

const SPAN_KINDS = new Map([
  ["SPAN_KIND_UNSPECIFIED", 0],
  ["SPAN_KIND_INTERNAL", 1],
  ["SPAN_KIND_SERVER", 2],
  ["SPAN_KIND_CLIENT", 3],
  ["SPAN_KIND_PRODUCER", 4],
  ["SPAN_KIND_CONSUMER", 5],
]);

const STATUS_CODES = new Map([
  ["STATUS_CODE_UNSET", 0],
  ["STATUS_CODE_OK", 1],
  ["STATUS_CODE_ERROR", 2],
]);

/** Reads a Span into `spans`, unless a limit or its ids forbid it. */
export function readJsonSpan(span: JsonMessage, origin: Origin, spans: SpanRecord[]): void {
  if (!span.tally.admitsRecord()) return;
  const start = span.time("startTimeUnixNano");
  const end = span.time("endTimeUnixNano");
  const status = span.message("status");
  const record: SpanRecord = {
    origin,
    traceId: span.hex("traceId"),
    spanId: span.hex("spanId"),
    parentSpanId: span.hex("parentSpanId"),
    traceState: span.text("traceState"),
    name: span.text("name"),
    kind: span.enumeration("kind", SPAN_KINDS),
    startAt: start.at,
    endAt: end.at,
    durationNs: elapsedNs(start, end),
    attributes: readJsonAttributes(span),
    events: readEvents(span),
    statusCode: status?.enumeration("code", STATUS_CODES) ?? 0,
    statusMessage: status?.text("message") ?? "",
  };
  const fault = spanIdsFault(record.traceId, record.spanId, record.parentSpanId);
  if (fault !== undefined) span.tally.reject(fault);
  else spans.push({ ...record, parentSpanId: spanIdOrNone(record.parentSpanId) });
}

function readEvents(span: JsonMessage): readonly SpanEventRecord[] {
  const events: SpanEventRecord[] = [];
  for (const event of span.messages("events")) {
    if (!span.tally.admitsEvent(events.length)) continue;
    events.push({
      name: event.text("name"),
      at: event.time("timeUnixNano").at,
      attributes: readJsonAttributes(event),
    });
  }
  return events;
}
