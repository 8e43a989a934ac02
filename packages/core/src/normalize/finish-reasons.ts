type FinishReason = "stop" | "length" | "content_filter" | "tool_call" | "error";

/** Spellings of each reason, in lower case: OpenAI, Anthropic, Gemini, Bedrock, Cohere, Mistral, AI SDK, .NET. */
const SPELLINGS: Readonly<Record<FinishReason, readonly string[]>> = {
  stop: [
    "stop",
    "end_turn",
    "stop_sequence",
    "complete",
    "completed",
    "finish",
    "eos",
    "eos_token",
  ],
  length: [
    "length",
    "max_tokens",
    "max_output_tokens",
    "model_length",
    "model_context_window_exceeded",
  ],
  content_filter: [
    "content_filter",
    "content-filter",
    "contentfilter",
    "content_filtered",
    "guardrail_intervened",
    "refusal",
    "safety",
    "recitation",
    "blocklist",
    "prohibited_content",
    "spii",
    "image_safety",
    "error_toxic",
  ],
  tool_call: [
    "tool_call",
    "tool_calls",
    "tool-calls",
    "toolcalls",
    "tool_use",
    "function_call",
    "functioncall",
  ],
  error: [
    "error",
    "malformed_function_call",
    "unexpected_tool_call",
    "malformed_model_output",
    "malformed_tool_use",
    "insufficient_system_resource",
  ],
};

const UNIFIED: ReadonlyMap<string, string> = new Map(
  Object.entries(SPELLINGS).flatMap(([reason, sent]) =>
    sent.map((spelling): [string, string] => [spelling, reason]),
  ),
);

// Google's enumeration reaches telemetry as `FinishReason.STOP` or `FINISH_REASON_STOP` too.
const ENUM_NAME = /^finish_?reason[._]/;

/** One finish reason, unified; lower-cased as sent where it is not known. */
export function unifiedFinishReason(sent: string): string {
  const lower = sent.toLowerCase();
  return UNIFIED.get(lower) ?? UNIFIED.get(lower.replace(ENUM_NAME, "")) ?? lower;
}
