import { compilePattern, replaceMatches } from "@naruko/core/model/pattern";
import type { Pattern } from "@naruko/core/model/pattern";
import type { Call, CallText } from "@naruko/core/model/call";
import type { Telemetry } from "@naruko/core/model/telemetry";
import type { Config } from "./config.ts";

const REDACTED = "[redacted]";

/**
 * What may be written of what was said, as a function on telemetry before it is committed.
 * `off` and `judge` take all text out (nothing judges yet, so nothing needs it); `store` keeps it
 * with the user's patterns blotted out.
 *
 * @throws InputError when a pattern is not of RE2's syntax
 */
export function redaction({
  mode,
  redact,
}: Config["capture"]): (telemetry: Telemetry) => Telemetry {
  const patterns = redact.map((source) => compilePattern(source, { kind: "config" }));
  const clean = (text: string): string => patterns.reduce(blotOut, text);
  return (telemetry) => ({
    ...telemetry,
    calls: telemetry.calls.map((call) => (mode === "store" ? cleanCall(call, clean) : mute(call))),
    evaluations: telemetry.evaluations.map((evaluation) => {
      const { explanation, ...rest } = evaluation;
      if (explanation === undefined) return evaluation;
      return mode === "store" ? { ...rest, explanation: clean(explanation) } : rest;
    }),
  });
}

function mute(call: Call): Call {
  if (call.text === undefined) return call;
  const { text: _text, ...rest } = call;
  return rest;
}

function cleanCall(call: Call, clean: (text: string) => string): Call {
  if (call.text === undefined) return call;
  const parts = Object.entries(call.text) as [keyof CallText, string][];
  return { ...call, text: Object.fromEntries(parts.map(([part, text]) => [part, clean(text)])) };
}

/** Every match is replaced; an empty one hides nothing. */
function blotOut(text: string, pattern: Pattern): string {
  return replaceMatches(pattern, text, ([match]) => (match === "" ? "" : REDACTED));
}
