import assert from "node:assert/strict";
import test from "node:test";
import type { Call } from "../../model/call.ts";
import { DEFAULT_LIMITS } from "../../model/limits.ts";
import { epochMs } from "../../model/time.ts";
import type { AttributeValue, SpanEventRecord, SpanRecord } from "../../receive/records.ts";
import { attributes, origin, span, START } from "../../testing/records.ts";
import { normalizeSpans } from "../normalize-spans.ts";

type Values = Readonly<Record<string, AttributeValue>>;

function event(name: string, values: Values, at = START): SpanEventRecord {
  return { name, at, attributes: attributes(values) };
}

function read(record: SpanRecord): Call | string {
  const { telemetry, ignored } = normalizeSpans([record], {
    at: epochMs(START + 2000),
    maxAheadMs: 600_000,
    limits: DEFAULT_LIMITS,
  });
  return telemetry.calls[0] ?? [...ignored.keys()].join();
}

/** One streamed chat: gpt-4o asked, 120 tokens in, 20 of them cached, 30 out, a tool requested. */
const CHAT: Call = {
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  kind: "inference",
  operation: "chat",
  startAt: START,
  endAt: epochMs(START + 1500),
  durationS: 1.5,
  service: "shop",
  provider: "openai",
  requestModel: "gpt-4o",
  responseModel: "gpt-4o-2024-08-06",
  stream: true,
  timeToFirstChunkS: 0.25,
  finishReasons: ["tool_call"],
  usage: { inputTokens: 120, outputTokens: 30, cacheReadTokens: 20 },
  usageSource: "provider",
  conversationId: "c1",
  responseId: "chatcmpl-1",
  weight: 1,
  dialect: "otel-genai",
  text: { system: "Be brief.", input: "Weather?", output: "Looking." },
};

const MESSAGES: Values = {
  "gen_ai.system_instructions": '[{"type":"text","content":"Be brief."}]',
  "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"Weather?"}]}]',
  "gen_ai.output.messages": `[{"role":"assistant","parts":[{"type":"reasoning","content":"hm"},
    {"type":"text","content":"Looking."},{"type":"tool_call","name":"weather","arguments":{}}]}]`,
};

const NEWEST: Values = {
  "gen_ai.operation.name": "chat",
  "gen_ai.provider.name": "openai",
  "gen_ai.request.model": "gpt-4o",
  "gen_ai.request.stream": true,
  "gen_ai.response.model": "gpt-4o-2024-08-06",
  "gen_ai.response.id": "chatcmpl-1",
  "gen_ai.response.finish_reasons": ["tool_call"],
  "gen_ai.response.time_to_first_chunk": 0.25,
  "gen_ai.conversation.id": "c1",
  "gen_ai.usage.input_tokens": 120,
  "gen_ai.usage.output_tokens": 30,
  "gen_ai.usage.cache_read.input_tokens": 20,
  ...MESSAGES,
};

function without(values: Values, ...keys: readonly string[]): Values {
  return Object.fromEntries(Object.entries(values).filter(([key]) => !keys.includes(key)));
}

type SameCall = {
  readonly record: SpanRecord;
  /** Fields that this dialect writes otherwise, and fields that it does not tell. */
  readonly differs?: Partial<Call>;
  readonly lacks?: readonly (keyof Call)[];
};

