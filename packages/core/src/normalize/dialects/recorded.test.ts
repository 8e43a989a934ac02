// What real instrumentations exported (OTLP/JSON, ports and stack traces left out) while they called
// a stub of OpenAI's API, which told 120 tokens in, 20 of them cached, and 30 out.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import type { Call } from "../../model/call.ts";
import { DEFAULT_LIMITS } from "../../model/limits.ts";
import { epochMs } from "../../model/time.ts";
import { decodeTracesJson } from "../../receive/decode-json.ts";
import { normalizeSpans } from "../normalize-spans.ts";

type Told = Omit<
  Call,
  "traceId" | "spanId" | "parentSpanId" | "startAt" | "endAt" | "durationS" | "timePerOutputChunkS"
>;

/** A recording's calls without what differs from run to run; times of chunks as whether they are told. */
function callsOf(file: string): readonly unknown[] {
  const request: unknown = JSON.parse(
    readFileSync(new URL(`recorded/${file}.json`, import.meta.url), "utf8"),
  );
  const { records } = decodeTracesJson(request, DEFAULT_LIMITS);
  const { telemetry, rejections } = normalizeSpans(records, {
    at: epochMs(Math.max(...records.map(({ endAt }) => endAt))),
    maxAheadMs: 0,
    limits: DEFAULT_LIMITS,
  });
  assert.equal(rejections.size, 0);
  const varying = ["traceId", "spanId", "parentSpanId", "startAt", "endAt", "durationS"];
  return telemetry.calls.map((call) =>
    Object.fromEntries(
      Object.entries(call)
        .filter(([field]) => !varying.includes(field))
        .map(([field, value]) => [field, field.endsWith("ChunkS") ? true : value]),
    ),
  );
}

const FIELDS = {
  kind: "inference",
  operation: "chat",
  service: "demo",
  provider: "openai",
  requestModel: "gpt-4o",
  stream: false,
  finishReasons: ["stop"],
  usage: {},
  usageSource: "missing",
  weight: 1,
  text: { input: "hi", output: "Hello" },
} satisfies Partial<Told>;

const aiSdk = { ...FIELDS, dialect: "ai-sdk" };
const answered = {
  ...aiSdk,
  responseModel: "gpt-4o-2024-08-06",
  responseId: "chatcmpl-1",
  usage: { inputTokens: 120, outputTokens: 30, cacheReadTokens: 20 },
  usageSource: "provider",
};
const embedded = {
  ...FIELDS,
  kind: "embeddings",
  operation: "embeddings",
  requestModel: "text-embedding-3-small",
  finishReasons: [],
};
const { text: _unsaid, ...unsaid } = embedded;

test("Vercel AI SDK 7 with @ai-sdk/otel 1.0.173", () => {
  assert.deepEqual(callsOf("ai-sdk-otel-1.0.173"), [
    answered,
    // The step is no call; the agent around it repeats the usage, and has none here.
    { ...aiSdk, kind: "agent", operation: "invoke_agent" },
    { ...answered, stream: true, timeToFirstChunkS: true, timePerOutputChunkS: true },
    { ...aiSdk, finishReasons: [], errorType: "429", text: { input: "FAIL429" } },
    { ...unsaid, dialect: "ai-sdk", usage: { inputTokens: 7 }, usageSource: "provider" },
    // The span around it, of the same operation: taken out as a nested copy when it is applied.
    { ...unsaid, dialect: "ai-sdk", unpriced: "missing-usage" },
  ]);
});

test("OpenInference for OpenAI 4.2.7 tells no usage of streams and embeddings", () => {
  assert.deepEqual(callsOf("openinference-openai-4.2.7"), [
    {
      ...FIELDS,
      dialect: "openinference",
      responseModel: "gpt-4o-2024-08-06",
      usage: { inputTokens: 120, outputTokens: 30, cacheReadTokens: 20, reasoningTokens: 5 },
      usageSource: "provider",
    },
    { ...FIELDS, dialect: "openinference", stream: true, unpriced: "missing-usage" },
    { ...embedded, dialect: "openinference", text: { input: "hi" }, unpriced: "missing-usage" },
  ]);
});
