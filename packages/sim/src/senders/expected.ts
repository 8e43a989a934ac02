import type { Arrival } from "./arrivals.ts";
import type { Case } from "./cases.ts";
import { type Difference, DIFFERENCES } from "./differences.ts";
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

export function differenceOf(service: string, asked: Case): Difference | undefined {
  return DIFFERENCES.find(
    ({ services, cases }) => services.includes(service) && cases.includes(asked.name),
  );
}

/** What should arrive of one case from one sender. */
export function expectedOf(service: string, asked: Case, served: readonly Served[]): Arrival {
  const told = { ...asServed(asked, served), ...differenceOf(service, asked)?.arrives };
  const fields = Object.entries(told).filter(([, value]) => value !== undefined);
  return Object.fromEntries(fields) as Arrival;
}
