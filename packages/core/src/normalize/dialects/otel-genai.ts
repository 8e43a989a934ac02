import type { CallKind } from "../../model/call.ts";
import type { Attributes, SpanRecord } from "../../receive/records.ts";
import { jsonOf } from "../attributes.ts";
import { type FactsDraft, setResponseFormat, setTools } from "../call-facts.ts";
import type { ReadContext } from "../context.ts";
import { addIndexed, indexedMessages } from "../indexed-messages.ts";
import {
  addIndexedToolCalls,
  addIndexedTools,
  indexedToolCalls,
  indexedTools,
} from "../indexed-tools.ts";
import { addMessages, addValue, emptyText, finishText, type Said } from "../message-text.ts";
import { readSpelling, type Dialect, type Reading, type Spelling } from "../reading.ts";

/**
 * Operations of leaf spans. Others (`invoke_workflow`, `plan`, `agent_step`, `retrieval`, memory,
 * `create_agent`, `rerank`, and `fetch_response`, whose call was counted when it was made) are no
 * call.
 */
const KINDS: ReadonlyMap<string, CallKind> = new Map([
  ["chat", "inference"],
  ["generate_content", "inference"],
  ["text_completion", "inference"],
  ["embeddings", "embeddings"],
  ["execute_tool", "tool"],
  ["invoke_agent", "agent"],
]);

/**
 * The names of the conventions' three generations, newest first: semantic-conventions-genai (2026),
 * v1.37 to v1.41.1, and up to v1.36.
 */
export const GENAI_SPELLING: Spelling = {
  names: [
    ["provider", ["gen_ai.provider.name", "gen_ai.system"]],
    ["requestModel", ["gen_ai.request.model"]],
    ["responseModel", ["gen_ai.response.model"]],
    ["serverAddress", ["server.address"]],
    ["errorType", ["error.type"]],
    ["responseId", ["gen_ai.response.id"]],
    [
      "systemFingerprint",
      ["openai.response.system_fingerprint", "gen_ai.openai.response.system_fingerprint"],
    ],
    ["conversationId", ["gen_ai.conversation.id", "session.id"]],
    ["userId", ["user.id", "enduser.id"]],
    ["promptName", ["gen_ai.prompt.name"]],
    ["promptVersion", ["gen_ai.prompt.version"]],
    ["toolName", ["gen_ai.tool.name"]],
    ["agentName", ["gen_ai.agent.name"]],
  ],
  stream: ["gen_ai.request.stream"],
  timeToFirstChunk: [["gen_ai.response.time_to_first_chunk", 1]],
  timePerOutputChunk: [],
  finishReasons: [
    "gen_ai.response.finish_reasons",
    // Anthropic's own client (1.12) writes the newest names, but for this one.
    "anthropic.message.stop_reason",
    "gen_ai.completion.0.finish_reason",
  ],
  usage: [
    ["inputTokens", ["gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"]],
    ["outputTokens", ["gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"]],
    ["cacheReadTokens", ["gen_ai.usage.cache_read.input_tokens"]],
    [
      "cacheWriteTokens",
      ["gen_ai.usage.cache_write.input_tokens", "gen_ai.usage.cache_creation.input_tokens"],
    ],
    ["reasoningTokens", ["gen_ai.usage.reasoning.output_tokens"]],
  ],
};

export const otelGenai: Dialect = {
  name: "otel-genai",
  claims: isGenai,
  read: (span, context) => readGenai(span, GENAI_SPELLING, context),
};

/** Whether a span uses the conventions' names at all. */
export function isGenai({ attributes }: SpanRecord): boolean {
  return (
    attributes.has("gen_ai.operation.name") ||
    attributes.has("gen_ai.provider.name") ||
    attributes.has("gen_ai.system")
  );
}

/**
 * Reads a span of the conventions, or of a dialect that differs from them only in some keys.
 *
 * @param operation by the conventions' names, where the dialect tells it in another way
 */
export function readGenai(
  span: SpanRecord,
  spelling: Spelling,
  context: ReadContext,
  operation: string = operationOf(span),
): Reading | "not-a-call" {
  const kind = KINDS.get(operation);
  if (kind === undefined) return "not-a-call";
  const reading = readSpelling(span, { kind, operation }, spelling, context);
  const said = genaiText(span, kind, context);
  return said.text === undefined && said.facts === undefined ? reading : { ...reading, ...said };
}

/** Before v1.26 the operation was told by the span's name alone: `chat gpt-4`. */
export function operationOf(span: SpanRecord): string {
  const told = span.attributes.get("gen_ai.operation.name");
  if (typeof told === "string") return told;
  return span.name.split(" ", 1)[0] ?? "";
}

const PROMPT = indexedMessages({
  prefix: "gen_ai.prompt.",
  role: "role",
  content: "content",
  // OpenLLMetry, of completions.
  prompt: "user",
});
const COMPLETION = indexedMessages({
  prefix: "gen_ai.completion.",
  role: "role",
  content: "content",
});

const FUNCTIONS = indexedTools({
  prefix: "llm.request.functions.",
  name: "name",
  parameters: "parameters",
});
const TOOL_CALLS = indexedToolCalls({
  prefix: "gen_ai.completion.",
  calls: "tool_calls.",
  single: "function_call.",
  name: "name",
  arguments: "arguments",
});

/** What was said and asked for, by the names of all three generations. */
function genaiText(span: SpanRecord, kind: CallKind, context: ReadContext): Said {
  const { attributes } = span;
  const draft = emptyText();
  if (kind === "tool") {
    addValue(draft, "input", attributes.get("gen_ai.tool.call.arguments"), context);
    addValue(draft, "output", attributes.get("gen_ai.tool.call.result"), context);
    return finishText(draft, context);
  }
  addMessages(draft, "system", attributes.get("gen_ai.system_instructions"), context);
  addMessages(draft, "input", attributes.get("gen_ai.input.messages"), context);
  addMessages(draft, "output", attributes.get("gen_ai.output.messages"), context);
  if (draft.input === "") {
    addMessages(draft, "input", attributes.get("gen_ai.prompt"), context);
    addIndexed(draft, "input", attributes, PROMPT);
  }
  if (draft.output === "") {
    addMessages(draft, "output", attributes.get("gen_ai.completion"), context);
    addIndexed(draft, "output", attributes, COMPLETION);
  }
  if (kind === "inference") {
    addGenaiFacts(draft, attributes);
    addIndexedTools(draft, attributes, FUNCTIONS);
    addIndexedToolCalls(draft, attributes, TOOL_CALLS);
  }
  for (const event of span.events) {
    if (event.name === "gen_ai.content.prompt" && draft.input === "") {
      addMessages(draft, "input", event.attributes.get("gen_ai.prompt"), context);
    } else if (event.name === "gen_ai.content.completion" && draft.output === "") {
      addMessages(draft, "output", event.attributes.get("gen_ai.completion"), context);
    }
  }
  return finishText(draft, context);
}

/** What was asked for beside the text, as spans and events tell it. */
export function addGenaiFacts(draft: FactsDraft, attributes: Attributes): void {
  const type = attributes.get("gen_ai.output.type");
  if (typeof type === "string" && type !== "") draft.outputType = type;
  setResponseFormat(draft, attributes.get("gen_ai.openai.request.response_format"));
  const schema = attributes.get("gen_ai.request.structured_output_schema");
  if (typeof schema === "string" && schema !== "") draft.outputSchema = schema;
  const tools = attributes.get("gen_ai.tool.definitions");
  if (tools !== undefined) setTools(draft, typeof tools === "string" ? jsonOf(tools) : tools);
}
