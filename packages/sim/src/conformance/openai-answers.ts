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
import { type ScriptedAnswer, serverSentEvents } from "../provider-stubs/provider-stub.ts";

const REFUSAL = "I cannot help with that.";
const HALF = WORDS.slice(0, 2);
const CACHED = { input: 2048, output: 12, cached: 1920 };
const REASONED = { input: 19, output: 812, reasoning: 800 };

const completed = (id: string, more: object = {}): object => ({
  type: "response.completed",
  response: responseBody({ id, ...more }),
});

const TOOL_TURN = completion({
  id: "turn_1",
  message: { tool_calls: [TOOL_CALL] },
  finish: "tool_calls",
});

/** Some servers repeat the usage so far on every chunk: the last one counts, and not their sum. */
function cumulativeStream(id: string): ScriptedAnswer {
  const chunk = (delta: object, finish: string | null, output: number): object => ({
    id,
    object: "chat.completion.chunk",
    created: 1_790_000_000,
    model: "gpt-5.1-2025-11-13",
    choices: [{ index: 0, delta, finish_reason: finish }],
    usage: { prompt_tokens: 19, completion_tokens: output, total_tokens: 19 + output },
  });
  const words = WORDS.map((content, index) => chunk({ content }, null, index + 1));
  const frames = serverSentEvents([...words, chunk({}, "stop", WORDS.length), "[DONE]"]);
  return { kind: "stream", contentType: "text/event-stream", frames, end: "done" };
}

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
  ["chat, forgotten", [completion({ id: "forgotten" })]],
  ["chat, parse, forgotten", [completion({ id: "forgotten" })]],
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
  ["chat, asResponse, read as text", [completion({ id: "text" })]],
  ["chat, asResponse, then the answer", [completion({ id: "then" })]],
  ["chat, asResponse, copied", [completion({ id: "copied" })]],
  ["chat, asResponse, read as a stream", [completion({ id: "body" })]],
  ["chat, asResponse, not read", [completion({ id: "unread" })]],
  ["chat, streamed, asResponse", [completionStream({ id: "raw" })]],
  ["chat, streamed, withResponse", [completionStream({ id: "with" })]],
  ["chat, parse", [completion({ id: "parse", message: { content: '{"city":"Nara"}' } })]],
  [
    "chat, parse, length",
    [completion({ id: "half", message: { content: '{"ci' }, finish: "length" })],
  ],
  ["chat, parse, 429", [failure(429, "rate_limit_exceeded")]],
  ["chat, 429, nobody waits", [failure(429, "rate_limit_exceeded")]],
  ["chat, parse, 429, nobody waits", [failure(429, "rate_limit_exceeded")]],
  ["chat, stream()", [completionStream({ id: "helper" })]],
  [
    "chat, stream(), left early",
    [completionStream({ id: "helper_left", finish: undefined, end: "hang" })],
  ],
  ["chat, stream(), cut", [completionStream({ id: "helper_cut", finish: undefined, end: "cut" })]],
  [
    "chat, streamed, failed within",
    [
      {
        kind: "stream",
        contentType: "text/event-stream",
        frames: serverSentEvents([
          { error: { message: "Too busy", type: "server_error", code: "overloaded" } },
        ]),
        end: "done",
      },
    ],
  ],
  ["chat, streamed, usage told often", [cumulativeStream("often")]],
  ["chat, runTools()", [TOOL_TURN, completion({ id: "turn_2" })]],
  ["chat, runTools(), a tool fails", [TOOL_TURN]],
  ["chat, withOptions()", [completion({ id: "derived" })]],
  ["chat, observed twice", [completion({ id: "once" })]],
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
  ["responses, parse", [response({ id: "resp_parse" })]],
  [
    "responses, streamed, error event",
    [
      responseStream("resp_error", textEvents().slice(0, 3), {
        type: "error",
        code: "rate_limit_exceeded",
        message: "Too many tokens",
        param: null,
      }),
    ],
  ],
  ["responses, stream()", [responseStream("resp_h", textEvents(), completed("resp_h"))]],
  [
    "responses, in the background",
    [response({ id: "resp_bg", output: [], status: "queued", tokens: null })],
  ],
  ["embeddings, plain", [embeddingList()]],
  ["embeddings, 429", [failure(429, "rate_limit_exceeded")]],
]);
