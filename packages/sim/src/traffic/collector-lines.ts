import { SECOND_MS } from "@naruko/core/model/time";
import type { TracedCall, Verdict } from "./traced-calls.ts";

/** One line of a Collector's file, or the body of the request that carries the same. */
export type CollectorLine = {
  readonly signal: "traces" | "logs";
  readonly json: string;
  /** The largest time in this line and those before it, in epoch ms. */
  readonly at: number;
};

type JudgedCall = { readonly call: TracedCall; readonly verdict: Verdict };

/**
 * Calls and verdicts in batches of so many seconds, as the Collector's batch processor hands them to
 * its file exporter: a line of spans, then one of log records.
 */
export function* collectorLines(
  calls: Iterable<TracedCall>,
  startAt: number,
  batchS: number,
): Generator<CollectorLine> {
  let at = 0;
  let spans: TracedCall[] = [];
  let judged: JudgedCall[] = [];
  const line = (
    signal: "traces" | "logs",
    times: readonly number[],
    body: object,
  ): CollectorLine => {
    for (const time of times) at = Math.max(at, startAt + time);
    return { signal, json: JSON.stringify(body), at };
  };
  function* flush(untilMs: number): Generator<CollectorLine> {
    if (spans.length > 0) {
      const ends = spans.map(({ endMs }) => endMs);
      yield line("traces", ends, { resourceSpans: spanResources(spans, startAt) });
    }
    spans = [];
    const due = judged.filter(({ verdict }) => verdict.atMs < untilMs);
    judged = judged.filter(({ verdict }) => verdict.atMs >= untilMs);
    if (due.length > 0) {
      const times = due.map(({ verdict }) => verdict.atMs);
      yield line("logs", times, { resourceLogs: logResources(due, startAt) });
    }
  }
  let flushMs = batchS * SECOND_MS;
  for (const call of calls) {
    while (call.endMs >= flushMs) {
      yield* flush(flushMs);
      flushMs += batchS * SECOND_MS;
    }
    spans.push(call);
    judged.push(...call.verdicts.map((verdict) => ({ call, verdict })));
  }
  yield* flush(Infinity);
}

function spanResources(calls: readonly TracedCall[], startAt: number): readonly object[] {
  return byService(calls, ({ service }) => service).map(([service, own]) => ({
    resource: resourceOf(service),
    scopeSpans: [
      {
        scope: { name: "opentelemetry.instrumentation.openai_v2", version: "2.3b0" },
        spans: own.map((call) => spanOf(call, startAt)),
      },
    ],
  }));
}

function spanOf(call: TracedCall, startAt: number): object {
  const { traceId, spanId, model, errorType, inputTokens, outputTokens } = call;
  const failed = errorType !== undefined;
  return {
    traceId,
    spanId,
    flags: 256,
    name: `chat ${model}`,
    kind: 3,
    startTimeUnixNano: nanos(startAt + call.startMs),
    endTimeUnixNano: nanos(startAt + call.endMs),
    attributes: [
      text("gen_ai.operation.name", "chat"),
      text("gen_ai.provider.name", "azure.ai.openai"),
      text("gen_ai.request.model", model),
      ...(failed
        ? [text("error.type", errorType)]
        : [
            text("gen_ai.response.model", model),
            whole("gen_ai.usage.input_tokens", inputTokens),
            whole("gen_ai.usage.output_tokens", outputTokens),
          ]),
    ],
    status: failed ? { message: errorType, code: 2 } : {},
  };
}

function logResources(judged: readonly JudgedCall[], startAt: number): readonly object[] {
  return byService(judged, ({ call }) => call.service).map(([service, own]) => ({
    resource: resourceOf(service),
    scopeLogs: [
      { scope: { name: "evaluator" }, logRecords: own.map((one) => logOf(one, startAt)) },
    ],
  }));
}

function logOf({ call, verdict }: JudgedCall, startAt: number): object {
  return {
    timeUnixNano: nanos(startAt + verdict.atMs),
    observedTimeUnixNano: nanos(startAt + verdict.atMs),
    eventName: "gen_ai.evaluation.result",
    body: {},
    attributes: [
      text("gen_ai.evaluation.name", verdict.name),
      { key: "gen_ai.evaluation.score.value", value: { doubleValue: verdict.score } },
    ],
    traceId: call.traceId,
    spanId: call.spanId,
  };
}

function byService<T>(
  all: readonly T[],
  serviceOf: (one: T) => string,
): readonly (readonly [string, readonly T[]])[] {
  const services = [...new Set(all.map(serviceOf))];
  return services.map((service) => [service, all.filter((one) => serviceOf(one) === service)]);
}

function resourceOf(service: string): object {
  return { attributes: [text("service.name", service)] };
}

function text(key: string, stringValue: string): object {
  return { key, value: { stringValue } };
}

function whole(key: string, value: number): object {
  return { key, value: { intValue: String(value) } };
}

function nanos(ms: number): string {
  return `${ms}000000`;
}
