import { SECOND_MS } from "@naruko/core/model/time";
import type { DemoCall } from "./demo-calls.ts";

/** OTLP/JSON requests as an instrumented application would send them. */
export type DemoRequests = { readonly traces: object; readonly logs?: object };

const ENVIRONMENT = "demo";

/** Spans of the OpenTelemetry conventions for generative AI, and evaluation events beside them. */
export function demoRequests(calls: readonly DemoCall[]): DemoRequests {
  const services = byService(calls);
  const traces = {
    resourceSpans: services.map(([service, own]) => ({
      resource: resourceOf(service),
      scopeSpans: [{ scope: { name: "naruko-demo" }, spans: own.map(spanOf) }],
    })),
  };
  const logs = services
    .map(([service, own]) => ({
      resource: resourceOf(service),
      scopeLogs: [{ scope: { name: "naruko-demo" }, logRecords: own.flatMap(evaluationsOf) }],
    }))
    .filter(({ scopeLogs }) => scopeLogs.some(({ logRecords }) => logRecords.length > 0));
  return logs.length === 0 ? { traces } : { traces, logs: { resourceLogs: logs } };
}

function byService(calls: readonly DemoCall[]): (readonly [string, readonly DemoCall[]])[] {
  const names = [...new Set(calls.map(({ service }) => service))];
  return names.map((name) => [name, calls.filter(({ service }) => service === name)]);
}

function resourceOf(service: string): object {
  return {
    attributes: attributes({
      "service.name": service,
      "deployment.environment.name": ENVIRONMENT,
    }),
  };
}

function spanOf(call: DemoCall): object {
  const { model, endMs, durationMs, error } = call;
  return {
    traceId: call.traceId,
    spanId: call.spanId,
    name: `chat ${model.name}`,
    kind: 3,
    startTimeUnixNano: nanoseconds(endMs - durationMs),
    endTimeUnixNano: nanoseconds(endMs),
    status: error === undefined ? {} : { code: 2 },
    attributes: attributes({
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": model.provider,
      "gen_ai.request.model": model.name,
      "gen_ai.conversation.id": call.conversationId,
      ...(error === undefined ? answerOf(call) : { "error.type": error }),
    }),
  };
}

function answerOf(call: DemoCall): Readonly<Record<string, string | number | boolean>> {
  const { firstChunkMs } = call;
  return {
    "gen_ai.response.model": call.model.name,
    "gen_ai.usage.input_tokens": call.inputTokens,
    "gen_ai.usage.output_tokens": call.outputTokens,
    "gen_ai.usage.cache_read.input_tokens": call.cacheReadTokens,
    "gen_ai.response.finish_reasons": call.finishReason,
    ...(firstChunkMs === undefined
      ? {}
      : {
          "gen_ai.request.stream": true,
          "gen_ai.response.time_to_first_chunk": firstChunkMs / SECOND_MS,
        }),
  };
}

function evaluationsOf({ scores, endMs, traceId, spanId }: DemoCall): object[] {
  return [...scores].map(([name, score]) => ({
    timeUnixNano: nanoseconds(endMs),
    eventName: "gen_ai.evaluation.result",
    traceId,
    spanId,
    attributes: attributes({
      "gen_ai.evaluation.name": name,
      "gen_ai.evaluation.score.value": score,
    }),
  }));
}

function attributes(values: Readonly<Record<string, string | number | boolean>>): object[] {
  return Object.entries(values).map(([key, value]) => ({ key, value: anyValue(key, value) }));
}

function anyValue(key: string, value: string | number | boolean): object {
  if (key === "gen_ai.response.finish_reasons") {
    return { arrayValue: { values: [{ stringValue: value }] } };
  }
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

function nanoseconds(ms: number): string {
  return `${ms}000000`;
}
