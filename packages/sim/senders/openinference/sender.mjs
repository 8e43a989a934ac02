// An application that is instrumented by OpenInference.
import Anthropic from "@anthropic-ai/sdk";
import { AnthropicInstrumentation } from "@arizeai/openinference-instrumentation-anthropic";
import { OpenAIInstrumentation } from "@arizeai/openinference-instrumentation-openai";
import { diag, DiagConsoleLogger, DiagLogLevel } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { detectResources, envDetector } from "@opentelemetry/resources";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import OpenAI from "openai";
import process from "node:process";
import { clientCalls } from "../client-calls.mjs";
import { plan, print, runCases } from "../run-cases.mjs";

// Without it a failed export is silent.
diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN);

const provider = new NodeTracerProvider({
  resource: detectResources({ detectors: [envDetector] }),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
});
provider.register();
new OpenAIInstrumentation({ tracerProvider: provider }).manuallyInstrument(OpenAI);
new AnthropicInstrumentation({ tracerProvider: provider }).manuallyInstrument(Anthropic);

// The instrumentation reads a copy of Anthropic's stream by itself: where the connection breaks,
// that copy's error reaches nobody, and would end the process.
process.on("unhandledRejection", (reason) => {
  print({ unhandled: String(reason) });
});

const openai = new OpenAI({ baseURL: `${plan.modelUrl}/v1`, apiKey: "none" });
const anthropic = new Anthropic({ baseURL: plan.modelUrl, apiKey: "none" });

await runCases(clientCalls({ openai, anthropic }));
await provider.shutdown();
