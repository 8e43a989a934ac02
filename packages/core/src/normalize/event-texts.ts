import type { CallText } from "../model/call.ts";

/** What log records said in the span that they belong to. */
export type SpanText = {
  readonly traceId: string;
  readonly spanId: string;
  readonly text: CallText;
};

const PARTS = ["system", "input", "output"] as const;

/**
 * Texts that came in log records, until their spans come: the first generation of the conventions,
 * and the event of inference details, say in log records what was said in a call.
 *
 * Logs and traces are exported apart. Text that comes after its span, or whose span never comes, is
 * dropped when there is no room left, and counted.
 */
export class EventTexts {
  readonly #lengthMax: number;
  // In order of arrival, as a Map keeps it.
  readonly #texts = new Map<string, CallText>();
  #length = 0;

  /** @param lengthMax UTF-16 code units of all texts together */
  constructor(lengthMax: number) {
    this.#lengthMax = lengthMax;
  }

  /** Keeps texts for their spans, and returns how many of the oldest made room for them. */
  add(texts: readonly SpanText[]): number {
    for (const { traceId, spanId, text } of texts) {
      const key = traceId + spanId;
      const before = this.#texts.get(key);
      const joined = before === undefined ? text : joinedTexts(before, text);
      this.#length += lengthOf(joined) - (before === undefined ? 0 : lengthOf(before));
      this.#texts.set(key, joined);
    }
    let dropped = 0;
    for (const [key, text] of this.#texts) {
      if (this.#length <= this.#lengthMax) break;
      this.#texts.delete(key);
      this.#length -= lengthOf(text);
      dropped++;
    }
    return dropped;
  }

  textOf(traceId: string, spanId: string): CallText | undefined {
    return this.#texts.get(traceId + spanId);
  }

  /** To be called when a span is taken for good. */
  forget(traceId: string, spanId: string): void {
    const key = traceId + spanId;
    const text = this.#texts.get(key);
    if (text === undefined) return;
    this.#texts.delete(key);
    this.#length -= lengthOf(text);
  }
}

function joinedTexts(first: CallText, second: CallText): CallText {
  const joined: { -readonly [K in keyof CallText]: CallText[K] } = { ...first };
  for (const part of PARTS) {
    const [said, more] = [first[part], second[part]];
    if (more !== undefined) joined[part] = said === undefined ? more : `${said}\n${more}`;
  }
  return joined;
}

function lengthOf(text: CallText): number {
  return PARTS.reduce((sum, part) => sum + (text[part]?.length ?? 0), 0);
}
