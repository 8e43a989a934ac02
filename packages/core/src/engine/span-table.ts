import { InputError } from "../model/input-error.ts";

/**
 * Columns of one entry: the span's identity (two words), the second in which it was seen plus one
 * (0 marks a free slot), and two free words.
 */
const WIDTH = 5;
const MIN_SLOTS = 1024;
/** Linear probing stays short up to about this share of used slots. */
const MAX_LOAD = 0.6;

/** What is remembered of a span beside its identity. Words are unsigned 32-bit integers. */
export type SpanNote = { readonly seenS: number; readonly first: number; readonly second: number };

/**
 * Spans seen lately, by trace and span id: a flat hash table of 32-bit words, because a Map of
 * strings would need ten times the memory for the millions of ids that 15 minutes can bring.
 *
 * Ids are compared by 64 bits mixed from all 192; at five million entries a false match has a
 * chance of less than one in a million.
 */
export class SpanTable {
  #slots: Uint32Array;
  #count = 0;

  constructor(slots: Uint32Array = new Uint32Array(MIN_SLOTS * WIDTH)) {
    this.#slots = slots;
  }

  get size(): number {
    return this.#count;
  }

  /** What is noted of a span; `undefined` when it was not seen. */
  get(traceId: string, spanId: string): SpanNote | undefined {
    const at = this.#find(...identity(traceId, spanId));
    const slots = this.#slots;
    if (slots[at + 2] === 0) return undefined;
    return {
      seenS: (slots[at + 2] ?? 0) - 1,
      first: slots[at + 3] ?? 0,
      second: slots[at + 4] ?? 0,
    };
  }

  /** Notes a span, replacing what was noted of it. `seenS` is in seconds since the epoch. */
  set(traceId: string, spanId: string, note: SpanNote): void {
    if ((this.#count + 1) * WIDTH > this.#slots.length * MAX_LOAD)
      this.#rebuild(this.#count * 2, 0);
    this.#put(...identity(traceId, spanId), note);
  }

  /** Forgets everything seen before a second. */
  forget(beforeS: number): void {
    let kept = 0;
    for (let at = 0; at < this.#slots.length; at += WIDTH) {
      if ((this.#slots[at + 2] ?? 0) >= Math.max(beforeS, 0) + 1) kept++;
    }
    this.#rebuild(kept, beforeS);
  }

  /** Only the used entries, packed. */
  save(): Uint32Array {
    const packed = new Uint32Array(this.#count * WIDTH);
    let to = 0;
    for (let at = 0; at < this.#slots.length; at += WIDTH) {
      if (this.#slots[at + 2] === 0) continue;
      packed.set(this.#slots.subarray(at, at + WIDTH), to);
      to += WIDTH;
    }
    return packed;
  }

  static load(packed: Uint32Array): SpanTable {
    if (packed.length % WIDTH !== 0) throw new InputError("snapshot", "span table is cut off");
    const table = new SpanTable();
    table.#slots = emptySlots(packed.length / WIDTH);
    for (let at = 0; at < packed.length; at += WIDTH) table.#copy(packed, at);
    return table;
  }

  #find(high: number, low: number): number {
    const slots = this.#slots;
    const slotCount = slots.length / WIDTH;
    let at = ((low ^ high) >>> 0) & (slotCount - 1);
    for (;;) {
      const base = at * WIDTH;
      if (slots[base + 2] === 0 || (slots[base] === high && slots[base + 1] === low)) return base;
      at = (at + 1) & (slotCount - 1);
    }
  }

  #put(high: number, low: number, note: SpanNote): void {
    const at = this.#find(high, low);
    const slots = this.#slots;
    if (slots[at + 2] === 0) this.#count++;
    slots[at] = high;
    slots[at + 1] = low;
    slots[at + 2] = note.seenS + 1;
    slots[at + 3] = note.first;
    slots[at + 4] = note.second;
  }

  #copy(from: Uint32Array, at: number): void {
    const note = {
      seenS: (from[at + 2] ?? 0) - 1,
      first: from[at + 3] ?? 0,
      second: from[at + 4] ?? 0,
    };
    this.#put(from[at] ?? 0, from[at + 1] ?? 0, note);
  }

  #rebuild(entries: number, beforeS: number): void {
    const old = this.#slots;
    this.#slots = emptySlots(entries);
    this.#count = 0;
    for (let at = 0; at < old.length; at += WIDTH) {
      if ((old[at + 2] ?? 0) >= Math.max(beforeS, 0) + 1) this.#copy(old, at);
    }
  }
}

function emptySlots(entries: number): Uint32Array {
  let slots = MIN_SLOTS;
  while (slots * MAX_LOAD < entries + 1) slots *= 2;
  return new Uint32Array(slots * WIDTH);
}

/** Two mixed words of a span's 192 bits; senders with sequential ids must not form long runs. */
function identity(traceId: string, spanId: string): [number, number] {
  return [hash32(traceId, spanId, 0x9e3779b9), hash32(traceId, spanId, 0x85ebca6b)];
}

function hash32(a: string, b: string, seed: number): number {
  return finish(mix(mix(seed, a), b));
}

function mix(seed: number, text: string): number {
  let hash = seed;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x5bd1e995);
    hash ^= hash >>> 15;
  }
  return hash;
}

function finish(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** A 32-bit hash of a text that may be absent; 0 means absent, and only that. */
export function wordOf(text: string | undefined): number {
  if (text === undefined || text === "") return 0;
  return finish(mix(0x27d4eb2f, text)) || 1;
}
