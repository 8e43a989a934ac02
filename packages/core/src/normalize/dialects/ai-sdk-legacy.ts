import type { CallKind } from "../../model/call.ts";
import type { Attributes, AttributeValue, SpanRecord } from "../../receive/records.ts";
import { jsonMembers, jsonOf, membersOf, textsOf } from "../attributes.ts";
import { addToolCall, setTools } from "../call-facts.ts";
import type { ReadContext } from "../context.ts";
import {
  addMessages,
  addText,
  addValue,
  emptyText,
  finishText,
  type Said,
  type TextDraft,
} from "../message-text.ts";
import { readSpelling, type Dialect, type Reading, type Spelling } from "../reading.ts";
import { listOf } from "../structured.ts";

/**
 * The telemetry built into Vercel AI SDK 4, 5 and 6, which version 7 keeps as `LegacyOpenTelemetry`.
 * Checked with npm's `ai` 4.3.19, 5.0.277 and 6.0.326.
 */
const SPELLING: Spelling = {
  names: [
    ["provider", ["gen_ai.system", "ai.model.provider"]],
    ["requestModel", ["gen_ai.request.model", "ai.model.id"]],
    ["responseModel", ["gen_ai.response.model", "ai.response.model"]],
    ["responseId", ["gen_ai.response.id", "ai.response.id"]],
    ["conversationId", ["ai.telemetry.metadata.sessionId", "session.id"]],
    ["userId", ["ai.telemetry.metadata.userId", "user.id"]],
    ["toolName", ["ai.toolCall.name"]],
  ],
  stream: [],
  // Everything else is in seconds; these two are milliseconds.
  timeToFirstChunk: [
    ["ai.response.msToFirstChunk", 0.001],
    ["ai.stream.msToFirstChunk", 0.001],
  ],
  timePerOutputChunk: [],
  finishReasons: ["gen_ai.response.finish_reasons", "ai.response.finishReason", "ai.finishReason"],
  usage: [
    [
      "inputTokens",
      [
        "gen_ai.usage.input_tokens",
        "ai.usage.inputTokens",
        "ai.usage.promptTokens",
        "ai.usage.tokens",
      ],
    ],
    [
      "outputTokens",
      ["gen_ai.usage.output_tokens", "ai.usage.outputTokens", "ai.usage.completionTokens"],
    ],
    [
      "cacheReadTokens",
      [
        "ai.usage.inputTokenDetails.cacheReadTokens",
        "ai.usage.cachedInputTokens",
        "cachedPromptTokens",
        "cacheReadInputTokens",
        "cache_read_input_tokens",
      ],
    ],
    [
      "cacheWriteTokens",
      [
        "ai.usage.inputTokenDetails.cacheWriteTokens",
        "cacheCreationInputTokens",
        "cacheWriteInputTokens",
      ],
    ],
    [
      "reasoningTokens",
      [
        "ai.usage.outputTokenDetails.reasoningTokens",
        "ai.usage.reasoningTokens",
        "reasoningTokens",
      ],
    ],
  ],
  usageIn: withProviderMetadata,
  // Version 6 includes the cache for every provider, and tells the parts.
  excludesCache: ({ attributes }) => {
    const provider = attributes.get("ai.model.provider");
    if (attributes.has("ai.usage.inputTokenDetails.noCacheTokens")) return false;
    return typeof provider === "string" && /anthropic|bedrock/.test(provider);
  },
};

export const aiSdkLegacy: Dialect = {
  name: "ai-sdk-legacy",
  claims: (span) => operationId(span.attributes).startsWith("ai."),
  read,
};

/** `ai.operationId`; what its first versions told was `operation.name`, with the function's id. */
function operationId(attributes: Attributes): string {
  const told = attributes.get("ai.operationId") ?? attributes.get("operation.name");
  return typeof told === "string" ? (told.split(" ", 1)[0] ?? "") : "";
}

/** Kinds by the last part of an operation; the spans around these repeat their usage. */
const KINDS: ReadonlyMap<string, readonly [CallKind, string]> = new Map([
  ["doGenerate", ["inference", "chat"]],
  ["doStream", ["inference", "chat"]],
  ["doEmbed", ["embeddings", "embeddings"]],
  ["toolCall", ["tool", "execute_tool"]],
]);

function read(span: SpanRecord, context: ReadContext): Reading | "not-a-call" {
  const { attributes } = span;
  const last = operationId(attributes).split(".").at(-1) ?? "";
  const found = KINDS.get(last);
  if (found === undefined) return "not-a-call";
  const [kind, operation] = found;
  const reading = readSpelling(span, { kind, operation }, SPELLING, context);
  return { ...reading, stream: last === "doStream", ...textOf(attributes, kind, context) };
}

/**
 * The attributes, and what the provider said beside them: before version 6 the only place where some
 * tell what was cached and reasoned. `{"anthropic":{"cacheReadInputTokens":20}}`, Bedrock's in `usage`.
 */
function withProviderMetadata(attributes: Attributes): Attributes {
  const told = jsonMembers(attributes.get("ai.response.providerMetadata"));
  const all = new Map<string, AttributeValue>(attributes);
  for (const provider of Object.values(told)) {
    const members = membersOf(provider);
    for (const [key, value] of Object.entries({ ...membersOf(members["usage"]), ...members })) {
      if (typeof value === "number") all.set(key, value);
    }
  }
  return all;
}

function textOf(attributes: Attributes, kind: CallKind, context: ReadContext): Said {
  const draft = emptyText();
  if (kind === "embeddings") {
    for (const value of textsOf(attributes.get("ai.values"))) {
      const text = jsonOf(value);
      if (typeof text === "string") addText(draft, "input", text);
    }
  } else if (kind === "tool") {
    addValue(draft, "input", attributes.get("ai.toolCall.args"), context);
    addValue(draft, "output", attributes.get("ai.toolCall.result"), context);
  } else {
    const asked = attributes.get("ai.prompt.messages") ?? attributes.get("ai.prompt");
    addMessages(draft, "input", asked, context);
    addValue(draft, "output", attributes.get("ai.response.text"), context);
    if (draft.output === "")
      addValue(draft, "output", attributes.get("ai.response.object"), context);
    addFacts(draft, attributes);
  }
  return finishText(draft, context);
}

/** Objects are generated from a schema, which the span around the call tells, and not every version. */
function addFacts(draft: TextDraft, attributes: Attributes): void {
  const tools = attributes.get("ai.prompt.tools");
  if (tools !== undefined) setTools(draft, typeof tools === "string" ? jsonOf(tools) : tools);
  const called = attributes.get("ai.response.toolCalls");
  for (const call of listOf(jsonOf(called))) addToolCall(draft, call);
  if (/^ai\.(generate|stream)Object\b/.test(operationId(attributes))) draft.outputType = "json";
  const schema = attributes.get("ai.schema");
  if (typeof schema === "string") draft.outputSchema = schema;
}
