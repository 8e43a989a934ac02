import type { Limits } from "../model/limits.ts";
import type { Telemetry } from "../model/telemetry.ts";
import { type EpochMs, MINUTE_MS, SECOND_MS } from "../model/time.ts";
import { NESTED_MS } from "./admission.ts";
import { SpanTable, spanKey } from "./span-table.ts";

/**
 * Parents of the calls that were received lately, and parents of those, which come in requests of
 * their own: so that of all the spans that are no calls only those are committed that a decision
 * between calls may need. What is decided does not depend on it beyond that.
 */
export class AwaitedSpans {
  readonly #spans: SpanTable;
  #sweptAt = 0;

  constructor(limits: Limits) {
    this.#spans = new SpanTable(limits.rememberedSpans);
  }

  /**
   * To be called for each request as soon as it is read: the next one may come before its commit.
   *
   * @returns how many were forgotten for it because `limits.rememberedSpans` was reached
   */
  note({ calls, links = [] }: Pick<Telemetry, "calls" | "links">, at: EpochMs): number {
    const forgotten = this.#spans.forgottenEarly;
    if (at - this.#sweptAt >= MINUTE_MS / this.#spans.sweeps) {
      this.#sweptAt = at;
      this.#spans.sweep(Math.floor((at - NESTED_MS) / SECOND_MS));
    }
    for (const { kind, traceId, parentSpanId } of calls) {
      if (kind === "inference" || kind === "embeddings") this.#await(traceId, parentSpanId, at);
    }
    for (const { traceId, parentSpanId } of links) this.#await(traceId, parentSpanId, at);
    return this.#spans.forgottenEarly - forgotten;
  }

  has(traceId: string, spanId: string): boolean {
    return this.#spans.get(spanKey(traceId, spanId)) !== undefined;
  }

  #await(traceId: string, spanId: string | undefined, at: EpochMs): void {
    if (spanId === undefined) return;
    const seenS = Math.floor(at / SECOND_MS);
    this.#spans.set(spanKey(traceId, spanId), { seenS, first: 0, second: 0 });
  }
}
