// What a provider's answer says, message by message: the bodies and events that the stub sends, read
// as the provider's API documents them and by nothing else.
import type { Usage } from "@naruko/core/model/call";

/** The part of an answer that one message tells. */
export type WireMessage = {
  readonly model?: string;
  /** As the conventions count: input with what the cache held, output with reasoning. */
  readonly usage?: Usage;
  /** As sent, one a choice. */
  readonly finish: readonly string[];
  /** Whether a reader of the stream sees some of the answer in it. */
  readonly hasContent: boolean;
};

/** OpenAI's chat completions, chunks of them, and embeddings. */
export function readChat(message: object): WireMessage {
  const { model, usage, choices = [] } = message as ChatMessage;
  const { prompt_tokens: input, completion_tokens: output } = usage ?? {};
  return {
    ...(model !== undefined && { model }),
    ...(usage != null && {
      usage: usageOf({
        inputTokens: input,
        outputTokens: output,
        cacheReadTokens: usage.prompt_tokens_details?.cached_tokens,
        reasoningTokens: usage.completion_tokens_details?.reasoning_tokens,
      }),
    }),
    finish: choices.flatMap(({ finish_reason: reason }) => reason ?? []),
    hasContent: choices.some(({ delta }) =>
      ["content", "refusal", "tool_calls"].some((key) => Boolean(delta?.[key])),
    ),
  };
}

type ChatMessage = {
  readonly model?: string;
  readonly usage?: {
    readonly prompt_tokens?: number;
    readonly completion_tokens?: number;
    readonly prompt_tokens_details?: { readonly cached_tokens?: number };
    readonly completion_tokens_details?: { readonly reasoning_tokens?: number };
  } | null;
  readonly choices?: readonly {
    readonly finish_reason: string | null;
    readonly delta?: Readonly<Record<string, unknown>>;
  }[];
};

/** OpenAI's responses and their events. They have a status where chat has a finish reason. */
export function readResponse(message: object): WireMessage {
  const event = message as ResponseMessage;
  const { model, usage, status, output = [], incomplete_details: why } = event.response ?? event;
  const called = output.some(({ type }) => type === "function_call");
  const whole = called ? "tool_call" : "stop";
  const finish = { completed: whole, incomplete: why?.reason ?? "" }[status ?? ""] ?? "";
  return {
    ...(model !== undefined && { model }),
    ...(usage != null && {
      usage: usageOf({
        inputTokens: usage.input_tokens,
        outputTokens: usage.output_tokens,
        cacheReadTokens: usage.input_tokens_details.cached_tokens,
        reasoningTokens: usage.output_tokens_details.reasoning_tokens,
      }),
    }),
    finish: finish === "" ? [] : [finish],
    hasContent: event.type?.endsWith(".delta") === true,
  };
}

type ResponseMessage = ResponseBody & {
  readonly type?: string;
  readonly response?: ResponseBody;
};
type ResponseBody = {
  readonly model?: string;
  readonly status?: string;
  readonly output?: readonly { readonly type: string }[];
  readonly incomplete_details?: { readonly reason: string } | null;
  readonly usage?: {
    readonly input_tokens: number;
    readonly output_tokens: number;
    readonly input_tokens_details: { readonly cached_tokens: number };
    readonly output_tokens_details: { readonly reasoning_tokens: number };
  } | null;
};

/** Anthropic's messages and their events. */
export function readMessages(message: object): WireMessage {
  const event = message as MessagesMessage;
  const body = event.message ?? event;
  const { usage = event.usage } = body;
  const stop = body.stop_reason ?? event.delta?.stop_reason ?? "";
  const [read, written] = [usage?.cache_read_input_tokens, usage?.cache_creation_input_tokens];
  return {
    ...(body.model !== undefined && { model: body.model }),
    ...(usage !== undefined && {
      usage: usageOf({
        inputTokens: (usage.input_tokens ?? 0) + (read ?? 0) + (written ?? 0),
        outputTokens: usage.output_tokens,
        cacheReadTokens: read,
        cacheWriteTokens: written,
        reasoningTokens: usage.output_tokens_details?.thinking_tokens,
      }),
    }),
    finish: stop === "" ? [] : [stop],
    hasContent: event.type === "content_block_delta",
  };
}

type MessagesMessage = MessagesBody & {
  readonly type?: string;
  readonly message?: MessagesBody;
  readonly delta?: { readonly stop_reason?: string | null };
};
type MessagesBody = {
  readonly model?: string;
  readonly stop_reason?: string | null;
  readonly usage?: {
    readonly input_tokens?: number;
    readonly output_tokens?: number;
    readonly cache_read_input_tokens?: number;
    readonly cache_creation_input_tokens?: number;
    readonly output_tokens_details?: { readonly thinking_tokens?: number } | null;
  };
};

/** Gemini's contents, whole or streamed, and embeddings. */
export function readGemini(message: object): WireMessage {
  const { modelVersion: model, usageMetadata: usage, candidates = [] } = message as GeminiMessage;
  const { candidatesTokenCount: said, thoughtsTokenCount: thought } = usage ?? {};
  return {
    ...(model !== undefined && { model }),
    ...(usage !== undefined && {
      usage: usageOf({
        inputTokens: usage.promptTokenCount,
        outputTokens: said === undefined ? thought : said + (thought ?? 0),
        cacheReadTokens: usage.cachedContentTokenCount,
        reasoningTokens: thought,
      }),
    }),
    finish: candidates.flatMap(({ finishReason }) => finishReason ?? []),
    hasContent: candidates.some(({ content }) => content !== undefined),
  };
}

type GeminiMessage = {
  readonly modelVersion?: string;
  readonly candidates?: readonly {
    readonly content?: object;
    readonly finishReason?: string;
  }[];
  readonly usageMetadata?: {
    readonly promptTokenCount?: number;
    readonly candidatesTokenCount?: number;
    readonly thoughtsTokenCount?: number;
    readonly cachedContentTokenCount?: number;
  };
};

/** Bedrock's Converse and the events of ConverseStream, which say nothing of a model. */
export function readConverse(message: object): WireMessage {
  const { usage, stopReason, delta } = message as ConverseMessage;
  const [read, written] = [usage?.cacheReadInputTokens, usage?.cacheWriteInputTokens];
  return {
    ...(usage !== undefined && {
      usage: usageOf({
        inputTokens: usage.inputTokens + (read ?? 0) + (written ?? 0),
        outputTokens: usage.outputTokens,
        cacheReadTokens: read,
        cacheWriteTokens: written,
      }),
    }),
    finish: stopReason === undefined ? [] : [stopReason],
    hasContent: delta !== undefined,
  };
}

type ConverseMessage = {
  readonly stopReason?: string;
  readonly delta?: object;
  readonly usage?: {
    readonly inputTokens: number;
    readonly outputTokens: number;
    readonly cacheReadInputTokens?: number;
    readonly cacheWriteInputTokens?: number;
  };
};

function usageOf(told: { readonly [K in keyof Usage]: number | undefined }): Usage {
  return Object.fromEntries(Object.entries(told).filter(([, tokens]) => tokens !== undefined));
}
