// The cases of `docs/conformance.md`, instrumented by OpenTelemetry's own packages for the clients of
// OpenAI and of AWS.
import * as api from "@opentelemetry/api";
import { AwsInstrumentation } from "@opentelemetry/instrumentation-aws-sdk";
import { OpenAIInstrumentation } from "@opentelemetry/instrumentation-openai";
import { createRequire } from "node:module";
import { CASES as OPENAI } from "../openai/cases.mjs";
import { runInstrumented } from "../run-instrumented.mjs";
import { flush, meters, traces } from "./providers.mjs";

for (const instrumentation of [new OpenAIInstrumentation(), new AwsInstrumentation()]) {
  instrumentation.setTracerProvider(traces);
  instrumentation.setMeterProvider(meters);
}
// Patched is what `require` loads after this; what `import` asks for then is the same.
const { OpenAI } = createRequire(import.meta.url)("openai");
const bedrockFolder = new URL("../bedrock/client.mjs", import.meta.url);
createRequire(bedrockFolder)("@aws-sdk/client-bedrock-runtime");
const { CASES: BEDROCK } = await import("../bedrock/cases.mjs");
const { makeClient } = await import("../bedrock/client.mjs");

const settings = { apiKey: "none", maxRetries: 0 };
await runInstrumented(
  {
    openai: {
      cases: OPENAI,
      make: (url, options) => new OpenAI({ baseURL: `${url}/v1`, ...settings, ...options }),
    },
    bedrock: { cases: BEDROCK, make: makeClient },
  },
  { api, traces, flush },
);
