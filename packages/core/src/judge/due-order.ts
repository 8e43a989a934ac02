type Entry = { readonly dueAt: number; readonly id: string };

/** Names of things by the time at which each is due: a binary heap, the earliest on top. */
export class DueOrder {
  #entries: Entry[] = [];

  add(id: string, dueAt: number): void {
    const entries = this.#entries;
    let i = entries.length;
    const entry = { id, dueAt };
    while (i > 0) {
      const up = (i - 1) >> 1;
      const above = entries[up];
      if (above === undefined || above.dueAt <= dueAt) break;
      entries[i] = above;
      i = up;
    }
    entries[i] = entry;
  }

  /** Takes the earliest one out, where it is due; `undefined` where none is. */
  take(at: number): Entry | undefined {
    const [first] = this.#entries;
    if (first === undefined || first.dueAt > at) return undefined;
    const last = this.#entries.pop();
    if (last !== undefined && last !== first) this.#sink(last);
    return first;
  }

  clear(): void {
    this.#entries = [];
  }

  /** Puts an entry in the place of the top. */
  #sink(entry: Entry): void {
    const entries = this.#entries;
    let i = 0;
    for (;;) {
      let down = 2 * i + 1;
      let below = entries[down];
      if (below === undefined) break;
      const other = entries[down + 1];
      if (other !== undefined && other.dueAt < below.dueAt) [down, below] = [down + 1, other];
      if (below.dueAt >= entry.dueAt) break;
      entries[i] = below;
      i = down;
    }
    entries[i] = entry;
  }
}
