import type { CallKind } from "../../model/call.ts";
import type { Attributes, AttributeValue, SpanRecord } from "../../receive/records.ts";
import { jsonMembers, jsonOf, membersOf } from "../attributes.ts";
import { addRequest } from "../call-facts.ts";
import type { ReadContext } from "../context.ts";
import { leadingStatus } from "../error-type.ts";
import { isoTime } from "../iso-time.ts";
import { addMessages, addText, emptyText, finishText, type Said } from "../message-text.ts";
import { readSpelling, type Dialect, type Reading, type Spelling } from "../reading.ts";

const TYPE = "langfuse.observation.type";

/** Langfuse's SDKs. Source: npm's `@langfuse/tracing` and `@langfuse/openai` 5.11.1. */
const SPELLING: Spelling = {
  names: [
    ["provider", ["gen_ai.provider.name", "gen_ai.system"]],
    // Where the client is wrapped, the model that answered overwrites the one that was asked for.
    ["requestModel", ["gen_ai.request.model", "langfuse.observation.model.name"]],
    ["responseModel", ["gen_ai.response.model"]],
    ["errorType", ["error.type"]],
    ["conversationId", ["session.id", "langfuse.session.id", "langfuse.trace.session_id"]],
    ["userId", ["user.id", "langfuse.user.id", "langfuse.trace.user_id"]],
    ["promptName", ["langfuse.observation.prompt.name"]],
    ["promptVersion", ["langfuse.observation.prompt.version"]],
  ],
  stream: [],
  timeToFirstChunk: [],
  timePerOutputChunk: [],
  finishReasons: [],
  usage: [
    ["inputTokens", ["input"]],
    ["outputTokens", ["output"]],
    [
      "cacheReadTokens",
      ["input_cached_tokens", "cache_read_input_tokens", "input_cache_read", "cached_tokens"],
    ],
    ["cacheWriteTokens", ["cache_creation_input_tokens", "input_cache_creation"]],
    ["reasoningTokens", ["output_reasoning_tokens", "output_reasoning", "reasoning_tokens"]],
  ],
  usageIn: bucketsOf,
};

export const langfuse: Dialect = {
  name: "langfuse",
  claims: ({ attributes }) => attributes.has(TYPE),
  read,
};

/** Spans, events, chains, retrievers, evaluators and guardrails are no call. */
const KINDS: ReadonlyMap<unknown, readonly [CallKind, string]> = new Map([
  ["generation", ["inference", "chat"]],
  ["embedding", ["embeddings", "embeddings"]],
  ["tool", ["tool", "execute_tool"]],
  ["agent", ["agent", "invoke_agent"]],
]);

function read(span: SpanRecord, context: ReadContext): Reading | "not-a-call" {
  const { attributes } = span;
  // The wrapped client calls everything a generation.
  const type = span.name.endsWith(".embeddings") ? "embedding" : attributes.get(TYPE);
  const found = KINDS.get(type);
  if (found === undefined) return "not-a-call";
  const [kind, operation] = found;
  const reading = readSpelling(span, { kind, operation }, SPELLING, context);
  const first = firstChunkS(span);
  const { stream } = jsonMembers(attributes.get("langfuse.observation.model.parameters"));
  const failed = attributes.get("langfuse.observation.level") === "ERROR";
  return {
    ...reading,
    names: {
      ...reading.names,
      ...(kind === "tool" && { toolName: span.name }),
      ...(kind === "agent" && { agentName: span.name }),
      // A failure is told by the level alone: the span's status stays unset.
      ...(failed && { errorType: reading.names.errorType ?? errorTypeIn(attributes) }),
    },
    stream: stream === true || stream === "true" || first !== undefined,
    ...(first !== undefined && { timeToFirstChunkS: first }),
    ...textOf(attributes, kind, context),
  };
}

/** `Error: 429 Slow down` and `RateLimitError: …` of the status message; else not told. */
function errorTypeIn(attributes: Attributes): string {
  const message = attributes.get("langfuse.observation.status_message");
  const status = leadingStatus(message);
  if (status !== undefined) return status;
  const type = typeof message === "string" ? /^\w+(?=:)/.exec(message)?.[0] : undefined;
  return type === undefined || type === "Error" ? "_OTHER" : type;
}

/**
 * Its counts are disjoint buckets that add up to `total`: input without what was cached, output
 * without what was reasoned. Where they add up to it without the details, these are parts.
 */
function bucketsOf(attributes: Attributes): Attributes {
  const sent = jsonMembers(attributes.get("langfuse.observation.usage_details"));
  const counts = new Map<string, number>();
  for (const [key, value] of Object.entries(sent)) {
    if (typeof value === "number") counts.set(key, value);
  }
  const sides = { input: counts.get("input"), output: counts.get("output") };
  const total = counts.get("total");
  const isWhole = total !== undefined && (sides.input ?? 0) + (sides.output ?? 0) === total;
  if (isWhole) return counts;
  for (const side of ["input", "output"] as const) {
    if (sides[side] === undefined) continue;
    const details = [...counts].filter(([key]) => key !== side && belongsTo(key, side));
    counts.set(
      side,
      details.reduce((sum, [, count]) => sum + count, sides[side]),
    );
  }
  return counts;
}

function belongsTo(key: string, side: "input" | "output"): boolean {
  return key.startsWith(`${side}_`) || key.endsWith(`_${side}_tokens`);
}

/** When the first chunk came, as ISO 8601 text that may be JSON inside of JSON. */
function firstChunkS({ attributes, startAt }: SpanRecord): number | undefined {
  let told: unknown = attributes.get("langfuse.observation.completion_start_time");
  if (typeof told === "string" && told.startsWith('"')) told = jsonOf(told);
  const at = typeof told === "string" ? isoTime(told) : undefined;
  return at === undefined ? undefined : Math.max(0, at - startAt) / 1000;
}

function textOf(attributes: Attributes, kind: CallKind, context: ReadContext): Said {
  const draft = emptyText();
  for (const side of ["input", "output"] as const) {
    const value = attributes.get(`langfuse.observation.${side}`);
    if (kind === "tool") {
      if (typeof value === "string") addText(draft, side, value);
      continue;
    }
    // A wrapped client gives `{"messages":[…],"tools":[…]}` where there are tools.
    const { messages, ...request } = membersOf(jsonOf(value));
    if (side === "input" && kind === "inference") addRequest(draft, request);
    const said: AttributeValue | undefined =
      messages === undefined ? value : JSON.stringify(messages);
    addMessages(draft, side, said, context);
  }
  const parameters = jsonMembers(attributes.get("langfuse.observation.model.parameters"));
  if (kind === "inference") addRequest(draft, parameters);
  return finishText(draft, context);
}
