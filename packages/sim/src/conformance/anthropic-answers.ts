import {
  failure,
  message,
  messageStream,
  OVERLOADED,
  searchEvents,
  TEXT,
  textEvents,
  THINKING,
  thinkingEvents,
  TOOL_USE,
  toolUseEvents,
  WORDS,
} from "../provider-stubs/anthropic-wire.ts";
import type { ScriptedAnswer } from "../provider-stubs/provider-stub.ts";

/** Events of an answer that stops after its second word. */
const HALF = textEvents(WORDS.slice(0, 2)).slice(0, -1);
const CACHED = { input: 12, output: 12, cacheRead: 1920, cacheWrite: 116 };
const THOUGHT = { input: 19, output: 812, thinking: 800 };

const TOOL_TURN = message({ id: "msg_tool", content: [TOOL_USE], stop: "tool_use" });

/**
 * What the server answers in each case. What the application does in it is in
 * `senders/anthropic/cases.mjs`, under the same name.
 */
export const ANTHROPIC_ANSWERS: ReadonlyMap<string, readonly ScriptedAnswer[]> = new Map<
  string,
  readonly ScriptedAnswer[]
>([
  ["plain", [message({ id: "msg_plain" })]],
  ["streamed", [messageStream({ id: "msg_streamed" })]],
  ["tool call", [TOOL_TURN]],
  [
    "tool call, streamed",
    [messageStream({ id: "msg_tool", events: toolUseEvents(), stop: "tool_use" })],
  ],
  ["tool answer", [message({ id: "msg_told" })]],
  [
    // What the server's own search found is input too, known only in the end.
    "server tool, streamed",
    [
      messageStream({
        id: "msg_search",
        events: searchEvents(),
        last: { input: 2019, output: 40 },
      }),
    ],
  ],
  ["429", [failure(429)]],
  ["streamed, 429", [failure(429)]],
  ["500", [failure(500)]],
  ["529", [failure(529)]],
  ["429 and a retry", [failure(429), message({ id: "msg_retry" })]],
  ["timeout", [{ kind: "silent" }]],
  ["aborted", [{ kind: "silent" }]],
  // One word, at which it is aborted: what arrives with it is not read.
  [
    "streamed, aborted",
    [
      messageStream({
        id: "msg_abort",
        events: textEvents(WORDS.slice(0, 1)).slice(0, 2),
        stop: undefined,
        end: "hang",
      }),
    ],
  ],
  ["streamed, left early", [stopped("msg_left", "hang")]],
  ["streamed, returned", [messageStream({ id: "msg_returned" })]],
  ["streamed, cut", [stopped("msg_cut", "cut")]],
  ["streamed, ended without a last word", [stopped("msg_ended", "done")]],
  [
    "streamed, overloaded",
    [messageStream({ id: "msg_over", events: [...HALF, OVERLOADED], stop: undefined })],
  ],
  ["streamed, forgotten", [messageStream({ id: "msg_forgotten" })]],
  ["refusal", [message({ id: "msg_no", content: [], stop: "refusal" })]],
  ["refusal, streamed", [messageStream({ id: "msg_no", events: HALF, stop: "refusal" })]],
  ["length", [message({ id: "msg_len", stop: "max_tokens" })]],
  ["length, streamed", [messageStream({ id: "msg_len", stop: "max_tokens" })]],
  ["cached tokens", [message({ id: "msg_cached", tokens: CACHED })]],
  ["cached tokens, streamed", [messageStream({ id: "msg_cached", tokens: CACHED })]],
  [
    "reasoning tokens",
    [message({ id: "msg_thought", content: [THINKING, TEXT], tokens: THOUGHT })],
  ],
  [
    "reasoning tokens, streamed",
    [
      messageStream({
        id: "msg_thought",
        events: [...thinkingEvents(), ...textEvents(WORDS, 1)],
        tokens: THOUGHT,
      }),
    ],
  ],
  ["withResponse", [message({ id: "msg_with" })]],
  ["asResponse", [message({ id: "msg_raw" })]],
  ["stream()", [messageStream({ id: "msg_helper" })]],
  ["stream(), aborted", [stopped("msg_abort", "hang")]],
  ["stream(), cut", [stopped("msg_cut", "cut")]],
  ["stream(), 429", [failure(429)]],
  ["tee()", [messageStream({ id: "msg_tee" })]],
  ["toReadableStream()", [messageStream({ id: "msg_readable" })]],
  ["every parameter", [message({ id: "msg_all" })]],
  ["withOptions()", [message({ id: "msg_options" })]],
  ["beta, plain", [message({ id: "msg_beta" })]],
  ["beta, streamed", [messageStream({ id: "msg_beta" })]],
  ["beta, stream()", [messageStream({ id: "msg_beta" })]],
  ["beta, toolRunner()", [TOOL_TURN, message({ id: "msg_answer" })]],
  ["beta, toolRunner(), a tool fails", [TOOL_TURN, message({ id: "msg_answer" })]],
  ["beta, toolRunner(), left early", [TOOL_TURN, message({ id: "msg_answer" })]],
  ["beta, toolRunner(), 500", [TOOL_TURN, failure(500)]],
]);

/** A stream that says two words and no more. */
function stopped(id: string, end: "done" | "cut" | "hang"): ScriptedAnswer {
  return messageStream({ id, events: HALF, stop: undefined, end });
}
