import type { Call } from "../model/call.ts";
import type { Limits } from "../model/limits.ts";
import { MINUTE_MS, SECOND_MS } from "../model/time.ts";
import type { EpochMs } from "../model/time.ts";
import type { SpanKey } from "./span-shard.ts";
import { SpanTable, spanKey, wordOf } from "./span-table.ts";

/** A span id that comes again within this time is the sender's retry. */
const REPEAT_MS = 15 * MINUTE_MS;
/** A wrapper and the call that it wraps are exported by one process, seconds apart. */
const NESTED_MS = 2 * MINUTE_MS;
/** A call that ended longer ago than this enters no series. */
export const LATE_MS: number = 5 * MINUTE_MS;

/** What becomes of a call: only `first` is counted in series, `late` is stored, the rest dropped. */
export type Admission = "first" | "late" | "repeat" | "nested";

type Tables = { readonly seen: SpanTable; readonly parents: SpanTable };

/**
 * Decides which calls are counted: everything that depends on what came before.
 *
 * A framework and the provider's client that it uses may both be instrumented, and then one request
 * to a model arrives as two leaf spans, parent and child, of the same model or response. The one
 * that arrives first is counted.
 */
export class Admissions {
  /** All of them, with the response and model of those that were counted as model calls. */
  readonly #seen: SpanTable;
  /** Parents of counted model calls, with their child's response and model. */
  readonly #parents: SpanTable;
  #sweptSeenAt = 0;
  #sweptParentsAt = 0;

  constructor(limits: Limits, tables: Partial<Tables> = {}) {
    this.#seen = tables.seen ?? new SpanTable(limits.rememberedSpans);
    this.#parents = tables.parents ?? new SpanTable(limits.rememberedSpans);
  }

  admit(call: Call, at: EpochMs): Admission {
    this.#sweep(at);
    const seenS = Math.floor(at / SECOND_MS);
    const key = spanKey(call.traceId, call.spanId);
    const seen = this.#seen.get(key);
    if (seen !== undefined && seenS - seen.seenS <= REPEAT_MS / SECOND_MS) return "repeat";

    const isModelCall = call.kind === "inference" || call.kind === "embeddings";
    const parent =
      isModelCall && call.parentSpanId !== undefined
        ? spanKey(call.traceId, call.parentSpanId)
        : undefined;
    if (isModelCall && this.#isNested(call, [key, parent], seenS)) {
      this.#seen.set(key, { seenS, first: 0, second: 0 });
      return "nested";
    }
    const first = isModelCall ? wordOf(call.responseId) : 0;
    const second = isModelCall ? modelWord(call) : 0;
    this.#seen.set(key, { seenS, first, second });
    if (parent !== undefined) this.#parents.set(parent, { seenS, first, second });
    return at - call.endAt > LATE_MS ? "late" : "first";
  }

  /** How many span ids are remembered: shown, because it is bounded. */
  get remembered(): number {
    return this.#seen.size;
  }

  /** Ids forgotten before their time, because `limits.rememberedSpans` was reached. */
  get forgottenEarly(): number {
    return this.#seen.forgottenEarly + this.#parents.forgottenEarly;
  }

  save(): readonly Uint32Array[] {
    return [this.#seen.save(), this.#parents.save()];
  }

  static load(saved: readonly Uint32Array[], limits: Limits): Admissions {
    const [seen, parents] = saved.map((words) => SpanTable.load(words, limits.rememberedSpans));
    return new Admissions(limits, {
      ...(seen === undefined ? {} : { seen }),
      ...(parents === undefined ? {} : { parents }),
    });
  }

  /** Whether a call wraps, or is wrapped by, one that was counted for the same answer. */
  #isNested(
    call: Call,
    [key, parent]: readonly [SpanKey, SpanKey | undefined],
    seenS: number,
  ): boolean {
    const wrapped = this.#parents.get(key);
    const wrapper = parent === undefined ? undefined : this.#seen.get(parent);
    for (const other of [wrapped, wrapper]) {
      if (other === undefined || seenS - other.seenS > NESTED_MS / SECOND_MS) continue;
      const sameResponse = other.first !== 0 && other.first === wordOf(call.responseId);
      const sameModel = other.second !== 0 && other.second === modelWord(call);
      if (sameResponse || sameModel) return true;
    }
    return false;
  }

  /** Within a minute of event time all that is too old is forgotten, a part of it at a time. */
  #sweep(at: EpochMs): void {
    if (at - this.#sweptSeenAt >= MINUTE_MS / this.#seen.sweeps) {
      this.#sweptSeenAt = at;
      this.#seen.sweep(Math.floor((at - REPEAT_MS) / SECOND_MS));
    }
    if (at - this.#sweptParentsAt >= MINUTE_MS / this.#parents.sweeps) {
      this.#sweptParentsAt = at;
      this.#parents.sweep(Math.floor((at - NESTED_MS) / SECOND_MS));
    }
  }
}

function modelWord(call: Call): number {
  return wordOf(call.requestModel ?? call.responseModel);
}
