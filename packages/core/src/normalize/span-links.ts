import type { Call } from "../model/call.ts";
import type { SpanLink } from "../model/span-link.ts";
import type { SpanRecord } from "../receive/records.ts";

const SERVER = 2;
const CONSUMER = 5;

/** So many spans are walked from a call upwards: deeper than frameworks nest, and no cycle is endless. */
const CLIMBED = 16;

/**
 * Spans between calls and what may wrap them: a framework's span of a call, its steps, the span of the
 * provider's client. Which calls are one is decided when they are applied, and needs the way between
 * them; of all other spans nothing is kept.
 *
 * The way ends at spans of servers and consumers: what is behind them is another request.
 *
 * @param others the request's spans that are no calls
 * @param isAwaited whether a span that is no call lies above a call of an earlier request
 */
export function linksBetween(
  calls: readonly Call[],
  others: readonly SpanRecord[],
  isAwaited: (traceId: string, spanId: string) => boolean,
): readonly SpanLink[] {
  const above = new Map<string, SpanRecord>();
  for (const span of others) {
    if (span.parentSpanId === "" || span.kind === SERVER || span.kind === CONSUMER) continue;
    above.set(span.traceId + span.spanId, span);
  }
  if (above.size === 0) return [];
  const links = new Map<string, SpanLink>();
  const climb = (traceId: string, from: string | undefined): void => {
    let key = traceId + (from ?? "");
    for (let step = 0; step < CLIMBED; step++) {
      const span = above.get(key);
      if (span === undefined || links.has(key)) return;
      const { spanId, parentSpanId } = span;
      links.set(key, { traceId, spanId, parentSpanId });
      key = traceId + parentSpanId;
    }
  };
  for (const { kind, traceId, parentSpanId } of calls) {
    if (kind === "inference" || kind === "embeddings") climb(traceId, parentSpanId);
  }
  for (const { traceId, spanId } of above.values()) {
    if (isAwaited(traceId, spanId)) climb(traceId, spanId);
  }
  return [...links.values()];
}
