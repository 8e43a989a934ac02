import type { Dialect, Spelling } from "../reading.ts";
import { GENAI_SPELLING, isGenai, readGenai } from "./otel-genai.ts";

/**
 * Vercel AI SDK v7 (`@ai-sdk/otel`): the conventions' names, except for the times of a stream, which
 * are written under names of metrics, in seconds. Its root span (`invoke_agent`) repeats the usage
 * of the `chat` spans inside it.
 */
const SPELLING: Spelling = {
  ...GENAI_SPELLING,
  timeToFirstChunk: [
    ["gen_ai.client.operation.time_to_first_chunk", 1],
    ...GENAI_SPELLING.timeToFirstChunk,
  ],
  timePerOutputChunk: [["gen_ai.client.operation.time_per_output_chunk", 1]],
};

export const aiSdk: Dialect = {
  name: "ai-sdk",
  // The name of its tracer.
  claims: (span) => span.origin.scopeName === "gen_ai" && isGenai(span),
  read: (span, context) => readGenai(span, SPELLING, context),
};
