// An application on the Vercel AI SDK 7 with its telemetry plug-in.
import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { OpenTelemetry } from "@ai-sdk/otel";
import { diag, DiagConsoleLogger, DiagLogLevel, metrics } from "@opentelemetry/api";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { detectResources, envDetector } from "@opentelemetry/resources";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { embed, generateText, registerTelemetry, streamText } from "ai";
import { joined, plan, runCases } from "../run-cases.mjs";

// Without it a failed export is silent.
diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN);

const resource = detectResources({ detectors: [envDetector] });
const provider = new NodeTracerProvider({
  resource,
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
});
const meterProvider = new MeterProvider({
  resource,
  readers: [new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter() })],
});
provider.register();
metrics.setGlobalMeterProvider(meterProvider);
registerTelemetry(new OpenTelemetry());

const openai = createOpenAI({ baseURL: `${plan.modelUrl}/v1`, apiKey: "none" });
const anthropic = createAnthropic({ baseURL: `${plan.modelUrl}/v1`, apiKey: "none" });
const MODELS = {
  chat: (model) => openai.chat(model),
  responses: (model) => openai.responses(model),
  messages: (model) => anthropic(model),
};

await runCases(async ({ api, name, model, stream, retries }) => {
  if (api === "embeddings") {
    const to = { model: openai.embedding(model), value: name, maxRetries: retries };
    return `${(await embed(to)).embedding.length} numbers`;
  }
  const asked = { model: MODELS[api](model), prompt: name, maxRetries: retries };
  if (!stream) return (await generateText(asked)).text;
  const failed = [];
  const { textStream } = streamText({ ...asked, onError: ({ error }) => failed.push(error) });
  const text = await joined(textStream, (piece) => piece);
  if (failed.length > 0) throw failed[0];
  return text;
});
// Spans first: a service that has sent spans before keeps them as its source.
await provider.shutdown();
await meterProvider.shutdown();
