// The cases of `docs/conformance.md`, instrumented by OpenLIT.
import * as anthropicClient from "@anthropic-ai/sdk";
import * as api from "@opentelemetry/api";
import OpenAI from "openai";
import openlit from "openlit";
import process from "node:process";
import { CASES as ANTHROPIC } from "../anthropic/cases.mjs";
import { CASES as BEDROCK } from "../bedrock/cases.mjs";
import * as bedrockClient from "../bedrock/client.mjs";
import { CASES as OPENAI } from "../openai/cases.mjs";
import { runInstrumented } from "../run-instrumented.mjs";

openlit.Openlit.init({
  applicationName: process.env.OTEL_SERVICE_NAME,
  // Of its own it fetches a price list from the network.
  pricingJson: "{}",
  disableEvents: true,
  instrumentations: { openai: OpenAI, anthropic: anthropicClient, bedrock: bedrockClient },
});

const { Anthropic } = anthropicClient;
const settings = { apiKey: "none", maxRetries: 0 };
const traces = api.trace.getTracerProvider().getDelegate();
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
  {
    api,
    traces,
    flush: async () => {
      await traces.forceFlush();
      await api.metrics.getMeterProvider().forceFlush();
    },
  },
);
