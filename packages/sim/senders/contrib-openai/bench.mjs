// OpenTelemetry's own instrumentation, for `bench:sdk`. Patched is what `require` loads after it.
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { loadClient } from "../bench-client.mjs";
import { runBench } from "../run-bench.mjs";
import { flush, meters, traces } from "./providers.mjs";

const Bare = loadClient();
const logs = new LoggerProvider({
  processors: [new BatchLogRecordProcessor({ exporter: new OTLPLogExporter() })],
});
const { OpenAIInstrumentation } = await import("@opentelemetry/instrumentation-openai");
const instrumentation = new OpenAIInstrumentation();
instrumentation.setTracerProvider(traces);
instrumentation.setMeterProvider(meters);
instrumentation.setLoggerProvider(logs);

await runBench({
  Bare,
  Observed: loadClient(),
  flush: async () => {
    await flush();
    await logs.forceFlush();
  },
});
