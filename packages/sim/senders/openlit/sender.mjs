// An application that is instrumented by OpenLIT.
import * as anthropicClient from "@anthropic-ai/sdk";
import { trace } from "@opentelemetry/api";
import OpenAI from "openai";
import openlit from "openlit";
import { clientCalls } from "../client-calls.mjs";
import { plan, print, runCases } from "../run-cases.mjs";
import process from "node:process";

const { Openlit } = openlit;
Openlit.init({
  applicationName: process.env.OTEL_SERVICE_NAME,
  // Of its own it fetches a price list from the network.
  pricingJson: "{}",
  instrumentations: { openai: OpenAI, anthropic: anthropicClient },
});

// The instrumentation reads a copy of a stream by itself: where the connection breaks, that copy's
// error reaches nobody, and would end the process.
process.on("unhandledRejection", (reason) => {
  print({ unhandled: String(reason) });
});

const openai = new OpenAI({ baseURL: `${plan.modelUrl}/v1`, apiKey: "none" });
const anthropic = new anthropicClient.Anthropic({ baseURL: plan.modelUrl, apiKey: "none" });
await runCases(clientCalls({ openai, anthropic }));
await trace.getTracerProvider().getDelegate().shutdown();
