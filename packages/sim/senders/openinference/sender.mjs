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
import { joined, plan, print, runCases } from "../run-cases.mjs";

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

const APIS = {
  chat: async ({ name, model, stream, asksUsage }, options) => {
    const body = { model, messages: [{ role: "user", content: name }] };
    if (!stream) {
      const answer = await openai.chat.completions.create(body, options);
      return answer.choices[0].message.content;
    }
    const usage = asksUsage ? { stream_options: { include_usage: true } } : {};
    const chunks = await openai.chat.completions.create({ ...body, stream, ...usage }, options);
    return joined(chunks, (chunk) => chunk.choices[0]?.delta.content);
  },
  responses: async ({ name, model, stream }, options) => {
    const body = { model, input: name };
    if (!stream) return (await openai.responses.create(body, options)).output_text;
    const events = await openai.responses.create({ ...body, stream }, options);
    return joined(events, (event) => event.type === "response.output_text.delta" && event.delta);
  },
  embeddings: async ({ name, model }, options) => {
    const body = { model, input: name, encoding_format: "float" };
    const answer = await openai.embeddings.create(body, options);
    return `${answer.data[0].embedding.length} numbers`;
  },
  messages: async ({ name, model, stream }, options) => {
    const body = { model, max_tokens: 100, messages: [{ role: "user", content: name }] };
    if (!stream) return (await anthropic.messages.create(body, options)).content[0].text;
    const events = await anthropic.messages.create({ ...body, stream }, options);
    return joined(events, (event) => event.type === "content_block_delta" && event.delta.text);
  },
};

await runCases((asked) => APIS[asked.api](asked, { maxRetries: asked.retries }));
await provider.shutdown();
