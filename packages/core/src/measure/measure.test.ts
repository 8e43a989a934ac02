import assert from "node:assert/strict";
import test from "node:test";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import { Measure } from "./measure.ts";
import { type CallFields, Recorder, call, s } from "./recorder.test.ts";

const INTERVAL_MS = 15_000;

function measured(...calls: readonly CallFields[]): readonly string[] {
  const measure = new Measure(DEFAULT_LIMITS, INTERVAL_MS);
  for (const fields of calls) measure.countCall(call(fields), s(100));
  const recorder = new Recorder();
  measure.sampleAt(s(105), recorder.append);
  return recorder.lines.filter((line) => line.startsWith("105 ")).map((line) => line.slice(4));
}

const GEN_AI =
  'gen_ai_operation_name="chat", gen_ai_provider_name="openai", gen_ai_request_model="m"';
const MODEL = 'model="m", service_name="shop"';

const samples: readonly (readonly [string, readonly CallFields[], readonly string[]])[] = [
  [
    "a call enters the article's latency histogram in every bucket above it",
    [{ durationS: 1.5 }],
    [
      `llm_operation_duration_seconds_bucket{le="0.5", ${MODEL}, status="success"} 0`,
      `llm_operation_duration_seconds_bucket{le="1", ${MODEL}, status="success"} 0`,
      `llm_operation_duration_seconds_bucket{le="2", ${MODEL}, status="success"} 1`,
      `llm_operation_duration_seconds_bucket{le="30", ${MODEL}, status="success"} 1`,
      `llm_operation_duration_seconds_bucket{le="+Inf", ${MODEL}, status="success"} 1`,
      `llm_operation_duration_seconds_sum{${MODEL}, status="success"} 1.5`,
      `llm_operation_duration_seconds_count{${MODEL}, status="success"} 1`,
    ],
  ],
  [
    "a bound belongs to its bucket",
    [{ durationS: 0.5 }],
    [`llm_operation_duration_seconds_bucket{le="0.5", ${MODEL}, status="success"} 1`],
  ],
  [
    "tokens are counted by type, in both spellings",
    [{}, {}],
    [
      `llm_token_usage_total{${MODEL}, token_type="input"} 20`,
      `llm_token_usage_total{${MODEL}, token_type="output"} 10`,
      `gen_ai_client_token_usage_sum{${GEN_AI}, gen_ai_token_type="input", service_name="shop"} 20`,
      `gen_ai_client_token_usage_bucket{${GEN_AI}, gen_ai_token_type="input", le="4", service_name="shop"} 0`,
      `gen_ai_client_token_usage_bucket{${GEN_AI}, gen_ai_token_type="input", le="16", service_name="shop"} 2`,
    ],
  ],
  [
    "a failed call is an error of its type, and its duration has status error",
    [{ errorType: "429" }],
    [
      'llm_errors_total{error_type="429", model="m", service_name="shop"} 1',
      `llm_operation_duration_seconds_count{${MODEL}, status="error"} 1`,
      `gen_ai_client_operation_duration_seconds_count{error_type="429", ${GEN_AI}, service_name="shop"} 1`,
    ],
  ],
  [
    "a call of weight 4 counts as four",
    [{ weight: 4, durationS: 3, errorType: "500", costUsd: 0.5, finishReasons: ["stop"] }],
    [
      'llm_errors_total{error_type="500", model="m", service_name="shop"} 4',
      `llm_operation_duration_seconds_sum{${MODEL}, status="error"} 12`,
      `llm_operation_duration_seconds_count{${MODEL}, status="error"} 4`,
      `llm_token_usage_total{${MODEL}, token_type="input"} 40`,
      `naruko_cost_usd_total{${GEN_AI}, service_name="shop"} 2`,
      `naruko_finish_total{finish_reason="stop", ${GEN_AI}, service_name="shop"} 4`,
    ],
  ],
  [
    "the response's model names the article's series where none was requested",
    [{ requestModel: undefined, responseModel: "m-2" }],
    ['llm_token_usage_total{model="m-2", service_name="shop", token_type="input"} 10'],
  ],
  [
    "without any model the label is absent",
    [{ requestModel: undefined }],
    ['llm_token_usage_total{service_name="shop", token_type="input"} 10'],
  ],
  [
    "environment and response model are labels where they are known",
    [{ environment: "prod", responseModel: "m-2" }],
    [
      'gen_ai_client_operation_duration_seconds_count{deployment_environment_name="prod", ' +
        `${GEN_AI}, gen_ai_response_model="m-2", service_name="shop"} 1`,
    ],
  ],
  [
    "a stream's first chunk and chunk rhythm are measured",
    [{ stream: true, timeToFirstChunkS: 0.3, timePerOutputChunkS: 0.02 }],
    [
      `gen_ai_client_operation_time_to_first_chunk_seconds_sum{${GEN_AI}, service_name="shop"} 0.3`,
      `gen_ai_client_operation_time_per_output_chunk_seconds_bucket{${GEN_AI}, le="0.02", service_name="shop"} 1`,
    ],
  ],
  [
    "flags and finish reasons are counted one by one",
    [{ flags: ["refusal", "empty"], finishReasons: ["stop", "stop", "length"] }],
    [
      `naruko_quality_flag_total{flag="refusal", ${GEN_AI}, service_name="shop"} 1`,
      `naruko_quality_flag_total{flag="empty", ${GEN_AI}, service_name="shop"} 1`,
      `naruko_finish_total{finish_reason="stop", ${GEN_AI}, service_name="shop"} 2`,
      `naruko_finish_total{finish_reason="length", ${GEN_AI}, service_name="shop"} 1`,
    ],
  ],
  [
    "a call that has no price says why",
    [{ unpriced: "unknown-model" }, { unpriced: "missing-usage" }],
    [
      `naruko_unpriced_calls_total{${GEN_AI}, reason="unknown-model", service_name="shop"} 1`,
      `naruko_unpriced_calls_total{${GEN_AI}, reason="missing-usage", service_name="shop"} 1`,
    ],
  ],
  [
    "a call without a price because it was called off is told apart",
    [{ unpriced: "cancelled" }],
    [`naruko_unpriced_calls_total{${GEN_AI}, reason="cancelled", service_name="shop"} 1`],
  ],
  [
    "usage that the provider did not tell is counted as missing, estimated or not",
    [
      { usage: {}, usageSource: "missing" },
      { usageSource: "estimated" },
      { usage: {}, usageSource: "missing", ending: "raw" },
    ],
    [`naruko_usage_missing_calls_total{${GEN_AI}, service_name="shop"} 3`],
  ],
  [
    "a tool has a duration",
    [{ kind: "tool", operation: "execute_tool", toolName: "search" }],
    [
      'gen_ai_execute_tool_duration_seconds_count{gen_ai_operation_name="execute_tool", gen_ai_provider_name="openai", ' +
        'gen_ai_request_model="m", gen_ai_tool_name="search", service_name="shop"} 1',
    ],
  ],
  [
    "an agent has a duration in its own buckets",
    [{ kind: "agent", operation: "invoke_agent", agentName: "clerk", durationS: 400 }],
    [
      'gen_ai_invoke_agent_duration_seconds_bucket{gen_ai_agent_name="clerk", gen_ai_operation_name="invoke_agent", ' +
        'gen_ai_provider_name="openai", gen_ai_request_model="m", le="409.6", service_name="shop"} 1',
    ],
  ],
];
for (const [name, calls, expected] of samples) {
  test(name, () => {
    const lines = measured(...calls);
    for (const line of expected)
      assert.ok(lines.includes(line), `${line}\nnot in\n${lines.join("\n")}`);
  });
}

