import type { Usage } from "@naruko/core/model/call";
import { VERDICT_TOOL } from "./anthropic-request.ts";
import { countOf, fieldOf, listOf, textOf } from "./json-fields.ts";
import { type Reply, toldInput, truncation, usageFrom } from "./reply.ts";

/** Reads a message as it is on the wire. */
export function anthropicReply(body: unknown): Reply {
  const usage = anthropicUsage(fieldOf(body, "usage"));
  const model = textOf(body, "model");
  return {
    said: said(body, usage ?? {}),
    ...(usage !== undefined && { usage }),
    ...(model !== undefined && { model }),
  };
}

function said(body: unknown, usage: Usage): Reply["said"] {
  const stop = textOf(body, "stop_reason");
  if (stop === "refusal") return { kind: "refused", detail: "the judge refused to answer" };
  if (stop === "max_tokens" || stop === "model_context_window_exceeded") {
    return { kind: "truncated", detail: truncation(usage) };
  }
  const blocks = listOf(body, "content");
  const call = blocks.find((block) => textOf(block, "name") === VERDICT_TOOL);
  const input = fieldOf(call, "input");
  if (input !== undefined) return { kind: "text", text: JSON.stringify(input) };
  const text = blocks.map((block) => textOf(block, "text") ?? "").join("");
  if (text.trim() === "") return { kind: "malformed", detail: "answered nothing" };
  return { kind: "text", text };
}

/** What was read from or written to a cache is told beside the input, and belongs to it. */
function anthropicUsage(usage: unknown): Usage | undefined {
  const fresh = countOf(usage, "input_tokens");
  const cacheReadTokens = countOf(usage, "cache_read_input_tokens");
  const cacheWriteTokens = countOf(usage, "cache_creation_input_tokens");
  return usageFrom({
    inputTokens: toldInput(
      fresh === undefined ? undefined : fresh + (cacheReadTokens ?? 0) + (cacheWriteTokens ?? 0),
    ),
    outputTokens: countOf(usage, "output_tokens"),
    cacheReadTokens,
    cacheWriteTokens,
    reasoningTokens: countOf(usage, "output_tokens_details", "thinking_tokens"),
  });
}
