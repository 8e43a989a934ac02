import type { Call } from "../model/call.ts";
import type { Limits } from "../model/limits.ts";
import { MINUTE_MS, SECOND_MS } from "../model/time.ts";
import type { EpochMs } from "../model/time.ts";
import { SpanTable, wordOf } from "./span-table.ts";

/** A span id that comes again within this time is the sender's retry. */
const REPEAT_MS = 15 * MINUTE_MS;
/** A wrapper and the call that it wraps are exported by one process, seconds apart. */
const NESTED_MS = 2 * MINUTE_MS;
/** A call that ended longer ago than this enters no series. */
export const LATE_MS: number = 5 * MINUTE_MS;

/** What becomes of a call: only `first` is counted in series, `late` is stored, the rest dropped. */
export type Admission = "first" | "late" | "repeat" | "nested";

/**
 * Decides which calls are counted: everything that depends on what came before.
 *
 * A framework and the provider's client that it uses may both be instrumented, and then one request
 * to a model arrives as two leaf spans, parent and child, of the same model or response. The one
 * that arrives first is counted.
 */
export class Admissions {
  readonly #limits: Limits;
  #seen: SpanTable;
  /** Counted model calls, by their own id, then by their parent's. */
  #leaves: SpanTable;
  #parents: SpanTable;
  #sweptAt = 0;
  #forgottenEarly = 0;

  constructor(limits: Limits, tables?: readonly [SpanTable, SpanTable, SpanTable]) {
    this.#limits = limits;
    [this.#seen, this.#leaves, this.#parents] = tables ?? [
      new SpanTable(),
      new SpanTable(),
      new SpanTable(),
    ];
  }

  admit(call: Call, at: EpochMs): Admission {
    this.#sweep(at);
    const seenS = Math.floor(at / SECOND_MS);
    const seen = this.#seen.get(call.traceId, call.spanId);
    if (seen !== undefined && seenS - seen.seenS <= REPEAT_MS / SECOND_MS) return "repeat";
    this.#seen.set(call.traceId, call.spanId, { seenS, first: 0, second: 0 });

    if (call.kind === "inference" || call.kind === "embeddings") {
      if (this.#isNested(call, seenS)) return "nested";
      this.#noteLeaf(call, seenS);
    }
    return at - call.endAt > LATE_MS ? "late" : "first";
  }

  /** How many span ids are remembered: shown, because it is bounded. */
  get remembered(): number {
    return this.#seen.size;
  }

  /** Ids forgotten before their 15 minutes, because `limits.rememberedSpans` was reached. */
  get forgottenEarly(): number {
    return this.#forgottenEarly;
  }

  save(): readonly Uint32Array[] {
    return [this.#seen.save(), this.#leaves.save(), this.#parents.save()];
  }

  static load(saved: readonly Uint32Array[], limits: Limits): Admissions {
    const [seen, leaves, parents] = saved.map((words) => SpanTable.load(words));
    return new Admissions(limits, [
      seen ?? new SpanTable(),
      leaves ?? new SpanTable(),
      parents ?? new SpanTable(),
    ]);
  }

  #isNested(call: Call, seenS: number): boolean {
    const wrapped = this.#parents.get(call.traceId, call.spanId);
    const wrapper =
      call.parentSpanId === undefined
        ? undefined
        : this.#leaves.get(call.traceId, call.parentSpanId);
    for (const other of [wrapped, wrapper]) {
      if (other === undefined || seenS - other.seenS > NESTED_MS / SECOND_MS) continue;
      const sameResponse = other.first !== 0 && other.first === wordOf(call.responseId);
      const sameModel = other.second !== 0 && other.second === modelWord(call);
      if (sameResponse || sameModel) return true;
    }
    return false;
  }

  #noteLeaf(call: Call, seenS: number): void {
    const note = { seenS, first: wordOf(call.responseId), second: modelWord(call) };
    this.#leaves.set(call.traceId, call.spanId, note);
    if (call.parentSpanId !== undefined) this.#parents.set(call.traceId, call.parentSpanId, note);
  }

  /** Once a minute of event time, or as soon as the limit is reached, what is too old is forgotten. */
  #sweep(at: EpochMs): void {
    if (this.#isFull()) this.#makeRoom(at);
    else if (at - this.#sweptAt < MINUTE_MS) return;
    this.#sweptAt = at;
    this.#seen.forget(Math.floor((at - REPEAT_MS) / SECOND_MS));
    const nestedBefore = Math.floor((at - NESTED_MS) / SECOND_MS);
    this.#leaves.forget(nestedBefore);
    this.#parents.forget(nestedBefore);
  }

  #isFull(): boolean {
    return this.#seen.size >= this.#limits.rememberedSpans;
  }

  /** Forgets the oldest ids until there is room: half of the time span, then half of the rest … */
  #makeRoom(at: EpochMs): void {
    const before = this.#seen.size;
    for (let keepMs = REPEAT_MS / 2; this.#isFull() && keepMs >= SECOND_MS; keepMs /= 2) {
      this.#seen.forget(Math.ceil((at - keepMs) / SECOND_MS));
    }
    if (this.#isFull()) this.#seen.forget(Math.floor(at / SECOND_MS) + 1);
    this.#forgottenEarly += before - this.#seen.size;
  }
}

function modelWord(call: Call): number {
  return wordOf(call.requestModel ?? call.responseModel);
}
