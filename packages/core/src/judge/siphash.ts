import { assert } from "../model/assert.ts";

/** Key of SipHash: 128 bits as four words, the least significant first. */
export type SipKey = readonly [number, number, number, number];

/** A 64-bit hash as two unsigned words. */
export type Hash64 = { readonly low: number; readonly high: number };

/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012) of a message: a short keyed hash that nobody can
 * foresee who does not know the key. 64-bit words are pairs of signed 32-bit ones, because a BigInt
 * takes a hundred times as long.
 *
 * @param words the message's bytes, four a word, the first one least significant; after the message
 *   there is zero up to a multiple of eight bytes and at least one byte more
 */
export function sipHash24(key: SipKey, words: ArrayLike<number>, byteLength: number): Hash64 {
  let al = key[0] ^ 0x70736575;
  let ah = key[1] ^ 0x736f6d65;
  let bl = key[2] ^ 0x6e646f6d;
  let bh = key[3] ^ 0x646f7261;
  let cl = key[0] ^ 0x6e657261;
  let ch = key[1] ^ 0x6c796765;
  let dl = key[2] ^ 0x79746573;
  let dh = key[3] ^ 0x74656462;
  // The last block has what is left of the message, and its length in the highest byte.
  const last = byteLength >>> 3;
  for (let block = 0; block <= last + 1; block++) {
    const ends = block > last;
    const low = ends ? 0 : (words[2 * block] ?? 0) | 0;
    const length = block === last ? byteLength << 24 : 0;
    const high = ends ? 0 : (words[2 * block + 1] ?? 0) | length;
    dl ^= low;
    dh ^= high;
    if (ends) cl ^= 0xff;
    for (let round = ends ? 4 : 2; round > 0; round--) {
      // a += b; b = rotl(b, 13) ^ a; a = rotl(a, 32)
      let sum = (al + bl) | 0;
      ah = (ah + bh + carry(al, bl, sum)) | 0;
      al = sum;
      let turned = (bl << 13) | (bh >>> 19);
      bh = ((bh << 13) | (bl >>> 19)) ^ ah;
      bl = turned ^ al;
      [al, ah] = [ah, al];
      // c += d; d = rotl(d, 16) ^ c
      sum = (cl + dl) | 0;
      ch = (ch + dh + carry(cl, dl, sum)) | 0;
      cl = sum;
      turned = (dl << 16) | (dh >>> 16);
      dh = ((dh << 16) | (dl >>> 16)) ^ ch;
      dl = turned ^ cl;
      // a += d; d = rotl(d, 21) ^ a
      sum = (al + dl) | 0;
      ah = (ah + dh + carry(al, dl, sum)) | 0;
      al = sum;
      turned = (dl << 21) | (dh >>> 11);
      dh = ((dh << 21) | (dl >>> 11)) ^ ah;
      dl = turned ^ al;
      // c += b; b = rotl(b, 17) ^ c; c = rotl(c, 32)
      sum = (cl + bl) | 0;
      ch = (ch + bh + carry(cl, bl, sum)) | 0;
      cl = sum;
      turned = (bl << 17) | (bh >>> 15);
      bh = ((bh << 17) | (bl >>> 15)) ^ ch;
      bl = turned ^ cl;
      [cl, ch] = [ch, cl];
    }
    al ^= low;
    ah ^= high;
  }
  return { low: (al ^ bl ^ cl ^ dl) >>> 0, high: (ah ^ bh ^ ch ^ dh) >>> 0 };
}

/** What adding two words leaves for the next higher one: 1 where the sum passed 32 bits. */
function carry(left: number, right: number, sum: number): number {
  return ((left & right) | ((left | right) & ~sum)) >>> 31;
}

/** The key that 32 hex digits spell, the first two being its first byte. */
export function sipKey(hex: string): SipKey {
  assert(/^[0-9a-f]{32}$/.test(hex), "a key is 32 lower-case hex digits");
  const word = (at: number): number => {
    const bytes = hex.slice(at * 8, at * 8 + 8).match(/../g) ?? [];
    return Number.parseInt(bytes.toReversed().join(""), 16) | 0;
  };
  return [word(0), word(1), word(2), word(3)];
}

/** A hash as 16 lower-case hex digits. */
export function hexOf({ low, high }: Hash64): string {
  return high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
}

/** A hash as a number that is at least 0 and less than 1, of its 53 highest bits. */
export function fractionOf({ low, high }: Hash64): number {
  return (high * 2 ** 21 + (low >>> 11)) / 2 ** 53;
}

/**
 * Keyed hashes of lists of texts. A text is hashed as its UTF-16 code units behind their number, so
 * that no two lists have the same message, and nothing is encoded on the way of every call.
 */
export class KeyedHash {
  readonly #key: SipKey;
  // Kept, so that no message needs an array of its own.
  #words = new Int32Array(256);

  /** @param key 32 lower-case hex digits */
  constructor(key: string) {
    this.#key = sipKey(key);
  }

  hash(...parts: readonly string[]): Hash64 {
    let most = 4;
    for (const part of parts) most += (part.length >> 1) + 2;
    const words = this.#roomFor(most);
    let size = 0;
    for (const part of parts) {
      words[size++] = part.length;
      for (let i = 0; i < part.length; i += 2) {
        // Past the end there is NaN, which becomes zero.
        words[size++] = part.charCodeAt(i) | (part.charCodeAt(i + 1) << 16);
      }
    }
    return this.#of(size);
  }

  /** The hash of a hash and a text: draws of their own from what was hashed once. */
  derive({ low, high }: Hash64, use: string): Hash64 {
    const words = this.#roomFor(use.length + 4);
    words[0] = low;
    words[1] = high;
    let size = 2;
    for (let i = 0; i < use.length; i += 2) {
      words[size++] = use.charCodeAt(i) | (use.charCodeAt(i + 1) << 16);
    }
    return this.#of(size);
  }

  #roomFor(words: number): Int32Array {
    if (words > this.#words.length) this.#words = new Int32Array(2 * words);
    return this.#words;
  }

  #of(size: number): Hash64 {
    this.#words[size] = 0;
    this.#words[size + 1] = 0;
    return sipHash24(this.#key, this.#words, size * 4);
  }
}
