import { isCalledOff, type Call } from "../model/call.ts";
import { isBlank } from "./blank.ts";

/**
 * Whether nothing was answered: no text that anybody can see, and no tool called. Where the output is
 * not in the span, a whole answer of no tokens says it.
 */
export function isEmpty(call: Call): boolean {
  if (call.errorType !== undefined || isCalledOff(call) || call.ending === "raw") return false;
  if (calledTool(call) || !isTextual(call)) return false;
  const output = call.text?.output;
  if (output !== undefined) return isBlank(output);
  return call.usage.outputTokens === 0 && call.finishReasons.includes("stop");
}

function calledTool(call: Call): boolean {
  return (call.facts?.toolCalls?.length ?? 0) > 0 || call.finishReasons.includes("tool_call");
}

/** Pictures and speech are answers without text. */
function isTextual(call: Call): boolean {
  const type = call.facts?.outputType;
  return type === undefined || type === "text" || type === "json";
}
