import type { TraceContext } from "../model/telemetry.ts";
import { type EpochMs, MINUTE_MS, epochMs } from "../model/time.ts";

/** A retrieval that a call builds on has ended before it, and is exported within this time. */
const HELD_MS = 15 * MINUTE_MS;

/** UTF-16 code units that a trace takes beside its texts: short ones fill the table, too. */
const TRACE_LENGTH = 100;

type Held = { text: string; readonly until: EpochMs };

export type SavedContexts = readonly (readonly [traceId: string, text: string, until: number])[];

/**
 * What retrievals and tools gave in each trace, for the calls of the same trace that are judged:
 * they come in spans of their own. Text that no call asked for is let go after 15 minutes, or when
 * there is no room left; both only leave a call's context thinner, and the latter is counted.
 */
export class TraceContexts {
  readonly #lengthMax: number;
  // In order of their first arrival, hence of `until`.
  readonly #held = new Map<string, Held>();
  #length = 0;

  /** @param lengthMax UTF-16 code units of all texts together */
  constructor(lengthMax: number) {
    this.#lengthMax = lengthMax;
  }

  /** Keeps a context; returns how many traces were forgotten to make room. */
  add({ traceId, text }: TraceContext, at: EpochMs): number {
    this.expire(at);
    const held = this.#held.get(traceId);
    const added = held === undefined ? text : `${held.text}\n\n${text}`;
    this.#length += added.length - (held === undefined ? -TRACE_LENGTH : held.text.length);
    if (held === undefined) this.#held.set(traceId, { text: added, until: epochMs(at + HELD_MS) });
    else held.text = added;
    let forgotten = 0;
    for (const id of this.#held.keys()) {
      if (this.#length <= this.#lengthMax) break;
      this.#forget(id);
      forgotten++;
    }
    return forgotten;
  }

  /** What is known for a call of this trace. */
  find(traceId: string, at: EpochMs): string | undefined {
    this.expire(at);
    return this.#held.get(traceId)?.text;
  }

  /** Nothing is judged any more: no text is to be held. */
  clear(): void {
    this.#held.clear();
    this.#length = 0;
  }

  save(): SavedContexts {
    return Array.from(this.#held, ([traceId, { text, until }]) => [traceId, text, until] as const);
  }

  load(saved: SavedContexts): void {
    for (const [traceId, text, until] of saved) {
      this.#held.set(traceId, { text, until: epochMs(until) });
      this.#length += text.length + TRACE_LENGTH;
    }
  }

  /** Lets go what nobody asked for in time; due now and then, also where no more calls come. */
  expire(at: EpochMs): void {
    for (const [id, { until }] of this.#held) {
      if (until > at) return;
      this.#forget(id);
    }
  }

  #forget(traceId: string): void {
    const held = this.#held.get(traceId);
    if (held === undefined) return;
    this.#length -= held.text.length + TRACE_LENGTH;
    this.#held.delete(traceId);
  }
}
