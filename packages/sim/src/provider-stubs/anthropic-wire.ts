// Answers of Anthropic's API, byte for byte as its servers write them.
import type { ScriptedAnswer } from "./provider-stub.ts";

/** Several bytes a character, so that a piece of a stream may end inside of one. */
export const WORDS: readonly string[] = ["鳴子", " の音🦊", " is heard", " – señor."];

const MODEL = "claude-opus-5-5-20260901";

/** Tokens of a message; `input` is without those of the cache, `output` includes `thinking`. */
export type Tokens = {
  readonly input: number;
  readonly output: number;
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
  readonly thinking?: number;
};

const TOKENS: Tokens = { input: 19, output: 12 };

export const TOOL_USE = {
  type: "tool_use",
  id: "toolu_1",
  name: "weather",
  input: { city: "Nara" },
  caller: { type: "direct" },
};

export const THINKING = { type: "thinking", thinking: "Clappers, I think.", signature: "EqQB" };

export const TEXT: object = { type: "text", text: WORDS.join(""), citations: null };

function usageOf({ input, output, cacheRead = 0, cacheWrite = 0, thinking }: Tokens): object {
  return {
    input_tokens: input,
    cache_creation_input_tokens: cacheWrite,
    cache_read_input_tokens: cacheRead,
    cache_creation: { ephemeral_5m_input_tokens: cacheWrite, ephemeral_1h_input_tokens: 0 },
    output_tokens: output,
    output_tokens_details: thinking === undefined ? null : { thinking_tokens: thinking },
    server_tool_use: null,
    service_tier: "standard",
    inference_geo: "not_available",
  };
}

export type MessageAnswer = {
  readonly id: string;
  readonly content?: readonly object[];
  readonly stop?: string;
  readonly tokens?: Tokens;
};

export function message(answer: MessageAnswer): ScriptedAnswer {
  return { kind: "whole", status: 200, body: messageBody(answer) };
}

function messageBody({ id, content = [TEXT], stop = "end_turn", tokens }: MessageAnswer): object {
  return {
    id,
    type: "message",
    role: "assistant",
    model: MODEL,
    content,
    stop_reason: stop,
    stop_sequence: null,
    stop_details: null,
    usage: usageOf(tokens ?? TOKENS),
  };
}

export type MessageStream = {
  readonly id: string;
  /** Events between the message's start and its delta. */
  readonly events?: readonly object[];
  /** `undefined` where the stream stops before it tells one. */
  readonly stop?: string | undefined;
  readonly tokens?: Tokens;
  /** What the last event tells where it differs from the first: it is of the whole message. */
  readonly last?: Tokens;
  readonly end?: "done" | "cut" | "hang";
};

/** The first event tells the input and the first tokens of the output, the last one all of them. */
export function messageStream(stream: MessageStream): ScriptedAnswer {
  const { id, events = textEvents(), tokens = TOKENS, end = "done" } = stream;
  const stop = "stop" in stream ? stream.stop : "end_turn";
  const first = { ...tokens, output: 1 };
  const start = { ...messageBody({ id, content: [], tokens: first }), stop_reason: null };
  const all = [
    { type: "message_start", message: start },
    ...events,
    ...(stop === undefined ? [] : lastEvents(stop, stream.last ?? tokens)),
  ];
  // A ping comes early, and may come anywhere.
  const frames = [...all.slice(0, 2), { type: "ping" }, ...all.slice(2)].map(frame);
  return { kind: "stream", contentType: "text/event-stream; charset=utf-8", frames, end };
}

function lastEvents(stop: string, tokens: Tokens): readonly object[] {
  const { input, output, cacheRead = 0, cacheWrite = 0, thinking } = tokens;
  const usage = {
    input_tokens: input,
    cache_creation_input_tokens: cacheWrite,
    cache_read_input_tokens: cacheRead,
    output_tokens: output,
    output_tokens_details: thinking === undefined ? null : { thinking_tokens: thinking },
    server_tool_use: null,
  };
  return [
    { type: "message_delta", delta: { stop_reason: stop, stop_sequence: null }, usage },
    { type: "message_stop" },
  ];
}

function frame(event: { readonly type?: string }): string {
  return `event: ${event.type ?? ""}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** The events of one block: begun empty, filled by deltas, ended. */
function blockEvents(index: number, begin: object, deltas: readonly object[]): readonly object[] {
  return [
    { type: "content_block_start", index, content_block: begin },
    ...deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
    { type: "content_block_stop", index },
  ];
}

export function textEvents(words: readonly string[] = WORDS, index = 0): readonly object[] {
  const deltas = words.map((text) => ({ type: "text_delta", text }));
  return blockEvents(index, { type: "text", text: "" }, deltas);
}

export function toolUseEvents(): readonly object[] {
  const pieces = ["", '{"city":', ' "Nara"}'];
  const deltas = pieces.map((json) => ({ type: "input_json_delta", partial_json: json }));
  return blockEvents(0, { ...TOOL_USE, input: {} }, deltas);
}

export function thinkingEvents(): readonly object[] {
  const deltas = [
    { type: "thinking_delta", thinking: "Clappers," },
    { type: "thinking_delta", thinking: " I think." },
    { type: "signature_delta", signature: "EqQB" },
  ];
  return blockEvents(0, { type: "thinking", thinking: "", signature: "" }, deltas);
}

/** A search by the server, in the middle of an answer. */
export function searchEvents(): readonly object[] {
  const tool = { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: {} };
  const query = [{ type: "input_json_delta", partial_json: '{"query":"naruko"}' }];
  const found = { type: "web_search_tool_result", tool_use_id: "srvtoolu_1", content: [] };
  return [...blockEvents(0, tool, query), ...blockEvents(1, found, []), ...textEvents(WORDS, 2)];
}

/** The error that comes within a stream that began well. */
export const OVERLOADED = {
  type: "error",
  error: { details: null, type: "overloaded_error", message: "Overloaded" },
  request_id: "req_1",
};

/** A refusal by the server, before any answer. */
export function failure(status: 429 | 500 | 529): ScriptedAnswer {
  const types = { 429: "rate_limit_error", 500: "api_error", 529: "overloaded_error" };
  const error = { type: types[status], message: `The server said ${status}` };
  return { kind: "whole", status, body: { type: "error", error, request_id: "req_1" } };
}
