// An application with OpenTelemetry providers of its own, and another copy of its API than ours.
import { context, metrics, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { observe, recordEvaluation, start, withContext } from "@naruko/sdk";
import OpenAI from "openai";
import process from "node:process";

const spans = new InMemorySpanExporter();
const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });

const running = start({ serviceName: "host", endpoint: process.env.OTLP_URL });
const openai = observe(
  new OpenAI({ baseURL: `${process.env.HOST_URL}/v1`, apiKey: "none", maxRetries: 0 }),
);
// After `start` and `observe`: providers may come late.
const spanProcessors = [new SimpleSpanProcessor({ exporter: spans })];
trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors }));
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));

const body = { model: "gpt-5.1", messages: [{ role: "user", content: "What is heard?" }] };
await trace.getTracer("app").startActiveSpan("request", async (span) => {
  const { id } = await withContext({ conversationId: "c-1", feature: "search" }, () =>
    openai.chat.completions.create(body),
  );
  recordEvaluation({ name: "faithfulness", score: 0.5, callId: id });
  span.end();
});
await reader.forceFlush();
await running.shutdown();

const [call, request] = spans.getFinishedSpans();
const names = exporter
  .getMetrics()
  .flatMap(({ scopeMetrics }) => scopeMetrics)
  .flatMap((scope) => scope.metrics.map(({ descriptor }) => [scope.scope.name, descriptor.name]));
process.stdout.write(
  JSON.stringify({
    name: call.name,
    scope: call.instrumentationScope,
    within: call.parentSpanContext?.spanId === request.spanContext().spanId,
    spanId: call.spanContext().spanId,
    conversation: call.attributes["gen_ai.conversation.id"],
    feature: call.attributes["naruko.feature"],
    tookMs: call.duration[0] * 1000 + call.duration[1] / 1e6,
    names,
    counts: running.counts(),
  }),
);
