import { AsyncLocalStorage } from "node:async_hooks";
import {
  context,
  createContextKey,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  trace,
} from "@opentelemetry/api";

/** The innermost of our spans, where the application has registered nothing that would know it. */
const innermost = new AsyncLocalStorage<Span>();

/** Runs what belongs to a span, so that spans begun by it, and by all that it starts, lie within. */
export function withinSpan<T>(span: Span, run: () => T): T {
  return innermost.run(span, () => withActive(span, run));
}

const PROBE = ROOT_CONTEXT.setValue(createContextKey("naruko.probe"), true);
let carried = false;

/**
 * Runs with a span as the active one of the application's context, where it has registered what
 * carries contexts. Where it has not, none is made: each lives until the whole heap is collected.
 */
export function withActive<T>(span: Span, run: () => T): T {
  // What was registered once is not asked for again.
  carried ||= context.with(PROBE, () => context.active() === PROBE);
  return carried ? context.with(trace.setSpan(context.active(), span), run) : run();
}

/** The span that one of our own exporter's begins within. */
export function enclosingSpan(): SpanContext | undefined {
  return trace.getSpanContext(context.active()) ?? innermost.getStore()?.spanContext();
}
