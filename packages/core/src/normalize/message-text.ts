import type { CallFacts, CallText } from "../model/call.ts";
import type { AttributeValue } from "../receive/records.ts";
import { cutTo } from "./attributes.ts";
import { addToolCall, type FactsDraft, finishFacts } from "./call-facts.ts";
import type { ReadContext } from "./context.ts";
import { firstMember, jsonText, listOf, memberOf } from "./structured.ts";

/** Content of messages nests a few levels; deeper structure is not text that anybody wrote. */
const MAX_DEPTH = 8;

const PARTS = ["system", "input", "output", "context"] as const;
type Part = (typeof PARTS)[number];

/**
 * What was said in a call and asked for while it is being gathered; messages are joined by line breaks.
 * What tools gave is context, and no part of the input.
 */
export type TextDraft = { [K in Part]: string } & FactsDraft;

/** What was said in a call; each absent where nothing tells it. */
export type Said = { readonly text?: CallText; readonly facts?: CallFacts };

export function emptyText(): TextDraft {
  return { system: "", input: "", output: "", context: "" };
}

/** Adds a message to one of the texts. */
export function addText(draft: TextDraft, to: Part, text: string): void {
  if (text === "") return;
  draft[to] = draft[to] === "" ? text : `${draft[to]}\n${text}`;
}

/** Which text a message to the model is part of, by its role. */
export function inputPart(role: unknown): "system" | "context" | "input" {
  if (role === "system" || role === "developer") return "system";
  return role === "tool" || role === "function" ? "context" : "input";
}

/** What was gathered, texts cut to their limit. */
export function finishText(draft: TextDraft, context: ReadContext): Said {
  const text: { -readonly [K in keyof CallText]: CallText[K] } = {};
  let any = false;
  for (const part of PARTS) {
    const whole = draft[part];
    if (whole === "") continue;
    any = true;
    text[part] = cutTo(whole, context.limits.textLength);
    if (whole.length > context.limits.textLength) context.ignored.add("text-cut");
  }
  const facts = finishFacts(draft);
  if (facts === undefined) return any ? { text } : NOTHING_SAID;
  return any ? { text, facts } : { facts };
}

const NOTHING_SAID: Said = {};

/**
 * Adds what an attribute holds: messages or parts as JSON text (on spans) or as structure (on
 * events), or plain text. JSON that was cut on the way is counted as `unreadable-text`.
 */
export function addMessages(
  draft: TextDraft,
  to: "system" | "input" | "output",
  value: AttributeValue | undefined,
  context: ReadContext,
): void {
  if (value === undefined) return;
  const content = typeof value === "string" ? parsed(value) : value;
  if (content === UNREADABLE) {
    context.ignored.add("unreadable-text");
    return;
  }
  for (const message of Array.isArray(content) ? (content as readonly unknown[]) : [content]) {
    const part = to === "input" ? inputPart(memberOf(message, "role")) : to;
    addText(draft, part, plainText(message, { draft, isAnswer: to === "output" }, 0));
  }
}

/** Parts of a message to a model, as OpenAI's and Anthropic's APIs take them. */
const PART_TYPES: ReadonlySet<unknown> = new Set([
  "text",
  "input_text",
  "image",
  "image_url",
  "input_image",
  "document",
  "file",
  "tool_use",
  "tool_result",
  "thinking",
  "redacted_thinking",
]);

/**
 * Adds one message's content: text, or what a model is asked as its parts in JSON. What only looks like
 * JSON, and whatever a model answers, is text that was written so.
 */
export function addContent(draft: TextDraft, to: Part, content: string): void {
  const parts = to !== "output" && content.startsWith("[{") ? parsed(content) : content;
  const isParts = Array.isArray(parts) && parts.every(isPart);
  addText(draft, to, isParts ? plainText(parts, { draft, isAnswer: false }, 0) : content);
}

function isPart(value: unknown): boolean {
  return PART_TYPES.has(memberOf(value, "type"));
}

/** Adds what a tool was given or gave: text as it was sent, which is mostly JSON of its own. */
export function addValue(
  draft: TextDraft,
  to: "input" | "output",
  value: AttributeValue | undefined,
  context: ReadContext,
): void {
  if (typeof value === "string") addText(draft, to, value);
  else addMessages(draft, to, value, context);
}

const UNREADABLE = Symbol("unreadable");

function parsed(text: string): unknown {
  const first = text.trimStart()[0];
  if (first !== "[" && first !== "{") return text;
  try {
    return JSON.parse(text);
  } catch {
    // Plain text may begin with a bracket; text that begins like a JSON list or object of messages
    // and is none was cut.
    return /^\s*(\[\s*)?\{\s*"/.test(text) ? UNREADABLE : text;
  }
}

/** Parts and messages that are text to a reader; OpenAI's responses call theirs by its side. */
const TEXT_TYPES: ReadonlySet<unknown> = new Set(["text", "message", "input_text", "output_text"]);

const CALL_TYPES: ReadonlySet<unknown> = new Set([
  "tool_call",
  "tool_use",
  "tool-call",
  "function_call",
]);
const ANSWER_TYPES: ReadonlySet<unknown> = new Set([
  "tool_call_response",
  "tool_result",
  "tool-result",
  "function_call_output",
]);

/** Where what is no text goes to: to a model what tools answered, from a model which it called. */
type Sink = { readonly draft: TextDraft; readonly isAnswer: boolean };

/**
 * What a reader would see of a message or part as text. Reasoning, images and files are left out; so are
 * tool calls and what tools answered, which go to the sink.
 */
function plainText(value: unknown, sink: Sink, depth: number): string {
  if (typeof value === "string") return value;
  if (depth > MAX_DEPTH) return "";
  if (Array.isArray(value)) {
    return value
      .map((item) => plainText(item, sink, depth + 1))
      .filter((text) => text !== "")
      .join("\n");
  }
  const type = memberOf(value, "type");
  if (CALL_TYPES.has(type)) {
    if (sink.isAnswer) addToolCall(sink.draft, value);
    return "";
  }
  if (ANSWER_TYPES.has(type)) {
    if (!sink.isAnswer) addText(sink.draft, "context", toolAnswer(value));
    return "";
  }
  if (type !== undefined && !TEXT_TYPES.has(type)) return "";
  if (sink.isAnswer) addToolCalls(sink.draft, value);
  const inner = firstMember(value, ["parts", "content", "text", "message"]);
  return inner === undefined ? "" : plainText(inner, sink, depth + 1);
}

/** OpenAI's chat completions tell calls beside a message's content, and at first told one alone. */
function addToolCalls(draft: TextDraft, message: unknown): void {
  const calls = firstMember(message, ["tool_calls", "toolCalls"]);
  for (const call of listOf(calls)) addToolCall(draft, call);
  const single = memberOf(message, "function_call");
  if (calls === undefined && single !== undefined) addToolCall(draft, single);
}

function toolAnswer(part: unknown): string {
  const answer = firstMember(part, ["response", "result", "output", "content"]) ?? "";
  // AI SDK 5 says of what kind an answer is: `{"type":"text","value":"rain"}`.
  return jsonText(memberOf(answer, "value") ?? answer);
}
