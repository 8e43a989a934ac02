// OpenLIT, for `bench:sdk`. It brings providers and exporters of its own, and patches what it is given.
import process from "node:process";
import { loadClient } from "../bench-client.mjs";
import { runBench } from "../run-bench.mjs";

// Before it: what is loaded after it is patched by itself.
const [Bare, Observed] = [loadClient(), loadClient()];
const { metrics, trace } = await import("@opentelemetry/api");
const { logs } = await import("@opentelemetry/api-logs");
const { Openlit } = await import("openlit");
Openlit.init({
  applicationName: process.env.OTEL_SERVICE_NAME,
  captureMessageContent: false,
  // Of its own it fetches a price list from the network.
  pricingJson: "{}",
  instrumentations: { openai: Observed },
});

await runBench({
  Bare,
  Observed,
  flush: async () => {
    await trace.getTracerProvider().getDelegate().forceFlush();
    await metrics.getMeterProvider().forceFlush?.();
    await logs.getLoggerProvider().forceFlush?.();
  },
});
