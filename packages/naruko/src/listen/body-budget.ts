/**
 * The bytes of all requests in hand, from their first byte to their answer. Each body is inside its
 * own limit, and a hundred of them at once would still not fit into memory.
 */
export class BodyBudget {
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The share of one request; to be released when it is answered, whatever the answer. */
  open(): BodyShare {
    let held = 0;
    const setTo = (bytes: number): boolean => {
      const more = bytes - held;
      if (more > 0 && this.#bytes + more > this.#maxBytes) return false;
      held = bytes;
      this.#bytes += more;
      return true;
    };
    return { setTo, release: () => void setTo(0) };
  }
}

/** What one request takes of the budget. */
export type BodyShare = {
  /** Takes so many bytes instead of those before; false, and nothing changed, where there is no room. */
  readonly setTo: (bytes: number) => boolean;
  readonly release: () => void;
};
