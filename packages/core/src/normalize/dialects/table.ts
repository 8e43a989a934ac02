import type { SpanRecord } from "../../receive/records.ts";
import type { Dialect } from "../reading.ts";
import { aiSdk } from "./ai-sdk.ts";
import { aiSdkLegacy } from "./ai-sdk-legacy.ts";
import { instrumentationOpenAi } from "./instrumentation-openai.ts";
import { langfuse } from "./langfuse.ts";
import { langSmith } from "./langsmith.ts";
import { liteLlm } from "./litellm.ts";
import { narukoSdk } from "./naruko-sdk.ts";
import { openInference } from "./openinference.ts";
import { openLit } from "./openlit.ts";
import { openLlmetry } from "./openllmetry.ts";
import { otelGenai } from "./otel-genai.ts";
import { pydanticAi } from "./pydantic-ai.ts";
import { semanticKernel } from "./semantic-kernel.ts";
import { springAi } from "./spring-ai.ts";

/**
 * In order: the first that claims a span reads it. First come those with a key that nobody else has,
 * then those with a scope, then what has neither.
 */
const DIALECTS: readonly Dialect[] = [
  openInference,
  langfuse,
  langSmith,
  aiSdkLegacy,
  aiSdk,
  liteLlm,
  openLit,
  instrumentationOpenAi,
  pydanticAi,
  springAi,
  semanticKernel,
  openLlmetry,
  narukoSdk,
  otelGenai,
];

/** Who reads a span; `undefined` for an ordinary one. */
export function dialectOf(span: SpanRecord): Dialect | undefined {
  return DIALECTS.find((dialect) => dialect.claims(span));
}
