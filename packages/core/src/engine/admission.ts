import type { Call } from "../model/call.ts";
import type { Limits } from "../model/limits.ts";
import type { SpanLink } from "../model/span-link.ts";
import { MINUTE_MS, SECOND_MS } from "../model/time.ts";
import type { EpochMs } from "../model/time.ts";
import type { SpanKey, SpanNote } from "./span-shard.ts";
import { SpanTable, spanKey, wordOf } from "./span-table.ts";

/** A span id that comes again within this time is the sender's retry. */
const REPEAT_MS = 15 * MINUTE_MS;
/** A wrapper and the call that it wraps are exported by one process, seconds apart. */
export const NESTED_MS: number = 2 * MINUTE_MS;
/** A call that ended longer ago than this enters no series. */
export const LATE_MS: number = 5 * MINUTE_MS;

/** What becomes of a call: only `first` is counted in series, `late` is stored, the rest dropped. */
export type Admission = "first" | "late" | "repeat" | "nested";

/** Parents of spans that are no calls, by trace and span id. */
export type Links = ReadonlyMap<string, string>;

const NO_LINKS: Links = new Map();

type Tables = { readonly seen: SpanTable; readonly parents: SpanTable };

/**
 * Decides which calls are counted: everything that depends on what came before.
 *
 * A framework and the provider's client that it uses may both be instrumented, and then one request
 * to a model arrives as several leaf spans of the same service and the same model or response, one
 * within the other, perhaps with spans between them that are no calls. The one that arrives first
 * is counted. An agent or a tool between two calls makes them two.
 */
export class Admissions {
  /** All of them, with the response and model of those that were counted as model calls. */
  readonly #seen: SpanTable;
  /** What lies above counted model calls, with their response and model. */
  readonly #parents: SpanTable;
  #sweptSeenAt = 0;
  #sweptParentsAt = 0;

  constructor(limits: Limits, tables: Partial<Tables> = {}) {
    this.#seen = tables.seen ?? new SpanTable(limits.rememberedSpans);
    this.#parents = tables.parents ?? new SpanTable(limits.rememberedSpans);
  }

  /**
   * Takes the ways between calls, which may begin at a call of an earlier input or end at one.
   *
   * @returns the ways of this input, for its calls
   */
  noteLinks(links: readonly SpanLink[], at: EpochMs): Links {
    if (links.length === 0) return NO_LINKS;
    const seenS = Math.floor(at / SECOND_MS);
    const ways = new Map(links.map((link) => [link.traceId + link.spanId, link.parentSpanId]));
    for (const { traceId, spanId, parentSpanId } of links) {
      const key = spanKey(traceId, spanId);
      const within = this.#fresh(this.#parents.get(key), seenS);
      const above = keysAbove(traceId, parentSpanId, ways);
      if (within !== undefined) for (const one of above) this.#parents.set(one, within);
      const around = above.map((one) => this.#fresh(this.#seen.get(one), seenS)).find(isOfCall);
      if (around !== undefined) this.#seen.set(key, around);
    }
    return ways;
  }

  /** @param links what `noteLinks` gave for the input that the call is of */
  admit(call: Call, at: EpochMs, links: Links = NO_LINKS): Admission {
    this.#sweep(at);
    const seenS = Math.floor(at / SECOND_MS);
    const key = spanKey(call.traceId, call.spanId);
    const seen = this.#seen.get(key);
    if (seen !== undefined && seenS - seen.seenS <= REPEAT_MS / SECOND_MS) return "repeat";

    if (call.kind !== "inference" && call.kind !== "embeddings") {
      this.#seen.set(key, { seenS, first: 0, second: 0 });
      return timelinessOf(call, at);
    }
    const own = { seenS, first: responseWord(call), second: modelWord(call) };
    const above = keysAbove(call.traceId, call.parentSpanId, links);
    const around = above
      .map((one) => this.#fresh(this.#seen.get(one), seenS))
      .find((note) => isSameCall(note, own));
    if (around !== undefined) {
      // What is within this one repeats the counted one too.
      this.#seen.set(key, joined(own, around));
      return "nested";
    }
    const within = this.#fresh(this.#parents.get(key), seenS);
    if (within !== undefined && isSameCall(within, own)) {
      // Other tries within this one count, so that nothing is noted for those; what is around it does not.
      this.#seen.set(key, { seenS, first: 0, second: 0 });
      for (const one of above) this.#parents.set(one, joined(own, within));
      return "nested";
    }
    this.#seen.set(key, own);
    for (const one of above) this.#parents.set(one, own);
    return timelinessOf(call, at);
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

  #fresh(note: SpanNote | undefined, nowS: number): SpanNote | undefined {
    return note !== undefined && nowS - note.seenS <= NESTED_MS / SECOND_MS ? note : undefined;
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

/** Beyond this many spans between two calls nobody looks. */
const BETWEEN = 16;

/** The parent of a span, and what is above that as far as the links of one input tell. */
function keysAbove(
  traceId: string,
  parentSpanId: string | undefined,
  links: Links,
): readonly SpanKey[] {
  const keys: SpanKey[] = [];
  let spanId = parentSpanId;
  while (spanId !== undefined && keys.length <= BETWEEN) {
    keys.push(spanKey(traceId, spanId));
    spanId = links.size === 0 ? undefined : links.get(traceId + spanId);
  }
  return keys;
}

function timelinessOf(call: Call, at: EpochMs): "first" | "late" {
  return at - call.endAt > LATE_MS ? "late" : "first";
}

/** Whether a note is that of a model call, and of one that what is within it repeats. */
function isOfCall(note: SpanNote | undefined): boolean {
  return note !== undefined && (note.first !== 0 || note.second !== 0);
}

function isSameCall(note: SpanNote | undefined, own: SpanNote): boolean {
  if (note === undefined) return false;
  const sameResponse = note.first !== 0 && note.first === own.first;
  const sameModel = note.second !== 0 && note.second === own.second;
  return sameResponse || sameModel;
}

/** A call by its own names, and by those of the counted one where it has none. */
function joined(own: SpanNote, counted: SpanNote): SpanNote {
  const { seenS } = own;
  return { seenS, first: own.first || counted.first, second: own.second || counted.second };
}

// A call that another service handed on is measured in both, as two.
function responseWord({ service, responseId }: Call): number {
  return (responseId ?? "") === "" ? 0 : wordOf(`${service}\n${responseId}`);
}

function modelWord({ service, requestModel, responseModel }: Call): number {
  const model = requestModel ?? responseModel ?? "";
  return model === "" ? 0 : wordOf(`${service}\n${model}`);
}
