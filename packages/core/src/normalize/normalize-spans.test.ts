import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import type { Call, Usage } from "../model/call.ts";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import { DAY_MS, epochMs } from "../model/time.ts";
import type { AttributeValue, SpanRecord } from "../receive/records.ts";
import { attributes, origin, span, START } from "../testing/records.ts";
import type { NormalizeContext, Normalized } from "./context.ts";
import { normalizeSpans } from "./normalize-spans.ts";
import type { PriceAsk } from "./price-of.ts";

type Values = Readonly<Record<string, AttributeValue>>;

const AT = epochMs(START + 2000);

function normalize(record: SpanRecord, more: Partial<NormalizeContext> = {}): Normalized {
  return normalizeSpans([record], {
    at: AT,
    maxAheadMs: 600_000,
    limits: DEFAULT_LIMITS,
    ...more,
  });
}

function callOf(record: SpanRecord, more: Partial<NormalizeContext> = {}): Call {
  const { telemetry, rejections } = normalize(record, more);
  const [call] = telemetry.calls;
  assert.ok(call, `no call: ${[...rejections.keys()].join()}`);
  return call;
}

const CHAT: Values = {
  "gen_ai.operation.name": "chat",
  "gen_ai.provider.name": "openai",
  "gen_ai.request.model": "gpt-4o",
};

const refused: readonly (readonly [string, Partial<SpanRecord>, string | undefined])[] = [
  ["end before start", { durationNs: -1 }, "negative-duration"],
  ["not ended", { endAt: epochMs(0) }, "not-ended"],
  ["NaN duration", { durationNs: Number.NaN }, "bad-duration"],
  ["endless", { durationNs: Infinity }, "bad-duration"],
  ["milliseconds as nanoseconds", { startAt: epochMs(1_793_613) }, "year-1970"],
  ["ended in 1970", { startAt: epochMs(0), endAt: epochMs(1_793_613) }, "year-1970"],
  ["NaN time", { startAt: epochMs(Number.NaN) }, "year-1970"],
  ["ends in 2100", { endAt: epochMs(4_102_444_800_000) }, "far-future"],
  ["ends 10 min and 1 ms ahead", { endAt: epochMs(AT + 600_001) }, "far-future"],
  ["ends 10 min ahead", { endAt: epochMs(AT + 600_000) }, undefined],
  ["a day late", { startAt: epochMs(START - DAY_MS), endAt: epochMs(START - DAY_MS) }, undefined],
  ["without duration", { durationNs: 0 }, undefined],
];
for (const [name, fields, reason] of refused) {
  test(`${name}: ${reason ?? "accepted"}`, () => {
    const { telemetry, rejections } = normalize(span(CHAT, fields));
    assert.deepEqual([...rejections], reason === undefined ? [] : [[reason, 1]]);
    assert.equal(telemetry.calls.length, reason === undefined ? 1 : 0);
  });
}

test("a replay lets records run seven days ahead", () => {
  const ahead = span(CHAT, { endAt: epochMs(AT + 7 * DAY_MS) });
  assert.equal(normalize(ahead, { maxAheadMs: 7 * DAY_MS }).telemetry.calls.length, 1);
});

test("an ordinary span with bad times is ignored, not refused", () => {
  const { ignored, rejections } = normalize(span({}, { endAt: epochMs(0) }));
  assert.deepEqual([[...ignored], [...rejections]], [[["not-genai", 1]], []]);
});

const usages: readonly (readonly [string, Values, Usage, number])[] = [
  ["absent is not zero", {}, {}, 0],
  ["zero is told", { input_tokens: 0, output_tokens: 0 }, { inputTokens: 0, outputTokens: 0 }, 0],
  ["numbers as text", { input_tokens: "12" }, { inputTokens: 12 }, 0],
  ["no number", { input_tokens: "many" }, {}, 1],
  ["an object", { input_tokens: new Map([["n", 1]]) }, {}, 1],
  ["null", { input_tokens: null }, {}, 0],
  ["NaN", { input_tokens: Number.NaN, output_tokens: 3 }, { outputTokens: 3 }, 1],
  ["negative", { output_tokens: -1 }, {}, 1],
  ["a fraction", { output_tokens: 1.5 }, {}, 1],
  ["endless", { output_tokens: Infinity }, {}, 1],
  ["more than a billion", { output_tokens: 1_000_000_001 }, {}, 1],
  [
    "the old key where the new one is bad",
    { input_tokens: -1, prompt_tokens: 4 },
    { inputTokens: 4 },
    1,
  ],
  [
    "cache inside the input stays",
    { input_tokens: 100, "cache_read.input_tokens": 80, "cache_creation.input_tokens": 20 },
    { inputTokens: 100, cacheReadTokens: 80, cacheWriteTokens: 20 },
    0,
  ],
  [
    "cache beside the input is added",
    { input_tokens: 10, "cache_read.input_tokens": 80, "cache_write.input_tokens": 20 },
    { inputTokens: 110, cacheReadTokens: 80, cacheWriteTokens: 20 },
    0,
  ],
  [
    "reasoning beside the output is added",
    { output_tokens: 10, "reasoning.output_tokens": 80 },
    { outputTokens: 90, reasoningTokens: 80 },
    0,
  ],
];
for (const [name, sent, usage, bad] of usages) {
  test(`usage: ${name}`, () => {
    const keys = Object.entries(sent).map(
      ([key, value]) => [`gen_ai.usage.${key}`, value] as const,
    );
    const record = span({ ...CHAT, ...Object.fromEntries(keys) });
    assert.deepEqual(callOf(record).usage, usage);
    assert.equal(normalize(record).ignored.get("bad-usage") ?? 0, bad);
  });
}

