import type { SpanContext } from "@opentelemetry/api";

/** Responses whose spans are remembered, so that what is recorded of them later finds its span. */
const REMEMBERED = 1024;

/** The latest responses, and those before them: the older half is forgotten as a whole. */
let latest = new Map<string, SpanContext>();
let older: ReadonlyMap<string, SpanContext> = new Map();

/** Remembers the span of a response; the oldest are forgotten when there are too many. */
export function rememberResponse(responseId: string, span: SpanContext): void {
  latest.set(responseId, span);
  if (latest.size < REMEMBERED) return;
  older = latest;
  latest = new Map();
}

/** The span of a response, if it was made by this process lately. */
export function spanOfResponse(responseId: string): SpanContext | undefined {
  return latest.get(responseId) ?? older.get(responseId);
}
