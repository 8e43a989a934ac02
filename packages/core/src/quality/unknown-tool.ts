import type { Call } from "../model/call.ts";

/** Whether the model called a tool that it was not offered; unknown where the offer is not told. */
export function isUnknownTool(call: Call): boolean {
  const { tools, toolCalls = [] } = call.facts ?? {};
  if (tools === undefined || toolCalls.length === 0) return false;
  const offered = new Set(tools.map(({ name }) => name));
  return toolCalls.some(({ name }) => !offered.has(name));
}
