import type { CallText } from "../model/call.ts";
import type { AttributeValue } from "../receive/records.ts";
import { cutTo } from "./attributes.ts";
import type { ReadContext } from "./context.ts";

/** Content of messages nests a few levels; deeper structure is not text that anybody wrote. */
const MAX_DEPTH = 8;
const MAX_JSON_DEPTH = 64;

/** A call's texts while they are being gathered; messages are joined by line breaks. */
export type TextDraft = { system: string; input: string; output: string };

export function emptyText(): TextDraft {
  return { system: "", input: "", output: "" };
}

/** Adds a message to one of the texts. */
export function addText(draft: TextDraft, to: keyof TextDraft, text: string): void {
  if (text === "") return;
  draft[to] = draft[to] === "" ? text : `${draft[to]}\n${text}`;
}

/** Whether messages of this role steer the model instead of asking it. */
export function isSystemRole(role: unknown): boolean {
  return role === "system" || role === "developer";
}

/** The gathered texts, cut to their limit; `undefined` where nothing was said. */
export function finishText(draft: TextDraft, context: ReadContext): CallText | undefined {
  const text: { -readonly [K in keyof CallText]: CallText[K] } = {};
  let any = false;
  for (const part of ["system", "input", "output"] as const) {
    const whole = draft[part];
    if (whole === "") continue;
    any = true;
    text[part] = cutTo(whole, context.limits.textLength);
    if (whole.length > context.limits.textLength) context.ignored.add("text-cut");
  }
  return any ? text : undefined;
}

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
    const system = to === "input" && isSystemRole(memberOf(message, "role"));
    addText(draft, system ? "system" : to, plainText(message, to === "output", 0));
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
export function addContent(draft: TextDraft, to: keyof TextDraft, content: string): void {
  const parts = to !== "output" && content.startsWith("[{") ? parsed(content) : content;
  const isParts = Array.isArray(parts) && parts.every(isPart);
  addText(draft, to, isParts ? plainText(parts, false, 0) : content);
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

/** A member of a structured value, whether it came as JSON or as an attribute's map. */
function memberOf(value: unknown, name: string): unknown {
  if (value instanceof Map) return (value as ReadonlyMap<string, unknown>).get(name);
  if (typeof value !== "object" || value === null) return undefined;
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

/** Parts and messages that are text to a reader; OpenAI's responses call theirs by its side. */
const TEXT_TYPES: ReadonlySet<unknown> = new Set(["text", "message", "input_text", "output_text"]);

/**
 * What a reader would see of a message or part: text, and for the model's input also what tools
 * answered. Reasoning, tool calls, images and files are left out.
 */
function plainText(value: unknown, visibleOnly: boolean, depth: number): string {
  if (typeof value === "string") return value;
  if (depth > MAX_DEPTH) return "";
  if (Array.isArray(value)) {
    return value
      .map((item) => plainText(item, visibleOnly, depth + 1))
      .filter((text) => text !== "")
      .join("\n");
  }
  const type = memberOf(value, "type");
  if (type === "tool_call_response" || type === "tool_result" || type === "tool-result") {
    return visibleOnly ? "" : toolAnswer(value);
  }
  if (type !== undefined && !TEXT_TYPES.has(type)) return "";
  for (const name of ["parts", "content", "text", "message"]) {
    const inner = memberOf(value, name);
    if (inner !== undefined && inner !== null) return plainText(inner, visibleOnly, depth + 1);
  }
  return "";
}

function toolAnswer(part: unknown): string {
  const answer =
    memberOf(part, "response") ??
    memberOf(part, "result") ??
    memberOf(part, "output") ??
    memberOf(part, "content") ??
    "";
  // AI SDK 5 says of what kind an answer is: `{"type":"text","value":"rain"}`.
  return jsonText(memberOf(answer, "value") ?? answer);
}

/** A structured value as the text that it would be in JSON; text stays as it is. */
function jsonText(value: unknown): string {
  if (typeof value === "string") return value;
  if (isDeep(value, 0)) return "";
  return JSON.stringify(value, (_, inner: unknown) =>
    inner instanceof Map ? Object.fromEntries(inner as ReadonlyMap<string, unknown>) : inner,
  );
}

/** Writing JSON recurses, so its depth is bounded before. */
function isDeep(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depth > MAX_JSON_DEPTH) return true;
  const inner: Iterable<unknown> = value instanceof Map ? value.values() : Object.values(value);
  for (const item of inner) if (isDeep(item, depth + 1)) return true;
  return false;
}
