// An application on LangChain.js that is instrumented by OpenInference.
import { LangChainInstrumentation } from "@arizeai/openinference-instrumentation-langchain";
import * as callbackManager from "@langchain/core/callbacks/manager";
import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";
import { diag, DiagConsoleLogger, DiagLogLevel } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { detectResources, envDetector } from "@opentelemetry/resources";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { joined, plan, runCases } from "../run-cases.mjs";

// Without it a failed export is silent.
diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN);

const provider = new NodeTracerProvider({
  resource: detectResources({ detectors: [envDetector] }),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
});
provider.register();
new LangChainInstrumentation({ tracerProvider: provider }).manuallyInstrument(callbackManager);

const configuration = { baseURL: `${plan.modelUrl}/v1` };

await runCases(async ({ api, name, model, stream, asksUsage, retries }) => {
  const options = { model, apiKey: "none", configuration, maxRetries: retries };
  if (api === "embeddings") {
    const embeddings = new OpenAIEmbeddings({ ...options, encodingFormat: "float" });
    return `${(await embeddings.embedQuery(name)).length} numbers`;
  }
  const useResponsesApi = api === "responses";
  const chat = new ChatOpenAI({ ...options, useResponsesApi, streamUsage: asksUsage });
  if (!stream) return (await chat.invoke(name)).text;
  return joined(await chat.stream(name), (chunk) => chunk.text);
});
await provider.shutdown();