const absences: readonly (readonly [string, CallFields, string])[] = [
  ["a successful call makes no error series", {}, "llm_errors_total"],
  ["missing usage is no token", { usage: {}, usageSource: "missing" }, "token_usage"],
  [
    "a failed call without usage is not missing any",
    { usage: {}, usageSource: "missing", errorType: "500" },
    "usage_missing",
  ],
  ...(["cancelled", "closed", "abandoned"] as const).map(
    (ending): readonly [string, CallFields, string] => [
      `a call that was ${ending} lacks no usage`,
      { usage: {}, usageSource: "missing", ending },
      "usage_missing",
    ],
  ),
  ["a call that was cancelled is no error", { ending: "cancelled" }, "error"],
  ["an agent's usage is its children's", { kind: "agent" }, "token_usage"],
  ["an agent is no model call", { kind: "agent" }, "llm_"],
  ["a tool's failure is no model's error", { kind: "tool", errorType: "500" }, "llm_errors"],
  ["a call without a price costs nothing that is known", {}, "naruko_cost"],
  ["chunks are measured on streams only", { stream: false, timeToFirstChunkS: 1 }, "first_chunk"],
];
for (const [name, fields, absent] of absences) {
  test(name, () =>
    assert.deepEqual(
      measured(fields).filter((line) => line.includes(absent)),
      [],
    ),
  );
}

test("embeddings count as model calls", () => {
  const lines = measured({
    kind: "embeddings",
    operation: "embeddings",
    usage: { inputTokens: 7 },
  });
  assert.ok(lines.includes(`llm_token_usage_total{${MODEL}, token_type="input"} 7`));
  assert.equal(lines.filter((line) => line.includes('token_type="output"')).length, 0);
});
