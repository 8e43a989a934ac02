import type { SpanRecord } from "../../receive/records.ts";
import type { ReadContext } from "../context.ts";
import type { Dialect, Reading, Spelling } from "../reading.ts";
import { GENAI_SPELLING, isGenai, operationOf, readGenai } from "./otel-genai.ts";

/**
 * OpenLIT, JavaScript and Python. Checked with npm's `openlit` 1.15.0; older spellings by the
 * table of dialects.
 */
const SPELLING: Spelling = {
  ...GENAI_SPELLING,
  names: [
    ...GENAI_SPELLING.names,
    ["userId", ["user.id", "enduser.id", "gen_ai.request.user"]],
    [
      "systemFingerprint",
      ["openai.response.system_fingerprint", "gen_ai.response.system_fingerprint"],
    ],
  ],
  stream: ["gen_ai.request.is_stream", "gen_ai.request.stream"],
  timePerOutputChunk: [
    ["gen_ai.server.time_per_output_token", 1],
    ["gen_ai.server.tbt", 1],
  ],
  usage: [
    ["inputTokens", ["gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"]],
    ["outputTokens", ["gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"]],
    [
      "cacheReadTokens",
      ["gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.prompt_tokens_details.cache_read"],
    ],
    [
      "cacheWriteTokens",
      [
        "gen_ai.usage.cache_creation.input_tokens",
        "gen_ai.usage.prompt_tokens_details.cache_write",
      ],
    ],
    [
      "reasoningTokens",
      [
        "gen_ai.usage.reasoning.output_tokens",
        "gen_ai.usage.reasoning_tokens",
        "gen_ai.usage.completion_tokens_details.reasoning",
      ],
    ],
  ],
  // It passes on what Anthropic's API says.
  excludesCache: ({ attributes }) =>
    [attributes.get("gen_ai.provider.name"), attributes.get("gen_ai.system")].includes("anthropic"),
};

const PYTHON: Spelling = {
  ...SPELLING,
  timeToFirstChunk: [
    ...GENAI_SPELLING.timeToFirstChunk,
    ["gen_ai.server.time_to_first_token", 1],
    ["gen_ai.server.ttft", 1],
  ],
};

export const openLit: Dialect = {
  name: "openlit",
  claims: (span) => isOpenLit(span) && (isGenai(span) || told(span) !== undefined),
  read,
};

function isOpenLit({ origin, attributes }: SpanRecord): boolean {
  return (
    origin.scopeName.startsWith("@openlit/") ||
    origin.scopeName.startsWith("openlit") ||
    attributes.get("telemetry.sdk.name") === "openlit"
  );
}

/** The operation under its name of before the conventions'. */
function told({ attributes }: SpanRecord): string | undefined {
  const operation = attributes.get("gen_ai.operation.type");
  if (operation === "embedding") return "embeddings";
  return typeof operation === "string" ? operation : undefined;
}

function read(span: SpanRecord, context: ReadContext): Reading | "not-a-call" {
  const named = span.attributes.has("gen_ai.operation.name");
  const operation = (named ? undefined : told(span)) ?? operationOf(span);
  // JavaScript takes the time of a first token from the moment the answer's headers were in, which
  // is a few milliseconds for any model: it says nothing about how long an application waited.
  const isJavaScript = span.origin.scopeName.startsWith("@openlit/");
  const reading = readGenai(span, isJavaScript ? SPELLING : PYTHON, context, operation);
  if (reading === "not-a-call" || reading.kind === "tool") return reading;
  // On a chat this is the names of all tools that were asked for, joined.
  const { toolName: _requested, ...names } = reading.names;
  return { ...reading, names };
}
