import { InputError } from "../model/input-error.ts";
import { type EpochMs, MINUTE_MS, epochMs } from "../model/time.ts";
import type { Tally } from "../model/tally.ts";

/** What an evaluation takes from its call. */
export type Subject = {
  readonly service: string;
  readonly model: string;
  /** The values of the six labels that every GenAI series has, in their order. */
  readonly genAi: readonly string[];
};

/** How long a call is known (DESIGN section 4). */
export const KNOWN_MS: number = 15 * MINUTE_MS;
const GENERATION_MS = 5 * MINUTE_MS;

// An entry: two words of the id's hash, the index of its subject, milliseconds since `from`.
const WORDS = 4;

/** Ids in the order of their arrival, with an open-addressing index over their hashes. */
type Generation = {
  readonly from: EpochMs;
  lastAt: EpochMs;
  size: number;
  words: Uint32Array;
  /** Entry number + 1, or 0 where free; a power of two long and at most half full. */
  index: Uint32Array;
  readonly subjects: Subject[];
  readonly subjectIndex: Map<Subject, number>;
};

export type SavedGeneration = {
  readonly from: number;
  readonly lastAt: number;
  /** How many of the saved ids are its own. */
  readonly size: number;
  readonly subjects: readonly Subject[];
};

/**
 * Remembers for 15 minutes whose ids belong to which call. Ids are kept as 64 bits of hash in typed
 * arrays, about 24 bytes each: among a million, two equal by chance once in 40 million.
 */
export class KnownCalls {
  readonly #limit: number;
  readonly #tally: Tally;
  // Oldest first; each covers at most five minutes and a quarter of the limit.
  readonly #generations: Generation[] = [];
  #size = 0;
  // Filled anew for each id, so that none is made on the way of every call.
  readonly #hash = new Uint32Array(2);

  constructor(limit: number, tally: Tally) {
    this.#limit = limit;
    this.#tally = tally;
  }

  remember(id: string, subject: Subject, at: EpochMs): void {
    const generation = this.#generationAt(at);
    hash(id, this.#hash);
    const high = this.#hash[0] ?? 0;
    const low = this.#hash[1] ?? 0;
    const slot = slotOf(generation, high, low);
    let entry = (generation.index[slot] ?? 0) - 1;
    if (entry < 0) {
      entry = generation.size++;
      this.#size++;
      generation.index[slot] = generation.size;
    }
    generation.lastAt = at;
    const { words } = generation;
    const first = entry * WORDS;
    words[first] = high;
    words[first + 1] = low;
    words[first + 2] = subjectIndexOf(generation, subject);
    words[first + 3] = at - generation.from;
    if (generation.size * 2 >= generation.index.length) grow(generation);
  }

  find(id: string, at: EpochMs): Subject | undefined {
    hash(id, this.#hash);
    const high = this.#hash[0] ?? 0;
    const low = this.#hash[1] ?? 0;
    for (const generation of this.#generations.toReversed()) {
      const entry = (generation.index[slotOf(generation, high, low)] ?? 0) - 1;
      if (entry < 0) continue;
      const seenAt = generation.from + (generation.words[entry * WORDS + 3] ?? 0);
      if (at - seenAt > KNOWN_MS) return undefined;
      return generation.subjects[generation.words[entry * WORDS + 2] ?? 0];
    }
    return undefined;
  }

  /** All but the ids themselves, which `saveIds` gives. */
  save(): readonly SavedGeneration[] {
    return this.#generations.map(({ from, lastAt, size, subjects }) => ({
      from,
      lastAt,
      size,
      subjects: subjects.map(({ service, model, genAi }) => ({ service, model, genAi })),
    }));
  }

  /** The ids of all generations, one after the other: as text, a million would hold up all else. */
  saveIds(): Uint32Array {
    const ids = new Uint32Array(this.#size * WORDS);
    let at = 0;
    for (const { words, size } of this.#generations) {
      ids.set(words.subarray(0, size * WORDS), at);
      at += size * WORDS;
    }
    return ids;
  }

  /** @throws InputError of kind `snapshot` where the ids are not as many as was saved */
  load(saved: readonly SavedGeneration[], ids: Uint32Array): void {
    let at = 0;
    for (const { from, lastAt, size, subjects } of saved) {
      const generation: Generation = {
        ...emptyGeneration(epochMs(from)),
        lastAt: epochMs(lastAt),
        size,
        words: ids.subarray(at, at + size * WORDS),
        subjects: [...subjects],
      };
      at += size * WORDS;
      grow(generation);
      this.#generations.push(generation);
      this.#size += size;
    }
    if (at !== ids.length) throw new InputError("snapshot", "the ids of calls are cut off");
  }

  #generationAt(at: EpochMs): Generation {
    const newest = this.#generations.at(-1);
    const full = newest !== undefined && newest.size * 4 >= this.#limit;
    if (newest !== undefined && at - newest.from < GENERATION_MS && !full) return newest;
    this.#dropOld(at);
    const generation = emptyGeneration(at);
    this.#generations.push(generation);
    return generation;
  }

  #dropOld(at: EpochMs): void {
    for (;;) {
      const oldest = this.#generations[0];
      if (oldest === undefined) return;
      const expired = at - oldest.lastAt > KNOWN_MS;
      // Room for a whole generation is made before it begins.
      if (!expired && this.#size * 4 <= this.#limit * 3) return;
      if (!expired) this.#tally.add("call-ids-forgotten-early", oldest.size);
      this.#size -= oldest.size;
      this.#generations.shift();
    }
  }
}