const exception = (type: AttributeValue, message = ""): Partial<SpanRecord> => ({
  statusCode: 2,
  events: [
    {
      name: "exception",
      at: START,
      attributes: attributes({ "exception.type": type, "exception.message": message }),
    },
  ],
});
const errors: readonly (readonly [string, Values, Partial<SpanRecord>, string | undefined])[] = [
  ["no error", {}, {}, undefined],
  ["status ok", {}, { statusCode: 1 }, undefined],
  ["told", { "error.type": "RateLimitError" }, {}, "RateLimitError"],
  ["told as a number", { "error.type": 429 }, { statusCode: 2 }, "429"],
  ["empty is not told", { "error.type": "" }, {}, undefined],
  ["an exception", {}, exception("APIError"), "APIError"],
  ["an exception without type", {}, exception(null), "_OTHER"],
  ["a nameless Error of an HTTP client", {}, exception("Error", "429 Slow down"), "429"],
  ["a nameless Error of something else", {}, exception("Error", "4290 items"), "Error"],
  ["a named exception keeps its name", {}, exception("APIError", "429 Slow down"), "APIError"],
  ["told before the exception", { "error.type": "500" }, exception("APIError"), "500"],
  ["an exception on a span that did not fail", {}, { ...exception("X"), statusCode: 0 }, undefined],
  ["HTTP status", { "http.response.status_code": 429 }, exception("AI_APICallError"), "429"],
  ["HTTP 200 and failed", { "http.response.status_code": 200 }, { statusCode: 2 }, "_OTHER"],
];
for (const [name, values, fields, expected] of errors) {
  test(`error type: ${name}`, () => {
    assert.equal(callOf(span({ ...CHAT, ...values }, fields)).errorType, expected);
  });
}

const streams: readonly (readonly [string, Values, boolean, number | undefined])[] = [
  ["neither told", {}, false, undefined],
  ["a time alone", { "gen_ai.response.time_to_first_chunk": 0.2 }, true, 0.2],
  [
    "a time on what was not streamed",
    { "gen_ai.request.stream": false, "gen_ai.response.time_to_first_chunk": 0.2 },
    false,
    undefined,
  ],
  ["flag as text", { "gen_ai.request.stream": "true" }, true, undefined],
  [
    "milliseconds in the place of seconds",
    { "gen_ai.response.time_to_first_chunk": 200 },
    true,
    undefined,
  ],
  [
    "negative",
    { "gen_ai.request.stream": true, "gen_ai.response.time_to_first_chunk": -1 },
    true,
    undefined,
  ],
];
for (const [name, values, stream, first] of streams) {
  test(`stream: ${name}`, () => {
    const call = callOf(span({ ...CHAT, ...values }));
    assert.deepEqual([call.stream, call.timeToFirstChunkS], [stream, first]);
  });
}

test("a resource without a name is unknown_service; the older environment key counts", () => {
  const record = { origin: origin({ "deployment.environment": "prod", "service.version": 3 }) };
  const { service, environment, serviceVersion } = callOf(span(CHAT, record));
  assert.deepEqual([service, environment, serviceVersion], ["unknown_service", "prod", "3"]);
});

test("each record keeps its own resource", () => {
  const other = { origin: origin({ "service.name": "desk" }) };
  const records = [span(CHAT), span(CHAT, other), span(CHAT, other), span(CHAT)];
  const { calls } = normalizeSpans(records, {
    at: AT,
    maxAheadMs: 600_000,
    limits: DEFAULT_LIMITS,
  }).telemetry;
  assert.deepEqual(
    calls.map(({ service }) => service),
    ["shop", "desk", "desk", "shop"],
  );
});

