import { InputError } from "../model/input-error.ts";

const FIRST_NUMBERS = 1024;

/** The numbers of a state, in the order in which they are read again: as text, they would hold up all else. */
export class NumberWriter {
  #numbers = new Float64Array(FIRST_NUMBERS);
  #size = 0;

  get numbers(): Float64Array {
    return this.#numbers.subarray(0, this.#size);
  }

  add(...numbers: readonly number[]): void {
    this.#ensure(numbers.length);
    this.#numbers.set(numbers, this.#size);
    this.#size += numbers.length;
  }

  /** Adds a list of at most 32 numbers, of which the zeros take no room: most of many such lists are. */
  addSparse(list: readonly number[]): void {
    this.#ensure(list.length + 1);
    const numbers = this.#numbers;
    const start = this.#size;
    let present = 0;
    let at = start + 1;
    for (let i = 0; i < list.length; i++) {
      const number = list[i];
      if (number === undefined || Object.is(number, 0)) continue;
      present |= 1 << i;
      numbers[at++] = number;
    }
    numbers[start] = present >>> 0;
    this.#size = at;
  }

  #ensure(more: number): void {
    if (this.#size + more <= this.#numbers.length) return;
    const grown = new Float64Array(Math.max(this.#numbers.length * 2, this.#size + more));
    grown.set(this.numbers);
    this.#numbers = grown;
  }
}

/** Reads what a `NumberWriter` wrote; throws InputError of kind `snapshot` where that is cut off. */
export class NumberReader {
  readonly #numbers: Float64Array;
  #at = 0;

  constructor(numbers: Float64Array) {
    this.#numbers = numbers;
  }

  next(): number {
    const number = this.#numbers[this.#at++];
    if (number === undefined) throw new InputError("snapshot", "the scores are cut off");
    return number;
  }

  /** A list without the zeros at its end. */
  nextSparse(): number[] {
    const list: number[] = [];
    for (let rest = this.next(); rest >= 1; rest = Math.floor(rest / 2))
      list.push(rest % 2 === 1 ? this.next() : 0);
    return list;
  }

  /** Nothing may be left, or what was read was not what was written. */
  end(): void {
    if (this.#at !== this.#numbers.length)
      throw new InputError("snapshot", "the scores have more numbers than their state says");
  }
}