function emptyGeneration(from: EpochMs): Generation {
  return {
    from,
    lastAt: from,
    size: 0,
    words: new Uint32Array(64 * WORDS),
    index: new Uint32Array(128),
    subjects: [],
    subjectIndex: new Map(),
  };
}

function subjectIndexOf(generation: Generation, subject: Subject): number {
  let index = generation.subjectIndex.get(subject);
  if (index === undefined) {
    index = generation.subjects.push(subject) - 1;
    generation.subjectIndex.set(subject, index);
  }
  return index;
}

/** The place in the index that holds a hash, or the free one where it would go. */
function slotOf(generation: Generation, high: number, low: number): number {
  const { index, words } = generation;
  const mask = index.length - 1;
  let slot = low & mask;
  for (;;) {
    const entry = (index[slot] ?? 0) - 1;
    if (entry < 0) return slot;
    if (words[entry * WORDS] === high && words[entry * WORDS + 1] === low) return slot;
    slot = (slot + 1) & mask;
  }
}

/** Makes room for twice as many entries, and files those that are there anew. */
function grow(generation: Generation): void {
  const entries = 2 ** Math.ceil(Math.log2(Math.max(generation.size * 2, 64)));
  const words = new Uint32Array(entries * WORDS);
  words.set(generation.words.subarray(0, generation.size * WORDS));
  generation.words = words;
  generation.index = new Uint32Array(entries * 2);
  for (let entry = 0; entry < generation.size; entry++) {
    const slot = slotOf(generation, words[entry * WORDS] ?? 0, words[entry * WORDS + 1] ?? 0);
    generation.index[slot] = entry + 1;
  }
}

/** Two 32-bit hashes of a text: FNV-1a over its code units, each finished as MurmurHash3 does. */
function hash(text: string, into: Uint32Array): void {
  let high = 0x9e3779b9;
  let low = 0x85ebca6b;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    high = Math.imul(high ^ unit, 0x01000193);
    low = Math.imul(low ^ unit, 0x5bd1e995);
  }
  into[0] = finish(high);
  into[1] = finish(low);
}

/** Spreads the bits of a hash (MurmurHash3's finalizer). */
function finish(hashed: number): number {
  let bits = Math.imul(hashed ^ (hashed >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}