const sameCall: Readonly<Record<string, SameCall>> = {
  "OTel GenAI, semantic-conventions-genai": {
    record: span({
      ...NEWEST,
      "gen_ai.usage.cache_write.input_tokens": 5,
      "gen_ai.usage.reasoning.output_tokens": 7,
    }),
    differs: {
      usage: {
        inputTokens: 120,
        outputTokens: 30,
        cacheReadTokens: 20,
        cacheWriteTokens: 5,
        reasoningTokens: 7,
      },
    },
  },
  "our own SDK": {
    record: span(NEWEST, { origin: origin({ "service.name": "shop" }, "@naruko/sdk") }),
    differs: { dialect: "naruko-sdk" },
  },
  "OTel GenAI v1.37 to v1.41": {
    record: span({
      ...NEWEST,
      "gen_ai.response.finish_reasons": ["tool_calls"],
      "gen_ai.usage.cache_creation.input_tokens": 5,
      "openai.response.system_fingerprint": "fp_1",
    }),
    differs: {
      systemFingerprint: "fp_1",
      usage: { inputTokens: 120, outputTokens: 30, cacheReadTokens: 20, cacheWriteTokens: 5 },
    },
  },
  "Anthropic's own client 1.12": {
    record: span({
      ...without(NEWEST, "gen_ai.response.finish_reasons"),
      "gen_ai.provider.name": "anthropic",
      "anthropic.message.stop_reason": "tool_use",
    }),
    differs: { provider: "anthropic" },
  },
  "OTel GenAI v1.37, messages as structure": {
    record: span({
      ...without(NEWEST, ...Object.keys(MESSAGES)),
      "gen_ai.system_instructions": [attributes({ type: "text", content: "Be brief." })],
      "gen_ai.input.messages": [
        attributes({
          role: "user",
          parts: [attributes({ type: "text", content: "Weather?" })],
        }),
      ],
      "gen_ai.output.messages": [
        attributes({
          role: "assistant",
          parts: [attributes({ type: "text", content: "Looking." })],
        }),
      ],
    }),
  },
  // Before v1.37 there is no stream flag, no time to the first chunk and no cache.
  "OTel GenAI up to v1.36, content as span events": {
    record: span(
      {
        "gen_ai.operation.name": "chat",
        "gen_ai.system": "OpenAI",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.response.model": "gpt-4o-2024-08-06",
        "gen_ai.response.id": "chatcmpl-1",
        "gen_ai.response.finish_reasons": ["tool_calls"],
        "gen_ai.usage.prompt_tokens": 120,
        "gen_ai.usage.completion_tokens": 30,
        "gen_ai.openai.response.system_fingerprint": "fp_1",
      },
      {
        events: [
          event("gen_ai.content.prompt", {
            "gen_ai.prompt": `[{"role":"system","content":"Be brief."},
              {"role":"user","content":"Weather?"}]`,
          }),
          event("gen_ai.content.completion", {
            "gen_ai.completion": '[{"role":"assistant","content":"Looking."}]',
          }),
        ],
      },
    ),
    differs: {
      stream: false,
      systemFingerprint: "fp_1",
      usage: { inputTokens: 120, outputTokens: 30 },
    },
    lacks: ["timeToFirstChunkS", "conversationId"],
  },
  "OTel GenAI up to v1.25: operation in the span's name, numbered content": {
    record: span({
      "gen_ai.system": "openai",
      "gen_ai.request.model": "gpt-4o",
      "gen_ai.response.model": "gpt-4o-2024-08-06",
      "gen_ai.response.id": "chatcmpl-1",
      "gen_ai.prompt.0.role": "system",
      "gen_ai.prompt.0.content": "Be brief.",
      "gen_ai.prompt.1.role": "user",
      "gen_ai.prompt.1.content": "Weather?",
      "gen_ai.completion.0.role": "assistant",
      "gen_ai.completion.0.content": "Looking.",
      "gen_ai.completion.0.finish_reason": "tool_calls",
      "gen_ai.usage.prompt_tokens": 120,
      "gen_ai.usage.completion_tokens": 30,
    }),
    differs: { stream: false, usage: { inputTokens: 120, outputTokens: 30 } },
    lacks: ["timeToFirstChunkS", "conversationId"],
  },
  // The conventions' names, but the times of a stream under names of metrics; no stream flag.
  "Vercel AI SDK v7": {
    record: span(
      {
        ...without(
          NEWEST,
          "gen_ai.request.stream",
          "gen_ai.response.time_to_first_chunk",
          "gen_ai.conversation.id",
        ),
        "gen_ai.input.messages": `[{"role":"user","parts":[{"type":"text","content":"Weather?"}]},
          {"role":"tool","parts":[{"type":"tool_call_response","response":{"sky":"grey"}}]}]`,
        "gen_ai.output.messages": `[{"role":"assistant","finish_reason":"tool_call","parts":[
          {"type":"text","content":"Looking."},
          {"type":"tool_call_response","response":"unseen by the user"}]}]`,
        "gen_ai.response.finish_reasons": ["tool-calls"],
        "gen_ai.client.operation.duration": 1.5,
        "gen_ai.client.operation.time_to_first_chunk": 0.25,
        "gen_ai.client.operation.time_per_output_chunk": 0.02,
        "server.address": "api.openai.com",
        "server.port": 443,
      },
      { origin: origin({ "service.name": "shop" }, "gen_ai") },
    ),
    differs: {
      dialect: "ai-sdk",
      timePerOutputChunkS: 0.02,
      serverAddress: "api.openai.com",
      text: {
        system: "Be brief.",
        input: "Weather?",
        context: '{"sky":"grey"}',
        output: "Looking.",
      },
    },
    lacks: ["conversationId"],
  },
  // No response id, and of a stream's times at most an event.
  OpenInference: {
    record: span(
      {
        "openinference.span.kind": "LLM",
        "llm.provider": "openai",
        "llm.system": "openai",
        "llm.model_name": "gpt-4o-2024-08-06",
        "llm.invocation_parameters": '{"model":"gpt-4o","stream":true}',
        "llm.input_messages.0.message.role": "system",
        "llm.input_messages.0.message.content": "Be brief.",
        "llm.input_messages.1.message.role": "user",
        "llm.input_messages.1.message.contents.0.message_content.type": "image",
        "llm.input_messages.1.message.contents.1.message_content.type": "text",
        "llm.input_messages.1.message.contents.1.message_content.text": "Weather?",
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.content": "Looking.",
        "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "weather",
        "llm.finish_reason": "tool_calls",
        "llm.token_count.prompt": 120,
        "llm.token_count.completion": 30,
        "llm.token_count.prompt_details.cache_read": 20,
        "input.value": '{"messages":[]}',
        "input.mime_type": "application/json",
        "output.value": "{}",
        "output.mime_type": "application/json",
        "session.id": "c1",
      },
      {
        name: "OpenAI Chat Completions",
        statusCode: 1,
        events: [event("First Token Stream Event", {}, epochMs(START + 250))],
      },
    ),
    differs: { dialect: "openinference" },
    lacks: ["responseId"],
  },
};

