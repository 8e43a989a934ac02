import type { SpanRecord } from "../receive/records.ts";

/**
 * By which generation of the GenAI conventions a span is named: 1 up to v1.36, 2 from v1.37 to
 * v1.41, 3 the conventions' own repository since 2026.
 */
export type Generation = 1 | 2 | 3;

const THIRD = [
  "gen_ai.usage.cache_write.input_tokens",
  "gen_ai.request.reasoning.level",
  "gen_ai.usage.text.input_tokens",
  "gen_ai.usage.text.output_tokens",
];

/** Where the third generation's names are defined; few senders say so. */
const THIRD_SCHEMAS = "https://opentelemetry.io/schemas/gen-ai";

/** The generation as far as names and schema tell it; `undefined` for names of a dialect's own. */
export function generationOf({ attributes, origin }: SpanRecord): Generation | undefined {
  if (origin.schemaUrl.startsWith(THIRD_SCHEMAS)) return 3;
  if (THIRD.some((key) => attributes.has(key))) return 3;
  if (attributes.has("gen_ai.provider.name")) return 2;
  return attributes.has("gen_ai.system") ? 1 : undefined;
}
