import type { AttributeValue, Attributes } from "../receive/records.ts";
import type { ReadContext } from "./context.ts";

/** A text cut to a length, never through the middle of a character. */
export function cutTo(text: string, length: number): string {
  if (text.length <= length) return text;
  const last = text.charCodeAt(length - 1);
  const splitsPair = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, splitsPair ? length - 1 : length);
}

/**
 * A value as a name (model, provider, tool …): numbers and booleans are written out, anything else
 * than a non-empty text is absent.
 */
function nameOf(value: AttributeValue | undefined): string | undefined {
  if (typeof value === "string") return value === "" ? undefined : value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return undefined;
}

/** The first of some keys that holds a name, cut to the limit of a label. */
export function firstName(
  attributes: Attributes,
  keys: readonly string[],
  context: ReadContext,
): string | undefined {
  for (const key of keys) {
    const name = nameOf(attributes.get(key));
    if (name !== undefined) return labelCut(name, context);
  }
  return undefined;
}

/** A text as a label's value: cut to its limit, and counted where it was longer. */
export function labelCut(text: string, context: ReadContext): string {
  if (text.length <= context.limits.labelLength) return text;
  context.ignored.add("label-cut");
  return cutTo(text, context.limits.labelLength);
}

/** A number, also where it was sent as text; NaN where the value is none, `undefined` where absent. */
export function numberOf(value: AttributeValue | undefined): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number") return value;
  return typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;
}

/** A flag, also where it was sent as text; `undefined` where it is neither. */
export function flagOf(value: AttributeValue | undefined): boolean | undefined {
  if (typeof value === "boolean") return value;
  if (value === "true" || value === "True") return true;
  if (value === "false" || value === "False") return false;
  return undefined;
}

/** A list of texts, also where it was sent as JSON; a single text counts as a list of one. */
export function textsOf(value: AttributeValue | undefined): readonly string[] {
  if (typeof value === "string") {
    if (value === "") return [];
    const list = value.startsWith("[") ? jsonOf(value) : undefined;
    return list === undefined ? [value] : textsIn(list);
  }
  return textsIn(value);
}

function textsIn(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [];
  return value.filter((item): item is string => typeof item === "string" && item !== "");
}

/** What a text of JSON holds; `undefined` where the value is none, or was cut on the way. */
export function jsonOf(value: AttributeValue | undefined): unknown {
  if (typeof value !== "string") return undefined;
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

/** The members of an object that a text of JSON holds; none where it holds something else. */
export function jsonMembers(value: AttributeValue | undefined): Readonly<Record<string, unknown>> {
  return membersOf(jsonOf(value));
}

/** The members of a parsed object; none where it is something else. */
export function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return {};
  return value as Readonly<Record<string, unknown>>;
}
