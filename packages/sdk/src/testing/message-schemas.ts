// The conventions' JSON schemas of messages (v1.41.1, `gen-ai-*-messages.json`), written from their
// description, and the little of JSON Schema that they need.
import { fieldsOf, isFields, listOf } from "../unknown.ts";

export type Schema = {
  readonly type?: "array" | "object" | "string";
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly enum?: readonly string[];
  /** By the field `type`; any other type is a part of its own kind. */
  readonly byType?: Readonly<Record<string, Schema>>;
};

const text: Schema = { type: "string" };
const modality: Schema = { type: "string", enum: ["image", "video", "audio", "document"] };

const part: Schema = {
  type: "object",
  required: ["type"],
  properties: { type: text },
  byType: {
    text: { required: ["content"], properties: { content: text } },
    reasoning: { required: ["content"], properties: { content: text } },
    tool_call: { required: ["name"], properties: { id: text, name: text } },
    tool_call_response: { required: ["response"], properties: { id: text } },
    blob: { required: ["modality", "content"], properties: { modality, content: text } },
    file: { required: ["modality", "file_id"], properties: { modality, file_id: text } },
    uri: { required: ["modality", "uri"], properties: { modality, uri: text } },
  },
};

const message: Schema = {
  type: "object",
  required: ["role", "parts"],
  properties: { role: text, name: text, parts: { type: "array", items: part } },
};

const finishReason: Schema = {
  type: "string",
  enum: ["stop", "length", "content_filter", "tool_call", "error"],
};

type Attribute =
  | "gen_ai.input.messages"
  | "gen_ai.output.messages"
  | "gen_ai.system_instructions"
  | "gen_ai.tool.definitions";

export const SCHEMAS: Readonly<Record<Attribute, Schema>> = {
  "gen_ai.input.messages": { type: "array", items: message },
  "gen_ai.output.messages": {
    type: "array",
    items: {
      ...message,
      required: ["role", "parts", "finish_reason"],
      properties: { ...message.properties, finish_reason: finishReason },
    },
  },
  "gen_ai.system_instructions": { type: "array", items: part },
  "gen_ai.tool.definitions": {
    type: "array",
    items: { type: "object", required: ["type", "name"], properties: { type: text, name: text } },
  },
};

/** What is wrong with a value, one line a fault, each with its place. */
export function faultsOf(value: unknown, schema: Schema, place = "$"): readonly string[] {
  if (schema.type === "array") {
    if (!Array.isArray(value)) return [`${place}: not a list`];
    const { items = {} } = schema;
    return value.flatMap((item, index) => faultsOf(item, items, `${place}[${index}]`));
  }
  if (schema.type === "string") {
    if (typeof value !== "string") return [`${place}: not a text`];
    const allowed = schema.enum === undefined || schema.enum.includes(value);
    return allowed ? [] : [`${place}: "${value}" is none of ${listOf(schema.enum).join(", ")}`];
  }
  if (!isFields(value)) return [`${place}: not an object`];
  const fields = fieldsOf(value);
  const special = schema.byType?.[String(fields["type"])];
  return [
    ...(schema.required ?? [])
      .filter((field) => fields[field] === undefined)
      .map((field) => `${place}: without ${field}`),
    ...Object.entries(schema.properties ?? {})
      .filter(([field]) => fields[field] !== undefined)
      .flatMap(([field, inner]) => faultsOf(fields[field], inner, `${place}.${field}`)),
    ...(special === undefined ? [] : faultsOf(value, special, place)),
  ];
}
