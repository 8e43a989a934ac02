// The cases of `docs/conformance.md`, instrumented by OpenLLMetry (Traceloop).
import * as anthropicClient from "@anthropic-ai/sdk";
import * as api from "@opentelemetry/api";
import { AnthropicInstrumentation } from "@traceloop/instrumentation-anthropic";
import { BedrockInstrumentation } from "@traceloop/instrumentation-bedrock";
import { OpenAIInstrumentation } from "@traceloop/instrumentation-openai";
import OpenAI from "openai";
import { CASES as ANTHROPIC } from "../anthropic/cases.mjs";
import { CASES as BEDROCK } from "../bedrock/cases.mjs";
import * as bedrockClient from "../bedrock/client.mjs";
import { flush, meters, traces } from "../contrib-openai/providers.mjs";
import { CASES as OPENAI } from "../openai/cases.mjs";
import { runInstrumented } from "../run-instrumented.mjs";

for (const [instrumentation, client] of [
  [new OpenAIInstrumentation(), OpenAI],
  [new AnthropicInstrumentation(), anthropicClient],
  [new BedrockInstrumentation(), bedrockClient],
]) {
  instrumentation.setTracerProvider(traces);
  instrumentation.setMeterProvider(meters);
  instrumentation.manuallyInstrument(client);
}

const { Anthropic } = anthropicClient;
const settings = { apiKey: "none", maxRetries: 0 };
await runInstrumented(
  {
    openai: {
      cases: OPENAI,
      make: (url, options) => new OpenAI({ baseURL: `${url}/v1`, ...settings, ...options }),
    },
    anthropic: {
      cases: ANTHROPIC,
      make: (baseURL, options) => new Anthropic({ baseURL, ...settings, ...options }),
    },
    bedrock: { cases: BEDROCK, make: bedrockClient.makeClient },
  },
  { api, traces, flush },
);
