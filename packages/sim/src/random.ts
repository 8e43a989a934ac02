/**
 * Chance that can be repeated: equal seeds give equal draws, on every machine. The generator is
 * Bob Jenkins' "small fast" one with three words and a counter (sfc32), 32 bits a draw.
 */
export class Random {
  readonly #state: Uint32Array;

  /** @param stream tells apart generators of one seed, so that a draw more in one moves no other */
  constructor(seed: number, stream = "") {
    const words = [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0, hash(stream), 1];
    this.#state = Uint32Array.from(words);
    // The first draws of close seeds are alike.
    for (let i = 0; i < 16; i++) this.#word();
  }

  /** At least 0, less than 1. */
  next(): number {
    return this.#word() / 2 ** 32;
  }

  /** A whole number from 0 to `below` − 1. */
  int(below: number): number {
    return Math.floor(this.next() * below);
  }

  /** At least `from`, less than `to`. */
  between(from: number, to: number): number {
    return from + this.next() * (to - from);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** A waiting time of a process without memory, with this mean. */
  exponential(mean: number): number {
    return -Math.log(1 - this.next()) * mean;
  }

  pick<T>(items: readonly [T, ...T[]]): T {
    return items[this.int(items.length)] ?? items[0];
  }

  /** So many hex digits, not all of them zero. */
  hex(digits: number): string {
    let text = "";
    while (text.length < digits) text += this.#word().toString(16).padStart(8, "0");
    return `${text.slice(0, digits - 1)}${(this.int(15) + 1).toString(16)}`;
  }

  #word(): number {
    const [a = 0, b = 0, c = 0, counter = 0] = this.#state;
    const sum = (a + b + counter) >>> 0;
    this.#state.set([
      b ^ (b >>> 9),
      (c + (c << 3)) >>> 0,
      (((c << 21) | (c >>> 11)) + sum) >>> 0,
      counter + 1,
    ]);
    return sum;
  }
}

function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193);
  return sum >>> 0;
}
