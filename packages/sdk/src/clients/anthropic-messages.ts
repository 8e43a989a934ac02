// Anthropic's messages, by the conventions' schemas.
import { type Content, type Message, parsedJson, type Part } from "../content.ts";
import { unifiedReason } from "../conventions.ts";
import { type Fields, fieldsOf, listOf, textOf } from "../unknown.ts";

/** What was asked. */
export function messagesContent(body: Fields): Content {
  return {
    system: blockParts(body["system"]),
    input: listOf(body["messages"]).map((message) => inputMessage(fieldsOf(message))),
    tools: listOf(body["tools"]).map((tool) => toolDefinition(fieldsOf(tool))),
  };
}

/** What tools answered comes as the user's message; by the schemas it is the tool's. */
function inputMessage({ role, content }: Fields): Message {
  const parts = blockParts(content);
  const answers = parts.length > 0 && parts.every(({ type }) => type === "tool_call_response");
  return { role: answers ? "tool" : (textOf(role) ?? "user"), parts };
}

function toolDefinition(tool: Fields): Part {
  const { name, description, input_schema: parameters } = tool;
  // Tools that the server brings have a type of their own and no schema.
  const type = parameters === undefined ? textOf(tool["type"]) : undefined;
  return {
    type: type ?? "function",
    name: textOf(name) ?? "",
    ...(textOf(description) !== undefined && { description }),
    ...(parameters !== undefined && { parameters }),
  };
}

function blockParts(content: unknown): readonly Part[] {
  if (typeof content === "string") return content === "" ? [] : [{ type: "text", content }];
  return listOf(content).map((block) => blockPart(fieldsOf(block)));
}

function blockPart(block: Fields): Part {
  const { type, text, thinking, id, name, input, tool_use_id: called, content } = block;
  switch (type) {
    case "text":
      return { type: "text", content: textOf(text) ?? "" };
    case "thinking":
      return { type: "reasoning", content: textOf(thinking) ?? "" };
    case "redacted_thinking":
      return { type: "reasoning", content: "" };
    case "tool_use":
      return { type: "tool_call", ...idOf(id), name: textOf(name) ?? "", arguments: input };
    case "tool_result":
      return { type: "tool_call_response", ...idOf(called), response: content ?? "" };
    case "image":
    case "document":
      return sourcePart(type, fieldsOf(block["source"]));
    default:
      return serverPart(block);
  }
}

/** Calls of the server's own tools, and what those told. */
function serverPart(block: Fields): Part {
  const { id, name, input, tool_use_id: called, content } = block;
  const type = textOf(block["type"]) ?? "unknown";
  if (type.endsWith("_tool_use")) {
    const tool = textOf(name) ?? type;
    const call = { type: tool, arguments: input };
    return { type: "server_tool_call", ...idOf(id), name: tool, server_tool_call: call };
  }
  if (type.endsWith("_tool_result")) {
    const response = { type, content };
    return {
      type: "server_tool_call_response",
      ...idOf(called),
      server_tool_call_response: response,
    };
  }
  return { type };
}

function idOf(id: unknown): { readonly id?: string } {
  const told = textOf(id);
  return told === undefined ? {} : { id: told };
}

function sourcePart(modality: string, source: Fields): Part {
  const { type, data, media_type: mime, url, file_id: file } = source;
  switch (type) {
    case "url":
      return { type: "uri", modality, uri: textOf(url) ?? "" };
    case "file":
      return { type: "file", modality, file_id: textOf(file) ?? "" };
    case "text":
      return { type: "text", content: textOf(data) ?? "" };
    default:
      return { type: "blob", modality, mime_type: textOf(mime) ?? "", content: textOf(data) ?? "" };
  }
}

/** Blocks kept of an answer; a model writes a handful. */
const BLOCKS = 256;
/** UTF-16 code units kept of a streamed block: more would not fit into an attribute. */
const TEXT_LENGTH = 65_536;

type Block = { readonly start: Fields; text: string };

/** The blocks of an answer, put together from a stream's events. */
export class BlockTexts {
  readonly #blocks: Block[] = [];

  /** Begins a block, or takes a whole one. */
  begin(index: number, start: Fields): void {
    if (index < BLOCKS) this.#blocks[index] = { start, text: "" };
  }

  add(index: number, delta: Fields): void {
    const block = this.#blocks[index];
    if (block === undefined || block.text.length >= TEXT_LENGTH) return;
    const { text, thinking, partial_json: json } = delta;
    block.text += textOf(text) ?? textOf(thinking) ?? textOf(json) ?? "";
  }

  list(): readonly Fields[] {
    // Not by index: a server may leave some out.
    return Object.values(this.#blocks).map(blockOf);
  }
}

function blockOf({ start, text }: Block): Fields {
  if (text === "") return start;
  if (start["type"] === "text") return { ...start, text };
  if (start["type"] === "thinking") return { ...start, thinking: text };
  return { ...start, input: parsedJson(text) };
}

export function messagesOutput(
  blocks: readonly Fields[],
  reason: string | undefined,
): readonly Message[] {
  const parts = blockParts(blocks);
  const message = { role: "assistant", parts, finish_reason: unifiedReason(reason) };
  return parts.length === 0 ? [] : [message];
}
