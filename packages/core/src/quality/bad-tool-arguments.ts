import type { Call } from "../model/call.ts";
import { isBlank } from "./blank.ts";
import { schemaMismatch } from "./json-schema.ts";
import { parseJson } from "./parse-json.ts";

/**
 * Whether the arguments of a call do not parse as an object, or do not match the parameters of the
 * tool that was offered under that name. Arguments of a call that ended early may end early, too.
 */
export function hasBadToolArguments(call: Call): boolean {
  if (call.errorType !== undefined || call.ending !== undefined) return false;
  const { tools = [], toolCalls = [] } = call.facts ?? {};
  if (toolCalls.length === 0) return false;
  const parameters = new Map(tools.map((tool) => [tool.name, tool.parameters]));
  return toolCalls.some(
    (one) => one.arguments !== undefined && isBad(one.arguments, parameters.get(one.name)),
  );
}

function isBad(written: string, parameters: string | undefined): boolean {
  // Some providers write nothing where there is nothing to write.
  const parsed = parseJson(isBlank(written) ? "{}" : written);
  if (!parsed.ok) return true;
  const { value } = parsed;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return true;
  if (parameters === undefined) return false;
  const schema = parseJson(parameters);
  return schema.ok && schemaMismatch(schema.value, value) !== undefined;
}
