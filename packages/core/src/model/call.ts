import type { EpochMs } from "./time.ts";

/**
 * What a call is, for counting. `inference` and `embeddings` reach a model; `tool` and `agent`
 * surround them and carry no usage of their own (a parent that repeats its children's usage is
 * never added).
 */
export type CallKind = "inference" | "embeddings" | "tool" | "agent";

/**
 * Tokens as the provider billed them. `inputTokens` includes what was read from or written to a
 * cache, `outputTokens` includes reasoning: the detail fields are subsets, never added. Absent is
 * not zero.
 */
export type Usage = {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly cacheReadTokens?: number;
  readonly cacheWriteTokens?: number;
  readonly reasoningTokens?: number;
};

/** Where the usage comes from; `missing` is a state of its own and never a zero. */
export type UsageSource = "provider" | "estimated" | "missing";

/**
 * How an answer ended that is not whole, as `naruko.call.end` tells it: the application's signal
 * `cancelled` it, or it left the stream (`closed`) or forgot it (`abandoned`); the server or the
 * network `cut` it; or the application read the response itself (`raw`).
 */
export type CallEnding = "cancelled" | "closed" | "abandoned" | "cut" | "raw";

/**
 * What was said, as plain text. Always known while a request is in flight; what is written is
 * decided by `capture`.
 */
export type CallText = {
  readonly system?: string;
  readonly input?: string;
  readonly output?: string;
  /** What the answer was to be based on: documents that were retrieved, results of tools. */
  readonly context?: string;
};

/**
 * What was asked for beside the text, and what tools were called: known while a request is in
 * flight, for the free quality signals, and never written.
 */
export type CallFacts = {
  /** `gen_ai.output.type`, or what the request's response format says: `json`, `text` … */
  readonly outputType?: string;
  /** JSON Schema that the output was to follow, as text. */
  readonly outputSchema?: string;
  /** Tools that the model was offered; absent where the sender does not tell. */
  readonly tools?: readonly { readonly name: string; readonly parameters?: string }[];
  /** Tools that the model called, with their arguments as it wrote them. */
  readonly toolCalls?: readonly { readonly name: string; readonly arguments?: string }[];
};

/**
 * One operation of an LLM application, as every dialect's leaf span becomes one: the only noun that
 * later stages know.
 */
export type Call = {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly kind: CallKind;
  /** `gen_ai.operation.name`: `chat`, `text_completion`, `embeddings`, `execute_tool` … or custom. */
  readonly operation: string;
  readonly startAt: EpochMs;
  readonly endAt: EpochMs;
  /** Seconds, from nanoseconds; never negative (a span that ends before it starts is refused). */
  readonly durationS: number;
  /** `service.name`; `unknown_service` where the resource has none. */
  readonly service: string;
  readonly serviceVersion?: string;
  /** `deployment.environment.name`; absent where the resource has none. */
  readonly environment?: string;
  /** Unified name (`openai`, `azure.ai.openai` …), or what was sent where it is not well known. */
  readonly provider?: string;
  readonly requestModel?: string;
  readonly responseModel?: string;
  readonly serverAddress?: string;
  /** Low-cardinality cause; present exactly when the operation failed. `_OTHER` where not told. */
  readonly errorType?: string;
  /** Absent where the answer is whole, the call failed before one, or the sender does not tell. */
  readonly ending?: CallEnding;
  readonly stream: boolean;
  /** Seconds to the first content-bearing chunk; streamed calls only. */
  readonly timeToFirstChunkS?: number;
  /** Mean seconds from one chunk to the next, where the sender tells it; streamed calls only. */
  readonly timePerOutputChunkS?: number;
  /**
   * One a choice, unified: `stop`, `length`, `content_filter`, `tool_call`, `error`, `cancelled`
   * where the application did not wait for one, or as sent.
   */
  readonly finishReasons: readonly string[];
  readonly usage: Usage;
  readonly usageSource: UsageSource;
  /** US dollars; absent when the model is not in the price table or usage is missing. */
  readonly costUsd?: number;
  /** Why a call that should have a cost has none: each is counted. */
  readonly unpriced?: "unknown-model" | "missing-usage" | "cancelled";
  readonly responseId?: string;
  readonly systemFingerprint?: string;
  readonly conversationId?: string;
  readonly userId?: string;
  readonly promptName?: string;
  readonly promptVersion?: string;
  readonly toolName?: string;
  readonly agentName?: string;
  /** How many calls this one stands for: 1, or the inverse of a head sampler's probability. */
  readonly weight: number;
  /** Whose spelling it came in: the name of the dialect's file. */
  readonly dialect: string;
  readonly text?: CallText;
  /** In flight only: taken out before the commit. */
  readonly facts?: CallFacts;
  /** Names of free quality flags that this call raised, found while its text was in flight. */
  readonly flags?: readonly string[];
};

const CALLED_OFF: ReadonlySet<CallEnding | undefined> = new Set([
  "cancelled",
  "closed",
  "abandoned",
]);

/**
 * Whether the application did not wait for the whole answer. That is no failure, and what the answer
 * would have told at its end (usage, a finish reason) can be expected of nobody.
 */
export function isCalledOff({ errorType, ending }: Pick<Call, "errorType" | "ending">): boolean {
  return errorType === undefined && CALLED_OFF.has(ending);
}

/** The model that the article's series name: the requested one, the response's where none was requested. */
export function modelOf(call: Call): string {
  return call.requestModel ?? call.responseModel ?? "";
}
