import type { SpanRecord } from "../../receive/records.ts";
import { jsonMembers, jsonOf, membersOf } from "../attributes.ts";
import { addRequest, joinedFacts, setTools } from "../call-facts.ts";
import type { ReadContext } from "../context.ts";
import {
  addMessages,
  addValue,
  emptyText,
  finishText,
  type Said,
  type TextDraft,
} from "../message-text.ts";
import type { Dialect, Reading, Spelling } from "../reading.ts";
import { listOf } from "../structured.ts";
import { GENAI_SPELLING, operationOf, readGenai } from "./otel-genai.ts";

/**
 * pydantic-ai (formats 1 to 6), and what Logfire's own instrumentations of clients write. Written
 * from the table of dialects: both are Python.
 */
const SPELLING: Spelling = {
  ...GENAI_SPELLING,
  names: [
    ...GENAI_SPELLING.names,
    ["requestModel", ["gen_ai.request.model", "model_name"]],
    ["agentName", ["gen_ai.agent.name", "agent_name"]],
  ],
  timeToFirstChunk: [
    ...GENAI_SPELLING.timeToFirstChunk,
    ["gen_ai.client.operation.time_to_first_chunk", 1],
  ],
  usage: [
    ["inputTokens", ["gen_ai.usage.input_tokens"]],
    ["outputTokens", ["gen_ai.usage.output_tokens"]],
    [
      "cacheReadTokens",
      ["gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.details.cache_read_tokens"],
    ],
    [
      "cacheWriteTokens",
      ["gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.details.cache_write_tokens"],
    ],
    [
      "reasoningTokens",
      ["gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.details.reasoning_tokens"],
    ],
  ],
};

export const pydanticAi: Dialect = {
  name: "pydantic-ai",
  claims: ({ origin, attributes }) =>
    origin.scopeName === "pydantic-ai" ||
    (attributes.has("logfire.json_schema") && GENAI_KEYS.some((key) => attributes.has(key))),
  read,
};

const GENAI_KEYS = ["gen_ai.system", "gen_ai.provider.name", "gen_ai.operation.name"];

function read(span: SpanRecord, context: ReadContext): Reading | "not-a-call" {
  const { attributes } = span;
  // Logfire tells a span once more while it is open, and the end of a stream as a span of its own.
  const type = attributes.get("logfire.span_type");
  if (type === "pending_span" || type === "log") return "not-a-call";
  const reading = readGenai(span, SPELLING, context, operation(span));
  if (reading === "not-a-call") return reading;
  const { text, facts } = readOwn(span, reading, context);
  const allFacts = joinedFacts(reading.facts, facts);
  // A streamed call ends with the answer's head: its usage is in a log that belongs to no call.
  const { stream } = membersOf(jsonOf(attributes.get("request_data")));
  return {
    ...reading,
    ...(text !== undefined && { text: reading.text ?? text }),
    ...(allFacts !== undefined && { facts: allFacts }),
    ...(stream === true && { stream }),
  };
}

/** Names of spans from before operations were told on all of them. */
function operation(span: SpanRecord): string {
  const { attributes, name } = span;
  if (attributes.has("gen_ai.operation.name")) return operationOf(span);
  if (name === "agent run" || name.endsWith(" run")) return "invoke_agent";
  if (name.startsWith("running tool:") || name === "running tool") return "execute_tool";
  if (name.startsWith("Embedding Creation")) return "embeddings";
  // Logfire's instrumentations of clients keep the body of the request.
  return attributes.has("request_data") && attributes.has("gen_ai.request.model")
    ? "chat"
    : operationOf(span);
}

/** What is said in no attribute of the conventions. */
function readOwn(span: SpanRecord, reading: Reading, context: ReadContext): Said {
  const { attributes } = span;
  const draft = emptyText();
  if (reading.kind === "tool") {
    addValue(draft, "input", attributes.get("tool_arguments"), context);
    addValue(draft, "output", attributes.get("tool_response"), context);
    return finishText(draft, context);
  }
  for (const event of listOf(jsonOf(attributes.get("events")))) {
    const { message, "event.name": name } = membersOf(event);
    const isAnswer = name === "gen_ai.choice";
    const said = JSON.stringify([isAnswer ? message : event]);
    addMessages(draft, isAnswer ? "output" : "input", said, context);
  }
  const request = membersOf(jsonOf(attributes.get("request_data")));
  const { messages } = request;
  if (messages !== undefined) addMessages(draft, "input", JSON.stringify(messages), context);
  addRequest(draft, request);
  addParameters(draft, jsonMembers(attributes.get("model_request_parameters")));
  const { message } = membersOf(jsonOf(attributes.get("response_data")));
  if (message !== undefined) addMessages(draft, "output", JSON.stringify([message]), context);
  return finishText(draft, context);
}

/** What the agent asks its model for; tools of output are called as the others are. */
function addParameters(draft: TextDraft, parameters: Readonly<Record<string, unknown>>): void {
  const { function_tools, output_tools, output_mode, output_object } = parameters;
  if (Array.isArray(function_tools)) {
    setTools(draft, [...listOf(function_tools), ...listOf(output_tools)]);
  }
  if (output_mode !== "native" && output_mode !== "prompted") return;
  draft.outputType = "json";
  const { json_schema: schema } = membersOf(output_object);
  if (schema !== undefined) draft.outputSchema = JSON.stringify(schema);
}
