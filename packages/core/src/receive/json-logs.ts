import { readJsonAttributes, readJsonValue } from "./json-attributes.ts";
import type { JsonMessage } from "./json-message.ts";
import { spanIdOrNone, traceIdOrNone } from "./record-ids.ts";
import type { LogRecord, Origin } from "./records.ts";

/** Four steps a level: `SEVERITY_NUMBER_INFO`, `…_INFO2`, `…_INFO3`, `…_INFO4`. */
const SEVERITIES = new Map([
  ["SEVERITY_NUMBER_UNSPECIFIED", 0],
  ...["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"].flatMap((level, i) =>
    ["", "2", "3", "4"].map((step, j): [string, number] => [
      `SEVERITY_NUMBER_${level}${step}`,
      i * 4 + j + 1,
    ]),
  ),
] as const);

/** Reads a LogRecord into `logs`, unless the request has too many. */
export function readJsonLog(log: JsonMessage, origin: Origin, logs: LogRecord[]): void {
  if (!log.tally.admitsRecord()) return;
  const time = log.time("timeUnixNano");
  const observed = log.time("observedTimeUnixNano");
  logs.push({
    origin,
    at: time.at === 0 ? observed.at : time.at,
    eventName: log.text("eventName"),
    severityNumber: log.enumeration("severityNumber", SEVERITIES),
    body: readJsonValue(log.message("body"), 1),
    attributes: readJsonAttributes(log),
    // By the schema's comments a record with an invalid id belongs to no span, and is still taken.
    traceId: traceIdOrNone(log.hex("traceId")),
    spanId: spanIdOrNone(log.hex("spanId")),
  });
}
