import type { Attributes } from "../receive/records.ts";
import { addContent, addText, inputPart, type TextDraft } from "./message-text.ts";

/** How a dialect spreads one list of messages over numbered keys: `gen_ai.prompt.0.content` … */
export type IndexedSpelling = {
  /** What comes before a message's number. */
  readonly prefix: string;
  readonly role: string;
  readonly content: string;
  /** Another key of it, for a prompt that was no message. */
  readonly prompt?: string;
  /** Where the parts of a message's content are, numbered again. */
  readonly parts?: PartSpelling;
};

type PartSpelling = { readonly prefix: string; readonly type: string; readonly text: string };

type PartKeys = { readonly type: string; readonly text: string };
type MessageKeys = {
  readonly role: string;
  readonly content: string;
  readonly prompt: string | undefined;
  readonly part: ((index: number) => PartKeys) | undefined;
};

/** The keys of the message with a number. */
export type IndexedMessages = (index: number) => MessageKeys;

/** Prepares a spelling, once for each dialect: making the keys costs more than looking them up. */
export function indexedMessages(spelling: IndexedSpelling): IndexedMessages {
  const { prefix, prompt, parts } = spelling;
  return prepared(16, (i) => ({
    role: `${prefix}${i}.${spelling.role}`,
    content: `${prefix}${i}.${spelling.content}`,
    prompt: prompt === undefined ? undefined : `${prefix}${i}.${prompt}`,
    part: parts === undefined ? undefined : partsOf(`${prefix}${i}.${parts.prefix}`, parts),
  }));
}

function partsOf(prefix: string, spelling: PartSpelling): (index: number) => PartKeys {
  return prepared(4, (j) => ({
    type: `${prefix}${j}.${spelling.type}`,
    text: `${prefix}${j}.${spelling.text}`,
  }));
}

/** Makes what belongs to a number; of the first numbers, once. */
export function prepared<T>(length: number, make: (index: number) => T): (index: number) => T {
  const first = Array.from({ length }, (_, index) => make(index));
  return (index) => first[index] ?? make(index);
}

/** Adds the messages that an attribute map spreads over numbered keys; the first gap ends them. */
export function addIndexed(
  draft: TextDraft,
  to: "input" | "output",
  attributes: Attributes,
  messages: IndexedMessages,
): void {
  for (let i = 0; i < attributes.size; i++) {
    const keys = messages(i);
    const role = attributes.get(keys.role);
    const prompt = keys.prompt === undefined ? undefined : attributes.get(keys.prompt);
    const content = attributes.get(keys.content) ?? prompt;
    const target = to === "input" ? inputPart(role) : to;
    if (typeof content === "string") addContent(draft, target, content);
    const hasParts = keys.part !== undefined && addParts(draft, target, attributes, keys.part);
    if (role === undefined && content === undefined && !hasParts) return;
  }
}

function addParts(
  draft: TextDraft,
  to: Parameters<typeof addText>[1],
  attributes: Attributes,
  part: (index: number) => PartKeys,
): boolean {
  for (let j = 0; j < attributes.size; j++) {
    const keys = part(j);
    const text = attributes.get(keys.text);
    // A part without text (an image) leaves a hole, but its type is always told.
    if (text === undefined && !attributes.has(keys.type)) return j > 0;
    if (typeof text === "string") addText(draft, to, text);
  }
  return true;
}
