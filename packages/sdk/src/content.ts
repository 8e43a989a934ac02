// Messages by the conventions' JSON schemas, and how they become an attribute.
import type { Redact } from "./settings.ts";
import { isFields } from "./unknown.ts";

/** `text`, `reasoning`, `tool_call`, `tool_call_response`, `blob`, `file`, `uri` … */
export type Part = { readonly type: string; readonly [field: string]: unknown };

export type Message = {
  readonly role: string;
  readonly parts: readonly Part[];
  readonly name?: string;
  readonly finish_reason?: string;
};

/** What was said in one call; known only where content is captured. */
export type Content = {
  readonly system?: readonly Part[];
  readonly input?: readonly Message[];
  readonly tools?: readonly Part[];
};

/** UTF-16 code units of an attribute: a receiver that cuts longer ones would break the JSON. */
const ATTRIBUTE_LENGTH = 65_000;
/** Lengths to which single texts are cut, one after the other, until the attribute fits. */
const TEXT_LENGTHS: readonly number[] = [32_768, 4096, 512];

/** Fields of a part that are names, not content. */
const NAMES: ReadonlySet<string> = new Set([
  "type",
  "id",
  "name",
  "modality",
  "mime_type",
  "file_id",
]);

/**
 * The attribute of messages, parts or definitions: JSON, redacted and within its length. Where even
 * short texts do not fit, the oldest entries are left out.
 */
export function contentAttribute(
  attribute: string,
  entries: readonly (Message | Part)[],
  redact: Redact | undefined,
): string {
  const hide = (text: string): string => (redact === undefined ? text : redact(text, attribute));
  const redacted = entries.map((entry) => mapTexts(entry, hide));
  let texts: readonly string[] = [];
  for (const length of TEXT_LENGTHS) {
    texts = redacted.map((entry) => JSON.stringify(mapTexts(entry, (text) => cut(text, length))));
    if (lengthOf(texts) <= ATTRIBUTE_LENGTH) return `[${texts.join(",")}]`;
  }
  let first = 0;
  let length = lengthOf(texts);
  while (length > ATTRIBUTE_LENGTH) length -= (texts[first++]?.length ?? 0) + 1;
  return `[${texts.slice(first).join(",")}]`;
}

/** The attribute of one value, such as a tool's result: a text as it is, anything else as JSON. */
export function valueAttribute(
  attribute: string,
  value: unknown,
  redact: Redact | undefined,
): string {
  const hide = (text: string): string => (redact === undefined ? text : redact(text, attribute));
  const redacted = mapValue(value, hide, 0);
  if (typeof redacted === "string") return cut(redacted, ATTRIBUTE_LENGTH);
  for (const length of TEXT_LENGTHS) {
    const short = mapValue(redacted, (text) => cut(text, length), 0);
    const text = JSON.stringify(short) as string | undefined;
    if (text !== undefined && text.length <= ATTRIBUTE_LENGTH) return text;
  }
  return "";
}

function lengthOf(texts: readonly string[]): number {
  return texts.reduce((sum, { length }) => sum + length + 1, 1);
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

function mapTexts(entry: object, change: (text: string) => string): object {
  if (!("parts" in entry) || !Array.isArray(entry.parts)) return mapPart(entry, change);
  return { ...entry, parts: entry.parts.map((part: Part) => mapPart(part, change)) };
}

function mapPart(part: object, change: (text: string) => string): object {
  const mapped: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(part)) {
    // A picture that is too long is left out: half of its base64 is no picture.
    if (field === "content" && "type" in part && part.type === "blob") {
      mapped[field] = typeof value === "string" && value.length <= BLOB_LENGTH ? value : "";
    } else {
      mapped[field] = NAMES.has(field) ? value : mapValue(value, change, 0);
    }
  }
  return mapped;
}

const BLOB_LENGTH = 16_384;
/** Arguments of tools are not deeper; what is, is left out. */
const DEPTH = 32;

function mapValue(value: unknown, change: (text: string) => string, depth: number): unknown {
  if (typeof value === "string") return change(value);
  if (depth > DEPTH) return null;
  if (Array.isArray(value)) return value.map((item) => mapValue(item, change, depth + 1));
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([field, item]) => [field, mapValue(item, change, depth + 1)]),
  );
}

/** What a text says where it is JSON, such as a tool's arguments; anything else as it is. */
export function parsedJson(sent: unknown): unknown {
  if (typeof sent !== "string") return sent;
  try {
    return JSON.parse(sent);
  } catch {
    return sent;
  }
}

/** All that is said in messages, for an estimate of their tokens. */
export function spokenText(messages: readonly (Message | Part)[]): string {
  const texts: string[] = [];
  const keep = (text: string): string => {
    texts.push(text);
    return text;
  };
  for (const message of messages) mapTexts(message, keep);
  return texts.join("\n");
}
