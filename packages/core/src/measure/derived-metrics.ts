import {
  AGENT_BOUNDS,
  ARTICLE_BOUNDS,
  DURATION_BOUNDS,
  SCORE_BOUNDS,
  TOKEN_BOUNDS,
} from "./bounds.ts";

/** A metric that is made here, from calls and evaluations (DESIGN section 4). */
export type DerivedMetric = {
  readonly name: string;
  readonly kind: "counter" | "histogram" | "gauge";
  /** Upper bounds of a histogram's buckets, `+Inf` left out; empty for the other kinds. */
  readonly bounds: readonly number[];
  /** Label names, in the order in which values are handed in. */
  readonly labels: readonly string[];
  /** Labels whose values are ours and few; they keep their value when all others fold. */
  readonly closed: readonly string[];
  /** Whether applications measure it themselves, so that a source has to be chosen. */
  readonly contested: boolean;
};

const GEN_AI = [
  "service_name",
  "deployment_environment_name",
  "gen_ai_operation_name",
  "gen_ai_provider_name",
  "gen_ai_request_model",
  "gen_ai_response_model",
] as const;

function histogram(
  name: string,
  bounds: readonly number[],
  labels: readonly string[],
): DerivedMetric {
  return { name, kind: "histogram", bounds, labels, closed: [], contested: true };
}

function counter(name: string, labels: readonly string[]): DerivedMetric {
  return { name, kind: "counter", bounds: [], labels, closed: [], contested: false };
}

export const OPERATION_DURATION: DerivedMetric = histogram(
  "gen_ai_client_operation_duration_seconds",
  DURATION_BOUNDS,
  [...GEN_AI, "error_type"],
);
export const TOKEN_USAGE: DerivedMetric = {
  ...histogram("gen_ai_client_token_usage", TOKEN_BOUNDS, [
    ...GEN_AI,
    "error_type",
    "gen_ai_token_type",
  ]),
  closed: ["gen_ai_token_type"],
};
export const TIME_TO_FIRST_CHUNK: DerivedMetric = histogram(
  "gen_ai_client_operation_time_to_first_chunk_seconds",
  DURATION_BOUNDS,
  [...GEN_AI, "error_type"],
);
export const TIME_PER_OUTPUT_CHUNK: DerivedMetric = histogram(
  "gen_ai_client_operation_time_per_output_chunk_seconds",
  DURATION_BOUNDS,
  [...GEN_AI, "error_type"],
);
// The conventions require a tool's name and, where it is known, an agent's: without them these two
// could not say what failed.
export const TOOL_DURATION: DerivedMetric = histogram(
  "gen_ai_execute_tool_duration_seconds",
  DURATION_BOUNDS,
  [...GEN_AI, "error_type", "gen_ai_tool_name"],
);
export const AGENT_DURATION: DerivedMetric = histogram(
  "gen_ai_invoke_agent_duration_seconds",
  AGENT_BOUNDS,
  [...GEN_AI, "error_type", "gen_ai_agent_name"],
);

export const LLM_DURATION: DerivedMetric = {
  ...histogram("llm_operation_duration_seconds", ARTICLE_BOUNDS, [
    "model",
    "status",
    "service_name",
  ]),
  closed: ["status"],
  contested: false,
};
export const LLM_TOKENS: DerivedMetric = {
  ...counter("llm_token_usage_total", ["model", "token_type", "service_name"]),
  closed: ["token_type"],
};
export const LLM_ERRORS: DerivedMetric = counter("llm_errors_total", [
  "model",
  "error_type",
  "service_name",
]);
export const LLM_QUALITY: DerivedMetric = {
  ...counter("llm_quality_score", ["model", "metric", "service_name"]),
  kind: "gauge",
};

export const COST: DerivedMetric = counter("naruko_cost_usd_total", GEN_AI);
export const UNPRICED: DerivedMetric = {
  ...counter("naruko_unpriced_calls_total", [...GEN_AI, "reason"]),
  closed: ["reason"],
};
export const USAGE_MISSING: DerivedMetric = counter("naruko_usage_missing_calls_total", GEN_AI);
export const FINISH: DerivedMetric = counter("naruko_finish_total", [...GEN_AI, "finish_reason"]);
export const QUALITY_FLAG: DerivedMetric = counter("naruko_quality_flag_total", [
  ...GEN_AI,
  "flag",
]);
export const EVALUATION_SCORE: DerivedMetric = {
  ...histogram("naruko_evaluation_score", SCORE_BOUNDS, [...GEN_AI, "gen_ai_evaluation_name"]),
  contested: false,
};
export const EVALUATION_MISSING: DerivedMetric = counter("naruko_evaluation_missing_total", [
  ...GEN_AI,
  "gen_ai_evaluation_name",
  "error_type",
]);

/** Every derived metric, by name. */
export const DERIVED_METRICS: ReadonlyMap<string, DerivedMetric> = new Map(
  [
    OPERATION_DURATION,
    TOKEN_USAGE,
    TIME_TO_FIRST_CHUNK,
    TIME_PER_OUTPUT_CHUNK,
    TOOL_DURATION,
    AGENT_DURATION,
    LLM_DURATION,
    LLM_TOKENS,
    LLM_ERRORS,
    LLM_QUALITY,
    COST,
    UNPRICED,
    USAGE_MISSING,
    FINISH,
    QUALITY_FLAG,
    EVALUATION_SCORE,
    EVALUATION_MISSING,
  ].map((metric) => [metric.name, metric]),
);

/** How many series of the store one label set of a metric comes to. */
export function seriesWidth(metric: DerivedMetric): number {
  // `+Inf`, `_sum` and `_count` beside the bounds.
  return metric.kind === "histogram" ? metric.bounds.length + 3 : 1;
}
