// Messages of chat completions, by the conventions' schemas.
import { type Content, type Message, parsedJson, type Part } from "../content.ts";
import { unifiedReason } from "../conventions.ts";
import { type Fields, fieldsOf, isFields, listOf, textOf } from "../unknown.ts";

/** What was asked. System messages are part of the conversation here, in their place. */
export function chatContent(body: Fields): Content {
  return {
    input: listOf(body["messages"]).map((message) => inputMessage(fieldsOf(message))),
    tools: listOf(body["tools"]).map((tool) => toolDefinition(fieldsOf(tool))),
  };
}

function inputMessage(message: Fields): Message {
  const role = textOf(message["role"]) ?? "user";
  const name = textOf(message["name"]);
  if (role === "tool" || role === "function") {
    const id = textOf(message["tool_call_id"]);
    const response = message["content"] ?? "";
    return { role: "tool", parts: [{ type: "tool_call_response", ...(id && { id }), response }] };
  }
  const parts = [
    ...reasoningParts(message),
    ...contentParts(message["content"]),
    ...textParts(message["refusal"]),
    ...toolCalls(message),
  ];
  return { role, parts, ...(name !== undefined && { name }) };
}

/** Parts of a message whose content is a text or a list. */
export function contentParts(content: unknown): readonly Part[] {
  if (typeof content === "string") return textParts(content);
  return listOf(content).flatMap((part) => contentPart(fieldsOf(part)));
}

export function textParts(text: unknown): readonly Part[] {
  return typeof text === "string" && text !== "" ? [{ type: "text", content: text }] : [];
}

/** A part of chat completions or of responses: `text`, `input_text`, `image_url`, `input_image` … */
function contentPart(part: Fields): readonly Part[] {
  const { type, text, refusal, image_url: image, input_audio: audio, file } = part;
  switch (type) {
    case "text":
    case "input_text":
    case "output_text":
    case "summary_text":
    case "reasoning_text":
      return textParts(text);
    case "refusal":
      return textParts(refusal);
    case "image_url":
    case "input_image":
      return imageParts(textOf(image) ?? textOf(fieldsOf(image)["url"]), part["file_id"]);
    case "input_audio":
      return [audioPart(fieldsOf(audio))];
    case "file":
    case "input_file":
      return fileParts(isFields(file) ? file : part);
    default:
      return [{ type: textOf(type) ?? "unknown" }];
  }
}

const DATA_URL = /^data:([^;,]*);base64,/;

function imageParts(url: string | undefined, fileId: unknown): readonly Part[] {
  if (url === undefined) return fileParts({ file_id: fileId }, "image");
  const mime = DATA_URL.exec(url);
  if (mime === null) return [{ type: "uri", modality: "image", uri: url }];
  const content = url.slice(mime[0].length);
  return [{ type: "blob", modality: "image", mime_type: mime[1] ?? "", content }];
}

function audioPart({ format, data }: Fields): Part {
  const mime = `audio/${textOf(format) ?? "unknown"}`;
  return { type: "blob", modality: "audio", mime_type: mime, content: textOf(data) ?? "" };
}

function fileParts(file: Fields, modality = "document"): readonly Part[] {
  const id = textOf(file["file_id"]);
  if (id !== undefined) return [{ type: "file", modality, file_id: id }];
  const uri = textOf(file["file_url"]);
  if (uri !== undefined) return [{ type: "uri", modality, uri }];
  return [{ type: "blob", modality, content: "" }];
}

function reasoningParts(message: Fields): readonly Part[] {
  const content = textOf(message["reasoning_content"]) ?? textOf(message["reasoning"]);
  return content === undefined ? [] : [{ type: "reasoning", content }];
}

function toolCalls(message: Fields): readonly Part[] {
  const calls = listOf(message["tool_calls"]).map((call) => toolCall(fieldsOf(call)));
  const legacy = message["function_call"];
  return isFields(legacy) ? [...calls, toolCall({ function: legacy })] : calls;
}

function toolCall({ id, function: called, custom }: Fields): Part {
  const { name, arguments: sent, input } = fieldsOf(called ?? custom);
  return {
    type: "tool_call",
    ...(textOf(id) !== undefined && { id }),
    name: textOf(name) ?? "",
    arguments: parsedJson(sent ?? input),
  };
}

/** A tool that the model may call; those of chat completions are wrapped in their kind. */
export function toolDefinition(tool: Fields): Part {
  const type = textOf(tool["type"]) ?? "function";
  const { name, description, parameters } = fieldsOf(tool["function"] ?? tool["custom"] ?? tool);
  return {
    type,
    name: textOf(name) ?? type,
    ...(textOf(description) !== undefined && { description }),
    ...(parameters !== undefined && { parameters }),
  };
}

/** UTF-16 code units kept of a streamed answer: more would not fit into an attribute. */
const TEXT_LENGTH = 65_536;
/** Tool calls kept of a choice. */
const TOOL_CALLS = 128;

type PartialCall = { id?: string | undefined; name: string; arguments: string };

/** What one choice says, put together from its chunks. */
export class ChoiceText {
  #content = "";
  #refusal = "";
  #reasoning = "";
  readonly #calls: PartialCall[] = [];

  /** Adds a whole message or a chunk's delta. */
  add(delta: Fields): void {
    const { content, refusal } = delta;
    if (typeof content === "string") this.#content = joined(this.#content, content);
    if (typeof refusal === "string") this.#refusal = joined(this.#refusal, refusal);
    const reasoning = textOf(delta["reasoning_content"]) ?? textOf(delta["reasoning"]);
    if (reasoning !== undefined) this.#reasoning = joined(this.#reasoning, reasoning);
    for (const [place, call] of listOf(delta["tool_calls"]).entries()) {
      this.#addCall(fieldsOf(call), place);
    }
    if (isFields(delta["function_call"])) this.#addCall({ function: delta["function_call"] }, 0);
  }

  #addCall(call: Fields, place: number): void {
    const index = typeof call["index"] === "number" ? call["index"] : place;
    if (!(index >= 0 && index < TOOL_CALLS)) return;
    const { name, arguments: sent, input } = fieldsOf(call["function"] ?? call["custom"]);
    const known = this.#calls[index] ?? { name: "", arguments: "" };
    known.id ??= textOf(call["id"]);
    if (known.name === "") known.name = textOf(name) ?? "";
    known.arguments = joined(known.arguments, textOf(sent) ?? textOf(input) ?? "");
    this.#calls[index] = known;
  }

  /** The message as far as it is known. */
  message(reason: string | undefined): Message {
    return {
      role: "assistant",
      parts: [
        ...reasoningParts({ reasoning: this.#reasoning }),
        ...textParts(this.#content),
        ...textParts(this.#refusal),
        ...toolCalls({
          tool_calls: this.#calls.map(({ id, ...called }) => ({ id, function: called })),
        }),
      ],
      finish_reason: unifiedReason(reason),
    };
  }
}

function joined(before: string, more: string): string {
  return before.length >= TEXT_LENGTH ? before : before + more;
}

export function chatOutput(
  choices: readonly ChoiceText[],
  reasons: readonly (string | undefined)[],
): readonly Message[] {
  return choices.map((choice, index) => choice.message(reasons[index]));
}
