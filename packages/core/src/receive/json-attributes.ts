import { type JsonMessage, oneof } from "./json-message.ts";
import type { AttributeValue } from "./records.ts";

type Kind =
  | "stringValue"
  | "boolValue"
  | "intValue"
  | "doubleValue"
  | "arrayValue"
  | "kvlistValue"
  | "bytesValue";

type ReadKind = (value: JsonMessage, depth: number) => AttributeValue;

const READERS: Readonly<Record<Kind, ReadKind>> = {
  stringValue: (value) => value.text("stringValue"),
  boolValue: (value) => value.bool("boolValue"),
  intValue: (value) => value.int64("intValue") ?? null,
  doubleValue: (value) => value.double("doubleValue") ?? null,
  arrayValue: (value, depth) => readList(value.message("arrayValue"), depth),
  kvlistValue: (value, depth) => readMap(value.message("kvlistValue"), depth),
  bytesValue: (value) => value.content("bytesValue"),
};

const KINDS = oneof<Kind>(
  "stringValue",
  "boolValue",
  "intValue",
  "doubleValue",
  "arrayValue",
  "kvlistValue",
  "bytesValue",
);

/** The attributes of a record, resource or scope. */
export function readJsonAttributes(message: JsonMessage): Map<string, AttributeValue> {
  const { tally } = message;
  const attributes = new Map<string, AttributeValue>();
  for (const entry of message.messages("attributes")) {
    if (tally.admitsAttribute(attributes.size)) readEntry(entry, attributes, 1);
  }
  return attributes;
}

/**
 * Reads the AnyValue in a field; a value that is unset, or of a kind that OTLP did not have when
 * this was written, is null.
 *
 * @param depth how deep the value stands: 1 is an attribute's own value
 */
export function readJsonValue(value: JsonMessage | undefined, depth: number): AttributeValue {
  const kind = value?.member(KINDS);
  return value === undefined || kind === undefined ? null : READERS[kind](value, depth);
}

function readEntry(entry: JsonMessage, into: Map<string, AttributeValue>, depth: number): void {
  into.set(entry.text("key"), readJsonValue(entry.message("value"), depth));
}

function readList(message: JsonMessage | undefined, depth: number): AttributeValue {
  if (message === undefined || !message.tally.admitsDepth(depth)) return null;
  const list: AttributeValue[] = [];
  for (const value of message.messages("values")) {
    if (message.tally.admitsEntry(list.length)) list.push(readJsonValue(value, depth + 1));
  }
  return list;
}

function readMap(message: JsonMessage | undefined, depth: number): AttributeValue {
  if (message === undefined || !message.tally.admitsDepth(depth)) return null;
  const map = new Map<string, AttributeValue>();
  for (const entry of message.messages("values")) {
    if (message.tally.admitsEntry(map.size)) readEntry(entry, map, depth + 1);
  }
  return map;
}