test("names are cut to a label's length and counted", () => {
  const long = "x".repeat(600);
  const sent = { "gen_ai.request.model": long, "gen_ai.response.finish_reasons": [long] };
  const record = span({ ...CHAT, ...sent }, exception(long));
  const { requestModel, finishReasons, errorType } = callOf(record);
  for (const name of [requestModel, finishReasons[0], errorType]) assert.equal(name?.length, 512);
  assert.equal(normalize(record).ignored.get("label-cut"), 3);
});

const PRICE_PER_MODEL: ReadonlyMap<string, number> = new Map([["gpt-4o", 0.5]]);
const priceOf = (ask: PriceAsk): number | "unknown-model" =>
  PRICE_PER_MODEL.get(ask.model) ?? "unknown-model";
const estimateTokens = (text: string): number => text.length;
const TOLD: Values = { "gen_ai.usage.input_tokens": 9, "gen_ai.usage.output_tokens": 4 };
const SAID: Values = { "gen_ai.prompt": "Hello!", "gen_ai.completion": "Hi" };

type Money = Pick<Call, "usage" | "usageSource" | "costUsd" | "unpriced">;
const money: readonly (readonly [string, Values, Money])[] = [
  [
    "told and priced",
    { ...CHAT, ...TOLD },
    { usage: { inputTokens: 9, outputTokens: 4 }, usageSource: "provider", costUsd: 0.5 },
  ],
  [
    "the requested model's price where the response's is not known",
    { ...CHAT, ...TOLD, "gen_ai.response.model": "gpt-4o-2030" },
    { usage: { inputTokens: 9, outputTokens: 4 }, usageSource: "provider", costUsd: 0.5 },
  ],
  [
    "unknown model",
    { ...CHAT, ...TOLD, "gen_ai.request.model": "own-7b" },
    {
      usage: { inputTokens: 9, outputTokens: 4 },
      usageSource: "provider",
      unpriced: "unknown-model",
    },
  ],
  ["missing", CHAT, { usage: {}, usageSource: "missing", unpriced: "missing-usage" }],
  [
    "half missing",
    { ...CHAT, "gen_ai.usage.input_tokens": 9 },
    { usage: { inputTokens: 9 }, usageSource: "missing", unpriced: "missing-usage" },
  ],
  [
    "estimated from the text",
    { ...CHAT, ...SAID },
    { usage: { inputTokens: 6, outputTokens: 2 }, usageSource: "estimated", costUsd: 0.5 },
  ],
  [
    "half estimated",
    { ...CHAT, ...SAID, "gen_ai.usage.input_tokens": 9 },
    { usage: { inputTokens: 9, outputTokens: 2 }, usageSource: "estimated", costUsd: 0.5 },
  ],
  [
    "failed: nothing to expect, nothing estimated",
    { ...CHAT, ...SAID, "error.type": "500" },
    { usage: {}, usageSource: "missing" },
  ],
  [
    "failed midway: what was told is priced",
    { ...CHAT, "gen_ai.usage.input_tokens": 9, "error.type": "cut" },
    { usage: { inputTokens: 9 }, usageSource: "provider", costUsd: 0.5 },
  ],
  [
    "estimated by the sender",
    { ...CHAT, ...TOLD, "naruko.usage.source": "estimated" },
    { usage: { inputTokens: 9, outputTokens: 4 }, usageSource: "estimated", costUsd: 0.5 },
  ],
  [
    "a source that is no word of ours",
    { ...CHAT, ...TOLD, "naruko.usage.source": "a guess" },
    { usage: { inputTokens: 9, outputTokens: 4 }, usageSource: "provider", costUsd: 0.5 },
  ],
  [
    "missing, as the sender says",
    { ...CHAT, "naruko.usage.source": "missing" },
    { usage: {}, usageSource: "missing", unpriced: "missing-usage" },
  ],
  [
    "cut, with the sender's estimate",
    { ...CHAT, ...TOLD, "naruko.usage.source": "estimated", "error.type": "stream_cut" },
    { usage: { inputTokens: 9, outputTokens: 4 }, usageSource: "estimated", costUsd: 0.5 },
  ],
  [
    "called off",
    { ...CHAT, "gen_ai.usage.input_tokens": 9, "naruko.call.end": "cancelled" },
    { usage: { inputTokens: 9 }, usageSource: "missing", unpriced: "cancelled" },
  ],
  [
    "called off, and estimated from what was said until then",
    { ...CHAT, ...SAID, "naruko.call.end": "closed" },
    { usage: { inputTokens: 6, outputTokens: 2 }, usageSource: "estimated", costUsd: 0.5 },
  ],
  [
    "called off after the usage was told",
    { ...CHAT, ...TOLD, "naruko.call.end": "closed" },
    { usage: { inputTokens: 9, outputTokens: 4 }, usageSource: "provider", costUsd: 0.5 },
  ],
  [
    "an answer that the application read itself",
    { ...CHAT, "naruko.call.end": "raw" },
    { usage: {}, usageSource: "missing", unpriced: "missing-usage" },
  ],
  [
    "embeddings have no output",
    { ...CHAT, "gen_ai.operation.name": "embeddings", "gen_ai.usage.input_tokens": 9 },
    { usage: { inputTokens: 9 }, usageSource: "provider", costUsd: 0.5 },
  ],
  [
    "a tool costs nothing and lacks nothing",
    { ...CHAT, "gen_ai.operation.name": "execute_tool" },
    { usage: {}, usageSource: "missing" },
  ],
];
for (const [name, values, expected] of money) {
  test(`cost: ${name}`, () => {
    const { usage, usageSource, ...rest } = callOf(span(values), { priceOf, estimateTokens });
    const { costUsd, unpriced } = rest;
    assert.deepEqual(
      { usage, usageSource, costUsd, unpriced },
      { costUsd: undefined, unpriced: undefined, ...expected },
    );
  });
}

