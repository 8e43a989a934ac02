import {
  blockedBody,
  content,
  contentStream,
  embeddings,
  failure,
  FUNCTION_CALL,
  streamOf,
  WORDS,
} from "../provider-stubs/google-genai-wire.ts";
import type { ScriptedAnswer } from "../provider-stubs/provider-stub.ts";

const HALF = WORDS.slice(0, 2).map((text) => [{ text }]);
const THOUGHT = { text: "Clappers, I think.", thought: true };
const CACHED = { input: 2048, output: 12, cached: 1920 };
const THOUGHTS = { input: 19, output: 12, thoughts: 800 };

/**
 * What the server answers in each case. What the application does in it is in
 * `senders/google-genai/cases.mjs`, under the same name.
 */
export const GOOGLE_GENAI_ANSWERS: ReadonlyMap<string, readonly ScriptedAnswer[]> = new Map<
  string,
  readonly ScriptedAnswer[]
>([
  ["plain", [content({ id: "plain" })]],
  ["streamed", [contentStream({ id: "streamed" })]],
  ["tool call", [content({ id: "tool", parts: [FUNCTION_CALL] })]],
  ["tool call, streamed", [contentStream({ id: "tool", chunks: [[FUNCTION_CALL]] })]],
  ["tool answer", [content({ id: "told", tokens: { input: 19, output: 12, tools: 100 } })]],
  [
    "function called by the client",
    [content({ id: "call", parts: [FUNCTION_CALL] }), content({ id: "answer" })],
  ],
  ["two candidates", [content({ id: "two", candidates: 2 })]],
  ["429", [failure(429)]],
  ["streamed, 429", [failure(429)]],
  ["500", [failure(500)]],
  ["429 and a retry", [failure(429), content({ id: "retry" })]],
  ["timeout", [{ kind: "silent" }]],
  ["aborted", [{ kind: "silent" }]],
  ["streamed, aborted", [stopped("abort", "hang")]],
  ["streamed, timeout", [stopped("limit", "hang")]],
  // Not left open: this client keeps the connection of a stream that nobody reads.
  ["streamed, left early", [contentStream({ id: "left" })]],
  ["streamed, returned", [contentStream({ id: "returned" })]],
  ["streamed, cut", [stopped("cut", "cut")]],
  ["streamed, ended without a last word", [stopped("ended", "done")]],
  ["streamed, forgotten", [contentStream({ id: "forgotten" })]],
  ["refusal", [content({ id: "no", parts: [], finish: "SAFETY" })]],
  ["refusal, streamed", [contentStream({ id: "no", chunks: HALF, finish: "SAFETY" })]],
  ["prompt refused", [{ kind: "whole", status: 200, body: blockedBody("blocked") }]],
  ["prompt refused, streamed", [streamOf(blockedBody("blocked"))]],
  ["length", [content({ id: "length", finish: "MAX_TOKENS" })]],
  ["length, streamed", [contentStream({ id: "length", finish: "MAX_TOKENS" })]],
  ["cached tokens", [content({ id: "cached", tokens: CACHED })]],
  ["cached tokens, streamed", [contentStream({ id: "cached", tokens: CACHED })]],
  [
    "reasoning tokens",
    [
      content({
        id: "thought",
        parts: [THOUGHT, { text: WORDS.join(""), thoughtSignature: "CgIB" }],
        tokens: THOUGHTS,
      }),
    ],
  ],
  [
    "reasoning tokens, streamed",
    [
      contentStream({
        id: "thought",
        chunks: [[THOUGHT], ...WORDS.map((text) => [{ text }])],
        tokens: THOUGHTS,
      }),
    ],
  ],
  ["tokens of pictures", [content({ id: "seen", tokens: { input: 300, output: 12, image: 258 } })]],
  ["chat, plain", [content({ id: "chat" })]],
  ["chat, streamed", [contentStream({ id: "chat" })]],
  ["every parameter", [content({ id: "all" })]],
  ["embeddings, plain", [embeddings()]],
  ["embeddings, 429", [failure(429)]],
]);

/** A stream that says two words and no more. */
function stopped(id: string, end: "done" | "cut" | "hang"): ScriptedAnswer {
  return contentStream({ id, chunks: HALF, finish: undefined, end });
}
