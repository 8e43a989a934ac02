import type { Dialect } from "../reading.ts";
import { isGenai, otelGenai } from "./otel-genai.ts";

/** Our own SDK for Node: the conventions' names, of either generation, and nothing else. */
export const narukoSdk: Dialect = {
  name: "naruko-sdk",
  claims: (span) => span.origin.scopeName === "@naruko/sdk" && isGenai(span),
  read: otelGenai.read,
};
