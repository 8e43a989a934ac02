import type { JudgeAnswer, MissingReason } from "../model/judge.ts";
import { DAY_MS, type EpochMs, epochMs } from "../model/time.ts";
import { DueOrder } from "./due-order.ts";
import {
  type AskedRubric,
  type Item,
  itemOf,
  type Lane,
  LANES,
  type Question,
  questionOf,
  type SavedItem,
  savedOf,
  type Settled,
  take,
} from "./queue-item.ts";
import { isLastTry, pauseAfter } from "./retry.ts";

/**
 * What is ready in a lane, by its look. Second looks come first: what is bad needs two requests, and
 * would else be what is missing wherever money or time runs out before the queue does.
 */
type Shelf<T> = {
  readonly second: Map<string, Item<T>>;
  readonly first: Map<string, Item<T>>;
};

export type SavedQueue<T> = {
  readonly pausedUntil: number;
  readonly ready: readonly SavedItem<T>[];
  readonly delayed: readonly SavedItem<T>[];
  readonly asked: readonly (readonly [key: string, item: SavedItem<T>])[];
};

/** Text is held at most this long (DESIGN section 11). */
const HELD_MS = DAY_MS;

export type QueueOptions = {
  /** UTF-16 code units of all texts together. */
  readonly lengthMax: number;
  /** Two clients that failed together are not to come again together: 0 to 1, equal for equal text. */
  readonly jitter: (text: string) => number;
};

/**
 * What is to be judged, from its draw to its verdict: asked in order, a few at a time, asked again
 * after a failure, looked at a second time where the first look found it bad. It says what is to be
 * asked and never loses an item: each ends as settled, with its verdicts and what is missing.
 */
