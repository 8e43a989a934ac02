// Messages of the Vercel AI SDK, by the conventions' schemas.
import { type Content, type Message, parsedJson, type Part } from "../content.ts";
import { unifiedReason } from "../conventions.ts";
import { type Fields, fieldsOf, listOf, textOf } from "../unknown.ts";

/** What was asked. */
export function aiSdkContent(event: Fields): Content {
  const { instructions, messages, tools } = event;
  const system = Array.isArray(instructions) ? instructions : [instructions];
  return {
    system: system.flatMap((part: unknown) => partsOf(fieldsOf(part)["content"] ?? part)),
    input: listOf(messages).map((message) => {
      const { role, content } = fieldsOf(message);
      return { role: textOf(role) ?? "user", parts: partsOf(content) };
    }),
    tools: listOf(tools).map((tool) => toolDefinition(fieldsOf(tool))),
  };
}

function toolDefinition({ name, description, inputSchema: parameters }: Fields): Part {
  return {
    type: "function",
    name: textOf(name) ?? "",
    ...(textOf(description) !== undefined && { description }),
    ...(parameters !== undefined && { parameters }),
  };
}

function partsOf(content: unknown): readonly Part[] {
  if (typeof content === "string") return content === "" ? [] : [{ type: "text", content }];
  return listOf(content).map((part) => partOf(fieldsOf(part)));
}

function partOf(part: Fields): Part {
  const { type, text, toolCallId: id, toolName, input, output, mediaType } = part;
  switch (type) {
    case "text":
    case "reasoning":
      return { type, content: textOf(text) ?? "" };
    case "tool-call":
      return {
        type: "tool_call",
        ...(textOf(id) !== undefined && { id }),
        name: textOf(toolName) ?? "",
        arguments: parsedJson(input),
      };
    case "tool-result":
      return {
        type: "tool_call_response",
        ...(textOf(id) !== undefined && { id }),
        response: fieldsOf(output)["value"] ?? output ?? "",
      };
    case "image":
    case "file": {
      const mime = textOf(mediaType) ?? (type === "image" ? "image/*" : "");
      const kind = mime.split("/", 1)[0] ?? "";
      const modality = /^(?:image|audio|video)$/.test(kind) ? kind : "document";
      return { type: "blob", modality, mime_type: mime, content: "" };
    }
    default:
      return { type: textOf(type) ?? "unknown" };
  }
}

/** UTF-16 code units kept of a streamed text: more would not fit into an attribute. */
const TEXT_LENGTH = 65_536;
/** Parts kept of an answer. */
const PARTS = 256;

/** What a model says, whole or put together from the parts of a stream. */
export class AnswerParts {
  readonly #parts: Fields[] = [];

  add(part: Fields): void {
    const { type, delta, text } = part;
    if (type === "text-delta" || type === "reasoning-delta") {
      this.#addText(type === "text-delta" ? "text" : "reasoning", textOf(delta) ?? "");
    } else if (type === "text" || type === "reasoning") {
      this.#addText(type, textOf(text) ?? "");
    } else if ((type === "tool-call" || type === "file") && this.#parts.length < PARTS) {
      this.#parts.push(part);
    }
  }

  #addText(type: "text" | "reasoning", more: string): void {
    const last = this.#parts.at(-1);
    const before = textOf(last?.["text"]) ?? "";
    if (last?.["type"] !== type) {
      if (this.#parts.length < PARTS) this.#parts.push({ type, text: more });
    } else if (before.length < TEXT_LENGTH) {
      this.#parts[this.#parts.length - 1] = { type, text: before + more };
    }
  }

  list(): readonly Part[] {
    return this.#parts.map(partOf);
  }
}

export function aiSdkOutput(
  parts: readonly Part[],
  reason: string | undefined,
): readonly Message[] {
  const message = { role: "assistant", parts, finish_reason: unifiedReason(reason) };
  return parts.length === 0 ? [] : [message];
}
