import { AsyncLocalStorage } from "node:async_hooks";
import { context, type Span, type SpanContext, trace } from "@opentelemetry/api";

/** The innermost of our spans, where the application has registered nothing that would know it. */
const innermost = new AsyncLocalStorage<Span>();

/** Runs what belongs to a span, so that spans begun by it, and by all that it starts, lie within. */
export function withinSpan<T>(span: Span, run: () => T): T {
  return innermost.run(span, () => context.with(trace.setSpan(context.active(), span), run));
}

/** The span that one of our own exporter's begins within. */
export function enclosingSpan(): SpanContext | undefined {
  return trace.getSpanContext(context.active()) ?? innermost.getStore()?.spanContext();
}
