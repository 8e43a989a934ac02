import type { SpanRecord } from "../../receive/records.ts";
import { joinedFacts } from "../call-facts.ts";
import type { ReadContext } from "../context.ts";
import { addIndexed, indexedMessages } from "../indexed-messages.ts";
import { addIndexedToolCalls, indexedToolCalls } from "../indexed-tools.ts";
import { addValue, emptyText, finishText } from "../message-text.ts";
import type { Dialect, Reading, Spelling } from "../reading.ts";
import { GENAI_SPELLING, operationOf, readGenai } from "./otel-genai.ts";

const KIND = "traceloop.span.kind";
const TYPE = "llm.request.type";

/**
 * OpenLLMetry (Traceloop), JavaScript and Python, from the first `llm.*` names to those of the
 * conventions. Checked with npm's `@traceloop/instrumentation-openai` and `-anthropic` 0.27.0.
 */
const SPELLING: Spelling = {
  ...GENAI_SPELLING,
  names: [
    ...GENAI_SPELLING.names,
    ["provider", ["gen_ai.provider.name", "gen_ai.system", "llm.vendor"]],
    ["requestModel", ["gen_ai.request.model", "llm.request.model"]],
    ["responseModel", ["gen_ai.response.model", "llm.response.model"]],
    [
      "systemFingerprint",
      ["openai.response.system_fingerprint", "gen_ai.openai.system_fingerprint"],
    ],
    [
      "conversationId",
      [
        "gen_ai.conversation.id",
        "traceloop.association.properties.session_id",
        "traceloop.association.properties.chat_id",
        "session.id",
      ],
    ],
    ["userId", ["gen_ai.user", "llm.user", "traceloop.association.properties.user_id", "user.id"]],
    ["promptName", ["gen_ai.prompt.name", "traceloop.prompt.key"]],
    ["promptVersion", ["gen_ai.prompt.version", "traceloop.prompt.version"]],
  ],
  stream: ["gen_ai.request.stream", "gen_ai.is_streaming", "llm.is_streaming"],
  finishReasons: [
    "gen_ai.response.finish_reasons",
    "gen_ai.response.finish_reason",
    "llm.response.finish_reason",
    "gen_ai.response.stop_reason",
    "llm.response.stop_reason",
    "gen_ai.completion.0.finish_reason",
    "llm.completions.0.finish_reason",
  ],
  usage: [
    [
      "inputTokens",
      ["gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.usage.prompt_tokens"],
    ],
    [
      "outputTokens",
      [
        "gen_ai.usage.output_tokens",
        "gen_ai.usage.completion_tokens",
        "llm.usage.completion_tokens",
      ],
    ],
    [
      "cacheReadTokens",
      ["gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens"],
    ],
    [
      "cacheWriteTokens",
      ["gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_creation_input_tokens"],
    ],
    [
      "reasoningTokens",
      [
        "gen_ai.usage.reasoning.output_tokens",
        "gen_ai.usage.reasoning_tokens",
        "llm.usage.reasoning_tokens",
      ],
    ],
  ],
  excludesCache: ({ origin }) =>
    origin.scopeName === "@traceloop/instrumentation-anthropic" &&
    EXCLUDING_CACHE.test(origin.scopeVersion),
};

/** Versions of the JavaScript package up to 0.27: it was mended after that (openllmetry-js 1028). */
const EXCLUDING_CACHE = /^0\.([01]?\d|2[0-7])\./;

/** Keys that no other dialect has, for spans whose scope tells nothing. */
const MARKS = [
  KIND,
  TYPE,
  "traceloop.workflow.name",
  "traceloop.entity.name",
  "traceloop.association.properties.session_id",
  "gen_ai.is_streaming",
  "llm.is_streaming",
  "llm.usage.total_tokens",
  "gen_ai.usage.cache_read_input_tokens",
];

const SCOPES = /^(@traceloop\/|traceloop\.|opentelemetry\.instrumentation\.openai\.v[01]$)/;

export const openLlmetry: Dialect = {
  name: "openllmetry",
  claims: ({ origin, attributes }) =>
    SCOPES.test(origin.scopeName) || MARKS.some((key) => attributes.has(key)),
  read,
};

/** What decorators mark; workflows, tasks and sessions are no call. */
const KINDS: ReadonlyMap<unknown, string> = new Map([
  ["agent", "invoke_agent"],
  ["tool", "execute_tool"],
]);

const TYPES: ReadonlyMap<unknown, string> = new Map([
  ["chat", "chat"],
  ["completion", "text_completion"],
  ["embedding", "embeddings"],
  ["rerank", "rerank"],
]);

/** The ends of span names from before operations were told: `openai.chat`, `cohere.completion`. */
const NAME_ENDS: ReadonlyMap<string, string> = new Map([
  ["chat", "chat"],
  ["completion", "text_completion"],
  ["embeddings", "embeddings"],
  ["embed", "embeddings"],
]);

function read(span: SpanRecord, context: ReadContext): Reading | "not-a-call" {
  const { attributes } = span;
  const decorated = attributes.get(KIND);
  if (decorated === undefined) return readModel(span, context);
  const operation = KINDS.get(decorated);
  if (operation === undefined) return "not-a-call";
  const field = operation === "execute_tool" ? "toolName" : "agentName";
  const names: Spelling["names"] = [...SPELLING.names, [field, ["traceloop.entity.name"]]];
  const reading = readGenai(span, { ...SPELLING, names }, context, operation);
  if (reading === "not-a-call" || reading.kind === "agent") return reading;
  const draft = emptyText();
  addValue(draft, "input", attributes.get("traceloop.entity.input"), context);
  addValue(draft, "output", attributes.get("traceloop.entity.output"), context);
  return reading.text === undefined ? { ...reading, ...finishText(draft, context) } : reading;
}

function readModel(span: SpanRecord, context: ReadContext): Reading | "not-a-call" {
  const reading = readGenai(span, SPELLING, context, modelOperation(span));
  if (reading === "not-a-call" || reading.text !== undefined) return reading;
  const draft = emptyText();
  addIndexed(draft, "input", span.attributes, PROMPTS);
  addIndexed(draft, "output", span.attributes, COMPLETIONS);
  addIndexedToolCalls(draft, span.attributes, TOOL_CALLS);
  const { text, facts } = finishText(draft, context);
  const all = joinedFacts(reading.facts, facts);
  return { ...reading, ...(text && { text }), ...(all && { facts: all }) };
}

function modelOperation(span: SpanRecord): string {
  const { attributes, name } = span;
  if (attributes.has("gen_ai.operation.name")) return operationOf(span);
  const end = name.split(".").at(-1) ?? "";
  return TYPES.get(attributes.get(TYPE)) ?? NAME_ENDS.get(end) ?? operationOf(span);
}

const PROMPTS = indexedMessages({ prefix: "llm.prompts.", role: "role", content: "content" });
const COMPLETIONS = indexedMessages({
  prefix: "llm.completions.",
  role: "role",
  content: "content",
});

const TOOL_CALLS = indexedToolCalls({
  prefix: "llm.completions.",
  calls: "tool_calls.",
  single: "function_call.",
  name: "name",
  arguments: "arguments",
});
