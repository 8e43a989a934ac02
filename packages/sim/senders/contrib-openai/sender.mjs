// An application that is instrumented by OpenTelemetry's own package for the client of OpenAI.
import { diag, DiagConsoleLogger, DiagLogLevel } from "@opentelemetry/api";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OpenAIInstrumentation } from "@opentelemetry/instrumentation-openai";
import { detectResources, envDetector } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { createRequire } from "node:module";
import process from "node:process";
import { clientCalls } from "../client-calls.mjs";
import { plan, print, runCases } from "../run-cases.mjs";

// Without it a failed export is silent.
diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN);

const resource = detectResources({ detectors: [envDetector] });
const traces = new TracerProvider({
  resource,
  // None of them leaves before the log records do, however slow the machine.
  spanProcessors: [
    new BatchSpanProcessor({ exporter: new OTLPTraceExporter(), scheduledDelayMillis: 600_000 }),
  ],
});
const meters = new MeterProvider({
  resource,
  readers: [new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter() })],
});
const logs = new LoggerProvider({
  resource,
  processors: [new BatchLogRecordProcessor({ exporter: new OTLPLogExporter() })],
});
const instrumentation = new OpenAIInstrumentation({ captureMessageContent: true });
instrumentation.setTracerProvider(traces);
instrumentation.setMeterProvider(meters);
instrumentation.setLoggerProvider(logs);
// Patched is what `require` loads after this.
const { OpenAI } = createRequire(import.meta.url)("openai");

process.on("unhandledRejection", (reason) => {
  print({ unhandled: String(reason) });
});

const openai = new OpenAI({ baseURL: `${plan.modelUrl}/v1`, apiKey: "none" });
await runCases(clientCalls({ openai }));
// Content first: it is in log records, and the spans that they belong to take it up.
await logs.shutdown();
// Then spans: a service that has sent spans before keeps them as its source.
await traces.shutdown();
await meters.shutdown();
