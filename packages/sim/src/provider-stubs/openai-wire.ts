// Answers of OpenAI's API, byte for byte as its servers write them.
import { type ScriptedAnswer, serverSentEvents } from "./provider-stub.ts";

/** Several bytes a character, so that a piece of a stream may end inside of one. */
export const WORDS: readonly string[] = ["鳴子", " の音🦊", " is heard", " – señor."];

const MODEL = "gpt-5.1-2025-11-13";

/** Tokens of an answer; `input` includes `cached`, `output` includes `reasoning`. */
export type Tokens = {
  readonly input: number;
  readonly output: number;
  readonly cached?: number;
  readonly reasoning?: number;
};

const TOKENS: Tokens = { input: 19, output: 12 };

export const TOOL_CALL = {
  id: "call_1",
  type: "function",
  function: { name: "weather", arguments: '{"city":"Nara"}' },
};

function chatUsage({ input, output, cached = 0, reasoning = 0 }: Tokens): object {
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

export type ChatAnswer = {
  readonly id: string;
  readonly message?: object;
  readonly finish?: string;
  readonly tokens?: Tokens;
  /** How many choices; each has the same message. */
  readonly choices?: number;
};

export function completion(answer: ChatAnswer): ScriptedAnswer {
  const { id, message = { content: WORDS.join("") }, finish = "stop", choices = 1 } = answer;
  return {
    kind: "whole",
    status: 200,
    body: {
      id,
      object: "chat.completion",
      created: 1_790_000_000,
      model: MODEL,
      choices: Array.from({ length: choices }, (_, index) => ({
        index,
        message: { role: "assistant", content: null, refusal: null, ...message },
        logprobs: null,
        finish_reason: finish,
      })),
      usage: chatUsage(answer.tokens ?? TOKENS),
      service_tier: "default",
      system_fingerprint: "fp_1",
    },
  };
}

export type ChatStream = {
  readonly id: string;
  readonly deltas?: readonly object[];
  /** `undefined` where the stream stops before it tells one. */
  readonly finish?: string | undefined;
  readonly tokens?: Tokens;
  readonly end?: "done" | "cut" | "hang";
};

/**
 * A stream of chunks. Usage is told in a last chunk without choices if it is asked for, and all
 * chunks before it say `usage: null` then.
 */
export function completionStream(stream: ChatStream): ScriptedAnswer {
  const frames = (asked: object): readonly string[] =>
    serverSentEvents(chunksOf(stream, fieldOf(fieldOf(asked, "stream_options"), "include_usage")));
  return { kind: "stream", contentType: "text/event-stream", frames, end: stream.end ?? "done" };
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function chunksOf(stream: ChatStream, includeUsage: unknown): readonly (object | string)[] {
  const { id, deltas = WORDS.map((content) => ({ content })), end = "done" } = stream;
  const finish = "finish" in stream ? stream.finish : "stop";
  const usage = includeUsage === true;
  const chunk = (choices: readonly object[], rest = {}): object => ({
    id,
    object: "chat.completion.chunk",
    created: 1_790_000_000,
    model: MODEL,
    service_tier: "default",
    system_fingerprint: "fp_1",
    choices,
    ...(usage && { usage: null }),
    ...rest,
    obfuscation: "x7",
  });
  const choice = (delta: object, reason: string | null = null): object =>
    chunk([{ index: 0, delta, logprobs: null, finish_reason: reason }]);
  const last = usage ? [chunk([], { usage: chatUsage(stream.tokens ?? TOKENS) })] : [];
  return [
    choice({ role: "assistant", content: "", refusal: null }),
    ...deltas.map((delta) => choice(delta)),
    ...(finish === undefined ? [] : [choice({}, finish), ...last]),
    ...(end === "done" && finish !== undefined ? ["[DONE]"] : []),
  ];
}

/** The deltas by which a tool call is streamed: its name first, then its arguments in pieces. */
export const TOOL_CALL_DELTAS: readonly object[] = [
  {
    tool_calls: [
      { index: 0, id: "call_1", type: "function", function: { name: "weather", arguments: "" } },
    ],
  },
  { tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] },
  { tool_calls: [{ index: 0, function: { arguments: '"Nara"}' } }] },
];

/** A refusal by the server, before any answer. */
export function failure(status: 429 | 500, code: string): ScriptedAnswer {
  const type = status === 429 ? "tokens" : "server_error";
  const message = status === 429 ? "Rate limit reached" : "The server had an error";
  return { kind: "whole", status, body: { error: { message, type, param: null, code } } };
}

export function embeddingList(): ScriptedAnswer {
  return {
    kind: "whole",
    status: 200,
    body: {
      object: "list",
      model: "text-embedding-3-small",
      // [0.25, -0.5] as the client asks for it: base64 of 32-bit floats.
      data: [{ object: "embedding", index: 0, embedding: "AACAPgAAAL8=" }],
      usage: { prompt_tokens: 7, total_tokens: 7 },
    },
  };
}

export type ResponseAnswer = {
  readonly id: string;
  readonly output?: readonly object[];
  readonly status?: "completed" | "incomplete" | "failed" | "queued";
  readonly reason?: string;
  readonly error?: object;
  readonly tokens?: Tokens | null;
};

const OUTPUT_TEXT = { type: "output_text", text: WORDS.join(""), annotations: [], logprobs: [] };

export function messageItem(content: object = OUTPUT_TEXT): object {
  return {
    id: "msg_1",
    type: "message",
    status: "completed",
    role: "assistant",
    content: [content],
  };
}

export const FUNCTION_CALL_ITEM = {
  id: "fc_1",
  type: "function_call",
  status: "completed",
  call_id: "call_1",
  name: "weather",
  arguments: '{"city":"Nara"}',
};

export function responseBody(answer: ResponseAnswer): object {
  const { id, output = [messageItem()], status = "completed", reason, error } = answer;
  const tokens = answer.tokens === undefined ? TOKENS : answer.tokens;
  return {
    id,
    object: "response",
    created_at: 1_790_000_000,
    status,
    error: error ?? null,
    incomplete_details: reason === undefined ? null : { reason },
    model: MODEL,
    output,
    parallel_tool_calls: true,
    service_tier: "default",
    tool_choice: "auto",
    tools: [],
    usage:
      tokens === null
        ? null
        : {
            input_tokens: tokens.input,
            input_tokens_details: { cached_tokens: tokens.cached ?? 0 },
            output_tokens: tokens.output,
            output_tokens_details: { reasoning_tokens: tokens.reasoning ?? 0 },
            total_tokens: tokens.input + tokens.output,
          },
  };
}

export function response(answer: ResponseAnswer): ScriptedAnswer {
  return { kind: "whole", status: 200, body: responseBody(answer) };
}

/** A stream of response events: begun, then `events`, then `last`. */
export function responseStream(
  id: string,
  events: readonly object[],
  last: object | undefined,
  end: "done" | "cut" | "hang" = "done",
): ScriptedAnswer {
  const open = { ...responseBody({ id, output: [], tokens: null }), status: "in_progress" };
  const all = [
    { type: "response.created", response: open },
    { type: "response.in_progress", response: open },
    ...events,
    ...(last === undefined ? [] : [last]),
  ].map((event, index) => ({ ...event, sequence_number: index }));
  const frames = serverSentEvents(all, true);
  return { kind: "stream", contentType: "text/event-stream", frames, end };
}

/** The events of an answer in words. */
export function textEvents(words: readonly string[] = WORDS): readonly object[] {
  const place = { item_id: "msg_1", output_index: 0, content_index: 0 };
  const empty = { ...messageItem(), status: "in_progress", content: [] };
  const text = words.join("");
  return [
    { type: "response.output_item.added", output_index: 0, item: empty },
    { type: "response.content_part.added", ...place, part: { ...OUTPUT_TEXT, text: "" } },
    ...words.map((delta) => ({
      type: "response.output_text.delta",
      ...place,
      delta,
      logprobs: [],
    })),
    { type: "response.output_text.done", ...place, text, logprobs: [] },
    { type: "response.content_part.done", ...place, part: { ...OUTPUT_TEXT, text } },
    { type: "response.output_item.done", output_index: 0, item: messageItem() },
  ];
}

/** The events of a call of a function. */
export function functionCallEvents(): readonly object[] {
  const place = { item_id: "fc_1", output_index: 0 };
  const empty = { ...FUNCTION_CALL_ITEM, status: "in_progress", arguments: "" };
  return [
    { type: "response.output_item.added", output_index: 0, item: empty },
    { type: "response.function_call_arguments.delta", ...place, delta: '{"city":' },
    { type: "response.function_call_arguments.delta", ...place, delta: '"Nara"}' },
    {
      type: "response.function_call_arguments.done",
      ...place,
      name: "weather",
      arguments: '{"city":"Nara"}',
    },
    { type: "response.output_item.done", output_index: 0, item: FUNCTION_CALL_ITEM },
  ];
}
