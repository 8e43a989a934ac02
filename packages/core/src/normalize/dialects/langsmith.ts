import type { CallKind } from "../../model/call.ts";
import type { Attributes, AttributeValue, SpanRecord } from "../../receive/records.ts";
import { jsonMembers, membersOf } from "../attributes.ts";
import { addRequest } from "../call-facts.ts";
import type { ReadContext } from "../context.ts";
import { exceptionTypeIn } from "../error-type.ts";
import { addMessages, addText, emptyText, finishText, type Said } from "../message-text.ts";
import { readSpelling, type Dialect, type Reading, type Spelling } from "../reading.ts";
import { GENAI_SPELLING } from "./otel-genai.ts";

const KIND = "langsmith.span.kind";

/**
 * LangSmith's OpenTelemetry export: the conventions' first generation around whole inputs and outputs
 * as JSON. Source: npm's `langsmith` 0.12.0.
 */
const SPELLING: Spelling = {
  ...GENAI_SPELLING,
  names: [
    ...GENAI_SPELLING.names,
    ["systemFingerprint", ["gen_ai.response.system_fingerprint"]],
    // `langsmith.trace.session_id` is the project, which all conversations share.
    [
      "conversationId",
      [
        "langsmith.metadata.session_id",
        "langsmith.metadata.thread_id",
        "langsmith.metadata.conversation_id",
      ],
    ],
    ["userId", ["langsmith.metadata.user_id", "user.id"]],
  ],
  stream: ["langsmith.request.streaming"],
  usage: [
    ["inputTokens", ["gen_ai.usage.input_tokens"]],
    ["outputTokens", ["gen_ai.usage.output_tokens"]],
    ["cacheReadTokens", ["cache_read"]],
    ["cacheWriteTokens", ["cache_creation"]],
    ["reasoningTokens", ["reasoning"]],
  ],
  usageIn: withDetails,
};

export const langSmith: Dialect = {
  name: "langsmith",
  claims: ({ attributes }) => attributes.has(KIND),
  read,
};

/** Kinds of runs; what the operation's name says of a retriever and a prompt is not so. */
const KINDS: ReadonlyMap<unknown, readonly [CallKind, string]> = new Map([
  ["llm", ["inference", "chat"]],
  ["embedding", ["embeddings", "embeddings"]],
  ["tool", ["tool", "execute_tool"]],
]);

function read(span: SpanRecord, context: ReadContext): Reading | "not-a-call" {
  const { attributes } = span;
  const found = KINDS.get(attributes.get(KIND));
  if (found === undefined) return "not-a-call";
  const [kind, operation] = found;
  const reading = readSpelling(span, { kind, operation }, SPELLING, context);
  const { provider, ...names } = reading.names;
  const errorType = exceptionTypeIn(span);
  return {
    ...reading,
    names: {
      ...names,
      // It guesses the provider by the model's name, and where it cannot, writes itself.
      ...(provider !== undefined && provider !== "langchain" && { provider }),
      // Where the end of a run comes by itself, a failed one has the status of one that went well.
      ...(errorType !== undefined && { errorType }),
    },
    finishReasons: reading.finishReasons.flatMap((joined) => joined.split(", ")),
    ...textOf(attributes, kind, context),
  };
}

function withDetails(attributes: Attributes): Attributes {
  const all = new Map<string, AttributeValue>(attributes);
  for (const side of ["input", "output"]) {
    const details = jsonMembers(attributes.get(`gen_ai.usage.${side}_token_details`));
    for (const [key, value] of Object.entries(details)) {
      if (typeof value === "number") all.set(key, value);
    }
  }
  return all;
}

function textOf(attributes: Attributes, kind: CallKind, context: ReadContext): Said {
  const draft = emptyText();
  const [asked, answered] = [attributes.get("gen_ai.prompt"), attributes.get("gen_ai.completion")];
  if (kind === "tool") {
    if (typeof asked === "string") addText(draft, "input", asked);
    if (typeof answered === "string") addText(draft, "output", answered);
    return finishText(draft, context);
  }
  const sent = jsonMembers(asked);
  // A call with options of its own is told as the list of its arguments.
  const inputs = Array.isArray(sent["args"]) ? membersOf(sent["args"][0]) : sent;
  addMessages(draft, "input", plain(inputs["messages"] ?? inputs["input"]), context);
  const outputs = jsonMembers(answered);
  addMessages(draft, "output", plain(answerIn(outputs)), context);
  if (kind === "inference") {
    addRequest(draft, inputs);
    addRequest(draft, jsonMembers(attributes.get("langsmith.metadata.ls_invocation_params")));
  }
  return finishText(draft, context);
}

/** Wrapped clients give the answer as it came; LangChain gives lists of generations. */
function answerIn(outputs: Readonly<Record<string, unknown>>): unknown {
  const { choices, generations, content, output } = outputs;
  if (Array.isArray(choices)) return choices.map((choice) => membersOf(choice)["message"]);
  if (!Array.isArray(generations)) return content ?? output;
  return generations.flat().map((generation) => membersOf(generation)["text"]);
}

/** LangChain writes a message as its constructor's arguments, and lists of messages in a list. */
function plain(value: unknown): AttributeValue | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "string") return value;
  const messages = Array.isArray(value) ? (value as readonly unknown[]).flat() : [value];
  return JSON.stringify(messages.map(unwrapped));
}

/** Roles of LangChain's classes, by the last part of a message's `id`. */
const ROLES: ReadonlyMap<unknown, string> = new Map([
  ["SystemMessage", "system"],
  ["HumanMessage", "user"],
  ["AIMessage", "assistant"],
  ["ToolMessage", "tool"],
]);

function unwrapped(message: unknown): unknown {
  const { kwargs, id } = membersOf(message);
  if (kwargs === undefined) return message;
  const role = Array.isArray(id) ? ROLES.get(id.at(-1)) : undefined;
  return { role, content: membersOf(kwargs)["content"] };
}
