import type { Dialect } from "../reading.ts";
import { GENAI_SPELLING, readGenai } from "./otel-genai.ts";

/**
 * `@opentelemetry/instrumentation-openai`: chat by v1.36 of the conventions, responses by v1.38, and
 * what was said in log records, not on spans. Checked with 0.22.0.
 */
export const instrumentationOpenAi: Dialect = {
  name: "instrumentation-openai",
  claims: ({ origin }) => origin.scopeName === "@opentelemetry/instrumentation-openai",
  read: (span, context) => readGenai(span, GENAI_SPELLING, context),
};
