import type { Evaluation } from "../model/evaluation.ts";
import type { LogRecord } from "../receive/records.ts";
import type { Normalized, NormalizeContext } from "./context.ts";
import { EVALUATION_EVENT, evaluationFrom } from "./evaluation-from.ts";
import { eventTextFrom, isTextEvent } from "./event-text-from.ts";
import type { SpanText } from "./event-texts.ts";
import { refuseTime } from "./refusal.ts";
import { perResource } from "./source.ts";
import { Tally } from "../model/tally.ts";

/**
 * Makes evaluations of log records, and texts of those that say what was said in a call; every other
 * one is `not-an-evaluation`.
 */
export function normalizeLogs(
  records: readonly LogRecord[],
  context: NormalizeContext,
): Normalized {
  const evaluations: Evaluation[] = [];
  const texts: SpanText[] = [];
  const ignored = new Tally();
  const rejections = new Tally();
  const sources = perResource(context.limits.labelLength);
  for (const record of records) {
    const name = eventNameOf(record);
    if (isTextEvent(name)) {
      const said = eventTextFrom(record, name, { limits: context.limits, ignored });
      const { traceId, spanId } = record;
      const isEmpty = said.text === undefined && said.facts === undefined;
      if (isEmpty || spanId === "") ignored.add("event-without-text");
      else texts.push({ traceId, spanId, ...said });
      continue;
    }
    if (name !== EVALUATION_EVENT) {
      ignored.add("not-an-evaluation");
      continue;
    }
    // A sender may leave the time to the receiver: it is unknown, and arrival is the best estimate.
    const at = record.at === 0 ? context.at : record.at;
    const { traceId, spanId } = record;
    const { resource, scopeName: scope } = record.origin;
    const place = { at, traceId, spanId, source: sources(resource), scope };
    const evaluation =
      refuseTime(at, context) ??
      evaluationFrom(record.attributes, place, { limits: context.limits, ignored });
    if (typeof evaluation === "string") rejections.add(evaluation);
    else evaluations.push(evaluation);
  }
  return {
    telemetry: { calls: [], points: [], evaluations },
    ...(texts.length > 0 && { texts }),
    ignored: ignored.counts,
    rejections: rejections.counts,
  };
}

/** The protocol's own field, or the attribute that stood for it before there was one. */
function eventNameOf(record: LogRecord): unknown {
  return record.eventName === "" ? record.attributes.get("event.name") : record.eventName;
}
