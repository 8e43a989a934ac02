/**
 * Columns of one entry: the span's key (two words), the second in which it was seen plus one (0
 * marks a free slot), and two words of notes.
 */
export const SPAN_WORDS = 5;
const MIN_SLOTS = 64;
/** Linear probing stays short up to about this share of used slots. */
const MAX_LOAD = 0.6;

/** 64 bits that stand for a span's trace and span id, as two unsigned words. */
export type SpanKey = { readonly high: number; readonly low: number };

/** What is remembered of a span. Words are unsigned 32-bit integers. */
export type SpanNote = {
  /** Seconds since the epoch. */
  readonly seenS: number;
  readonly first: number;
  readonly second: number;
};

/** A flat hash table of spans; small enough that filing all of it anew takes some milliseconds. */
export class SpanShard {
  #slots: Uint32Array = new Uint32Array(MIN_SLOTS * SPAN_WORDS);
  #count = 0;

  get size(): number {
    return this.#count;
  }

  get({ high, low }: SpanKey): SpanNote | undefined {
    const slots = this.#slots;
    const at = this.#find(high, low);
    const seen = slots[at + 2] ?? 0;
    if (seen === 0) return undefined;
    return { seenS: seen - 1, first: slots[at + 3] ?? 0, second: slots[at + 4] ?? 0 };
  }

  set({ high, low }: SpanKey, { seenS, first, second }: SpanNote): void {
    const isFull = (this.#count + 1) * SPAN_WORDS > this.#slots.length * MAX_LOAD;
    if (isFull) this.#refile(this.#count * 2, 0);
    this.#put(high, low, [seenS + 1, first, second]);
  }

  /** Forgets what was seen before a second, and returns how many that were. */
  forget(beforeS: number): number {
    const before = this.#count;
    let kept = 0;
    for (let at = 0; at < this.#slots.length; at += SPAN_WORDS) {
      if ((this.#slots[at + 2] ?? 0) > Math.max(beforeS, 0)) kept++;
    }
    if (kept < before) this.#refile(kept, Math.max(beforeS, 0));
    return before - kept;
  }

  /** The seconds in which the oldest and the newest were seen; undefined of none. */
  seenRange(): { readonly oldestS: number; readonly newestS: number } | undefined {
    if (this.#count === 0) return undefined;
    let oldest = Infinity;
    let newest = 0;
    for (let at = 2; at < this.#slots.length; at += SPAN_WORDS) {
      const seen = this.#slots[at] ?? 0;
      if (seen === 0) continue;
      if (seen < oldest) oldest = seen;
      if (seen > newest) newest = seen;
    }
    return { oldestS: oldest - 1, newestS: newest - 1 };
  }

  /** Writes the used entries from an index of `words` on, and returns the index after them. */
  writeTo(words: Uint32Array, from: number): number {
    const slots = this.#slots;
    let to = from;
    for (let at = 0; at < slots.length; at += SPAN_WORDS) {
      if (slots[at + 2] === 0) continue;
      for (let i = 0; i < SPAN_WORDS; i++) words[to++] = slots[at + i] ?? 0;
    }
    return to;
  }

  #find(high: number, low: number): number {
    const slots = this.#slots;
    const mask = slots.length / SPAN_WORDS - 1;
    for (let slot = (low ^ high) & mask; ; slot = (slot + 1) & mask) {
      const at = slot * SPAN_WORDS;
      if (slots[at + 2] === 0 || (slots[at] === high && slots[at + 1] === low)) return at;
    }
  }

  #put(high: number, low: number, note: readonly [number, number, number]): void {
    const at = this.#find(high, low);
    const slots = this.#slots;
    if (slots[at + 2] === 0) this.#count++;
    slots[at] = high;
    slots[at + 1] = low;
    [slots[at + 2], slots[at + 3], slots[at + 4]] = note;
  }

  /** Makes room for so many entries, and keeps those whose third word is above `seenAbove`. */
  #refile(entries: number, seenAbove: number): void {
    const old = this.#slots;
    let slotCount = MIN_SLOTS;
    while (slotCount * MAX_LOAD < entries + 1) slotCount *= 2;
    this.#slots = new Uint32Array(slotCount * SPAN_WORDS);
    this.#count = 0;
    for (let at = 0; at < old.length; at += SPAN_WORDS) {
      const seen = old[at + 2] ?? 0;
      if (seen <= seenAbove) continue;
      this.#put(old[at] ?? 0, old[at + 1] ?? 0, [seen, old[at + 3] ?? 0, old[at + 4] ?? 0]);
    }
  }
}
