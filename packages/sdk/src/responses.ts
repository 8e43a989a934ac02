import type { SpanContext } from "@opentelemetry/api";

/** Responses whose spans are remembered, so that what is recorded of them later finds its span. */
const REMEMBERED = 1024;

const spans = new Map<string, SpanContext>();

/** Remembers the span of a response; the oldest is forgotten when there are too many. */
export function rememberResponse(responseId: string, span: SpanContext): void {
  spans.delete(responseId);
  spans.set(responseId, span);
  if (spans.size <= REMEMBERED) return;
  for (const oldest of spans.keys()) {
    spans.delete(oldest);
    return;
  }
}

/** The span of a response, if it was made by this process lately. */
export function spanOfResponse(responseId: string): SpanContext | undefined {
  return spans.get(responseId);
}
