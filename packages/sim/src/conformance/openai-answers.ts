import {
  completion,
  completionStream,
  embeddingList,
  failure,
  FUNCTION_CALL_ITEM,
  functionCallEvents,
  messageItem,
  response,
  responseBody,
  responseStream,
  textEvents,
  TOOL_CALL,
  TOOL_CALL_DELTAS,
  WORDS,
} from "../provider-stubs/openai-wire.ts";
import type { ScriptedAnswer } from "../provider-stubs/provider-stub.ts";

const REFUSAL = "I cannot help with that.";
const HALF = WORDS.slice(0, 2);
const CACHED = { input: 2048, output: 12, cached: 1920 };
const REASONED = { input: 19, output: 812, reasoning: 800 };

const completed = (id: string, more: object = {}): object => ({
  type: "response.completed",
  response: responseBody({ id, ...more }),
});

/**
 * What the server answers in each case. What the application does in it is in
 * `senders/openai/cases.mjs`, under the same name.
 */
export const OPENAI_ANSWERS: ReadonlyMap<string, readonly ScriptedAnswer[]> = new Map<
  string,
  readonly ScriptedAnswer[]
>([
  ["chat, plain", [completion({ id: "plain" })]],
  ["chat, streamed", [completionStream({ id: "streamed" })]],
  ["chat, streamed, usage asked for", [completionStream({ id: "asked" })]],
  ["chat, streamed, usage refused", [completionStream({ id: "refused" })]],
  [
    "chat, tool call",
    [completion({ id: "tool", message: { tool_calls: [TOOL_CALL] }, finish: "tool_calls" })],
  ],
  [
    "chat, tool call, streamed",
    [completionStream({ id: "tool", deltas: TOOL_CALL_DELTAS, finish: "tool_calls" })],
  ],
  ["chat, two choices", [completion({ id: "two", choices: 2 })]],
  ["chat, 429", [failure(429, "rate_limit_exceeded")]],
  ["chat, streamed, 429", [failure(429, "rate_limit_exceeded")]],
  ["chat, 500", [failure(500, "server_error")]],
  ["chat, 429 and a retry", [failure(429, "rate_limit_exceeded"), completion({ id: "retry" })]],
  ["chat, timeout", [{ kind: "silent" }]],
  ["chat, aborted", [{ kind: "silent" }]],
  ["chat, streamed, aborted", [completionStream({ id: "abort", finish: undefined, end: "hang" })]],
  [
    "chat, streamed, left early",
    [completionStream({ id: "left", finish: undefined, end: "hang" })],
  ],
  ["chat, streamed, returned", [completionStream({ id: "returned" })]],
  [
    "chat, streamed, cut",
    [
      completionStream({
        id: "cut",
        deltas: HALF.map((content) => ({ content })),
        finish: undefined,
        end: "cut",
      }),
    ],
  ],
  [
    "chat, streamed, ended without a last word",
    [
      completionStream({
        id: "ended",
        deltas: HALF.map((content) => ({ content })),
        finish: undefined,
      }),
    ],
  ],
  ["chat, streamed, forgotten", [completionStream({ id: "forgotten" })]],
  ["chat, refusal", [completion({ id: "refusal", message: { refusal: REFUSAL } })]],
  [
    "chat, refusal, streamed",
    [
      completionStream({
        id: "refusal",
        deltas: REFUSAL.split(" ").map((refusal) => ({ refusal })),
      }),
    ],
  ],
  ["chat, length", [completion({ id: "length", finish: "length" })]],
  ["chat, length, streamed", [completionStream({ id: "length", finish: "length" })]],
  [
    "chat, content filter",
    [completion({ id: "filter", message: { content: "" }, finish: "content_filter" })],
  ],
  ["chat, cached tokens", [completion({ id: "cached", tokens: CACHED })]],
  ["chat, cached tokens, streamed", [completionStream({ id: "cached", tokens: CACHED })]],
  ["chat, reasoning tokens", [completion({ id: "reasoned", tokens: REASONED })]],
  ["chat, reasoning tokens, streamed", [completionStream({ id: "reasoned", tokens: REASONED })]],
  ["chat, withResponse", [completion({ id: "with" })]],
  ["chat, asResponse", [completion({ id: "raw" })]],
  ["chat, parse", [completion({ id: "parse", message: { content: '{"city":"Nara"}' } })]],
  [
    "chat, parse, length",
    [completion({ id: "half", message: { content: '{"ci' }, finish: "length" })],
  ],
  ["chat, parse, 429", [failure(429, "rate_limit_exceeded")]],
  ["chat, stream()", [completionStream({ id: "helper" })]],
  ["chat, tee()", [completionStream({ id: "tee" })]],
  ["chat, toReadableStream()", [completionStream({ id: "readable" })]],
  ["chat, every parameter", [completion({ id: "all" })]],
  ["responses, plain", [response({ id: "resp_plain" })]],
  ["responses, streamed", [responseStream("resp_s", textEvents(), completed("resp_s"))]],
  ["responses, tool call", [response({ id: "resp_tool", output: [FUNCTION_CALL_ITEM] })]],
  [
    "responses, tool call, streamed",
    [
      responseStream(
        "resp_tool",
        functionCallEvents(),
        completed("resp_tool", { output: [FUNCTION_CALL_ITEM] }),
      ),
    ],
  ],
  ["responses, 429", [failure(429, "rate_limit_exceeded")]],
  ["responses, 500", [failure(500, "server_error")]],
  ["responses, timeout", [{ kind: "silent" }]],
  ["responses, aborted", [{ kind: "silent" }]],
  [
    "responses, streamed, aborted",
    [responseStream("resp_abort", textEvents().slice(0, 3), undefined, "hang")],
  ],
  [
    "responses, streamed, left early",
    [responseStream("resp_left", textEvents().slice(0, 4), undefined, "hang")],
  ],
  [
    "responses, streamed, cut",
    [responseStream("resp_cut", textEvents().slice(0, 4), undefined, "cut")],
  ],
  [
    "responses, streamed, failed",
    [
      responseStream("resp_failed", textEvents().slice(0, 3), {
        type: "response.failed",
        response: responseBody({
          id: "resp_failed",
          output: [],
          status: "failed",
          error: { code: "server_error", message: "The model failed" },
          tokens: null,
        }),
      }),
    ],
  ],
  [
    "responses, refusal",
    [response({ id: "resp_no", output: [messageItem({ type: "refusal", refusal: REFUSAL })] })],
  ],
  [
    "responses, length, streamed",
    [
      responseStream("resp_len", textEvents(), {
        type: "response.incomplete",
        response: responseBody({
          id: "resp_len",
          status: "incomplete",
          reason: "max_output_tokens",
        }),
      }),
    ],
  ],
  ["responses, cached tokens", [response({ id: "resp_cached", tokens: CACHED })]],
  [
    "responses, reasoning tokens, streamed",
    [responseStream("resp_think", textEvents(), completed("resp_think", { tokens: REASONED }))],
  ],
  ["responses, stream()", [responseStream("resp_h", textEvents(), completed("resp_h"))]],
  ["embeddings, plain", [embeddingList()]],
  ["embeddings, 429", [failure(429, "rate_limit_exceeded")]],
]);
