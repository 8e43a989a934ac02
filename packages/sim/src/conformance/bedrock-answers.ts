import {
  converse,
  type ConverseStream,
  converseStream,
  failure,
  REASONING,
  reasoningEvents,
  TEXT,
  textEvents,
  TOOL_USE,
  toolUseEvents,
  WORDS,
} from "../provider-stubs/bedrock-wire.ts";
import type { ScriptedAnswer } from "../provider-stubs/provider-stub.ts";

/** Events of an answer that stops after its second word. */
const HALF = textEvents(WORDS.slice(0, 2)).slice(0, -1);
const CACHED = { input: 12, output: 12, cacheRead: 1920, cacheWrite: 116 };

/**
 * What the server answers in each case. What the application does in it is in
 * `senders/bedrock/cases.mjs`, under the same name.
 */
export const BEDROCK_ANSWERS: ReadonlyMap<string, readonly ScriptedAnswer[]> = new Map<
  string,
  readonly ScriptedAnswer[]
>([
  ["plain", [converse()]],
  ["streamed", [converseStream()]],
  ["converse()", [converse()]],
  ["tool call", [converse({ content: [TOOL_USE], stop: "tool_use" })]],
  ["tool call, streamed", [converseStream({ events: toolUseEvents(), stop: "tool_use" })]],
  ["tool answer", [converse()]],
  ["429", [failure(429)]],
  ["streamed, 429", [failure(429)]],
  ["500", [failure(500)]],
  ["429 and a retry", [failure(429), converse()]],
  ["timeout", [{ kind: "silent" }]],
  ["aborted", [{ kind: "silent" }]],
  ["streamed, aborted", [stopped({ end: "hang" })]],
  // Not left open: this client keeps the connection of a stream that nobody reads.
  ["streamed, left early", [converseStream()]],
  ["streamed, returned", [converseStream()]],
  ["streamed, cut", [stopped({ end: "cut" })]],
  ["streamed, ended without a last word", [stopped({})]],
  ["streamed, ended without usage", [converseStream({ usage: false })]],
  ["streamed, exception", [stopped({ exception: "modelStreamErrorException" })]],
  ["streamed, throttled", [stopped({ exception: "throttlingException" })]],
  ["streamed, forgotten", [converseStream()]],
  ["refusal", [converse({ stop: "guardrail_intervened" })]],
  ["refusal, streamed", [converseStream({ stop: "content_filtered" })]],
  ["length", [converse({ stop: "max_tokens" })]],
  ["length, streamed", [converseStream({ stop: "max_tokens" })]],
  ["cached tokens", [converse({ tokens: CACHED })]],
  ["cached tokens, streamed", [converseStream({ tokens: CACHED })]],
  [
    "cached tokens in the input",
    [converse({ tokens: { input: 2048, output: 12, cacheRead: 1920, total: 2060 } })],
  ],
  ["reasoning", [converse({ content: [REASONING, TEXT] })]],
  [
    "reasoning, streamed",
    [converseStream({ events: [...reasoningEvents(), ...textEvents(WORDS, 1)] })],
  ],
  ["every parameter", [converse()]],
]);

/** A stream that says two words and no more. */
function stopped(how: ConverseStream): ScriptedAnswer {
  return converseStream({ events: HALF, stop: undefined, ...how });
}
