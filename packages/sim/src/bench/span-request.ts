import { randomFillSync } from "node:crypto";
import { oracleEncode, type JsonMessage } from "@naruko/core/testing/otlp-oracle";
import { INSTRUCTION, prose } from "./prose.ts";

/** Spans in one request: the size that the bench is specified with. */
export const SPANS_PER_REQUEST = 500;

const MODELS = [
  ["openai", "gpt-4o", "gpt-4o-2024-08-06"],
  ["openai", "gpt-4o-mini", "gpt-4o-mini-2024-07-18"],
  ["anthropic", "claude-sonnet-4-5", "claude-sonnet-4-5-20250929"],
] as const;

const SERVICES = ["checkout", "support", "search", "docs"] as const;
/** One call in fifty fails. */
const FAILS_EVERY = 50;
const RESPONSE_ID_BYTES = 24;

/** A request whose ids and times are written over before each use. */
export type SpanRequest = {
  /** Writes ids that were never used, and times that end at `endMs`; returns the bytes, which are reused. */
  readonly next: (endMs: number) => Uint8Array;
};

/**
 * A trace export of 500 calls with 12 attributes each, encoded once. Every request then differs in
 * each span's trace id, span id, response id (random bytes) and times: about what a sender's
 * requests differ in, at the price of writing a few kilobytes.
 *
 * @param textLength characters of each call's prompt, and as many of its answer; 0: no text is sent
 */
export function spanRequest(textLength: number = 0): SpanRequest {
  const ids = Buffer.alloc(SPANS_PER_REQUEST * 24);
  randomFillSync(ids);
  const spans = Array.from({ length: SPANS_PER_REQUEST }, (_, n) => span(n, ids, textLength));
  const bytes = Buffer.from(oracleEncode("TraceRequest", { resourceSpans: byService(spans) }));
  const places = spans.map((_, n) => placesOf(bytes, n, ids));
  const random = Buffer.alloc(SPANS_PER_REQUEST * (24 + RESPONSE_ID_BYTES / 2));
  return {
    next: (endMs) => {
      randomFillSync(random);
      let at = 0;
      for (const { trace, span: spanAt, start, response } of places) {
        at += random.copy(bytes, trace, at, at + 16);
        at += random.copy(bytes, spanAt, at, at + 8);
        const last = at + RESPONSE_ID_BYTES / 2;
        if (response >= 0) bytes.write(random.toString("hex", at, last), response, "latin1");
        at = last;
        const lengthMs = 200 + (random[at - 1] ?? 0) * 20;
        bytes.writeBigUInt64LE(BigInt(endMs - lengthMs) * 1_000_000n, start);
        bytes.writeBigUInt64LE(BigInt(endMs) * 1_000_000n, start + TIME_FIELD_BYTES);
      }
      return bytes;
    },
  };
}

/** A fixed64 field and its one-byte tag. */
const TIME_FIELD_BYTES = 9;

type Places = {
  readonly trace: number;
  readonly span: number;
  readonly start: number;
  /** -1 for a call that failed. */
  readonly response: number;
};

/** Finds a span's ids by their random values; the times follow at a distance that never changes. */
function placesOf(bytes: Buffer, n: number, ids: Buffer): Places {
  const trace = bytes.indexOf(ids.subarray(n * 24, n * 24 + 16));
  const spanAt = bytes.indexOf(ids.subarray(n * 24 + 16, n * 24 + 24), trace);
  const start = bytes.indexOf(START_MARK, spanAt);
  if (trace < 0 || spanAt < 0 || start < 0) throw new Error(`span ${n} is not in its request`);
  return { trace, span: spanAt, start, response: bytes.indexOf(responseId(n), spanAt) };
}

const START_NANOS = 0x0102030405060708n;
const START_MARK = Buffer.alloc(8);
START_MARK.writeBigUInt64LE(START_NANOS);

function responseId(n: number): string {
  return String(n).padStart(RESPONSE_ID_BYTES, "~");
}

function byService(spans: readonly JsonMessage[]): readonly JsonMessage[] {
  return SERVICES.map((service, i) => ({
    resource: {
      attributes: [
        text("service.name", service),
        text("service.version", "2.4.1"),
        text("deployment.environment.name", "production"),
        text("telemetry.sdk.language", "nodejs"),
      ],
    },
    scopeSpans: [
      {
        scope: { name: "bench", version: "1.0.0" },
        spans: spans.filter((_, n) => n % SERVICES.length === i),
      },
    ],
  }));
}

function span(n: number, ids: Buffer, textLength: number): JsonMessage {
  const [provider, requested, answered] = MODELS[n % MODELS.length] ?? MODELS[0];
  const failed = n % FAILS_EVERY === 0;
  return {
    traceId: ids.toString("hex", n * 24, n * 24 + 16),
    spanId: ids.toString("hex", n * 24 + 16, n * 24 + 24),
    name: `chat ${requested}`,
    kind: 3,
    startTimeUnixNano: String(START_NANOS),
    endTimeUnixNano: String(START_NANOS),
    attributes: [
      text("gen_ai.operation.name", "chat"),
      text("gen_ai.provider.name", provider),
      text("gen_ai.request.model", requested),
      text("server.address", `api.${provider}.com`),
      whole("server.port", 443),
      whole("gen_ai.request.max_tokens", 1024),
      text("gen_ai.conversation.id", `conversation-${n % 97}`),
      text("gen_ai.response.model", answered),
      whole("gen_ai.usage.input_tokens", 400 + ((n * 37) % 900)),
      whole("gen_ai.usage.output_tokens", 40 + ((n * 53) % 600)),
      ...(failed
        ? [text("error.type", "rate_limit_exceeded"), whole("http.response.status_code", 429)]
        : [
            text("gen_ai.response.id", responseId(n)),
            {
              key: "gen_ai.response.finish_reasons",
              value: { arrayValue: { values: [{ stringValue: "stop" }] } },
            },
          ]),
      ...(textLength === 0 ? [] : messages(n, textLength, failed)),
    ],
    status: failed ? { code: 2, message: "429 Too Many Requests" } : {},
  };
}

/** What was said, as the conventions have it on spans: as JSON. */
function messages(n: number, textLength: number, failed: boolean): readonly JsonMessage[] {
  const asked = parts(prose(textLength - INSTRUCTION.length, n));
  const answered = parts(prose(textLength, n + 5));
  const output = [{ role: "assistant", parts: answered, finish_reason: "stop" }];
  return [
    json("gen_ai.system_instructions", parts(INSTRUCTION)),
    json("gen_ai.input.messages", [{ role: "user", parts: asked }]),
    ...(failed ? [] : [json("gen_ai.output.messages", output)]),
  ];
}

function parts(content: string): readonly JsonMessage[] {
  return [{ type: "text", content }];
}

function json(key: string, value: unknown): JsonMessage {
  return text(key, JSON.stringify(value));
}

function text(key: string, value: string): JsonMessage {
  return { key, value: { stringValue: value } };
}

function whole(key: string, value: number): JsonMessage {
  return { key, value: { intValue: String(value) } };
}