export class JudgeQueue<T> {
  readonly #options: QueueOptions;
  /** By lane, in the order in which they are to be asked. */
  readonly #ready: Readonly<Record<Lane, Shelf<T>>> = {
    urgent: { second: new Map(), first: new Map() },
    calls: { second: new Map(), first: new Map() },
    spare: { second: new Map(), first: new Map() },
  };
  readonly #delayed = new Map<string, Item<T>>();
  /** When the delayed ones are due; some of these ids were settled since. */
  readonly #due = new DueOrder();
  /** Of the delayed ones those that are calls. */
  #delayedCalls = 0;
  readonly #asked = new Map<string, Item<T>>();
  /** All of them, the oldest first. */
  readonly #held = new Map<string, Item<T>>();
  #places = 0;
  #length = 0;
  #pausedUntil: EpochMs = epochMs(0);

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  /** Calls alone. */
  get waiting(): number {
    const { second, first } = this.#ready.calls;
    return second.size + first.size + this.#delayedCalls;
  }

  get underWay(): number {
    return this.#asked.size;
  }

  /** Of the requests under way those that are about no call. */
  get itemsUnderWay(): number {
    let count = 0;
    for (const { lane } of this.#asked.values()) if (lane !== "calls") count++;
    return count;
  }

  /** UTF-16 code units of the texts that are held. */
  get length(): number {
    return this.#length;
  }

  get pausedUntil(): EpochMs {
    return this.#pausedUntil;
  }

  /** Requests without an answer, by key: after a stop each is fed back as `interrupted`. */
  askedKeys(): readonly string[] {
    return [...this.#asked.keys()];
  }

  /** @param length UTF-16 code units of the subject's text */
  add(
    id: string,
    subject: T,
    {
      rubrics,
      length,
      at,
      lane = "calls",
    }: { rubrics: readonly AskedRubric[]; length: number; at: EpochMs; lane?: Lane },
  ): "added" | "full" | "known" {
    if (this.#held.has(id)) return "known";
    if (this.#length + length > this.#options.lengthMax) return "full";
    const item: Item<T> = {
      id,
      subject,
      lane,
      length,
      since: at,
      rubrics,
      look: 1,
      open: rubrics.map(({ name }) => name),
      doubted: [],
      verdicts: [],
      missing: [],
      requests: 0,
      failures: 0,
      notBefore: at,
      place: 0,
    };
    this.#hold(item);
    this.#enterReady(item);
    return "added";
  }

  /**
   * The next item of these lanes to ask about; `undefined` where none is due. It stays first until it
   * is asked.
   */
  next(at: EpochMs, lanes: readonly Lane[] = LANES): Question<T> | undefined {
    if (at < this.#pausedUntil) return undefined;
    const item = this.#first(lanes);
    // What has waited too long is let go when it is woken, and not asked before that.
    if (item === undefined || at - item.since >= HELD_MS) return undefined;
    return questionOf(item);
  }

  /** The first item's question leaves under this key. */
  ask(key: string, lanes: readonly Lane[] = LANES): void {
    const item = this.#first(lanes);
    if (item === undefined) return;
    this.#listOf(item).delete(item.id);
    item.requests++;
    this.#asked.set(key, item);
  }

  /** The subject of a request under way. */
  subjectOf(key: string): T | undefined {
    return this.#asked.get(key)?.subject;
  }

  /** The first item cannot be asked about: what it has no verdict on is missing. */
  giveUp(reason: MissingReason, lanes: readonly Lane[] = LANES): Settled<T> | undefined {
    const item = this.#first(lanes);
    if (item === undefined) return undefined;
    this.#listOf(item).delete(item.id);
    return this.#miss(item, reason);
  }

  /** An item that nobody wants any more, unless a request about it is under way. */
  withdraw(id: string, reason: MissingReason): Settled<T> | undefined {
    const item = this.#held.get(id);
    if (item === undefined || !this.#isWaiting(item)) return undefined;
    return this.#end(item, reason);
  }

  /** What became of a request; `undefined` as long as its item is not settled. */
  answer(key: string, answer: JudgeAnswer, at: EpochMs): Settled<T> | undefined {
    const item = this.#asked.get(key);
    if (item === undefined) return undefined;
    this.#asked.delete(key);
    if (answer.pauseMs !== undefined) this.#pause(answer.pauseMs, at);
    if (answer.ok) {
      for (const verdict of answer.verdicts) take(item, verdict);
      if (item.open.length > 0 && answer.final === true) return this.#miss(item, "partial");
      if (item.open.length > 0) return this.#fail(item, "partial", at);
      return this.#lookAgain(item) ? undefined : this.#settle(item);
    }
    if (!answer.retry) return this.#miss(item, answer.reason);
    return this.#fail(item, answer.reason, at);
  }

  /** Readies what has waited long enough; returns what has waited too long. */
  wake(at: EpochMs): readonly Settled<T>[] {
    const due: Item<T>[] = [];
    for (let one = this.#due.take(at); one !== undefined; one = this.#due.take(at)) {
      const item = this.#delayed.get(one.id);
      // One that was settled may have come again under its id.
      if (item?.notBefore === one.dueAt) due.push(item);
    }
    for (const item of due.toSorted((one, other) => one.place - other.place)) {
      this.#leave(item);
      this.#enterReady(item);
    }
    // A second look has no better chance, and would hold the text on.
    return this.#heldTooLong(at).map((item) => this.#end(item, "expired"));
  }

  /** Everything that has no verdict yet is missing; answers under way come to nobody. */
  clear(reason: MissingReason): readonly Settled<T>[] {
    const items = [...this.#asked.values(), ...this.#allReady(), ...this.#delayed.values()];
    this.#asked.clear();
    this.#due.clear();
    return items.map((item) => this.#end(item, reason));
  }

  save(): SavedQueue<T> {
    return {
      pausedUntil: this.#pausedUntil,
      ready: this.#allReady().map(savedOf),
      delayed: [...this.#delayed.values()].map(savedOf),
      asked: Array.from(this.#asked, ([key, item]) => [key, savedOf(item)] as const),
    };
  }

  load(saved: SavedQueue<T>): void {
    this.#pausedUntil = epochMs(saved.pausedUntil);
    const [ready, delayed] = [saved.ready.map(itemOf), saved.delayed.map(itemOf)];
    const asked = saved.asked.map(([key, item]) => [key, itemOf(item)] as const);
    for (const item of ready) this.#enterReady(item);
    for (const item of delayed) this.#enterDelayed(item);
    for (const [key, item] of asked) this.#asked.set(key, item);
    const all = [...ready, ...delayed, ...asked.map(([, item]) => item)];
    for (const item of all.toSorted((one, other) => one.since - other.since)) this.#hold(item);
  }

  #allReady(): readonly Item<T>[] {
    return LANES.flatMap((lane) => {
      const { second, first } = this.#ready[lane];
      return [...second.values(), ...first.values()];
    });
  }

  /** Where an item is as long as it is ready. */
  #listOf({ lane, look }: Item<T>): Map<string, Item<T>> {
    const { second, first } = this.#ready[lane];
    return look === 2 ? second : first;
  }

  /** Whether no request about it is under way. */
  #isWaiting(item: Item<T>): boolean {
    return this.#listOf(item).has(item.id) || this.#delayed.has(item.id);
  }

  #hold(item: Item<T>): void {
    this.#length += item.length;
    this.#held.set(item.id, item);
  }

  #enterReady(item: Item<T>): void {
    item.place = ++this.#places;
    this.#listOf(item).set(item.id, item);
  }

  #enterDelayed(item: Item<T>): void {
    item.place = ++this.#places;
    this.#delayed.set(item.id, item);
    this.#due.add(item.id, item.notBefore);
    if (item.lane === "calls") this.#delayedCalls++;
  }

  /** Takes an item out of the list that it is in. */
  #leave(item: Item<T>): void {
    this.#listOf(item).delete(item.id);
    if (this.#delayed.delete(item.id) && item.lane === "calls") this.#delayedCalls--;
  }

  /** In the order of the lists that they are in. */
  #heldTooLong(at: EpochMs): readonly Item<T>[] {
    const lists = this.#waitingLists();
    const old: { readonly item: Item<T>; readonly list: number }[] = [];
    for (const item of this.#held.values()) {
      if (at - item.since < HELD_MS) break;
      const list = lists.findIndex((one) => one.has(item.id));
      // The answer to one that is under way may still come.
      if (list >= 0) old.push({ item, list });
    }
    old.sort((one, other) => one.list - other.list || one.item.place - other.item.place);
    return old.map(({ item }) => item);
  }

  /** Of everything that no request is under way about. */
  #waitingLists(): readonly Map<string, Item<T>>[] {
    return [
      ...LANES.flatMap((lane) => [this.#ready[lane].second, this.#ready[lane].first]),
      this.#delayed,
    ];
  }

  #first(lanes: readonly Lane[]): Item<T> | undefined {
    for (const lane of lanes) {
      const { second, first } = this.#ready[lane];
      const item = second.values().next().value ?? first.values().next().value;
      if (item !== undefined) return item;
    }
    return undefined;
  }

  #fail(item: Item<T>, reason: MissingReason, at: EpochMs): Settled<T> | undefined {
    if (reason === "interrupted") {
      this.#enterReady(item);
      return undefined;
    }
    item.failures++;
    item.failed = { ...item.failed, [reason]: (item.failed?.[reason] ?? 0) + 1 };
    if (isLastTry(item, reason)) return this.#miss(item, reason);
    const jitter = this.#options.jitter(`${item.id}/${item.requests}`);
    const pauseMs = pauseAfter(item.failures, jitter);
    if (reason === "rate-limited") this.#pause(pauseMs, at);
    item.notBefore = epochMs(at + pauseMs);
    this.#enterDelayed(item);
    return undefined;
  }

  #pause(pauseMs: number, at: EpochMs): void {
    const until = at + Math.min(Math.max(0, pauseMs), HELD_MS);
    this.#pausedUntil = epochMs(Math.max(this.#pausedUntil, Math.ceil(until)));
  }

  /** What is open is missing; what the first look found bad gets its second look all the same. */
  #miss(item: Item<T>, reason: MissingReason): Settled<T> | undefined {
    if (item.look === 1) {
      for (const name of item.open) item.missing.push({ name, reason });
      item.open = [];
      if (reason !== "budget" && this.#lookAgain(item)) return undefined;
      item.open = item.doubted.map(({ name }) => name);
    }
    return this.#missOpen(item, reason);
  }

  #end(item: Item<T>, reason: MissingReason): Settled<T> {
    if (item.look === 1) item.open = [...item.open, ...item.doubted.map(({ name }) => name)];
    return this.#missOpen(item, reason);
  }

  #missOpen(item: Item<T>, reason: MissingReason): Settled<T> {
    for (const name of item.open) {
      const isDoubted = item.doubted.some((one) => one.name === name);
      item.missing.push({ name, reason, ...(isDoubted ? { doubted: true } : {}) });
    }
    return this.#settle(item);
  }

  #lookAgain(item: Item<T>): boolean {
    if (item.look === 2 || item.doubted.length === 0) return false;
    item.look = 2;
    item.open = item.doubted.map(({ name }) => name);
    item.failures = 0;
    item.failed = {};
    this.#enterReady(item);
    return true;
  }

  #settle(item: Item<T>): Settled<T> {
    const { subject, id, length, verdicts, missing } = item;
    this.#leave(item);
    this.#held.delete(id);
    this.#length -= length;
    return { subject, id, verdicts, missing };
  }
}
