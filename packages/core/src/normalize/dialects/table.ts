import type { SpanRecord } from "../../receive/records.ts";
import type { Dialect } from "../reading.ts";
import { aiSdk } from "./ai-sdk.ts";
import { openInference } from "./openinference.ts";
import { otelGenai } from "./otel-genai.ts";

/** In order: the first that claims a span reads it, so the most specific come first. */
const DIALECTS: readonly Dialect[] = [openInference, aiSdk, otelGenai];

/** Who reads a span; `undefined` for an ordinary one. */
export function dialectOf(span: SpanRecord): Dialect | undefined {
  return DIALECTS.find((dialect) => dialect.claims(span));
}
