/** Which of the providers' APIs is called: OpenAI's chat, responses and embeddings, Anthropic's messages. */
export type Api = "chat" | "responses" | "embeddings" | "messages";

/**
 * What the stub does: `whole` answers; `rate-limited` and `failing` refuse with 429 and 500; `cut`
 * breaks the connection in the middle of a stream; `once-limited` refuses the first request with
 * 429 and answers the one that the client's retry makes.
 */
export type Answer = "whole" | "rate-limited" | "failing" | "cut" | "once-limited";

/** Something that every sender asks of a model. Each case has a model of its own, so that series tell them apart. */
export type Case = {
  readonly name: string;
  readonly api: Api;
  readonly model: string;
  /** The model that the stub says it answered with. */
  readonly answeredBy: string;
  readonly stream: boolean;
  /** Chat streams: whether the application asks for usage (`stream_options.include_usage`). */
  readonly asksUsage: boolean;
  readonly answer: Answer;
  /** How many calls the application makes. */
  readonly times: number;
  /** How often the client may try again after a refusal. */
  readonly retries: number;
};

type Rest = Partial<Pick<Case, "stream" | "asksUsage" | "answer" | "times" | "retries">>;

function made(
  name: string,
  api: Api,
  [model, answeredBy]: readonly [string, string],
  rest: Rest = {},
): Case {
  const usual = { stream: false, asksUsage: false, answer: "whole", times: 1, retries: 0 } as const;
  return { name, api, model, answeredBy, ...usual, ...rest };
}

const STREAM = { stream: true, asksUsage: true } as const;

export const CASES: readonly Case[] = [
  made("chat", "chat", ["gpt-4o", "gpt-4o-2024-08-06"], { times: 3 }),
  made("chat, streamed", "chat", ["gpt-4o-mini", "gpt-4o-mini-2024-07-18"], {
    ...STREAM,
    times: 2,
  }),
  made("chat, streamed, usage not asked for", "chat", ["gpt-4.1", "gpt-4.1-2025-04-14"], {
    stream: true,
  }),
  made("chat, 429", "chat", ["gpt-4.1-mini", ""], { answer: "rate-limited", times: 2 }),
  made("chat, 500", "chat", ["gpt-4.1-nano", ""], { answer: "failing" }),
  made("chat, streamed, 429", "chat", ["gpt-4-turbo", ""], { ...STREAM, answer: "rate-limited" }),
  made("chat, stream cut", "chat", ["gpt-4", "gpt-4-0613"], { ...STREAM, answer: "cut" }),
  made("chat, 429 and a retry", "chat", ["gpt-3.5-turbo", "gpt-3.5-turbo-0125"], {
    answer: "once-limited",
    retries: 1,
  }),
  made("responses", "responses", ["gpt-5", "gpt-5-2025-08-07"]),
  made("responses, streamed", "responses", ["gpt-5-mini", "gpt-5-mini-2025-08-07"], STREAM),
  made("embeddings", "embeddings", ["text-embedding-3-small", "text-embedding-3-small"]),
  made("messages", "messages", ["claude-sonnet-4-6", "claude-sonnet-4-6"], { times: 2 }),
  made("messages, streamed", "messages", ["claude-haiku-4-5", "claude-haiku-4-5-20251001"], STREAM),
  made("messages, 429", "messages", ["claude-opus-4-7", ""], { answer: "rate-limited" }),
  made("messages, 500", "messages", ["claude-opus-4-5", ""], { answer: "failing" }),
  made("messages, stream cut", "messages", ["claude-opus-4-6", "claude-opus-4-6"], {
    ...STREAM,
    answer: "cut",
  }),
];
