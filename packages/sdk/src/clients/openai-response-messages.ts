// Messages of responses, by the conventions' schemas.
import { type Content, type Message, parsedJson, type Part } from "../content.ts";
import { unifiedReason } from "../conventions.ts";
import { type Fields, fieldsOf, listOf, textOf } from "../unknown.ts";
import { contentParts, textParts, toolDefinition } from "./openai-messages.ts";

/** What was asked; instructions stand apart from the conversation here. */
export function responseContent(body: Fields): Content {
  const { input, instructions, tools } = body;
  return {
    system: textParts(instructions),
    input:
      typeof input === "string"
        ? [{ role: "user", parts: textParts(input) }]
        : listOf(input).map((item) => messageOf(fieldsOf(item))),
    tools: listOf(tools).map((tool) => toolDefinition(fieldsOf(tool))),
  };
}

/** One message of all that was answered. */
export function responseOutput(
  items: readonly unknown[],
  reason: string | undefined,
): readonly Message[] {
  const parts = items.flatMap((item) => messageOf(fieldsOf(item)).parts);
  return parts.length === 0
    ? []
    : [{ role: "assistant", parts, finish_reason: unifiedReason(reason) }];
}

/** An item of a conversation: a message, a tool's call or answer, reasoning. */
function messageOf(item: Fields): Message {
  const { type, role, content, call_id: id } = item;
  switch (type) {
    case "function_call":
    case "custom_tool_call":
      return { role: "assistant", parts: [callPart(item)] };
    case "function_call_output":
    case "custom_tool_call_output": {
      const response = item["output"] ?? "";
      const called = textOf(id);
      const part = { type: "tool_call_response", ...(called && { id: called }), response };
      return { role: "tool", parts: [part] };
    }
    case "reasoning": {
      const said = [...contentParts(item["summary"]), ...contentParts(content)];
      const parts = said.map((part) => ({ ...part, type: "reasoning" }));
      return { role: "assistant", parts };
    }
    case undefined:
    case "message":
      return { role: textOf(role) ?? "assistant", parts: contentParts(content) };
    default:
      // Calls of the server's own tools: their kind is told, what they found is not.
      return { role: "assistant", parts: [{ type: textOf(type) ?? "unknown" }] };
  }
}

function callPart(item: Fields): Part {
  const id = textOf(item["call_id"]) ?? textOf(item["id"]);
  return {
    type: "tool_call",
    ...(id && { id }),
    name: textOf(item["name"]) ?? "",
    arguments: parsedJson(item["arguments"] ?? item["input"]),
  };
}
