// Contents of Google's models, by the conventions' schemas.
import type { Content, Message, Part } from "../content.ts";
import { unifiedReason } from "../conventions.ts";
import { type Fields, fieldsOf, isFields, listOf, textOf } from "../unknown.ts";

/** What was asked. */
export function generateContent(params: Fields): Content {
  const { systemInstruction, tools } = fieldsOf(params["config"]);
  return {
    system: contentsOf(systemInstruction).flatMap(({ parts }) => parts),
    input: contentsOf(params["contents"]),
    tools: listOf(tools).flatMap((tool) => toolDefinitions(fieldsOf(tool))),
  };
}

/** Contents as the client takes them: a text, a part, a content, or a list of any of them. */
export function contentsOf(contents: unknown): readonly Message[] {
  const list: readonly unknown[] = Array.isArray(contents) ? contents : [contents];
  const messages: Message[] = [];
  let loose: Part[] = [];
  for (const item of list) {
    const { parts, role } = fieldsOf(item);
    if (Array.isArray(parts)) {
      messages.push(messageOf(role, parts.map(fieldsOf).map(partOf)));
    } else if (typeof item === "string") {
      loose = [...loose, { type: "text", content: item }];
    } else if (isFields(item)) {
      loose = [...loose, partOf(item)];
    }
  }
  // Parts without a content of their own are one message of the user.
  return loose.length === 0 ? messages : [...messages, messageOf("user", loose)];
}

function messageOf(role: unknown, parts: readonly Part[]): Message {
  if (role === "model") return { role: "assistant", parts };
  const answers = parts.length > 0 && parts.every(({ type }) => type === "tool_call_response");
  return { role: answers ? "tool" : (textOf(role) ?? "user"), parts };
}

function toolDefinitions(tool: Fields): readonly Part[] {
  const declared = listOf(tool["functionDeclarations"]).map((declaration) => {
    const { name, description, parameters, parametersJsonSchema } = fieldsOf(declaration);
    const schema = parametersJsonSchema ?? parameters;
    return {
      type: "function",
      name: textOf(name) ?? "",
      ...(textOf(description) !== undefined && { description }),
      ...(schema !== undefined && { parameters: schema }),
    };
  });
  // The server's own tools are fields by their names.
  const served = Object.keys(tool).filter((name) => name !== "functionDeclarations");
  return [...declared, ...served.map((name) => ({ type: name, name }))];
}

function partOf(part: Fields): Part {
  const { text, thought, functionCall, functionResponse, inlineData, fileData } = part;
  if (typeof text === "string") {
    return { type: thought === true ? "reasoning" : "text", content: text };
  }
  if (isFields(functionCall)) {
    const { id, name, args } = functionCall;
    return { type: "tool_call", ...idOf(id), name: textOf(name) ?? "", arguments: args ?? {} };
  }
  if (isFields(functionResponse)) {
    const { id, response } = functionResponse;
    return { type: "tool_call_response", ...idOf(id), response: response ?? {} };
  }
  if (isFields(inlineData)) {
    const { mimeType, data } = inlineData;
    return { type: "blob", ...mediaOf(mimeType), content: textOf(data) ?? "" };
  }
  if (isFields(fileData)) {
    const { mimeType, fileUri } = fileData;
    return { type: "uri", ...mediaOf(mimeType), uri: textOf(fileUri) ?? "" };
  }
  // Code that the server ran, and the like: its kind is told.
  return { type: Object.keys(part)[0] ?? "unknown" };
}

function idOf(id: unknown): { readonly id?: string } {
  const told = textOf(id);
  return told === undefined ? {} : { id: told };
}

const MODALITIES: ReadonlySet<string> = new Set(["image", "audio", "video"]);

function mediaOf(mimeType: unknown): { readonly modality: string; readonly mime_type: string } {
  const mime = textOf(mimeType) ?? "";
  const kind = mime.split("/", 1)[0] ?? "";
  return { modality: MODALITIES.has(kind) ? kind : "document", mime_type: mime };
}

/** UTF-16 code units kept of a streamed answer: more would not fit into an attribute. */
const TEXT_LENGTH = 65_536;
/** Parts kept of a candidate. */
const PARTS = 256;

/** What each candidate says, put together from its chunks. */
export class CandidateParts {
  readonly #candidates: Part[][] = [];

  add(index: number, told: Fields): void {
    const parts = (this.#candidates[index] ??= []);
    const part = partOf(told);
    const last = parts.at(-1);
    const { content } = part;
    // A text goes on where it stopped.
    if (last !== undefined && last.type === part.type && typeof last["content"] === "string") {
      const text = last["content"] + (typeof content === "string" ? content : "");
      if (last["content"].length < TEXT_LENGTH)
        parts[parts.length - 1] = { ...last, content: text };
    } else if (content !== "" && parts.length < PARTS) {
      parts.push(part);
    }
  }

  list(): readonly (readonly Part[])[] {
    return Array.from(this.#candidates, (parts) => parts);
  }
}

export function generateOutput(
  candidates: readonly (readonly Part[] | undefined)[],
  reasons: readonly (string | undefined)[],
): readonly Message[] {
  return candidates.map((parts = [], index) => ({
    role: "assistant",
    parts,
    finish_reason: unifiedReason(reasons[index]),
  }));
}
