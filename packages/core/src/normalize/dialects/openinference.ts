import type { CallKind } from "../../model/call.ts";
import type { Attributes, SpanRecord } from "../../receive/records.ts";
import { firstName, flagOf, jsonMembers, labelCut } from "../attributes.ts";
import { addRequest, setTools } from "../call-facts.ts";
import type { ReadContext } from "../context.ts";
import { addIndexed, indexedMessages, type IndexedMessages } from "../indexed-messages.ts";
import { addIndexedToolCalls, indexedToolCalls } from "../indexed-tools.ts";
import { addText, emptyText, finishText, type Said, type TextDraft } from "../message-text.ts";
import { readSpelling, type Dialect, type Reading, type Spelling } from "../reading.ts";

const KIND = "openinference.span.kind";

/** Kinds of leaf spans; CHAIN, RETRIEVER, RERANKER, GUARDRAIL, EVALUATOR and PROMPT are no call. */
const KINDS: ReadonlyMap<unknown, readonly [CallKind, string]> = new Map([
  ["LLM", ["inference", "chat"]],
  ["EMBEDDING", ["embeddings", "embeddings"]],
  ["TOOL", ["tool", "execute_tool"]],
  ["AGENT", ["agent", "invoke_agent"]],
]);

/** Source: `@arizeai/openinference-semantic-conventions` 2.12. */
const SPELLING: Spelling = {
  names: [
    ["provider", ["llm.provider", "llm.system"]],
    ["requestModel", ["llm.request.model_name", "embedding.model_name"]],
    ["responseModel", ["llm.response.model_name"]],
    ["serverAddress", ["server.address"]],
    ["errorType", ["error.type"]],
    ["conversationId", ["session.id"]],
    ["userId", ["user.id"]],
    ["promptName", ["prompt.id"]],
    ["promptVersion", ["llm.prompt_template.version"]],
    ["toolName", ["tool.name"]],
    ["agentName", ["agent.name"]],
  ],
  stream: [],
  timeToFirstChunk: [],
  timePerOutputChunk: [],
  finishReasons: ["llm.finish_reason"],
  usage: [
    ["inputTokens", ["llm.token_count.prompt"]],
    ["outputTokens", ["llm.token_count.completion"]],
    [
      "cacheReadTokens",
      ["llm.token_count.prompt_details.cache_read", "llm.token_count.prompt_details.cache_input"],
    ],
    ["cacheWriteTokens", ["llm.token_count.prompt_details.cache_write"]],
    ["reasoningTokens", ["llm.token_count.completion_details.reasoning"]],
  ],
};

export const openInference: Dialect = {
  name: "openinference",
  claims: (span) => span.attributes.has(KIND),
  read,
};

function read(span: SpanRecord, context: ReadContext): Reading | "not-a-call" {
  const { attributes } = span;
  const found = KINDS.get(attributes.get(KIND));
  if (found === undefined) return "not-a-call";
  const [kind, operation] = found;
  const reading = readSpelling(span, { kind, operation }, SPELLING, context);
  const request = requestOf(attributes, context);
  const named = firstName(attributes, ["llm.model_name"], context);
  const first = firstToken(span);
  const stream = flagOf(request.stream) ?? (first === undefined ? undefined : true);
  return {
    ...reading,
    names: {
      ...reading.names,
      ...modelsOf(reading.names, request, named, isAnswered(span)),
      ...langChainProvider(reading.names, attributes, context),
      // `llm.provider` is who hosts, `llm.system` whose models they are; only here the latter says more.
      ...(attributes.get("llm.system") === "vertexai" && { provider: "vertexai" }),
    },
    ...(stream !== undefined && { stream }),
    ...(first !== undefined && { timeToFirstChunkS: first }),
    ...textOf(attributes, kind, request.body, context),
  };
}

type Request = {
  readonly model?: string;
  readonly stream?: boolean;
  /** All of it. */
  readonly body?: unknown;
};

/** What the request asked for: the body without its messages, as JSON text. */
function requestOf(attributes: Attributes, context: ReadContext): Request {
  const sent = attributes.get("llm.invocation_parameters");
  if (typeof sent !== "string") return {};
  try {
    const body = Object(JSON.parse(sent)) as Record<string, unknown>;
    const { model, stream } = body;
    return {
      body,
      ...(typeof model === "string" && model !== "" && { model: labelCut(model, context) }),
      ...(typeof stream === "boolean" && { stream }),
    };
  } catch {
    // Cut or malformed: what it would have told is absent, as where it was not sent.
    return {};
  }
}

/**
 * `llm.model_name` is first the requested model, and is overwritten by the one that answered, but of
 * a stream not by every instrumentation: there the requested name says nothing about the answer.
 */
