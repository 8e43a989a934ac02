// An application that is instrumented by OpenLLMetry (Traceloop), without its SDK around it.
import * as anthropicClient from "@anthropic-ai/sdk";
import { diag, DiagConsoleLogger, DiagLogLevel } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { detectResources, envDetector } from "@opentelemetry/resources";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { AnthropicInstrumentation } from "@traceloop/instrumentation-anthropic";
import { OpenAIInstrumentation } from "@traceloop/instrumentation-openai";
import OpenAI from "openai";
import { clientCalls } from "../client-calls.mjs";
import { plan, print, runCases } from "../run-cases.mjs";
import process from "node:process";

// Without it a failed export is silent.
diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN);

const provider = new NodeTracerProvider({
  resource: detectResources({ detectors: [envDetector] }),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
});
provider.register();
new OpenAIInstrumentation().manuallyInstrument(OpenAI);
new AnthropicInstrumentation().manuallyInstrument(anthropicClient);

process.on("unhandledRejection", (reason) => {
  print({ unhandled: String(reason) });
});

const openai = new OpenAI({ baseURL: `${plan.modelUrl}/v1`, apiKey: "none" });
const anthropic = new anthropicClient.Anthropic({ baseURL: plan.modelUrl, apiKey: "none" });
await runCases(clientCalls({ openai, anthropic }));
await provider.shutdown();
