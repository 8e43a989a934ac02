import type { Call } from "../model/call.ts";
import { wholeAnswer } from "./answer.ts";
import { isBlank } from "./blank.ts";

/** The answer where it was to be JSON; words on the way to a tool are not the answer. */
export function structuredAnswer(call: Call): string | undefined {
  const { outputType, outputSchema, toolCalls = [] } = call.facts ?? {};
  const asked = outputType === "json" || (outputType === undefined && outputSchema !== undefined);
  if (!asked || toolCalls.length > 0 || call.finishReasons.includes("tool_call")) return undefined;
  const answer = wholeAnswer(call);
  return answer === undefined || isBlank(answer) ? undefined : answer;
}
