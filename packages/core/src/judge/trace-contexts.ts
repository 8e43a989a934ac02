import type { TraceContext } from "../model/telemetry.ts";
import { type EpochMs, MINUTE_MS, epochMs } from "../model/time.ts";

/** A retrieval that a call builds on has ended before it, and is exported within this time. */
const HELD_MS = 15 * MINUTE_MS;

/** UTF-16 code units that a trace takes beside its texts: short ones fill the table, too. */
const TRACE_LENGTH = 100;

type Held = { readonly texts: string[]; readonly until: EpochMs };

export type SavedContexts = readonly (readonly [
  traceId: string,
  /** Earlier states have them as one. */
  texts: readonly string[] | string,
  until: number,
])[];

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

  /** Keeps a context, each once; returns how many traces were forgotten to make room. */
  add({ traceId, text }: TraceContext, at: EpochMs): number {
    this.expire(at);
    const held = this.#held.get(traceId);
    if (held?.texts.includes(text) === true) return 0;
    this.#length += held === undefined ? TRACE_LENGTH + text.length : BETWEEN.length + text.length;
    if (held === undefined)
      this.#held.set(traceId, { texts: [text], until: epochMs(at + HELD_MS) });
    else held.texts.push(text);
    let forgotten = 0;
    for (const id of this.#held.keys()) {
      if (this.#length <= this.#lengthMax) break;
      this.#forget(id);
      forgotten++;
    }
    return forgotten;
  }

  /** What is known for a call of this trace, in the order in which it came. */
  find(traceId: string, at: EpochMs): readonly string[] {
    this.expire(at);
    return this.#held.get(traceId)?.texts ?? [];
  }

  /** Nothing is judged any more: no text is to be held. */
  clear(): void {
    this.#held.clear();
    this.#length = 0;
  }

  save(): SavedContexts {
    return Array.from(
      this.#held,
      ([traceId, { texts, until }]) => [traceId, [...texts], until] as const,
    );
  }

  load(saved: SavedContexts): void {
    for (const [traceId, texts, until] of saved) {
      const held = { texts: [texts].flat(), until: epochMs(until) };
      this.#held.set(traceId, held);
      this.#length += lengthOf(held);
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
    this.#length -= lengthOf(held);
    this.#held.delete(traceId);
  }
}

function lengthOf({ texts }: Held): number {
  return contextOf(texts).length + TRACE_LENGTH;
}

const BETWEEN = "\n\n";

function contextOf(texts: readonly string[]): string {
  return texts.join(BETWEEN);
}

/** Shorter ones are found within others by chance: they have to be lines of their own. */
const TELLING_LENGTH = 40;

/**
 * A call's own context, and what its trace has beside it. What a tool gave comes twice: in the messages
 * to the model, and in the tool's span. It is said once, also where the two are spaced or quoted otherwise.
 */
export function togetherOnce(
  own: string | undefined,
  ofTrace: readonly string[],
): string | undefined {
  if (own === undefined) return ofTrace.length === 0 ? undefined : contextOf(ofTrace);
  if (ofTrace.length === 0) return own;
  const whole = bare(own);
  const lines = new Set(own.split("\n").map(bare));
  const others = ofTrace.filter((text) => {
    const said = bare(text);
    return said.length < TELLING_LENGTH ? !lines.has(said) : !whole.includes(said);
  });
  return contextOf([own, ...others]);
}

/** JSON in text and text in JSON differ from what they hold in these alone. */
function bare(text: string): string {
  return text.replaceAll(/\\[nrt]|[\s"\\]/g, "");
}
