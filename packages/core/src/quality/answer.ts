import type { Call } from "../model/call.ts";
import { DEFAULT_LIMITS } from "../model/limits.ts";

/**
 * The output, where it is one answer from its first to its last character: only of such can be said
 * that something is missing in it, or that its form is wrong. Absent where the call failed or ended
 * early, where several choices were joined, and where the text was cut on its way to us.
 */
export function wholeAnswer(call: Call): string | undefined {
  const output = call.text?.output;
  if (output === undefined || output.length >= DEFAULT_LIMITS.textLength) return undefined;
  if (call.errorType !== undefined || call.ending !== undefined) return undefined;
  return call.finishReasons.length > 1 ? undefined : output;
}
