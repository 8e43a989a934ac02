// The names of OpenTelemetry's GenAI conventions, by generation.

/**
 * Which generation of names is written: `released` is v1.37 to v1.41.1, which backends understand
 * today; `latest` is that of the conventions' own repository (2026), by choice.
 */
export type Generation = "released" | "latest";

/** Reads `OTEL_SEMCONV_STABILITY_OPT_IN`, a list with commas. */
export function generationOf(optIn: string | undefined): Generation {
  const chosen = (optIn ?? "").split(",").map((word) => word.trim());
  return chosen.includes("gen_ai_latest_experimental") ? "latest" : "released";
}

/** Where the names of a generation are defined. */
export const SCHEMA_URL: Readonly<Record<Generation, string>> = {
  released: "https://opentelemetry.io/schemas/1.41.1",
  latest: "https://opentelemetry.io/schemas/gen-ai/1.42.0",
};

/** Boundaries of histograms of seconds, as the conventions advise. */
export const SECONDS_BOUNDARIES: readonly number[] = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];

/** Boundaries of histograms of an agent's seconds, as the conventions advise. */
export const AGENT_BOUNDARIES: readonly number[] = [
  0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 102.4, 204.8, 409.6,
];

/** Boundaries of histograms of tokens, as the conventions advise. */
export const TOKEN_BOUNDARIES: readonly number[] = [
  1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864,
];

/** `gen_ai.operation.name` of the calls that reach a model. */
export type Operation = "chat" | "generate_content" | "text_completion" | "embeddings";

/** Attributes of spans and metrics; what is not here has one use and stands where it is used. */
export const ATTRIBUTE = {
  operation: "gen_ai.operation.name",
  provider: "gen_ai.provider.name",
  requestModel: "gen_ai.request.model",
  responseModel: "gen_ai.response.model",
  responseId: "gen_ai.response.id",
  finishReasons: "gen_ai.response.finish_reasons",
  firstChunk: "gen_ai.response.time_to_first_chunk",
  stream: "gen_ai.request.stream",
  errorType: "error.type",
  serverAddress: "server.address",
  serverPort: "server.port",
  tokenType: "gen_ai.token.type",
  tokenModality: "gen_ai.token.modality",
  inputTokens: "gen_ai.usage.input_tokens",
  outputTokens: "gen_ai.usage.output_tokens",
  cacheReadTokens: "gen_ai.usage.cache_read.input_tokens",
  reasoningTokens: "gen_ai.usage.reasoning.output_tokens",
  inputMessages: "gen_ai.input.messages",
  outputMessages: "gen_ai.output.messages",
  systemInstructions: "gen_ai.system_instructions",
  toolDefinitions: "gen_ai.tool.definitions",
  conversationId: "gen_ai.conversation.id",
  promptName: "gen_ai.prompt.name",
  promptVersion: "gen_ai.prompt.version",
  userId: "user.id",
  /** Ours: what the application calls the part of it that asked. */
  feature: "naruko.feature",
  /** Ours: `missing` or `estimated`; absent where the provider told the usage. */
  usageSource: "naruko.usage.source",
  /** Ours: how a call ended that was neither answered whole nor failed before its answer began. */
  callEnd: "naruko.call.end",
} as const;

/** What was written to a cache has another name in each generation. */
export const CACHE_WRITE_TOKENS: Readonly<Record<Generation, string>> = {
  released: "gen_ai.usage.cache_creation.input_tokens",
  latest: "gen_ai.usage.cache_write.input_tokens",
};

/** Finish reasons of the conventions; the last is for an answer that stopped without one. */
export type FinishReason = "stop" | "length" | "content_filter" | "tool_call" | "error";

/** Providers' own words for them, in lower case; what is not here is one of them, or unknown. */
const PROVIDER_REASONS: Readonly<Record<string, FinishReason>> = {
  tool_calls: "tool_call",
  function_call: "tool_call",
  tool_use: "tool_call",
  end_turn: "stop",
  stop_sequence: "stop",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  refusal: "content_filter",
  safety: "content_filter",
  recitation: "content_filter",
  blocklist: "content_filter",
  prohibited_content: "content_filter",
  spii: "content_filter",
  image_safety: "content_filter",
  guardrail_intervened: "content_filter",
  content_filtered: "content_filter",
  malformed_function_call: "error",
};

/** The conventions' word for a provider's reason; `error` for a choice that has none. */
export function unifiedReason(reason: string | undefined): string {
  if (reason === undefined) return "error";
  const lower = reason.toLowerCase();
  return PROVIDER_REASONS[lower] ?? lower;
}