function modelsOf(
  names: Reading["names"],
  request: Request,
  named: string | undefined,
  answered: boolean,
): { readonly requestModel?: string; readonly responseModel?: string } {
  const requestModel = names.requestModel ?? request.model;
  if (requestModel === undefined) return named === undefined ? {} : { requestModel: named };
  const isAnswer = answered && (request.stream !== true || named !== requestModel);
  const responseModel = names.responseModel ?? (isAnswer ? named : undefined);
  return { requestModel, ...(responseModel !== undefined && { responseModel }) };
}

/** Whether `llm.model_name` may be the answer's; LangChain's callbacks know the requested model alone. */
function isAnswered({ origin, attributes }: SpanRecord): boolean {
  if (origin.scopeName.endsWith("instrumentation-langchain")) return false;
  return attributes.has("output.value") || attributes.has("llm.token_count.completion");
}

/** LangChain tells the provider in its metadata only. */
function langChainProvider(
  { provider }: Reading["names"],
  attributes: Attributes,
  context: ReadContext,
): { readonly provider?: string } {
  const { ls_provider: told } =
    provider === undefined ? jsonMembers(attributes.get("metadata")) : {};
  return typeof told === "string" && told !== "" ? { provider: labelCut(told, context) } : {};
}

/** Some instrumentations mark the first token of a stream by an event. */
function firstToken(span: SpanRecord): number | undefined {
  const event = span.events.find(({ name }) => name === "First Token Stream Event");
  return event === undefined ? undefined : Math.max(0, event.at - span.startAt) / 1000;
}

const INPUT = messages("llm.input_messages.");
const OUTPUT = messages("llm.output_messages.");
const PROMPTS = texts("llm.prompts.", "prompt.text");
const CHOICES = texts("llm.choices.", "completion.text");
const EMBEDDED = texts("embedding.embeddings.", "embedding.text");

function messages(prefix: string): IndexedMessages {
  return indexedMessages({
    prefix,
    role: "message.role",
    content: "message.content",
    parts: {
      prefix: "message.contents.",
      type: "message_content.type",
      text: "message_content.text",
    },
  });
}

function texts(prefix: string, content: string): IndexedMessages {
  return indexedMessages({ prefix, role: "message.role", content });
}

function textOf(
  attributes: Attributes,
  kind: CallKind,
  request: unknown,
  context: ReadContext,
): Said {
  const draft = emptyText();
  if (kind === "inference") {
    addIndexed(draft, "input", attributes, INPUT);
    addIndexed(draft, "output", attributes, OUTPUT);
    addIndexed(draft, "input", attributes, PROMPTS);
    addIndexed(draft, "output", attributes, CHOICES);
    addFacts(draft, attributes, request);
  } else if (kind === "embeddings") {
    addIndexed(draft, "input", attributes, EMBEDDED);
  }
  if (draft.input === "") addValue(draft, "input", attributes, kind);
  if (draft.output === "" && kind !== "embeddings") addValue(draft, "output", attributes, kind);
  return finishText(unmasked(draft), context);
}

const TOOL_CALLS = indexedToolCalls({
  prefix: "llm.output_messages.",
  calls: "message.tool_calls.",
  name: "tool_call.function.name",
  arguments: "tool_call.function.arguments",
});

function addFacts(draft: TextDraft, attributes: Attributes, request: unknown): void {
  addRequest(draft, request);
  const tools: unknown[] = [];
  for (let i = 0; i < attributes.size; i++) {
    const definition = attributes.get(`llm.tools.${i}.tool.json_schema`);
    if (definition === undefined) break;
    tools.push(definition);
  }
  if (tools.length > 0) setTools(draft, tools);
  addIndexedToolCalls(draft, attributes, TOOL_CALLS);
}

/** Whole requests and answers as JSON are text for tools only: there nothing else is. */
function addValue(
  draft: TextDraft,
  side: "input" | "output",
  attributes: Attributes,
  kind: CallKind,
): void {
  const value = attributes.get(`${side}.value`);
  const isJson = attributes.get(`${side}.mime_type`) === "application/json";
  if (typeof value === "string" && (!isJson || kind === "tool")) addText(draft, side, value);
}

/** What the instrumentation writes in place of a text that it was told to hide. */
const HIDDEN = "__REDACTED__";

function unmasked(draft: TextDraft): TextDraft {
  for (const part of ["system", "input", "output", "context"] as const) {
    if (!draft[part].startsWith(HIDDEN)) continue;
    if (draft[part].split("\n").every((line) => line === HIDDEN)) draft[part] = "";
  }
  return draft;
}
