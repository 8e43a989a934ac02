import type { Call } from "../model/call.ts";
import { isCalledOff } from "../model/call.ts";

/** Whether the answer stops before its end. */
export function isCutOff(call: Call): boolean {
  if (isCalledOff(call)) return false;
  return call.finishReasons.includes("length") || call.ending === "cut";
}
