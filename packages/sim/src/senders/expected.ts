import type { Arrival } from "./arrivals.ts";
import type { Case } from "./cases.ts";
import type { Served } from "./model-stub.ts";

/** What should arrive if a sender tells all that went over the wire, by the conventions. */
export function asServed(asked: Case, served: readonly Served[]): Arrival {
  const { api, answer, stream, times } = asked;
  const usage = served.flatMap(({ tokens }) => (tokens === undefined ? [] : [tokens]));
  const failed = { "rate-limited": "429", failing: "500", cut: CUT };
  const error = answer === "whole" || answer === "once-limited" ? undefined : failed[answer];
  const answered = served.filter(({ status }) => status === 200).length;
  const finish = answer === "cut" ? "error" : FINISH[api][stream ? "streamed" : "whole"];
  return {
    calls: times,
    errors: error === undefined ? {} : { [error]: times },
    ...(usage.length > 0 && { input: usage.reduce((sum, { input }) => sum + input, 0) }),
    ...(usage.length > 0 &&
      api !== "embeddings" && { output: usage.reduce((sum, { output }) => sum + output, 0) }),
    missingUsage: error === undefined ? times - usage.length : 0,
    provider: api === "messages" ? "anthropic" : "openai",
    operation: api === "embeddings" ? "embeddings" : "chat",
    answeredBy: asked.answeredBy,
    finish: answered === 0 || finish === undefined ? {} : { [finish]: answered },
    firstChunks: stream ? answered : 0,
  };
}

/** The stub cuts a stream off without a word; this is what the senders by hand call it. */
const CUT = "stream_cut";

const FINISH = {
  chat: { whole: "stop", streamed: "stop" },
  responses: { whole: "stop", streamed: "stop" },
  embeddings: { whole: undefined, streamed: undefined },
  messages: { whole: "length", streamed: "stop" },
};

/** Where a sender tells less, or otherwise, than went over the wire. */
export type Difference = {
  readonly services: readonly string[];
  readonly cases: readonly string[];
  /** What the table in `docs/senders.md` says of it. */
  readonly because: string;
  readonly arrives: Partial<Arrival>;
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
];

export function differenceOf(service: string, asked: Case): Difference | undefined {
  return DIFFERENCES.find(
    ({ services, cases }) => services.includes(service) && cases.includes(asked.name),
  );
}

/** What should arrive of one case from one sender. */
export function expectedOf(service: string, asked: Case, served: readonly Served[]): Arrival {
  return { ...asServed(asked, served), ...differenceOf(service, asked)?.arrives };
}
