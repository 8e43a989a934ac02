import type { Call } from "../model/call.ts";
import { parseJson } from "./parse-json.ts";
import { structuredAnswer } from "./structured-answer.ts";

/** Whether JSON was asked for and the answer, all of it, is none. */
export function isInvalidJson(call: Call): boolean {
  const answer = structuredAnswer(call);
  return answer !== undefined && !parseJson(answer).ok;
}
