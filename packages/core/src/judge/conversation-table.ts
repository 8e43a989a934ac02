import { InputError } from "../model/input-error.ts";
import type { Hash64 } from "./siphash.ts";

// An entry: two words of the conversation's hash, one of bits.
const WORDS = 3;
const FIRST_ENTRIES = 64;

/** Entries in the order of their arrival, with an open-addressing index over their hashes. */
class Generation {
  size = 0;
  words: Uint32Array = new Uint32Array(FIRST_ENTRIES * WORDS);
  /** Entry number + 1, or 0 where free; a power of two long and at most half full. */
  #index = new Uint32Array(FIRST_ENTRIES * 2);

  /** Where the bits of a conversation lie among the words; -1 where it is unknown. */
  find(hash: Hash64): number {
    return (this.#index[this.#slotOf(hash)] ?? 0) * WORDS - 1;
  }

  /** Notes a conversation that is unknown. */
  add(hash: Hash64, bits: number): void {
    if (this.size * WORDS === this.words.length) this.#grow();
    this.words.set([hash.low, hash.high, bits], this.size * WORDS);
    this.#index[this.#slotOf(hash)] = ++this.size;
  }

  #slotOf({ low, high }: Hash64): number {
    const mask = this.#index.length - 1;
    // The hash is keyed: nobody can choose ids that come to one place.
    let slot = low & mask;
    for (;;) {
      const at = ((this.#index[slot] ?? 0) - 1) * WORDS;
      if (at < 0 || (this.words[at] === low && this.words[at + 1] === high)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    const { words } = this;
    this.words = new Uint32Array(words.length * 2);
    this.words.set(words);
    this.#index = new Uint32Array(this.#index.length * 2);
    for (let entry = 0; entry < this.size; entry++) {
      const [low = 0, high = 0] = words.subarray(entry * WORDS, entry * WORDS + 2);
      this.#index[this.#slotOf({ low, high })] = entry + 1;
    }
  }
}

export type SavedConversations = {
  readonly day: number;
  /** How many of the saved entries are of the older generation. */
  readonly old: number;
  readonly forgottenEarly: number;
};

/**
 * What was drawn from each conversation of a day, as bits: about 32 bytes a conversation, in two
 * generations, the older of which is forgotten when the younger one is full.
 *
 * A conversation that is forgotten early can have a second candidate on that day. Scores stay
 * unbiased, because inclusion probabilities follow what the table knows; evidence may get a second
 * observation of that conversation, which is why it is counted.
 */
export class ConversationTable {
  readonly #generationMax: number;
  #day = 0;
  #young = new Generation();
  #old = new Generation();
  #forgottenEarly = 0;

  /** @param entriesMax at least 2 */
  constructor(entriesMax: number) {
    this.#generationMax = Math.max(1, Math.floor(entriesMax / 2));
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** Conversations that were forgotten before their day ended. */
  get forgottenEarly(): number {
    return this.#forgottenEarly;
  }

  /** Forgets the days before this one. */
  turn(day: number): void {
    if (day === this.#day) return;
    this.#day = day;
    this.#young = new Generation();
    this.#old = new Generation();
  }

  /** The bits of a conversation of this day: 0 where there are none. */
  get(hash: Hash64): number {
    return this.#young.words[this.#young.find(hash)] ?? this.#old.words[this.#old.find(hash)] ?? 0;
  }

  set(hash: Hash64, bits: number): void {
    for (const { generation, at } of [
      { generation: this.#young, at: this.#young.find(hash) },
      { generation: this.#old, at: this.#old.find(hash) },
    ]) {
      if (at < 0) continue;
      generation.words[at] = bits;
      return;
    }
    if (this.#young.size >= this.#generationMax) {
      this.#forgottenEarly += this.#old.size;
      this.#old = this.#young;
      this.#young = new Generation();
    }
    this.#young.add(hash, bits);
  }

  /** All but the entries themselves, which `saveWords` gives. */
  save(): SavedConversations {
    return { day: this.#day, old: this.#old.size, forgottenEarly: this.#forgottenEarly };
  }

  /** The entries of both generations: as text, a million would hold up all else. */
  saveWords(): Uint32Array {
    const words = new Uint32Array(this.size * WORDS);
    words.set(this.#old.words.subarray(0, this.#old.size * WORDS));
    words.set(this.#young.words.subarray(0, this.#young.size * WORDS), this.#old.size * WORDS);
    return words;
  }

  /** @throws InputError of kind `snapshot` where the entries are not as many as was saved */
  load(saved: SavedConversations, words: Uint32Array): void {
    const entries = words.length / WORDS;
    if (!Number.isInteger(entries) || entries < saved.old)
      throw new InputError("snapshot", "the conversations of the day are cut off");
    this.#day = saved.day;
    this.#forgottenEarly = saved.forgottenEarly;
    this.#young = new Generation();
    this.#old = new Generation();
    for (let entry = 0; entry < entries; entry++) {
      const [low = 0, high = 0, bits = 0] = words.subarray(entry * WORDS, (entry + 1) * WORDS);
      (entry < saved.old ? this.#old : this.#young).add({ low, high }, bits);
    }
  }
}
