import assert from "node:assert/strict";
import test from "node:test";
import { CANONICAL_METRICS, canonicalMetricName } from "./metric-names.ts";
import { prometheusLabelName, prometheusMetricName, type NameKind } from "./prometheus-names.ts";

const names: readonly (readonly [string, string, NameKind, string | undefined])[] = [
  [
    "gen_ai.client.operation.duration",
    "s",
    "histogram",
    "gen_ai_client_operation_duration_seconds",
  ],
  ["gen_ai.client.token.usage", "{token}", "histogram", "gen_ai_client_token_usage"],
  // The unit is already a word of the name.
  ["gen_ai.client.token.usage", "token", "histogram", "gen_ai_client_token_usage"],
  ["gen_ai.usage.cost", "USD", "histogram", "gen_ai_usage_cost_USD"],
  ["operation.cost", "{USD}", "histogram", "operation_cost"],
  [
    "gen_ai.client.inference.usage.input_tokens",
    "{token}",
    "counter",
    "gen_ai_client_inference_usage_input_tokens_total",
  ],
  ["requests.total.seen", "1", "counter", "requests_seen_total"],
  ["cache.hit", "1", "gauge", "cache_hit_ratio"],
  ["cache.hit", "1", "up-down-counter", "cache_hit"],
  ["queue.size", "", "up-down-counter", "queue_size"],
  ["net.rate", "By/s", "gauge", "net_rate_bytes_per_second"],
  ["net.rate", "{packet}/m", "gauge", "net_rate_per_minute"],
  ["tokens.speed", "{token}/{call}", "gauge", "tokens_speed"],
  ["load", "%", "gauge", "load_percent"],
  ["seconds.spent", "s", "counter", "seconds_spent_total"],
  ["vllm:num_requests_running", "", "gauge", "vllm:num_requests_running"],
  ["a..b--c_", "", "gauge", "a_b_c"],
  ["2xx", "", "gauge", "_2xx"],
  ["日本", "", "gauge", undefined],
  ["", "s", "gauge", undefined],
];
for (const [name, unit, kind, expected] of names) {
  test(`${kind} "${name}" in "${unit}" is ${String(expected)}`, () => {
    assert.equal(prometheusMetricName(name, unit, kind), expected);
  });
}

const labelNames: readonly (readonly [string, string | undefined])[] = [
  ["gen_ai.request.model", "gen_ai_request_model"],
  ["a..b", "a__b"],
  ["2xx", "key_2xx"],
  ["_private", "key_private"],
  ["__reserved__", "__reserved__"],
  ["😀x", "key_x"],
  ["日本", undefined],
  ["", undefined],
];
for (const [key, expected] of labelNames) {
  test(`label "${key}" is ${String(expected)}`, () => {
    assert.equal(prometheusLabelName(key), expected);
  });
}

const canonical: readonly (readonly [string, string])[] = [
  [
    "gen_ai_client_operation_duration_seconds_bucket",
    "gen_ai_client_operation_duration_seconds_bucket",
  ],
  ["gen_ai_client_operation_duration_bucket", "gen_ai_client_operation_duration_seconds_bucket"],
  ["gen_ai.client.operation.duration_seconds_sum", "gen_ai_client_operation_duration_seconds_sum"],
  ["gen_ai.client.inference.duration_count", "gen_ai_client_operation_duration_seconds_count"],
  ["gen_ai_client_inference_duration_seconds", "gen_ai_client_operation_duration_seconds"],
  ["gen_ai_client_embeddings_duration_seconds", "gen_ai_client_operation_duration_seconds"],
  [
    "gen_ai_client_inference_time_to_first_chunk_seconds",
    "gen_ai_client_operation_time_to_first_chunk_seconds",
  ],
  ["gen_ai_client_token_usage_token_bucket", "gen_ai_client_token_usage_bucket"],
  ["gen_ai.client.token.usage_sum", "gen_ai_client_token_usage_sum"],
  [
    "gen_ai.client.inference.usage.input_tokens",
    "gen_ai_client_inference_usage_input_tokens_total",
  ],
  [
    "gen_ai_client_inference_usage_input_tokens_total",
    "gen_ai_client_inference_usage_input_tokens_total",
  ],
  // What the name says there is a label of the older metric: it keeps its own name.
  [
    "gen_ai.client.inference.operation.input_tokens_bucket",
    "gen_ai_client_inference_operation_input_tokens_bucket",
  ],
  // A counter has no buckets.
  [
    "gen_ai.client.inference.usage.input_tokens_bucket",
    "gen_ai.client.inference.usage.input_tokens_bucket",
  ],
  // Milliseconds are another metric.
  [
    "gen_ai_client_operation_duration_milliseconds_bucket",
    "gen_ai_client_operation_duration_milliseconds_bucket",
  ],
  ["up", "up"],
  ["_bucket", "_bucket"],
  ["constructor", "constructor"],
];
for (const [spelled, expected] of canonical) {
  test(`${spelled} → ${expected}`, () => assert.equal(canonicalMetricName(spelled), expected));
}

test("no spelling belongs to two metrics, and a canonical name is its own", () => {
  const all = CANONICAL_METRICS.flatMap(({ name, aliases }) => [name, ...aliases]);
  assert.equal(new Set(all).size, all.length);
  for (const { name } of CANONICAL_METRICS) assert.equal(canonicalMetricName(name), name);
});
