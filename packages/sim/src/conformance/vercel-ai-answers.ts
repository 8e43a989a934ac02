import {
  completion,
  completionStream,
  failure,
  TOOL_CALL,
  TOOL_CALL_DELTAS,
  WORDS,
} from "../provider-stubs/openai-wire.ts";
import type { ScriptedAnswer } from "../provider-stubs/provider-stub.ts";

const HALF = WORDS.slice(0, 2).map((content) => ({ content }));
const CACHED = { input: 2048, output: 12, cached: 1920 };
const REASONED = { input: 19, output: 812, reasoning: 800 };
const LIMITED = failure(429, "rate_limit_exceeded");

const OBJECT = { content: '{"city":"Nara"}' };
const OBJECT_DELTAS = ['{"city"', ':"Na', 'ra"}'].map((content) => ({ content }));
const TOOL_TURN = completion({
  id: "tool",
  message: { tool_calls: [TOOL_CALL] },
  finish: "tool_calls",
});

/** Numbers as they are, since the AI SDK asks for them so. */
const EMBEDDINGS: ScriptedAnswer = {
  kind: "whole",
  status: 200,
  body: {
    object: "list",
    model: "text-embedding-3-small",
    data: [{ object: "embedding", index: 0, embedding: [0.25, -0.5] }],
    usage: { prompt_tokens: 7, total_tokens: 7 },
  },
};

/**
 * What OpenAI's server answers in each case. What the application does in it is in
 * `senders/vercel-ai/cases.mjs`, under the same name.
 */
export const VERCEL_AI_ANSWERS: ReadonlyMap<string, readonly ScriptedAnswer[]> = new Map<
  string,
  readonly ScriptedAnswer[]
>([
  ["plain", [completion({ id: "plain" })]],
  ["streamed", [completionStream({ id: "streamed" })]],
  ["tool call", [TOOL_TURN, completion({ id: "answer" })]],
  [
    "tool call, streamed",
    [
      completionStream({ id: "tool", deltas: TOOL_CALL_DELTAS, finish: "tool_calls" }),
      completionStream({ id: "answer" }),
    ],
  ],
  ["object", [completion({ id: "object", message: OBJECT })]],
  ["generateObject()", [completion({ id: "object", message: OBJECT })]],
  ["generateObject(), 429", [LIMITED]],
  ["generateObject(), no object", [completion({ id: "object" })]],
  ["streamObject()", [completionStream({ id: "object", deltas: OBJECT_DELTAS })]],
  ["streamObject(), 429", [LIMITED]],
  ["agent", [TOOL_TURN, completion({ id: "answer" })]],
  ["tool call, a tool fails", [TOOL_TURN, completion({ id: "answer" })]],
  [
    "tool call, streamed, left early",
    [
      completionStream({ id: "tool", deltas: TOOL_CALL_DELTAS, finish: "tool_calls" }),
      completionStream({ id: "answer" }),
    ],
  ],
  ["tool call, then 500", [TOOL_TURN, failure(500, "server_error")]],
  ["429", [LIMITED]],
  ["streamed, 429", [LIMITED]],
  ["500", [failure(500, "server_error")]],
  ["429 and a retry", [LIMITED, completion({ id: "retry" })]],
  ["timeout", [{ kind: "silent" }]],
  ["aborted", [{ kind: "silent" }]],
  ["streamed, aborted", [stopped("abort", "hang")]],
  ["streamed, timeout", [stopped("limit", "hang")]],
  ["streamed, left early", [completionStream({ id: "left" })]],
  ["streamed, cut", [stopped("cut", "cut")]],
  ["streamed, ended without a last word", [stopped("ended", "done")]],
  ["streamed, forgotten", [completionStream({ id: "forgotten" })]],
  [
    "content filter",
    [completion({ id: "filter", message: { content: "" }, finish: "content_filter" })],
  ],
  ["length", [completion({ id: "length", finish: "length" })]],
  ["length, streamed", [completionStream({ id: "length", finish: "length" })]],
  ["cached tokens", [completion({ id: "cached", tokens: CACHED })]],
  ["cached tokens, streamed", [completionStream({ id: "cached", tokens: CACHED })]],
  ["reasoning tokens", [completion({ id: "reasoned", tokens: REASONED })]],
  ["reasoning tokens, streamed", [completionStream({ id: "reasoned", tokens: REASONED })]],
  ["every parameter", [completion({ id: "all" })]],
  ["not recorded", [completion({ id: "quiet" })]],
  ["embeddings, plain", [EMBEDDINGS]],
  ["embeddings, many", [EMBEDDINGS]],
  ["embeddings, 429", [LIMITED]],
]);

/** A stream that says two words and no more. */
function stopped(id: string, end: "done" | "cut" | "hang"): ScriptedAnswer {
  return completionStream({ id, deltas: HALF, finish: undefined, end });
}
