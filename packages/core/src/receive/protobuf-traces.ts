import { readAttribute } from "./protobuf-attributes.ts";
import { spanIdOrNone, spanIdsFault } from "./record-ids.ts";
import type { AttributeValue, Origin, SpanEventRecord, SpanRecord } from "./records.ts";
import { elapsedNs, NO_TIME, type UnixNano } from "./unix-nano.ts";
import type { WireReader } from "./wire-reader.ts";

/** What a Span's fields come to while they are read, in whatever order they come. */
type OpenSpan = {
  traceId: string;
  spanId: string;
  parentSpanId: string;
  traceState: string;
  name: string;
  kind: number;
  start: UnixNano;
  end: UnixNano;
  readonly attributes: Map<string, AttributeValue>;
  events: SpanEventRecord[] | undefined;
  statusCode: number;
  statusMessage: string;
};

const NO_EVENTS: readonly SpanEventRecord[] = [];

/** Reads the Span that the current field holds into `spans`, unless a limit or its ids forbid it. */
export function readSpan(reader: WireReader, origin: Origin, spans: SpanRecord[]): void {
  if (!reader.tally.admitsRecord()) {
    reader.skip();
    return;
  }
  const span: OpenSpan = {
    traceId: "",
    spanId: "",
    parentSpanId: "",
    traceState: "",
    name: "",
    kind: 0,
    start: NO_TIME,
    end: NO_TIME,
    attributes: new Map(),
    events: undefined,
    statusCode: 0,
    statusMessage: "",
  };
  const outer = reader.enter();
  while (reader.next()) readSpanField(reader, span);
  reader.leave(outer);
  const fault = spanIdsFault(span.traceId, span.spanId, span.parentSpanId);
  if (fault === undefined) spans.push(spanRecord(origin, span));
  else reader.tally.reject(fault);
}

function spanRecord(origin: Origin, span: OpenSpan): SpanRecord {
  return {
    origin,
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: spanIdOrNone(span.parentSpanId),
    traceState: span.traceState,
    name: span.name,
    kind: span.kind,
    startAt: span.start.at,
    endAt: span.end.at,
    durationNs: elapsedNs(span.start, span.end),
    attributes: span.attributes,
    events: span.events ?? NO_EVENTS,
    statusCode: span.statusCode,
    statusMessage: span.statusMessage,
  };
}

function readSpanField(reader: WireReader, span: OpenSpan): void {
  switch (reader.field) {
    case 1:
      span.traceId = reader.hex();
      break;
    case 2:
      span.spanId = reader.hex();
      break;
    case 3:
      span.traceState = reader.text();
      break;
    case 4:
      span.parentSpanId = reader.hex();
      break;
    case 5:
      span.name = reader.text();
      break;
    case 6:
      span.kind = reader.int32();
      break;
    case 7:
      span.start = reader.time();
      break;
    case 8:
      span.end = reader.time();
      break;
    case 9:
      readAttribute(reader, span.attributes);
      break;
    case 11:
      readEvent(reader, (span.events ??= []));
      break;
    case 15:
      readStatus(reader, span);
      break;
    default:
      reader.skip();
  }
}

function readStatus(reader: WireReader, span: OpenSpan): void {
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 2) span.statusMessage = reader.text();
    else if (reader.field === 3) span.statusCode = reader.int32();
    else reader.skip();
  }
  reader.leave(outer);
}

function readEvent(reader: WireReader, events: SpanEventRecord[]): void {
  if (!reader.tally.admitsEvent(events.length)) {
    reader.skip();
    return;
  }
  const outer = reader.enter();
  let name = "";
  let time = NO_TIME;
  const attributes = new Map<string, AttributeValue>();
  while (reader.next()) {
    if (reader.field === 1) time = reader.time();
    else if (reader.field === 2) name = reader.text();
    else if (reader.field === 3) readAttribute(reader, attributes);
    else reader.skip();
  }
  reader.leave(outer);
  events.push({ name, at: time.at, attributes });
}
