// An application on the Vercel AI SDK 4, 5 or 6, with the telemetry that is built into it.
import { diag, DiagConsoleLogger, DiagLogLevel } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { detectResources, envDetector } from "@opentelemetry/resources";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { joined, plan, runCases } from "../run-cases.mjs";

const { embed, generateText, streamText } = await import(`ai-${plan.version}`);
const { createAnthropic } = await import(`@ai-sdk/anthropic-${plan.version}`);
const { createOpenAI } = await import(`@ai-sdk/openai-${plan.version}`);

// Without it a failed export is silent.
diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN);

const provider = new NodeTracerProvider({
  resource: detectResources({ detectors: [envDetector] }),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
});
provider.register();

// Without it AI SDK 4 asks for no usage of OpenAI's chat streams.
const compatibility = "strict";
const openai = createOpenAI({ baseURL: `${plan.modelUrl}/v1`, apiKey: "none", compatibility });
const anthropic = createAnthropic({ baseURL: `${plan.modelUrl}/v1`, apiKey: "none" });
const MODELS = {
  chat: (model) => openai.chat(model),
  responses: (model) => openai.responses(model),
  messages: (model) => anthropic(model),
};
const experimental_telemetry = { isEnabled: true, metadata: { sessionId: "s1", userId: "u1" } };

await runCases(async ({ api, name, model, stream, retries }) => {
  const told = { maxRetries: retries, experimental_telemetry };
  if (api === "embeddings") {
    const { embedding } = await embed({ model: openai.embedding(model), value: name, ...told });
    return `${embedding.length} numbers`;
  }
  const asked = { model: MODELS[api](model), prompt: name, ...told };
  if (!stream) return (await generateText(asked)).text;
  const failed = [];
  const { textStream } = streamText({ ...asked, onError: ({ error }) => failed.push(error) });
  const text = await joined(textStream, (piece) => piece);
  if (failed.length > 0) throw failed[0];
  return text;
});
await provider.shutdown();
