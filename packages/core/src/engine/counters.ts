/** Counts by name, in the order in which names first came. */
export class Counters {
  readonly #counts = new Map<string, number>();

  add(name: string, count: number): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
  }

  list(): Iterable<readonly [string, number]> {
    return this.#counts;
  }
}
