import { context, type SpanContext, trace } from "@opentelemetry/api";
import { keyValues, unixNano } from "./export/otlp-json.ts";
import { type Fields, fieldsOf, isMethod } from "./unknown.ts";
import { SDK_NAME, SDK_VERSION } from "./version.ts";

/** An event of the conventions; `span` is the span that it belongs to. */
export type Event = {
  readonly name: string;
  /** Events may have structured values. */
  readonly attributes: Fields;
  readonly span?: SpanContext | undefined;
  readonly severity?: Severity | undefined;
};

export type Severity = { readonly severityNumber: number; readonly severityText: string };

let own: ((record: string) => void) | undefined;

/** Sets what takes events where the application has registered no logger provider; by `start`. */
export function setOwnEvents(sink: ((record: string) => void) | undefined): void {
  own = sink;
}

/** Under which `@opentelemetry/api-logs`, which is no dependency of ours, keeps what was registered. */
const LOGS_API = Symbol.for("io.opentelemetry.js.api.logs");
const LOGS_API_VERSION = 1;

/** Tells an event to the application's logger provider or by our own export; whether anybody took it. */
export function emitEvent({ name, attributes, span, severity }: Event): boolean {
  const emit = registeredEmit();
  if (emit !== undefined) {
    const active = context.active();
    const around = span === undefined ? active : trace.setSpanContext(active, span);
    // Older loggers know no event names.
    const named = { ...attributes, "event.name": name };
    emit({ eventName: name, ...severity, attributes: named, context: around });
    return true;
  }
  if (own === undefined) return false;
  const now = unixNano(Date.now());
  own(
    JSON.stringify({
      timeUnixNano: now,
      observedTimeUnixNano: now,
      ...severity,
      eventName: name,
      attributes: keyValues(attributes),
      ...(span !== undefined && { traceId: span.traceId, spanId: span.spanId, flags: 1 }),
    }),
  );
  return true;
}

function registeredEmit(): ((record: object) => void) | undefined {
  const registered: unknown = Reflect.get(globalThis, LOGS_API);
  if (!isMethod(registered)) return undefined;
  const provider = registered(LOGS_API_VERSION);
  const { getLogger } = fieldsOf(provider);
  if (!isMethod(getLogger)) return undefined;
  const logger = Reflect.apply(getLogger, provider, [SDK_NAME, SDK_VERSION]);
  const { emit } = fieldsOf(logger);
  return isMethod(emit)
    ? (record) => {
        Reflect.apply(emit, logger, [record]);
      }
    : undefined;
}
