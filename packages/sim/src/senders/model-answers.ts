import type { Api, Case } from "./cases.ts";

/** Tokens as the provider bills them: `input` includes `cached`, `output` includes `reasoning`. */
export type Tokens = {
  readonly input: number;
  readonly cached: number;
  readonly output: number;
  readonly reasoning: number;
};

/** Several bytes a character, so that a chunk's end can fall inside of one. */
export const ANSWER_WORDS: readonly string[] = ["鳴子", " の音🦊", " is heard", " – señor."];
export const ANSWER_TEXT: string = ANSWER_WORDS.join("");

/** One event of a stream; `name` is Anthropic's and Responses' event type. */
export type StreamEvent = { readonly name?: string; readonly data: object | "[DONE]" };

/** A stream in three parts: before the first content, the content, and what follows it. */
export type StreamAnswer = {
  readonly opening: readonly StreamEvent[];
  readonly content: readonly StreamEvent[];
  readonly closing: readonly StreamEvent[];
};

/** The body of a whole answer. */
export function wholeAnswer(asked: Case, id: string, tokens: Tokens): object {
  return WHOLE[asked.api](asked.answeredBy, id, tokens);
}

/** The events of a streamed answer; chat tells usage only where it is asked for. */
export function streamedAnswer(
  asked: Case,
  id: string,
  { tokens, asksUsage }: { readonly tokens: Tokens; readonly asksUsage: boolean },
): StreamAnswer {
  const { api, answeredBy } = asked;
  if (api === "messages") return messageStream(answeredBy, id, tokens);
  if (api === "responses") return responseStream(answeredBy, id, tokens);
  return chatStream(answeredBy, id, asksUsage ? tokens : undefined);
}

/** The body of a refusal, as the API's own. */
export function refusal(api: Api, status: 429 | 500): object {
  const message = status === 429 ? "Slow down" : "It broke";
  if (api !== "messages") return { error: { message, type: "stub", param: null, code: null } };
  const type = status === 429 ? "rate_limit_error" : "api_error";
  return { type: "error", error: { type, message } };
}

const WHOLE: Record<Api, (model: string, id: string, tokens: Tokens) => object> = {
  chat: (model, id, tokens) => ({
    id,
    object: "chat.completion",
    created: 1_790_000_000,
    model,
    choices: [
      { index: 0, message: { role: "assistant", content: ANSWER_TEXT }, finish_reason: "stop" },
    ],
    usage: chatUsage(tokens),
  }),
  responses: (model, id, tokens) => response(model, id, tokens),
  embeddings: (model, _id, { input }) => ({
    object: "list",
    model,
    data: [{ object: "embedding", index: 0, embedding: [0.25, -0.5, 0.125] }],
    usage: { prompt_tokens: input, total_tokens: input },
  }),
  messages: (model, id, tokens) => ({
    id,
    type: "message",
    role: "assistant",
    model,
    content: [{ type: "text", text: ANSWER_TEXT }],
    stop_reason: "max_tokens",
    stop_sequence: null,
    usage: messageUsage(tokens),
  }),
};

function chatUsage({ input, cached, output, reasoning }: Tokens): object {
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached },
    completion_tokens_details: { reasoning_tokens: reasoning },
  };
}

/** Anthropic counts what was read from the cache apart, and tells no reasoning. */
function messageUsage({ input, cached, output }: Tokens): object {
  return {
    input_tokens: input - cached,
    cache_read_input_tokens: cached,
    cache_creation_input_tokens: 0,
    output_tokens: output,
  };
}

function chatStream(model: string, id: string, tokens: Tokens | undefined): StreamAnswer {
  const chunk = (choices: readonly object[], rest = {}): StreamEvent => ({
    data: {
      id,
      object: "chat.completion.chunk",
      created: 1_790_000_000,
      model,
      choices,
      ...rest,
    },
  });
  const choice = (delta: object, reason: string | null = null): StreamEvent =>
    chunk([{ index: 0, delta, finish_reason: reason }]);
  return {
    opening: [choice({ role: "assistant", content: "" })],
    content: ANSWER_WORDS.map((content) => choice({ content })),
    closing: [
      choice({}, "stop"),
      ...(tokens === undefined ? [] : [chunk([], { usage: chatUsage(tokens) })]),
      { data: "[DONE]" },
    ],
  };
}

function event(name: string, rest: object): StreamEvent {
  return { name, data: { type: name, ...rest } };
}

function messageStream(model: string, id: string, tokens: Tokens): StreamAnswer {
  const message = {
    id,
    type: "message",
    role: "assistant",
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    // Output tokens so far; the count in `message_delta` replaces it.
    usage: messageUsage({ ...tokens, output: 1 }),
  };
  return {
    opening: [
      event("message_start", { message }),
      event("content_block_start", { index: 0, content_block: { type: "text", text: "" } }),
      event("ping", {}),
    ],
    content: ANSWER_WORDS.map((text) =>
      event("content_block_delta", { index: 0, delta: { type: "text_delta", text } }),
    ),
    closing: [
      event("content_block_stop", { index: 0 }),
      event("message_delta", {
        delta: { stop_reason: "end_turn", stop_sequence: null },
        usage: { output_tokens: tokens.output },
      }),
      event("message_stop", {}),
    ],
  };
}

const OUTPUT_ITEM = "msg_1";

function outputItem(status: string, text: string | undefined): object {
  const content = text === undefined ? [] : [outputText(text)];
  return { id: OUTPUT_ITEM, type: "message", role: "assistant", status, content };
}

function response(model: string, id: string, tokens: Tokens | undefined): object {
  const done = tokens !== undefined;
  return {
    id,
    object: "response",
    created_at: 1_790_000_000,
    status: done ? "completed" : "in_progress",
    error: null,
    incomplete_details: null,
    model,
    output: done ? [outputItem("completed", ANSWER_TEXT)] : [],
    parallel_tool_calls: true,
    tool_choice: "auto",
    tools: [],
    usage: done
      ? {
          input_tokens: tokens.input,
          input_tokens_details: { cached_tokens: tokens.cached },
          output_tokens: tokens.output,
          output_tokens_details: { reasoning_tokens: tokens.reasoning },
          total_tokens: tokens.input + tokens.output,
        }
      : null,
  };
}

function outputText(text: string): object {
  return { type: "output_text", text, annotations: [], logprobs: [] };
}

function responseStream(model: string, id: string, tokens: Tokens): StreamAnswer {
  let sequence = 0;
  const next = (name: string, rest: object): StreamEvent =>
    event(name, { sequence_number: sequence++, ...rest });
  const place = { item_id: OUTPUT_ITEM, output_index: 0, content_index: 0 };
  return {
    opening: [
      next("response.created", { response: response(model, id, undefined) }),
      next("response.output_item.added", {
        output_index: 0,
        item: outputItem("in_progress", undefined),
      }),
      next("response.content_part.added", { ...place, part: outputText("") }),
    ],
    content: ANSWER_WORDS.map((delta) =>
      next("response.output_text.delta", { ...place, delta, logprobs: [] }),
    ),
    closing: [
      next("response.output_text.done", { ...place, text: ANSWER_TEXT, logprobs: [] }),
      next("response.content_part.done", { ...place, part: outputText(ANSWER_TEXT) }),
      next("response.output_item.done", {
        output_index: 0,
        item: outputItem("completed", ANSWER_TEXT),
      }),
      next("response.completed", { response: response(model, id, tokens) }),
    ],
  };
}
