import assert from "node:assert/strict";
import test from "node:test";
import { unifiedFinishReason } from "./finish-reasons.ts";
import { unifiedProvider } from "./provider-names.ts";
import { samplingWeight } from "./sampling-weight.ts";

const providers: readonly (readonly [string, string])[] = [
  ["openai", "openai"],
  ["OpenAI", "openai"],
  ["az.ai.openai", "azure.ai.openai"],
  ["az.ai.inference", "azure.ai.inference"],
  ["Azure", "azure.ai.openai"],
  ["vertex_ai", "gcp.vertex_ai"],
  ["vertexai", "gcp.vertex_ai"],
  ["gemini", "gcp.gemini"],
  ["Google", "gcp.gen_ai"],
  ["google.vertex.chat", "gcp.vertex_ai"],
  ["google.generative-ai", "gcp.gemini"],
  ["xai", "x_ai"],
  ["AWS", "aws.bedrock"],
  ["amazon-bedrock", "aws.bedrock"],
  ["MistralAI", "mistral_ai"],
  ["Watsonx", "ibm.watsonx.ai"],
  ["openai.responses", "openai"],
  // Another service of the same house is not guessed at.
  ["aws.sagemaker", "aws.sagemaker"],
  ["Ollama", "Ollama"],
  ["constructor", "constructor"],
];
for (const [sent, unified] of providers) {
  test(`provider ${sent} is ${unified}`, () => assert.equal(unifiedProvider(sent), unified));
}

const reasons: readonly (readonly [string, string])[] = [
  ["stop", "stop"],
  ["STOP", "stop"],
  ["FinishReason.STOP", "stop"],
  ["FINISH_REASON_MAX_TOKENS", "length"],
  ["end_turn", "stop"],
  ["stop_sequence", "stop"],
  ["COMPLETE", "stop"],
  ["length", "length"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["content-filter", "content_filter"],
  ["refusal", "content_filter"],
  ["SAFETY", "content_filter"],
  ["guardrail_intervened", "content_filter"],
  ["tool_calls", "tool_call"],
  ["tool-calls", "tool_call"],
  ["tool_use", "tool_call"],
  ["function_call", "tool_call"],
  ["MALFORMED_FUNCTION_CALL", "error"],
  ["pause_turn", "pause_turn"],
  ["OTHER", "other"],
  ["compaction", "compaction"],
];
for (const [sent, unified] of reasons) {
  test(`finish reason ${sent} is ${unified}`, () =>
    assert.equal(unifiedFinishReason(sent), unified));
}

const weights: readonly (readonly [string, number])[] = [
  ["", 1],
  ["vendor=x", 1],
  ["ot=th:0", 1],
  ["ot=th:8", 2],
  ["ot=th:c", 4],
  ["vendor=x, ot=rv:abc;th:c", 4],
  ["ot=th:fd70a3d70a3d71", 100],
  ["ot=th:fffffff8", 2 ** 29],
  ["ot=th:ffffffffffffff", 2 ** 56],
  ["ot=th:", 1],
  ["ot=th:xyz", 1],
  ["ot=th:fffffffffffffff", 1],
  ["ot=th:FF", 1],
  ["ot=rv:abc", 1],
  ["notot=th:8", 1],
];
for (const [traceState, weight] of weights) {
  test(`tracestate "${traceState}" weighs ${weight}`, () => {
    assert.ok(Math.abs(samplingWeight(traceState) / weight - 1) < 1e-12);
  });
}