for (const [name, { record, differs = {}, lacks = [] }] of Object.entries(sameCall)) {
  test(`the same call: ${name}`, () => {
    const expected = Object.entries({ ...CHAT, ...differs }).filter(
      ([field]) => !lacks.some((lacking) => lacking === field),
    );
    assert.deepEqual(read(record), Object.fromEntries(expected));
  });
}

const aiSdk = { origin: origin({ "service.name": "shop" }, "gen_ai") };

function genai(operation: string, values: Values = {}): SpanRecord {
  return span({
    "gen_ai.operation.name": operation,
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.usage.input_tokens": 10,
    "gen_ai.usage.output_tokens": 5,
    ...values,
  });
}

function inference(kind: string, values: Values = {}): SpanRecord {
  return span({ "openinference.span.kind": kind, "llm.token_count.prompt": 10, ...values });
}

/** `undefined`: the call must not have that field. */
type SomeFields = { readonly [K in keyof Call]?: Call[K] | undefined };

const kinds: readonly (readonly [string, SpanRecord, SomeFields | string])[] = [
  ["chat", genai("chat"), { kind: "inference", usage: { inputTokens: 10, outputTokens: 5 } }],
  ["generate_content", genai("generate_content"), { kind: "inference" }],
  ["text_completion", genai("text_completion"), { kind: "inference" }],
  ["embeddings", genai("embeddings"), { kind: "embeddings", operation: "embeddings" }],
  [
    "execute_tool",
    genai("execute_tool", {
      "gen_ai.tool.name": "weather",
      "gen_ai.tool.call.arguments": "Oslo",
      "gen_ai.tool.call.result": "rain",
    }),
    { kind: "tool", toolName: "weather", usage: {}, text: { input: "Oslo", output: "rain" } },
  ],
  [
    "invoke_agent repeats its children's usage",
    genai("invoke_agent", { "gen_ai.agent.name": "desk" }),
    { kind: "agent", agentName: "desk", usage: {} },
  ],
  [
    "AI SDK root",
    span({ "gen_ai.operation.name": "invoke_agent", "gen_ai.usage.input_tokens": 9 }, aiSdk),
    { kind: "agent", dialect: "ai-sdk", usage: {} },
  ],
  ["AI SDK step", span({ "gen_ai.operation.name": "agent_step" }, aiSdk), "not-a-call"],
  ["fetch_response", genai("fetch_response"), "not-a-call"],
  ["invoke_workflow", genai("invoke_workflow"), "not-a-call"],
  ["create_agent", genai("create_agent"), "not-a-call"],
  ["retrieval", genai("retrieval"), "not-a-call"],
  ["search_memory", genai("search_memory"), "not-a-call"],
  ["rerank", genai("rerank"), "not-a-call"],
  ["plan", genai("plan"), "not-a-call"],
  [
    "an operation that is no text",
    span({ "gen_ai.operation.name": 7, x: 1 }),
    { kind: "inference" },
  ],
  ["EMBEDDING", inference("EMBEDDING"), { kind: "embeddings", operation: "embeddings" }],
  [
    "TOOL",
    inference("TOOL", { "tool.name": "weather", "input.value": '{"city":"Oslo"}' }),
    { kind: "tool", toolName: "weather", usage: {}, text: { input: '{"city":"Oslo"}' } },
  ],
  ["AGENT", inference("AGENT", { "agent.name": "desk" }), { kind: "agent", usage: {} }],
  ["CHAIN", inference("CHAIN"), "not-a-call"],
  ["RETRIEVER", inference("RETRIEVER"), "not-a-call"],
  ["RERANKER", inference("RERANKER"), "not-a-call"],
  ["GUARDRAIL", inference("GUARDRAIL"), "not-a-call"],
  ["a kind that is no text", span({ "openinference.span.kind": 1 }), "not-a-call"],
  [
    "failed before an answer: the model named is the requested one",
    inference("LLM", {
      "llm.model_name": "gpt-4o",
      "llm.invocation_parameters": '{"model":"gpt-4o"}',
    }),
    { requestModel: "gpt-4o", responseModel: undefined, stream: false },
  ],
  [
    "a stream whose model was not overwritten: who answered is not told",
    inference("LLM", {
      "llm.model_name": "gpt-4o",
      "llm.invocation_parameters": '{"model":"gpt-4o","stream":true}',
      "output.value": "Looking.",
    }),
    { requestModel: "gpt-4o", responseModel: undefined },
  ],
  [
    "answered by the very model that was asked",
    inference("LLM", {
      "llm.model_name": "gpt-4o",
      "llm.invocation_parameters": '{"model":"gpt-4o"}',
      "output.value": "{}",
    }),
    { requestModel: "gpt-4o", responseModel: "gpt-4o" },
  ],
  [
    "Anthropic tells both",
    inference("LLM", {
      "llm.request.model_name": "claude-sonnet-4-5",
      "llm.response.model_name": "claude-sonnet-4-5-20250929",
      "llm.model_name": "claude-sonnet-4-5-20250929",
    }),
    { requestModel: "claude-sonnet-4-5", responseModel: "claude-sonnet-4-5-20250929" },
  ],
  [
    "prompt and user",
    inference("LLM", {
      "prompt.id": "greeting",
      "llm.prompt_template.version": "v2",
      "user.id": "u1",
    }),
    { promptName: "greeting", promptVersion: "v2", userId: "u1" },
  ],
  [
    "prompt and user, by the conventions",
    genai("chat", {
      "gen_ai.prompt.name": "greeting",
      "gen_ai.prompt.version": "v2",
      "enduser.id": "u1",
    }),
    { promptName: "greeting", promptVersion: "v2", userId: "u1" },
  ],
  [
    "cut invocation parameters",
    inference("LLM", { "llm.model_name": "gpt-4o", "llm.invocation_parameters": '{"model":"gp' }),
    { requestModel: "gpt-4o" },
  ],
  [
    "Vertex hosts what Google made",
    inference("LLM", { "llm.provider": "google", "llm.system": "vertexai" }),
    { provider: "gcp.vertex_ai" },
  ],
  [
    "Azure hosts what OpenAI made",
    inference("LLM", { "llm.provider": "azure", "llm.system": "openai" }),
    { provider: "azure.ai.openai" },
  ],
  [
    "a prompt and a completion of the old API",
    inference("LLM", {
      "llm.prompts.0.prompt.text": "Once",
      "llm.choices.0.completion.text": "upon",
    }),
    { text: { input: "Once", output: "upon" } },
  ],
  [
    "a whole request as JSON is no text",
    inference("LLM", { "input.value": "{}", "input.mime_type": "application/json" }),
    { text: undefined },
  ],
  [
    "hidden text",
    inference("LLM", { "input.value": "__REDACTED__", "output.value": "fine" }),
    { text: { output: "fine" } },
  ],
  ["an ordinary span", span({ "http.request.method": "GET" }), "not-genai"],
];

for (const [name, record, expected] of kinds) {
  test(`leaf spans only: ${name}`, () => {
    const found = read(record);
    if (typeof expected === "string" || typeof found === "string") {
      assert.equal(found, expected);
      return;
    }
    const told = Object.entries(expected).filter(([, value]) => value !== undefined);
    const seen = Object.entries(found).filter(([field]) => field in expected);
    assert.deepEqual(Object.fromEntries(seen), Object.fromEntries(told));
  });
}