type End = readonly [told: Values, Pick<Call, "ending" | "errorType" | "finishReasons">, bad?: 1];
const REASONS = "gen_ai.response.finish_reasons";
const ends: readonly End[] = [
  [{}, { finishReasons: [] }],
  [{ "naruko.call.end": "cancelled" }, { ending: "cancelled", finishReasons: ["cancelled"] }],
  [
    { "naruko.call.end": "closed", [REASONS]: ["stop", "error"] },
    { ending: "closed", finishReasons: ["stop", "cancelled"] },
  ],
  [
    { "naruko.call.end": "abandoned", [REASONS]: ["error"] },
    { ending: "abandoned", finishReasons: ["cancelled"] },
  ],
  [
    { "naruko.call.end": "cut", "error.type": "stream_cut", [REASONS]: ["error"] },
    { ending: "cut", errorType: "stream_cut", finishReasons: ["error"] },
  ],
  [
    { "naruko.call.end": "cancelled", "error.type": "timeout", [REASONS]: ["error"] },
    { ending: "cancelled", errorType: "timeout", finishReasons: ["error"] },
  ],
  [{ "naruko.call.end": "raw" }, { ending: "raw", finishReasons: [] }],
  [{ "naruko.call.end": "done", [REASONS]: ["error"] }, { finishReasons: ["error"] }, 1],
  [{ "naruko.call.end": 1 }, { finishReasons: [] }, 1],
  [{ [REASONS]: ["error"] }, { finishReasons: ["error"] }],
];
for (const [told, expected, bad = 0] of ends) {
  test(`how a call ended: ${JSON.stringify(told)}`, () => {
    const record = span({ ...CHAT, ...told });
    const { ending, errorType, finishReasons } = callOf(record);
    assert.deepEqual(
      { ending, errorType, finishReasons },
      { ending: undefined, errorType: undefined, ...expected },
    );
    assert.equal(normalize(record).ignored.get("bad-call-end") ?? 0, bad);
  });
}

test("without an estimator usage stays missing, without a price table cost stays unknown", () => {
  assert.equal(callOf(span({ ...CHAT, ...SAID })).usageSource, "missing");
  const call = callOf(span({ ...CHAT, ...TOLD }));
  assert.deepEqual([call.costUsd, call.unpriced], [undefined, undefined]);
});

test("evaluations on any span's events count, whatever becomes of the span", () => {
  const good = attributes({
    "gen_ai.evaluation.name": "relevance",
    "gen_ai.evaluation.score.value": 0.4,
  });
  const events = [
    { name: "gen_ai.evaluation.result", at: START, attributes: good },
    { name: "gen_ai.evaluation.result", at: epochMs(0), attributes: good },
    { name: "gen_ai.evaluation.result", at: START, attributes: attributes({}) },
    { name: "other", at: START, attributes: good },
  ];
  const { telemetry, ignored, rejections } = normalize(span({}, { events }));
  assert.deepEqual(telemetry.evaluations, [
    {
      name: "relevance",
      at: START,
      score: 0.4,
      traceId: "0af7651916cd43dd8448eb211c80319c",
      spanId: "b7ad6b7169203331",
      service: "shop",
    },
  ]);
  assert.deepEqual(
    [...ignored],
    [
      ["year-1970", 1],
      ["evaluation-without-name", 1],
      ["not-genai", 1],
    ],
  );
  assert.equal(rejections.size, 0);
});

