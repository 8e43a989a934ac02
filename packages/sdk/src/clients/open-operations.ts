/** Operations that are remembered while they go on; an application has far fewer at a time. */
const LIMIT = 1024;

/**
 * What is known of operations that go on, by their ids. Of some, the end is never told: beyond the limit
 * the oldest is forgotten, and given to `forget`.
 */
export class OpenOperations<T> {
  readonly #open = new Map<unknown, T>();
  readonly #forget: (oldest: T) => void;

  constructor(forget: (oldest: T) => void = () => undefined) {
    this.#forget = forget;
  }

  get(id: unknown): T | undefined {
    return this.#open.get(id);
  }

  has(id: unknown): boolean {
    return this.#open.has(id);
  }

  set(id: unknown, value: T): void {
    this.#open.set(id, value);
    if (this.#open.size <= LIMIT) return;
    for (const [oldest, forgotten] of this.#open) {
      this.#open.delete(oldest);
      this.#forget(forgotten);
      return;
    }
  }

  /** Removes an operation that ended, and returns what was known of it. */
  take(id: unknown): T | undefined {
    const value = this.#open.get(id);
    this.#open.delete(id);
    return value;
  }

  entries(): IterableIterator<[unknown, T]> {
    return this.#open.entries();
  }
}
