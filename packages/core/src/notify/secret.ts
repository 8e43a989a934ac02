/**
 * A text that must never be shown: a webhook's address, a token. Printing, joining or serializing it
 * gives `<secret>`; only `reveal` gives the text, and only what sends it calls that.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return "<secret>";
  }

  toJSON(): string {
    return "<secret>";
  }
}
