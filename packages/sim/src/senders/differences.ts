import type { Arrival } from "./arrivals.ts";

/** Where a sender tells less, or otherwise, than went over the wire. */
export type Difference = {
  readonly services: readonly string[];
  readonly cases: readonly string[];
  /** What the table in `docs/send/README.md` says of it. */
  readonly because: string;
  /** `undefined` for what does not arrive at all. */
  readonly arrives: { readonly [K in keyof Arrival]?: Arrival[K] | undefined };
  /** Whether its span ends before the answer is whole. */
  readonly endsEarly?: true;
};

const NOTHING: Arrival = {
  calls: 0,
  errors: {},
  missingUsage: 0,
  provider: "",
  operation: "",
  answeredBy: "",
  finish: {},
  firstChunks: 0,
};

/** Each is explained by what that instrumentation sends; none is Naruko's. */
export const DIFFERENCES: readonly Difference[] = [
  {
    services: ["openinference"],
    cases: ["chat, streamed"],
    because: "no usage (estimated from the text), answering model or first chunk",
    arrives: { input: 6, output: 26, missingUsage: 2, answeredBy: "", firstChunks: 0 },
  },
  {
    services: ["openinference"],
    cases: ["chat, streamed, usage not asked for"],
    because: "no usage (estimated from the text), answering model or first chunk",
    arrives: { input: 8, output: 13, answeredBy: "", firstChunks: 0 },
  },
  {
    services: ["openinference"],
    cases: ["chat, 429", "chat, 500", "chat, streamed, 429", "chat, stream cut"],
    because: "nothing: the span never ends",
    arrives: NOTHING,
  },
  {
    services: ["openinference"],
    cases: ["responses"],
    because: "no finish reason",
    arrives: { finish: {} },
  },
  {
    services: ["openinference"],
    cases: ["responses, streamed"],
    because: "no finish reason, no first chunk",
    arrives: { finish: {}, firstChunks: 0 },
  },
  {
    services: ["openinference"],
    cases: ["embeddings"],
    because: "no usage (estimated from the text), no answering model",
    arrives: { input: 2, missingUsage: 1, answeredBy: "" },
  },
  {
    services: ["openinference"],
    cases: ["messages, streamed"],
    because: "no first chunk",
    arrives: { firstChunks: 0 },
  },
  {
    services: ["openinference"],
    cases: ["messages, 429"],
    because: "error type `RateLimitError`, the client's class",
    arrives: { errors: { RateLimitError: 1 } },
  },
  {
    services: ["openinference"],
    cases: ["messages, 500"],
    because: "error type `InternalServerError`, the client's class",
    arrives: { errors: { InternalServerError: 1 } },
  },
  {
    services: ["openinference"],
    cases: ["messages, stream cut"],
    because:
      "the span never ends; the client's own arrives: error type `client_error`, input tokens so far, no finish reason",
    arrives: { errors: { client_error: 1 }, input: 120, finish: {} },
  },
  {
    services: ["ai-sdk"],
    cases: ["chat, stream cut", "messages, stream cut"],
    because: "error type `AI_APICallError`; no answering model, finish reason or first chunk",
    arrives: { errors: { AI_APICallError: 1 }, answeredBy: "", finish: {}, firstChunks: 0 },
  },
  {
    services: ["ai-sdk"],
    cases: ["embeddings"],
    because: "no answering model",
    arrives: { answeredBy: "" },
  },
  {
    services: ["by-hand-1"],
    cases: [
      "chat, streamed",
      "chat, streamed, usage not asked for",
      "chat, stream cut",
      "responses, streamed",
      "messages, streamed",
      "messages, stream cut",
    ],
    because: "no first chunk: there was no name for it",
    arrives: { firstChunks: 0 },
  },
  {
    services: ["openlit"],
    cases: ["chat, streamed", "responses, streamed"],
    because: "no first chunk: it counts from the answer's headers",
    arrives: { firstChunks: 0 },
  },
  {
    services: ["openlit"],
    cases: ["chat, streamed, usage not asked for"],
    because: "usage guessed from the text and told as the provider's; no first chunk",
    arrives: { input: 8, output: 13, missingUsage: 0, firstChunks: 0 },
  },
  {
    services: ["openlit", "contrib"],
    cases: ["chat, 429"],
    because: "error type `RateLimitError`, the client's class",
    arrives: { errors: { RateLimitError: 2 } },
  },
  {
    services: ["openlit"],
    cases: ["chat, streamed, 429", "messages, 429"],
    because: "error type `RateLimitError`, the client's class",
    arrives: { errors: { RateLimitError: 1 } },
  },
  {
    services: ["contrib"],
    cases: ["chat, streamed, 429"],
    because: "error type `RateLimitError`, the client's class",
    arrives: { errors: { RateLimitError: 1 } },
  },
  {
    services: ["openlit", "contrib"],
    cases: ["chat, 500", "messages, 500"],
    because: "error type `InternalServerError`, the client's class",
    arrives: { errors: { InternalServerError: 1 } },
  },
  {
    services: ["openlit", "openllmetry"],
    cases: ["messages, stream cut"],
    because: "error type `TypeError`; no answering model, finish reason or first chunk",
    arrives: { errors: { TypeError: 1 }, answeredBy: "", finish: {}, firstChunks: 0 },
  },
  {
    services: ["openlit"],
    cases: ["chat, stream cut"],
    because: "error type `TypeError`; no answering model, finish reason or first chunk",
    arrives: { errors: { TypeError: 1 }, answeredBy: "", finish: {}, firstChunks: 0 },
  },
  {
    services: ["openlit"],
    cases: ["embeddings"],
    because: "no answering model",
    arrives: { answeredBy: "" },
  },
  {
    services: ["openlit"],
    cases: ["messages, streamed"],
    because: "one output token too many: the opening's count is added; no first chunk",
    arrives: { output: 31, firstChunks: 0 },
  },
  {
    services: ["openllmetry"],
    cases: ["chat, streamed"],
    because: "no usage (estimated from the text), not told as a stream",
    arrives: { input: 6, output: 26, missingUsage: 2, firstChunks: 0 },
  },
  {
    services: ["openllmetry"],
    cases: ["chat, streamed, usage not asked for"],
    because: "no usage (estimated from the text), not told as a stream",
    arrives: { input: 8, output: 13, firstChunks: 0 },
  },
  {
    services: ["openllmetry"],
    cases: ["chat, 429", "chat, 500", "chat, streamed, 429", "chat, stream cut"],
    because: "nothing: the span never ends",
    arrives: NOTHING,
  },
  {
    services: ["openllmetry"],
    cases: ["responses, streamed"],
    because:
      "its span ends with the answer's headers: duration, usage, model and finish reason are missing",
    endsEarly: true,
    arrives: {
      input: undefined,
      output: undefined,
      missingUsage: 1,
      answeredBy: "",
      finish: {},
      firstChunks: 0,
    },
  },
  {
    services: ["openllmetry"],
    cases: ["embeddings"],
    because: "nothing: embeddings are not instrumented",
    arrives: { ...NOTHING, input: undefined },
  },
  {
    services: ["openllmetry"],
    cases: ["messages, streamed"],
    because: "no finish reason, not told as a stream",
    arrives: { finish: {}, firstChunks: 0 },
  },
  {
    services: ["contrib"],
    cases: ["chat, streamed", "responses, streamed"],
    because: "not told as a stream: no first chunk",
    arrives: { firstChunks: 0 },
  },
  {
    services: ["contrib"],
    cases: ["chat, streamed, usage not asked for"],
    because: "no usage (estimated from its log records), not told as a stream",
    arrives: { input: 8, output: 13, firstChunks: 0 },
  },
  {
    services: ["contrib"],
    cases: ["chat, stream cut"],
    because: "nothing: the span never ends",
    arrives: NOTHING,
  },
  {
    services: ["ai-sdk-4", "ai-sdk-5", "ai-sdk-6"],
    cases: ["chat, 429"],
    because: "error type `AI_APICallError` for every refusal",
    arrives: { errors: { AI_APICallError: 2 } },
  },
  {
    services: ["ai-sdk-4", "ai-sdk-5", "ai-sdk-6"],
    cases: ["chat, 500", "chat, streamed, 429", "messages, 429", "messages, 500"],
    because: "error type `AI_APICallError` for every refusal",
    arrives: { errors: { AI_APICallError: 1 } },
  },
  {
    services: ["ai-sdk-4", "ai-sdk-5", "ai-sdk-6"],
    cases: ["chat, stream cut", "messages, stream cut"],
    because: "nothing: the span never ends",
    arrives: NOTHING,
  },
  {
    services: ["ai-sdk-4", "ai-sdk-5", "ai-sdk-6"],
    cases: ["chat, 429 and a retry"],
    because: "two calls, one failed: each try of the SDK is a span",
    arrives: {
      calls: 2,
      errors: { AI_APICallError: 1 },
      answeredBy: " and gpt-3.5-turbo-0125",
    },
  },
  {
    services: ["ai-sdk-4", "ai-sdk-5", "ai-sdk-6"],
    cases: ["embeddings"],
    because: "no answering model",
    arrives: { answeredBy: "" },
  },
  {
    services: ["langchain"],
    cases: ["chat"],
    because: "no answering model",
    arrives: { answeredBy: "" },
  },
  {
    services: ["langchain"],
    cases: ["chat, streamed"],
    because: "not told as a stream; no answering model",
    arrives: { answeredBy: "", firstChunks: 0 },
  },
  {
    services: ["langchain"],
    cases: ["chat, streamed, usage not asked for"],
    because: "no usage (estimated from the text), not told as a stream; no answering model",
    arrives: { input: 8, output: 13, answeredBy: "", firstChunks: 0 },
  },
  {
    services: ["langchain"],
    cases: ["chat, stream cut"],
    because: "no error type, answering model, finish reason or first chunk",
    arrives: { errors: { _OTHER: 1 }, answeredBy: "", finish: {}, firstChunks: 0 },
  },
  {
    services: ["langchain"],
    cases: ["responses", "responses, streamed"],
    because: "no answering model, finish reason or first chunk",
    arrives: { answeredBy: "", finish: {}, firstChunks: 0 },
  },
  {
    services: ["langchain"],
    cases: ["embeddings"],
    because: "nothing: embeddings are not instrumented",
    arrives: { ...NOTHING, input: undefined },
  },
];
