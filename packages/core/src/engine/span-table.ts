import { InputError } from "../model/input-error.ts";
import { SPAN_WORDS, SpanShard, type SpanKey, type SpanNote } from "./span-shard.ts";

/** A shard that is filed anew, because it grew or forgets, holds up everything else meanwhile. */
const SHARD_ENTRIES_MAX = 65_536;

/**
 * Spans seen lately, by trace and span id: flat hash tables of 32-bit words, because a Map of
 * strings would need ten times the memory for the millions of ids that 15 minutes can bring.
 *
 * Ids are compared by 64 bits mixed from all 192; at five million entries a false match has a
 * chance of less than one in a million.
 */
export class SpanTable {
  readonly #shards: readonly SpanShard[];
  readonly #shardEntriesMax: number;
  #size = 0;
  #nextSwept = 0;
  #forgottenEarly = 0;

  /** @param entriesMax beyond it the oldest are forgotten */
  constructor(entriesMax: number) {
    let shards = 1;
    while (entriesMax / shards > SHARD_ENTRIES_MAX) shards *= 2;
    this.#shards = Array.from({ length: shards }, () => new SpanShard());
    this.#shardEntriesMax = Math.max(1, Math.floor(entriesMax / shards));
  }

  get size(): number {
    return this.#size;
  }

  /** In how many sweeps all of it is looked through. */
  get sweeps(): number {
    return this.#shards.length;
  }

  /** How many were forgotten because there was no room. */
  get forgottenEarly(): number {
    return this.#forgottenEarly;
  }

  /** What is noted of a span; `undefined` when it was not seen. */
  get(key: SpanKey): SpanNote | undefined {
    return this.#shardOf(key).get(key);
  }

  /** Notes a span, replacing what was noted of it. */
  set(key: SpanKey, note: SpanNote): void {
    const shard = this.#shardOf(key);
    if (shard.size >= this.#shardEntriesMax) this.#makeRoom(shard);
    const before = shard.size;
    shard.set(key, note);
    this.#size += shard.size - before;
  }

  /** Forgets what was seen before a second, in one of its parts: the next one with each call. */
  sweep(beforeS: number): void {
    const shard = this.#shards[this.#nextSwept];
    this.#nextSwept = (this.#nextSwept + 1) % this.#shards.length;
    this.#size -= shard?.forget(beforeS) ?? 0;
  }

  save(): Uint32Array {
    const words = new Uint32Array(this.#size * SPAN_WORDS);
    let to = 0;
    for (const shard of this.#shards) to = shard.writeTo(words, to);
    return words;
  }

  static load(words: Uint32Array, entriesMax: number): SpanTable {
    if (words.length % SPAN_WORDS !== 0) throw new InputError("snapshot", "span table is cut off");
    const table = new SpanTable(entriesMax);
    for (let at = 0; at < words.length; at += SPAN_WORDS) {
      const [high = 0, low = 0, seen = 0, first = 0, second = 0] = words.subarray(
        at,
        at + SPAN_WORDS,
      );
      table.set({ high, low }, { seenS: seen - 1, first, second });
    }
    return table;
  }

  #shardOf({ high }: SpanKey): SpanShard {
    const shard = this.#shards[Math.floor((high / 2 ** 32) * this.#shards.length)];
    if (shard === undefined) throw new RangeError("a key's word is an unsigned 32-bit integer");
    return shard;
  }

  /** Forgets the older half of the time that a shard covers, or more, until there is room. */
  #makeRoom(shard: SpanShard): void {
    const before = shard.size;
    while (shard.size >= this.#shardEntriesMax) {
      const range = shard.seenRange();
      if (range === undefined) break;
      // Where all were seen in one second there is no older half.
      shard.forget(Math.ceil((range.oldestS + range.newestS + 1) / 2));
    }
    this.#size -= before - shard.size;
    this.#forgottenEarly += before - shard.size;
  }
}

/** The key of a span. Senders with sequential ids must not form long runs, hence the mixing. */
export function spanKey(traceId: string, spanId: string): SpanKey {
  let high = 0x9e3779b9;
  let low = 0x85ebca6b;
  for (let i = 0; i < traceId.length; i++) {
    const unit = traceId.charCodeAt(i);
    high = mix(high, unit);
    low = mix(low, unit);
  }
  for (let i = 0; i < spanId.length; i++) {
    const unit = spanId.charCodeAt(i);
    high = mix(high, unit);
    low = mix(low, unit);
  }
  return { high: finish(high), low: finish(low) };
}

function mix(hash: number, unit: number): number {
  const mixed = Math.imul(hash ^ unit, 0x5bd1e995);
  return mixed ^ (mixed >>> 15);
}

function finish(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** A 32-bit hash of a text that may be absent; 0 means absent, and only that. */
export function wordOf(text: string | undefined): number {
  if (text === undefined || text === "") return 0;
  let hash = 0x27d4eb2f;
  for (let i = 0; i < text.length; i++) hash = mix(hash, text.charCodeAt(i));
  return finish(hash) || 1;
}