const KEYS = [
  "gen_ai.operation.name",
  "gen_ai.provider.name",
  "gen_ai.request.model",
  "gen_ai.request.stream",
  "gen_ai.response.finish_reasons",
  "gen_ai.response.time_to_first_chunk",
  "gen_ai.usage.input_tokens",
  "gen_ai.usage.cache_read.input_tokens",
  "gen_ai.input.messages",
  "gen_ai.output.messages",
  "gen_ai.prompt.0.content",
  "gen_ai.tool.call.result",
  "gen_ai.tool.definitions",
  "gen_ai.output.type",
  "gen_ai.openai.request.response_format",
  "gen_ai.retrieval.documents",
  "gen_ai.completion.0.tool_calls.0.name",
  "gen_ai.completion.0.tool_calls.0.arguments",
  "llm.request.functions.0.name",
  "llm.request.functions.0.parameters",
  "llm.tools.0.tool.json_schema",
  "ai.operationId",
  "ai.prompt.tools",
  "ai.response.toolCalls",
  "openinference.span.kind",
  "llm.invocation_parameters",
  "llm.input_messages.0.message.content",
  "llm.input_messages.0.message.contents.0.message_content.text",
  "output.value",
  "error.type",
  "http.response.status_code",
];
const value: fc.Arbitrary<AttributeValue> = fc.letrec<{ value: AttributeValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthIdentifier: "value" },
    fc.constantFrom("chat", "embeddings", "execute_tool", "LLM", "TOOL", "RETRIEVER"),
    fc.constantFrom("retrieval", "ai.generateObject.doGenerate", '[{"role":"user"', ""),
    fc.json(),
    fc.string(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 4 }),
    fc.array(tie("value"), { maxLength: 3 }),
    fc
      .array(
        fc.tuple(
          fc.constantFrom("type", "parts", "content", "role", "name", "tool_calls"),
          tie("value"),
        ),
      )
      .map((pairs) => new Map(pairs)),
  ),
})).value;

test("never throws, whatever the attributes hold, and counts every span once", () => {
  const values = fc.dictionary(fc.constantFrom(...KEYS), value);
  const times = fc.record({
    startAt: fc.double().map(epochMs),
    endAt: fc.double().map(epochMs),
    durationNs: fc.double(),
  });
  fc.assert(
    fc.property(values, fc.option(times), fc.string(), (sent, fields, traceState) => {
      const record = span(sent, { traceState, ...fields });
      const { telemetry, ignored, rejections } = normalize(record, {
        priceOf,
        estimateTokens,
        flagsOf: ({ facts }) => [JSON.stringify(facts ?? "none")],
      });
      const left = (ignored.get("not-genai") ?? 0) + (ignored.get("not-a-call") ?? 0);
      assert.equal(telemetry.calls.length + left + sum(rejections), 1);
      for (const call of telemetry.calls) {
        for (const tokens of Object.values(call.usage)) assert.ok(Number.isInteger(tokens));
        assert.ok(call.durationS >= 0 && call.weight >= 1);
      }
    }),
    { numRuns: 2000 },
  );
});

function sum(tally: ReadonlyMap<string, number>): number {
  return [...tally.values()].reduce((total, n) => total + n, 0);
}

test("deeply nested JSON in a message is no text", () => {
  const deep = "[".repeat(30_000) + "]".repeat(30_000);
  const messages = `[{"role":"user","parts":[{"type":"tool_call_response","response":${deep}}]}]`;
  assert.equal(callOf(span({ ...CHAT, "gen_ai.input.messages": messages })).text, undefined);
});

test("messages that were cut on the way are counted", () => {
  const record = span({ ...CHAT, "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"te' });
  assert.equal(normalize(record).ignored.get("unreadable-text"), 1);
  assert.equal(callOf(record).text, undefined);
});

test("text is cut to its limit, never through a character, and counted", () => {
  const limits = { ...DEFAULT_LIMITS, textLength: 4 };
  const record = span({ ...CHAT, "gen_ai.completion": "abc😀d" });
  assert.deepEqual(callOf(record, { limits }).text, { output: "abc" });
  assert.equal(normalize(record, { limits }).ignored.get("text-cut"), 1);
});
