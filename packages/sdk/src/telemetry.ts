import {
  createNoopMeter,
  metrics,
  ProxyTracerProvider,
  trace,
  type Tracer,
} from "@opentelemetry/api";
import { SCHEMA_URL } from "./conventions.ts";
import { type CallMeter, type Instruments, instrumentsOf } from "./instruments.ts";
import { settings } from "./settings.ts";
import { SDK_NAME, SDK_VERSION } from "./version.ts";

/** What is needed of a tracer. */
export type CallTracer = Pick<Tracer, "startSpan">;

/** Where calls are told: the application's providers, or our own. */
export type Telemetry = { readonly tracer: CallTracer; readonly instruments: Instruments };

/** What takes telemetry where the application has registered nothing; set by `start`. */
export type OwnProvider = { readonly tracer: CallTracer; readonly meter: CallMeter };

let own: OwnProvider | undefined;
let known: { readonly trace: object; readonly meter: object; readonly made: Telemetry } | undefined;

export function setOwnProvider(provider: OwnProvider | undefined): void {
  own = provider;
  known = undefined;
}

const NO_TRACES = new ProxyTracerProvider().getDelegate();
const NO_METER = createNoopMeter();

/** Whether the application has a provider of spans of its own; packages that trace themselves use it. */
export function applicationTraces(): boolean {
  const provider = trace.getTracerProvider();
  return (
    (provider instanceof ProxyTracerProvider ? provider.getDelegate() : provider) !== NO_TRACES
  );
}

/** Whether the application has a meter provider of its own. */
function hasMetrics(): boolean {
  return metrics.getMeterProvider().getMeter(SDK_NAME) !== NO_METER;
}

/**
 * Where the next call is told: each signal to the application's provider, else to our own;
 * `undefined` where nobody listens. Looked up for each call, so that providers may be registered
 * after clients were made.
 */
export function telemetry(): Telemetry | undefined {
  const traceProvider = trace.getTracerProvider();
  const meterProvider = metrics.getMeterProvider();
  const delegate =
    traceProvider instanceof ProxyTracerProvider ? traceProvider.getDelegate() : traceProvider;
  if (known?.trace === delegate && known.meter === meterProvider) return known.made;
  const traced = delegate !== NO_TRACES;
  const metered = hasMetrics();
  if (!traced && !metered && own === undefined) return undefined;
  const options = { schemaUrl: SCHEMA_URL[settings().generation] };
  const meter = metered ? meterProvider.getMeter(SDK_NAME, SDK_VERSION, options) : own?.meter;
  const made: Telemetry = {
    // Without any provider of spans this is the API's tracer that does nothing.
    tracer:
      traced || own === undefined
        ? traceProvider.getTracer(SDK_NAME, SDK_VERSION, options)
        : own.tracer,
    instruments: instrumentsOf(meter ?? NO_METER, settings().generation),
  };
  known = { trace: delegate, meter: meterProvider, made };
  return made;
}
