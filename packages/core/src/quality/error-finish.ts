import type { Call } from "../model/call.ts";

/** Whether the provider itself says that it ended the answer because of an error. */
export function isErrorFinish(call: Call): boolean {
  return call.finishReasons.includes("error");
}
