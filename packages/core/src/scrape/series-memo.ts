type Remembered = { readonly text: string; readonly pairs: readonly string[] };

/**
 * The series of a target's pages by their text, so that what is shown in every scrape is read once.
 * It holds what the last two pages showed and no more.
 */
export class SeriesMemo {
  #last = new Map<string, Remembered>();
  #current = new Map<string, Remembered>();

  /** What the text was read as, if this page or the one before had it. */
  find(text: string): readonly string[] | undefined {
    const known = this.#current.get(text) ?? this.#last.get(text);
    // Under its own text: the caller's is a slice, which would keep the whole page in memory.
    if (known !== undefined) this.#current.set(known.text, known);
    return known?.pairs;
  }

  /** @param text a copy, for the same reason; what `pairs` holds may be slices of it */
  keep(text: string, pairs: readonly string[]): void {
    this.#current.set(text, { text, pairs });
  }

  /** The page has ended: what only the one before it had is let go. */
  turn(): void {
    this.#last = this.#current;
    this.#current = new Map();
  }
}
