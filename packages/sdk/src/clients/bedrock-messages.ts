// Messages of Bedrock's conversations, by the conventions' schemas.
import { type Content, type Message, parsedJson, type Part } from "../content.ts";
import { unifiedReason } from "../conventions.ts";
import { type Fields, fieldsOf, isFields, listOf, textOf } from "../unknown.ts";

/** What was asked. */
export function converseContent(input: Fields): Content {
  const { system, messages, toolConfig } = input;
  return {
    system: listOf(system).map((block) => blockPart(fieldsOf(block))),
    input: listOf(messages).map((message) => inputMessage(fieldsOf(message))),
    tools: listOf(fieldsOf(toolConfig)["tools"]).map((tool) => toolDefinition(fieldsOf(tool))),
  };
}

/** What tools answered comes as the user's message; by the schemas it is the tool's. */
function inputMessage({ role, content }: Fields): Message {
  const parts = listOf(content).map((block) => blockPart(fieldsOf(block)));
  const answers = parts.length > 0 && parts.every(({ type }) => type === "tool_call_response");
  return { role: answers ? "tool" : (textOf(role) ?? "user"), parts };
}

function toolDefinition(tool: Fields): Part {
  const { toolSpec } = tool;
  if (!isFields(toolSpec)) {
    const [kind = "unknown"] = Object.keys(tool);
    return { type: kind, name: kind };
  }
  const { name, description, inputSchema } = toolSpec;
  const { json } = fieldsOf(inputSchema);
  return {
    type: "function",
    name: textOf(name) ?? "",
    ...(textOf(description) !== undefined && { description }),
    ...(json !== undefined && { parameters: json }),
  };
}

function blockPart(block: Fields): Part {
  const { text, toolUse, toolResult, reasoningContent, image, document, video } = block;
  if (typeof text === "string") return { type: "text", content: text };
  if (isFields(toolUse)) {
    const { toolUseId, name, input } = toolUse;
    return { type: "tool_call", ...idOf(toolUseId), name: textOf(name) ?? "", arguments: input };
  }
  if (isFields(toolResult)) {
    const response = listOf(toolResult["content"]).map(
      (part) => textOf(fieldsOf(part)["text"]) ?? fieldsOf(part)["json"] ?? null,
    );
    const told = response.length === 1 ? response[0] : response;
    return { type: "tool_call_response", ...idOf(toolResult["toolUseId"]), response: told };
  }
  if (isFields(reasoningContent)) {
    const { reasoningText } = reasoningContent;
    return { type: "reasoning", content: textOf(fieldsOf(reasoningText)["text"]) ?? "" };
  }
  if (isFields(image)) return mediaPart("image", image);
  if (isFields(video)) return mediaPart("video", video);
  if (isFields(document)) return mediaPart("document", document);
  // Cache points, guarded texts and the like: their kind is told.
  return { type: Object.keys(block)[0] ?? "unknown" };
}

function idOf(id: unknown): { readonly id?: string } {
  const told = textOf(id);
  return told === undefined ? {} : { id: told };
}

function mediaPart(modality: string, { format, source }: Fields): Part {
  const uri = textOf(fieldsOf(fieldsOf(source)["s3Location"])["uri"]);
  if (uri !== undefined) return { type: "uri", modality, uri };
  const kind = modality === "document" ? "application" : modality;
  return { type: "blob", modality, mime_type: `${kind}/${textOf(format) ?? "*"}`, content: "" };
}

/** Blocks kept of an answer; a model writes a handful. */
const BLOCKS = 256;
/** UTF-16 code units kept of a streamed block: more would not fit into an attribute. */
const TEXT_LENGTH = 65_536;

type Block = { readonly start: Fields; kind: "text" | "toolUse" | "reasoning"; text: string };

/** The blocks of an answer, put together from a stream's events. */
export class BlockTexts {
  readonly #blocks: Block[] = [];

  /** Begins a block, or takes a whole one. */
  begin(index: number, start: Fields): void {
    if (index < BLOCKS) this.#blocks[index] = { start, kind: "text", text: "" };
  }

  /** Blocks of text have no event of their own at their start. */
  add(index: number, { text, toolUse, reasoningContent }: Fields): void {
    if (this.#blocks[index] === undefined) this.begin(index, {});
    const block = this.#blocks[index];
    if (block === undefined || block.text.length >= TEXT_LENGTH) return;
    if (isFields(toolUse)) block.kind = "toolUse";
    if (isFields(reasoningContent)) block.kind = "reasoning";
    const { input } = fieldsOf(toolUse);
    block.text += textOf(text) ?? textOf(input) ?? textOf(fieldsOf(reasoningContent)["text"]) ?? "";
  }

  list(): readonly Fields[] {
    // Not by index: a server may leave some out.
    return Object.values(this.#blocks).map(blockOf);
  }
}

function blockOf({ start, kind, text }: Block): Fields {
  if (text === "") return start;
  if (kind === "text") return { text };
  if (kind === "reasoning") return { reasoningContent: { reasoningText: { text } } };
  return { toolUse: { ...fieldsOf(start["toolUse"]), input: parsedJson(text) } };
}

export function converseOutput(
  blocks: readonly Fields[],
  reason: string | undefined,
): readonly Message[] {
  const parts = blocks.map(blockPart);
  const message = { role: "assistant", parts, finish_reason: unifiedReason(reason) };
  return parts.length === 0 ? [] : [message];
}
