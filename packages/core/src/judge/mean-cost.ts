import type { NanoUsd } from "./budget.ts";

/** Calls that the mean is about, once there are as many. */
const CALLS = 200;

export type SavedCosts = { readonly count: number; readonly mean: number };

/** What a judged call costs on average: of all at first, then of about the last 200. */
export class MeanCost {
  #count = 0;
  #mean = 0;

  add(cost: NanoUsd): void {
    this.#count = Math.min(this.#count + 1, CALLS);
    this.#mean += (cost - this.#mean) / this.#count;
  }

  /** How many calls the mean is about: at most 200. */
  get count(): number {
    return this.#count;
  }

  /** In billionths of a US dollar; `undefined` before the first. */
  get mean(): number | undefined {
    return this.#count === 0 ? undefined : this.#mean;
  }

  /**
   * Begins anew, with what was known as the first call of all: until another is paid for, it is the
   * best that there is.
   *
   * @param factor what prices are of what they were; absent: nothing is known
   */
  restart(factor?: number): void {
    const mean = factor === undefined ? 0 : this.#mean * factor;
    this.#count = factor === undefined ? 0 : Math.min(this.#count, 1);
    this.#mean = mean;
  }

  save(): SavedCosts {
    return { count: this.#count, mean: this.#mean };
  }

  load({ count, mean }: SavedCosts): void {
    this.#count = count;
    this.#mean = mean;
  }
}
