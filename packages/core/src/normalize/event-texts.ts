import type { CallText } from "../model/call.ts";
import { type EpochMs, MINUTE_MS, epochMs } from "../model/time.ts";

/** What log records said in the span that they belong to. */
export type SpanText = {
  readonly traceId: string;
  readonly spanId: string;
  readonly text: CallText;
};

const PARTS = ["system", "input", "output"] as const;

/** A call that goes on for longer says at its beginning what its span is too late for. */
const WAIT_MS = 15 * MINUTE_MS;

type Waiting = { text: CallText; readonly until: EpochMs };

/** Texts that were let go: for want of room, and after they had waited in vain. */
export type LostTexts = { readonly dropped: number; readonly expired: number };

/**
 * Texts that came in log records, until their spans come: the first generation of the conventions,
 * and the event of inference details, say in log records what was said in a call.
 *
 * Logs and traces are exported apart. Text that comes after its span, or whose span never comes, is
 * let go after 15 minutes, or when there is no room left, and counted. Why it is joined here, before
 * the commit: docs/decisions/0024-texts-of-log-records.md.
 */
export class EventTexts {
  readonly #lengthMax: number;
  // In order of arrival, as a Map keeps it, hence of `until`.
  readonly #texts = new Map<string, Waiting>();
  #length = 0;

  /** @param lengthMax UTF-16 code units of all texts together */
  constructor(lengthMax: number) {
    this.#lengthMax = lengthMax;
  }

  /** Keeps texts for their spans; returns how many were let go. */
  add(texts: readonly SpanText[], at: EpochMs): LostTexts {
    const expired = this.#letGo(({ until }) => until <= at);
    for (const { traceId, spanId, text } of texts) {
      const key = traceId + spanId;
      const before = this.#texts.get(key);
      const joined = before === undefined ? text : joinedTexts(before.text, text);
      this.#length += lengthOf(joined) - (before === undefined ? 0 : lengthOf(before.text));
      if (before === undefined) this.#texts.set(key, { text, until: epochMs(at + WAIT_MS) });
      else before.text = joined;
    }
    return { dropped: this.#letGo(() => this.#length > this.#lengthMax), expired };
  }

  textOf(traceId: string, spanId: string): CallText | undefined {
    return this.#texts.get(traceId + spanId)?.text;
  }

  /** To be called when a span is taken for good. */
  forget(traceId: string, spanId: string): void {
    const key = traceId + spanId;
    const waiting = this.#texts.get(key);
    if (waiting === undefined) return;
    this.#texts.delete(key);
    this.#length -= lengthOf(waiting.text);
  }

  /** Lets the oldest go, as long as a condition holds for them. */
  #letGo(isOver: (waiting: Waiting) => boolean): number {
    let count = 0;
    for (const [key, waiting] of this.#texts) {
      if (!isOver(waiting)) break;
      this.#texts.delete(key);
      this.#length -= lengthOf(waiting.text);
      count++;
    }
    return count;
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
