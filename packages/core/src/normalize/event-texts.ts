import type { CallText } from "../model/call.ts";
import { type EpochMs, MINUTE_MS, epochMs } from "../model/time.ts";
import { joinedFacts } from "./call-facts.ts";
import type { Said } from "./message-text.ts";

/** What log records said in the span that they belong to. */
export type SpanText = Said & { readonly traceId: string; readonly spanId: string };

const PARTS = ["system", "input", "output", "context"] as const;

/** A call that goes on for longer says at its beginning what its span is too late for. */
const WAIT_MS = 15 * MINUTE_MS;

type Waiting = { said: Said; readonly until: EpochMs };

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
    for (const { traceId, spanId, ...said } of texts) {
      const key = traceId + spanId;
      const before = this.#texts.get(key);
      const joined = before === undefined ? said : joinedSaid(before.said, said);
      this.#length += lengthOf(joined) - (before === undefined ? 0 : lengthOf(before.said));
      if (before === undefined) this.#texts.set(key, { said, until: epochMs(at + WAIT_MS) });
      else before.said = joined;
    }
    return { dropped: this.#letGo(() => this.#length > this.#lengthMax), expired };
  }

  find(traceId: string, spanId: string): Said | undefined {
    return this.#texts.get(traceId + spanId)?.said;
  }

  /** To be called when a span is taken for good. */
  forget(traceId: string, spanId: string): void {
    const key = traceId + spanId;
    const waiting = this.#texts.get(key);
    if (waiting === undefined) return;
    this.#texts.delete(key);
    this.#length -= lengthOf(waiting.said);
  }

  /** Lets the oldest go, as long as a condition holds for them. */
  #letGo(isOver: (waiting: Waiting) => boolean): number {
    let count = 0;
    for (const [key, waiting] of this.#texts) {
      if (!isOver(waiting)) break;
      this.#texts.delete(key);
      this.#length -= lengthOf(waiting.said);
      count++;
    }
    return count;
  }
}

function joinedSaid(first: Said, second: Said): Said {
  const text = joinedTexts(first.text, second.text);
  const facts = joinedFacts(first.facts, second.facts);
  return { ...(text && { text }), ...(facts && { facts }) };
}

function joinedTexts(
  first: CallText | undefined,
  second: CallText | undefined,
): CallText | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  const joined: { -readonly [K in keyof CallText]: CallText[K] } = { ...first };
  for (const part of PARTS) {
    const [said, more] = [first[part], second[part]];
    if (more !== undefined) joined[part] = said === undefined ? more : `${said}\n${more}`;
  }
  return joined;
}

function lengthOf({ text = {}, facts }: Said): number {
  const told = facts === undefined ? 0 : JSON.stringify(facts).length;
  return PARTS.reduce((sum, part) => sum + (text[part]?.length ?? 0), told);
}
