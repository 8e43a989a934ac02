import type { CallFacts } from "../model/call.ts";
import { firstMember, jsonText, listOf, memberOf } from "./structured.ts";

type Tool = NonNullable<CallFacts["tools"]>[number];
type ToolCall = NonNullable<CallFacts["toolCalls"]>[number];

/** What was asked for beside the text, and what tools were called, while it is being gathered. */
export type FactsDraft = {
  outputType?: string;
  outputSchema?: string;
  tools?: Tool[];
  toolCalls?: ToolCall[];
};

/** The gathered facts; `undefined` where nothing was told. */
export function finishFacts(draft: FactsDraft): CallFacts | undefined {
  const { outputType, outputSchema, tools, toolCalls } = draft;
  if ([outputType, outputSchema, tools, toolCalls].every((fact) => fact === undefined)) {
    return undefined;
  }
  return {
    ...(outputType !== undefined && { outputType }),
    ...(outputSchema !== undefined && { outputSchema }),
    ...(tools && { tools }),
    ...(toolCalls && { toolCalls }),
  };
}

/** Facts of one call that were told in two places. */
export function joinedFacts(
  first: CallFacts | undefined,
  second: CallFacts | undefined,
): CallFacts | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  const toolCalls = [...(first.toolCalls ?? []), ...(second.toolCalls ?? [])];
  return { ...first, ...second, ...(toolCalls.length > 0 && { toolCalls }) };
}

/** Adds a call of a tool, in the form of any provider's API; one without a name is none. */
export function addToolCall(draft: FactsDraft, value: unknown): void {
  const inner = memberOf(value, "function") ?? value;
  const name = firstMember(inner, ["name", "toolName"]);
  if (typeof name !== "string" || name === "") return;
  const written = firstMember(inner, ["arguments", "input", "args"]);
  draft.toolCalls ??= [];
  draft.toolCalls.push({
    name,
    ...(written !== undefined && { arguments: jsonText(written) }),
  });
}

/**
 * Sets the tools that were offered, from definitions in the form of any provider's API. One that the
 * provider runs itself (a search on the web) has its type for a name.
 */
export function setTools(draft: FactsDraft, definitions: unknown): void {
  if (!Array.isArray(definitions)) return;
  draft.tools = (definitions as readonly unknown[]).flatMap((definition) => {
    // AI SDK writes a list of texts, each of which is JSON.
    const value = typeof definition === "string" ? jsonIn(definition) : definition;
    // Gemini takes lists of functions as one tool.
    const declared = firstMember(value, ["functionDeclarations", "function_declarations"]);
    return declared === undefined ? toolIn(value) : listOf(declared).flatMap(toolIn);
  });
}

function toolIn(value: unknown): readonly Tool[] {
  const inner = memberOf(value, "function") ?? value;
  const name = firstMember(inner, ["name", "type"]);
  return typeof name === "string" ? [toolOf(name, parametersOf(inner))] : [];
}

function parametersOf(inner: unknown): unknown {
  return firstMember(inner, [
    "parameters",
    "input_schema",
    "inputSchema",
    "parameters_json_schema",
    "parametersJsonSchema",
  ]);
}

/** @param parameters a JSON Schema, as a value or as text */
export function toolOf(name: string, parameters: unknown): Tool {
  return { name, ...(parameters !== undefined && { parameters: jsonText(parameters) }) };
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Cut or malformed: what it would have told is absent, as where it was not sent.
    return undefined;
  }
}

/** What a request's response format is called by the conventions; images and speech are told so. */
const OUTPUT_TYPES: ReadonlyMap<unknown, string> = new Map([
  ["json_object", "json"],
  ["json_schema", "json"],
  ["json", "json"],
  ["text", "text"],
]);

/**
 * Sets type and schema of the output from a request's response format, as the APIs of OpenAI take it
 * (`response_format`, or `text.format`).
 */
export function setResponseFormat(draft: FactsDraft, format: unknown): void {
  const type = OUTPUT_TYPES.get(typeof format === "string" ? format : memberOf(format, "type"));
  if (type === undefined) return;
  draft.outputType ??= type;
  const schema = memberOf(memberOf(format, "json_schema") ?? format, "schema");
  if (schema !== undefined && schema !== null) draft.outputSchema ??= jsonText(schema);
}

/** Adds what the body of a request to a provider's API asks for. */
export function addRequest(draft: FactsDraft, body: unknown): void {
  setTools(draft, memberOf(body, "tools"));
  setResponseFormat(draft, memberOf(body, "response_format"));
  setResponseFormat(draft, memberOf(memberOf(body, "text"), "format"));
}
