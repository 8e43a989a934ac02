import { readAttribute, readValue } from "./protobuf-attributes.ts";
import { spanIdOrNone, traceIdOrNone } from "./record-ids.ts";
import type { AttributeValue, LogRecord, Origin } from "./records.ts";
import { NO_TIME } from "./unix-nano.ts";
import type { WireReader } from "./wire-reader.ts";

/** Reads the LogRecord that the current field holds into `logs`, unless the request has too many. */
export function readLog(reader: WireReader, origin: Origin, logs: LogRecord[]): void {
  if (!reader.tally.admitsRecord()) {
    reader.skip();
    return;
  }
  const outer = reader.enter();
  let time = NO_TIME;
  let observed = NO_TIME;
  let eventName = "";
  let severityNumber = 0;
  let body: AttributeValue = null;
  const attributes = new Map<string, AttributeValue>();
  let traceId = "";
  let spanId = "";
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        time = reader.time();
        break;
      case 2:
        severityNumber = reader.int32();
        break;
      case 5:
        body = readValue(reader, 1);
        break;
      case 6:
        readAttribute(reader, attributes);
        break;
      case 9:
        traceId = reader.hex();
        break;
      case 10:
        spanId = reader.hex();
        break;
      case 11:
        observed = reader.time();
        break;
      case 12:
        eventName = reader.text();
        break;
      default:
        reader.skip();
    }
  }
  reader.leave(outer);
  logs.push({
    origin,
    at: time.at === 0 ? observed.at : time.at,
    eventName,
    severityNumber,
    body,
    attributes,
    // By the schema's comments a record with an invalid id belongs to no span, and is still taken.
    traceId: traceIdOrNone(traceId),
    spanId: spanIdOrNone(spanId),
  });
}
