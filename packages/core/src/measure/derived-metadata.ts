import type { MetricMetadata } from "../model/received-series.ts";
import { DERIVED_METRICS, type DerivedMetric } from "./derived-metrics.ts";

/** What a derived metric says, and its unit where it is none of the name's own words. */
const HELP: Readonly<Record<string, string>> = {
  gen_ai_client_operation_duration_seconds: "How long calls of models took.",
  gen_ai_client_token_usage: "Tokens of calls, by type.",
  gen_ai_client_operation_time_to_first_chunk_seconds:
    "Time until the first chunk of streamed answers.",
  gen_ai_client_operation_time_per_output_chunk_seconds:
    "Mean time between the chunks of streamed answers.",
  gen_ai_execute_tool_duration_seconds: "How long calls of tools took.",
  gen_ai_invoke_agent_duration_seconds: "How long runs of agents took.",
  llm_operation_duration_seconds: "How long calls of models took, by model and status.",
  llm_token_usage_total: "Tokens of calls, by model and type.",
  llm_errors_total: "Calls of models that failed, by cause.",
  llm_quality_score: "Mean of the latest scores of answers, between 0 and 1.",
  naruko_cost_usd_total: "Cost of calls in US dollars.",
  naruko_unpriced_calls_total: "Calls whose cost is not known, by reason.",
  naruko_usage_missing_calls_total: "Calls whose provider told no token usage.",
  naruko_finish_total: "Answers of models, by the reason why they ended.",
  naruko_quality_flag_total: "Answers that a free quality check flagged.",
  naruko_evaluation_score: "Scores of answers, by evaluation.",
  naruko_evaluation_missing_total: "Evaluations without a score, by cause.",
};

const UNITS: readonly string[] = ["seconds", "usd"];

function unitOf({ name }: DerivedMetric): string {
  const words = name.replace(/_total$/, "").split("_");
  return UNITS.find((unit) => words.at(-1) === unit) ?? "";
}

/** Type, help and unit of every derived metric, in the order of `DERIVED_METRICS`. */
export const DERIVED_METADATA: readonly MetricMetadata[] = [...DERIVED_METRICS.values()].map(
  (metric) => ({
    // Prometheus knows a counter by its name with `_total`, which is how it is stored.
    name: metric.name,
    type: metric.kind,
    help: HELP[metric.name] ?? "",
    unit: unitOf(metric),
  }),
);
