import type { EpochMs } from "@naruko/core/model/time";

type AttributeMap = Readonly<Record<string, string | number>>;

/** A span as a line of a Collector's file shows it. */
export type LineSpan = {
  readonly endAt: EpochMs;
  readonly durationMs: number;
  readonly attributes: AttributeMap;
};

/** One line of a Collector's file with spans of one service; ids go on from `firstId`. */
export function spanLine(service: string, spans: readonly LineSpan[], firstId: number): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: attributesOf({ "service.name": service }) },
        scopeSpans: [{ scope: {}, spans: spans.map((span, i) => spanOf(span, firstId + i)) }],
      },
    ],
  });
}

/** A failed or good chat call by the GenAI conventions. */
export function chatSpan(endAt: EpochMs, model: string, error?: string): LineSpan {
  const attributes: AttributeMap = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": model,
    ...(error === undefined
      ? { "gen_ai.usage.input_tokens": 100, "gen_ai.usage.output_tokens": 20 }
      : { "error.type": error }),
  };
  return { endAt, durationMs: 800, attributes };
}

function spanOf({ endAt, durationMs, attributes }: LineSpan, id: number): object {
  return {
    traceId: id.toString(16).padStart(32, "0"),
    spanId: id.toString(16).padStart(16, "0"),
    name: "chat",
    kind: 3,
    startTimeUnixNano: nanos(endAt - durationMs),
    endTimeUnixNano: nanos(endAt),
    attributes: attributesOf(attributes),
    status: {},
  };
}

function nanos(ms: number): string {
  return `${ms}000000`;
}

function attributesOf(attributes: AttributeMap): readonly object[] {
  return Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === "string" ? { stringValue: value } : { intValue: String(value) },
  }));
}
