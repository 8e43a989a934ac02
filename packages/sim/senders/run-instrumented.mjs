// What the programs around other instrumentations share: each goes through the cases of several
// clients, as `run-observed.mjs` does with `@naruko/sdk`. A case is a trace of its own, so that its
// spans arrive apart; what was measured in it is sent before the next one.
import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";

/** `{ otlpUrl, clients: { [name]: { modelUrl, cases } } }` */
const plan = JSON.parse(process.env.SENDER_PLAN ?? "{}");
/** An instrumentation may read a copy of a stream to its end, whatever the application does. */
const SETTLE_MS = 150;

let running = "";

process.on("unhandledRejection", (reason) => {
  print({ run: running, unhandled: String(reason) });
});

/**
 * @param {object} clients by name: `{ cases, make(baseUrl, options) }`
 * @param {object} telemetry
 * @param {object} telemetry.api OpenTelemetry's, as the instrumentation has it
 * @param {object} telemetry.traces the provider of the instrumentation's tracers
 * @param {() => Promise<void>} telemetry.flush sends spans and metrics
 */
export async function runInstrumented(clients, { api, traces, flush }) {
  const started = watchSpans(traces);
  let runs = 0;
  for (const [client, { modelUrl, cases }] of Object.entries(plan.clients)) {
    for (const name of cases) {
      runs += 1;
      running = `${client}/${name}`;
      const traceId = runs.toString(16).padStart(32, "0");
      await fetch(`${plan.otlpUrl}/begin`, { method: "POST", body: running });
      const { cases: all, make } = clients[client];
      const { options, run } = all[name];
      const made = make(`${modelUrl}/${encodeURIComponent(name)}`, options);
      const seen = await api.context.with(within(traceId, api), () =>
        run(made, { observe: (one) => one }).then(
          (text) => ({ text: String(text) }),
          (error) => ({ error: `${error.constructor.name}: ${error.message}` }),
        ),
      );
      await wait(SETTLE_MS);
      await flush();
      print({ run: running, traceId, ...seen });
    }
  }
  const open = started.filter((span) => span.isRecording());
  for (const span of open) print({ open: span.spanContext().traceId });
  await flush();
  // Streams that the stub leaves open hold their connections, and with them the process.
  process.exit();
}

/** All spans that are started from here on. */
function watchSpans(traces) {
  const started = [];
  const tracer = Object.getPrototypeOf(traces.getTracer("conformance"));
  const { startSpan } = tracer;
  tracer.startSpan = function startWatched(...told) {
    const span = startSpan.apply(this, told);
    started.push(span);
    return span;
  };
  return started;
}

/** The context of a caller whose trace this is. */
function within(traceId, { ROOT_CONTEXT, trace }) {
  const caller = { traceId, spanId: "00000000000000aa", traceFlags: 1, isRemote: true };
  return trace.setSpanContext(ROOT_CONTEXT, caller);
}

function print(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
