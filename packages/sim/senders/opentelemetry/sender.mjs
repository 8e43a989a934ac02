// An application that has no instrumentation: it calls the APIs by `fetch` and writes spans, metrics
// and evaluations by hand, by the GenAI conventions.
import {
  context,
  diag,
  DiagConsoleLogger,
  DiagLogLevel,
  SeverityNumber,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { detectResources, envDetector } from "@opentelemetry/resources";
import { LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { plan, runCases } from "../run-cases.mjs";
import { ask } from "./ask.mjs";
import { GENERATIONS } from "./generations.mjs";

// Without it a failed export is silent.
diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN);

const kind = { json: "http", protobuf: "proto", grpc: "grpc" }[plan.protocol];
const { OTLPTraceExporter } = await import(`@opentelemetry/exporter-trace-otlp-${kind}`);
const { OTLPMetricExporter } = await import(`@opentelemetry/exporter-metrics-otlp-${kind}`);
const { OTLPLogExporter } = await import(`@opentelemetry/exporter-logs-otlp-${kind}`);

const resource = detectResources({ detectors: [envDetector] });
const traces = new TracerProvider({
  resource,
  spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
});
const meters = new MeterProvider({
  resource,
  readers: [new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter() })],
});
const logs = new LoggerProvider({
  resource,
  processors: [new SimpleLogRecordProcessor({ exporter: new OTLPLogExporter() })],
});
const tracer = traces.getTracer("by-hand");
const logger = logs.getLogger("by-hand");
const generation = GENERATIONS[plan.generation](meters.getMeter("by-hand"));

async function call(asked) {
  const operation = asked.api === "embeddings" ? "embeddings" : "chat";
  const name = `${operation} ${asked.model}`;
  const startedMs = performance.now();
  const span = tracer.startSpan(name, { kind: SpanKind.CLIENT });
  const told = await ask(plan.modelUrl, asked);
  const seconds = (performance.now() - startedMs) / 1000;
  const done = { asked, told, operation, seconds };
  span.setAttributes(generation.attributes(done));
  if (told.errorType !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
  if (plan.tells.includes("spans")) span.end();
  if (plan.tells.includes("metrics")) generation.record(done);
  if (told.errorType !== undefined) throw new Error(told.errorType);
  if (plan.tells.includes("evaluations")) evaluate(span, told);
  return told.text;
}

/** What an evaluator of one's own would say: here, a score that the test can foretell. */
function evaluate(span, told) {
  logger.emit({
    eventName: "gen_ai.evaluation.result",
    severityNumber: SeverityNumber.INFO,
    context: trace.setSpan(context.active(), span),
    attributes: {
      "gen_ai.evaluation.name": "relevance",
      "gen_ai.evaluation.score.value": told.text.includes("鳴子") ? 0.75 : 0.25,
      "gen_ai.response.id": told.id,
    },
  });
}

await runCases(call);
// Evaluations went one by one, before the calls that they are about. Spans go before metrics: a
// service that has sent spans keeps them as its source.
await traces.shutdown();
await logs.shutdown();
await meters.shutdown();
