import type { Usage } from "@naruko/core/model/call";
import { countOf, fieldOf, listOf, textOf } from "./json-fields.ts";
import { type Reply, toldInput, truncation, usageFrom } from "./reply.ts";

/** Reads a chat completion as it is on the wire; servers leave out much of what the API has. */
export function openAiReply(body: unknown): Reply {
  const usage = openAiUsage(fieldOf(body, "usage"));
  const model = textOf(body, "model");
  return {
    said: said(body, usage ?? {}),
    ...(usage !== undefined && { usage }),
    ...(model !== undefined && { model }),
  };
}

function said(body: unknown, usage: Usage): Reply["said"] {
  const [choice] = listOf(body, "choices");
  if (choice === undefined) return { kind: "malformed", detail: "answered without a choice" };
  const finish = textOf(choice, "finish_reason") ?? "";
  const message = fieldOf(choice, "message");
  if (textOf(message, "refusal") !== undefined) {
    return { kind: "refused", detail: "the judge refused to answer" };
  }
  if (finish === "content_filter") {
    return { kind: "refused", detail: "the provider's content filter withheld the answer" };
  }
  if (finish === "length" || finish === "max_tokens") {
    return { kind: "truncated", detail: truncation(usage) };
  }
  const text = contentOf(message);
  if (text.trim() === "") return { kind: "malformed", detail: "answered nothing" };
  return { kind: "text", text };
}

/** A text, or a list of parts as some servers send it. */
function contentOf(message: unknown): string {
  const parts = listOf(message, "content").map((part) => textOf(part, "text") ?? "");
  return textOf(message, "content") ?? parts.join("");
}

/** Counts include what was cached and what was reasoned. */
function openAiUsage(usage: unknown): Usage | undefined {
  const inputTokens = toldInput(countOf(usage, "prompt_tokens"));
  return usageFrom({
    inputTokens,
    outputTokens: outputOf(usage, inputTokens ?? 0),
    cacheReadTokens: countOf(usage, "prompt_tokens_details", "cached_tokens"),
    cacheWriteTokens: undefined,
    reasoningTokens: countOf(usage, "completion_tokens_details", "reasoning_tokens"),
  });
}

/**
 * Gemini and Grok leave what was reasoned out of `completion_tokens`, and bill it: it stands in the
 * total alone.
 */
function outputOf(usage: unknown, inputTokens: number): number | undefined {
  const outputTokens = countOf(usage, "completion_tokens");
  if (outputTokens === undefined) return undefined;
  return Math.max(outputTokens, (countOf(usage, "total_tokens") ?? 0) - inputTokens);
}
