// An application that has registered a provider of spans. Anthropic's client tells its calls, loops and
// tools to it by itself; so does what observes the client, and the application sees both.
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { observe, start } from "@naruko/sdk";
import Anthropic from "@anthropic-ai/sdk";
import { CASES } from "./cases.mjs";

const exporter = new OTLPTraceExporter();
const provider = new TracerProvider({
  resource: resourceFromAttributes({ "service.name": "host" }),
  spanProcessors: [new BatchSpanProcessor({ exporter })],
});
trace.setGlobalTracerProvider(provider);
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

const running = start();
const cases = ["plain", "streamed", "429", "beta, toolRunner()"];
for (const name of cases) {
  const baseURL = `${process.env.HOST_URL}/${encodeURIComponent(name)}`;
  const client = observe(new Anthropic({ baseURL, apiKey: "none", maxRetries: 0 }));
  await CASES[name].run(client).catch(() => undefined);
}
await running.shutdown();
await provider.forceFlush();
