import type { MetricFacts, Unit } from "./catalog.ts";

// Names and types as the servers' own documentation and source give them (vLLM 0.32 metrics, SGLang,
// DCGM exporter default counters, LiteLLM proxy, llama.cpp server, TGI; read in 2026).
const GAUGES: readonly (readonly [string, Unit?])[] = [
  ["vllm:num_requests_running"],
  ["vllm:num_requests_waiting"],
  ["vllm:kv_cache_usage_perc", "share"],
  ["sglang:num_running_reqs"],
  ["sglang:num_queue_reqs"],
  ["sglang:num_used_tokens"],
  ["sglang:token_usage", "share"],
  ["sglang:cache_hit_rate", "share"],
  ["sglang:gen_throughput"],
  ["DCGM_FI_DEV_GPU_UTIL", "percent"],
  ["DCGM_FI_DEV_MEM_COPY_UTIL", "percent"],
  ["DCGM_FI_DEV_FB_USED"],
  ["DCGM_FI_DEV_FB_FREE"],
  ["DCGM_FI_DEV_GPU_TEMP"],
  ["DCGM_FI_DEV_MEMORY_TEMP"],
  ["DCGM_FI_DEV_POWER_USAGE"],
  ["DCGM_FI_DEV_XID_ERRORS"],
  ["DCGM_FI_PROF_GR_ENGINE_ACTIVE", "share"],
  ["litellm_deployment_state"],
  ["litellm_in_flight_requests"],
  ["tgi_queue_size"],
  ["tgi_batch_current_size"],
  ["llamacpp:requests_processing"],
  ["llamacpp:requests_deferred"],
  ["llamacpp:prompt_tokens_seconds"],
  ["llamacpp:predicted_tokens_seconds"],
  ["nv_gpu_utilization", "share"],
];

const COUNTERS: readonly string[] = [
  "vllm:num_preemptions_total",
  "vllm:prompt_tokens_total",
  "vllm:generation_tokens_total",
  "vllm:prefix_cache_queries_total",
  "vllm:prefix_cache_hits_total",
  "vllm:request_success_total",
  "vllm:corrupted_requests_total",
  "vllm:admission_rejections_total",
  "sglang:prompt_tokens_total",
  "sglang:generation_tokens_total",
  "sglang:num_requests_total",
  "litellm_proxy_total_requests_metric_total",
  "litellm_proxy_failed_requests_metric_total",
  "litellm_spend_metric_total",
  "litellm_deployment_success_responses_total",
  "litellm_deployment_failure_responses_total",
  "llamacpp:prompt_tokens_total",
  "llamacpp:tokens_predicted_total",
  "nv_inference_request_success",
  "nv_inference_request_failure",
];

const HISTOGRAMS: readonly (readonly [string, Unit?])[] = [
  ["vllm:time_to_first_token_seconds", "seconds"],
  ["vllm:inter_token_latency_seconds", "seconds"],
  ["vllm:request_time_per_output_token_seconds", "seconds"],
  ["vllm:e2e_request_latency_seconds", "seconds"],
  ["vllm:request_queue_time_seconds", "seconds"],
  ["vllm:request_inference_time_seconds", "seconds"],
  ["vllm:request_prefill_time_seconds", "seconds"],
  ["vllm:request_decode_time_seconds", "seconds"],
  ["vllm:request_prompt_tokens"],
  ["vllm:request_generation_tokens"],
  ["vllm:iteration_tokens_total"],
  ["sglang:time_to_first_token_seconds", "seconds"],
  ["sglang:inter_token_latency_seconds", "seconds"],
  ["sglang:e2e_request_latency_seconds", "seconds"],
  ["sglang:queue_time_seconds", "seconds"],
  ["litellm_request_total_latency_metric", "seconds"],
  ["litellm_llm_api_latency_metric", "seconds"],
  ["litellm_llm_api_time_to_first_token_metric", "seconds"],
  ["tgi_request_duration", "seconds"],
  ["tgi_request_queue_duration", "seconds"],
  ["tgi_request_inference_duration", "seconds"],
  ["tgi_request_mean_time_per_token_duration", "seconds"],
];

function facts(type: MetricFacts["type"], unit: Unit | undefined): MetricFacts {
  return unit === undefined ? { type } : { type, unit };
}

/** Metrics of public inference servers, gateways and GPU exporters, by base name. */
export const PUBLIC_METRICS: ReadonlyMap<string, MetricFacts> = new Map([
  ...GAUGES.map(([name, unit]) => [name, facts("gauge", unit)] as const),
  ...COUNTERS.map((name) => [name, facts("counter", undefined)] as const),
  ...HISTOGRAMS.map(([name, unit]) => [name, facts("histogram", unit)] as const),
]);

/** A name that public rules use and that its server no longer has, or never had. */
export type Renamed = { readonly to: string; readonly why: string };

const V0 = "vLLM's V0 engine had this name, V1 has not";
const NEVER = "vLLM never had this name";

/** By base name, without `_bucket`, `_sum`, `_count`. */
export const RENAMED_METRICS: ReadonlyMap<string, Renamed> = new Map([
  ["vllm:gpu_cache_usage_perc", { to: "vllm:kv_cache_usage_perc", why: V0 }],
  ["vllm:time_per_output_token_seconds", { to: "vllm:inter_token_latency_seconds", why: V0 }],
  ["vllm:cpu_cache_usage_perc", { to: "vllm:kv_cache_usage_perc", why: V0 }],
  ["vllm:num_requests_swapped", { to: "vllm:num_preemptions_total", why: V0 }],
  ["vllm:gpu_prefix_cache_hits_total", { to: "vllm:prefix_cache_hits_total", why: V0 }],
  ["vllm:gpu_prefix_cache_queries_total", { to: "vllm:prefix_cache_queries_total", why: V0 }],
  ["vllm:request_error_total", { to: "vllm:request_success_total", why: NEVER }],
  ["vllm_request_latency_seconds", { to: "vllm:e2e_request_latency_seconds", why: NEVER }],
  [
    "vllm_time_to_first_token_seconds",
    { to: "vllm:time_to_first_token_seconds", why: "vLLM writes a colon after its prefix" },
  ],
  [
    "llamacpp:kv_cache_usage_ratio",
    { to: "llamacpp:requests_deferred", why: "llama.cpp's server dropped it" },
  ],
]);

/** Labels that public rules spell otherwise than the server does: by metric. */
export const RENAMED_LABELS: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  ["vllm:request_success_total", new Map([["finish_reason", "finished_reason"]])],
]);

/** Every metric of the DCGM exporter: its label `Hostname` became `hostname` in May 2026. */
export const DCGM_PREFIX = "DCGM_FI_";
