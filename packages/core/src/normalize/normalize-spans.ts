import type { Call } from "../model/call.ts";
import type { Evaluation } from "../model/evaluation.ts";
import type { TraceContext } from "../model/telemetry.ts";
import type { SpanRecord } from "../receive/records.ts";
import { callFrom } from "./call-from.ts";
import type { Normalized, NormalizeContext } from "./context.ts";
import { dialectOf } from "./dialects/table.ts";
import { EVALUATION_EVENT, evaluationFrom } from "./evaluation-from.ts";
import { feedbackOf } from "./feedback.ts";
import { type Generation, generationOf } from "./generation.ts";
import { refuseSpan, refuseTime } from "./refusal.ts";
import { retrievedIn } from "./retrieved.ts";
import { perResource, type Source } from "./source.ts";
import { linksBetween } from "./span-links.ts";
import { Tally } from "../model/tally.ts";

/**
 * Makes calls of spans, whatever dialect they are written in, evaluations of the events and
 * feedback on any span, and contexts of what tools gave and retrievals found. Stateless: repeated span ids and nested copies of one call are found when it is applied.
 */
export function normalizeSpans(
  records: readonly SpanRecord[],
  context: NormalizeContext,
): Normalized {
  const calls: Call[] = [];
  const others: SpanRecord[] = [];
  const contexts: TraceContext[] = [];
  const evaluations: Evaluation[] = [];
  const generations = new Map<Call, Generation>();
  const ignored = new Tally();
  const rejections = new Tally();
  const sources = perResource(context.limits.labelLength);
  const reading = { ...context, ignored };
  for (const span of records) {
    const source = sources(span.origin.resource);
    addEvaluations(evaluations, { span, source }, reading);
    const call = callOf(span, source, reading);
    if (typeof call === "object") {
      calls.push(call);
      const given = call.kind === "tool" ? call.text?.output : undefined;
      if (given !== undefined) contexts.push({ traceId: call.traceId, text: given });
      const generation = generationOf(span);
      if (generation !== undefined) generations.set(call, generation);
    } else if (call === "not-genai" || call === "not-a-call") {
      others.push(span);
      ignored.add(call);
      const text = retrievedIn(span, reading);
      if (text !== undefined) contexts.push({ traceId: span.traceId, text });
    } else rejections.add(call);
  }
  const links = linksBetween(calls, others, context.isAwaited ?? AWAITS_NONE);
  return {
    telemetry: {
      calls,
      points: [],
      evaluations,
      ...(links.length > 0 && { links }),
      ...(contexts.length > 0 && { contexts }),
    },
    generations,
    ignored: ignored.counts,
    rejections: rejections.counts,
  };
}

const AWAITS_NONE = (): boolean => false;

type Reading = NormalizeContext & { readonly ignored: Tally };

function callOf(
  span: SpanRecord,
  source: Source,
  context: Reading,
): Call | "not-genai" | "not-a-call" | NonNullable<ReturnType<typeof refuseSpan>> {
  const dialect = dialectOf(span);
  if (dialect === undefined) return "not-genai";
  const reading = dialect.read(span, context);
  if (reading === "not-a-call") return reading;
  return (
    refuseSpan(span, context) ?? callFrom(span, { dialect: dialect.name, reading }, source, context)
  );
}

function addEvaluations(
  to: Evaluation[],
  on: { readonly span: SpanRecord; readonly source: Source },
  context: Reading,
): void {
  const { traceId, spanId, endAt } = on.span;
  const told = on.span.events.filter(({ name }) => name === EVALUATION_EVENT);
  const feedback = feedbackOf(on.span.attributes).map((attributes) => ({ at: endAt, attributes }));
  for (const { at, attributes } of [...told, ...feedback]) {
    const place = { at, traceId, spanId, source: on.source };
    const evaluation = refuseTime(at, context) ?? evaluationFrom(attributes, place, context);
    // Rejections count spans, and the span itself may well be taken.
    if (typeof evaluation === "string") context.ignored.add(evaluation);
    else to.push(evaluation);
  }
}
