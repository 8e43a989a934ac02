import type { JudgeAnswer, MissingReason, RubricVerdict } from "../model/judge.ts";
import { DAY_MS, type EpochMs, MINUTE_MS, SECOND_MS, epochMs } from "../model/time.ts";
import { DueOrder } from "./due-order.ts";

/** What is to be judged by one rubric, and what is bad by it. */
export type AskedRubric = {
  readonly name: string;
  /** A score below it is bad, and is looked at a second time: 0 to 1. */
  readonly threshold: number;
};

/** In which order items are asked about: calls as they come, others before them or when none waits. */
export type Lane = "urgent" | "calls" | "spare";

export const LANES: readonly Lane[] = ["urgent", "calls", "spare"];

/** How an item is asked about at this moment. */
export type Question<T> = {
  readonly subject: T;
  /** Equal for equal items: names the item in keys. */
  readonly id: string;
  /** 1, or 2 for what the first look found bad. */
  readonly look: 1 | 2;
  /** 1 for the first request of all about this item. */
  readonly request: number;
  readonly rubrics: readonly string[];
};

/** What came of an item; every rubric that was to be asked is in one of the two. */
export type Settled<T> = {
  readonly subject: T;
  readonly id: string;
  readonly verdicts: readonly RubricVerdict[];
  readonly missing: readonly MissedRubric[];
};

/** A rubric that has no verdict, and why. */
type MissedRubric = {
  readonly name: string;
  readonly reason: MissingReason;
  /** The first look found it bad, and there was no second one. */
  readonly doubted?: true;
};

type Item<T> = {
  readonly id: string;
  readonly subject: T;
  readonly lane: Lane;
  /** Of the subject's text, for the queue's bound. */
  readonly length: number;
  readonly since: EpochMs;
  readonly rubrics: readonly AskedRubric[];
  look: 1 | 2;
  /** Rubrics that this look has no verdict on yet. */
  open: readonly string[];
  /** Bad at the first look. */
  readonly doubted: RubricVerdict[];
  readonly verdicts: RubricVerdict[];
  readonly missing: MissedRubric[];
  /** Requests so far, of all looks. */
  requests: number;
  /** Failures of this look, and of them those of each reason. */
  failures: number;
  failed?: Readonly<Partial<Record<MissingReason, number>>>;
  notBefore: EpochMs;
  /** Orders those of one list by when they came to it. */
  place: number;
};

type SavedItem<T> = Omit<Item<T>, "place">;

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

/**
 * Failures of one look for one reason after which its rubrics are missing: who was told to wait is not
 * denied the second try that another fault has. A stop of ours is nobody's failure.
 */
const FAILURES_MAX: Readonly<Record<MissingReason, number>> = {
  "rate-limited": 8,
  "server-error": 5,
  timeout: 3,
  connection: 5,
  rejected: 1,
  refused: 2,
  truncated: 2,
  malformed: 3,
  partial: 3,
  foreign: 2,
  budget: 1,
  "queue-full": 1,
  expired: 1,
  interrupted: Infinity,
  reloaded: 1,
};

/** Failures of one look for any reasons. */
const ALL_FAILURES_MAX = 8;

/** Text is held at most this long (DESIGN section 11). */
const HELD_MS = DAY_MS;
const FIRST_PAUSE_MS = 2 * SECOND_MS;
const LONGEST_PAUSE_MS = 5 * MINUTE_MS;

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
    const ofReason = (item.failed?.[reason] ?? 0) + 1;
    item.failed = { ...item.failed, [reason]: ofReason };
    if (ofReason >= FAILURES_MAX[reason] || item.failures >= ALL_FAILURES_MAX)
      return this.#miss(item, reason);
    const pauseMs = this.#pauseOf(item);
    if (reason === "rate-limited") this.#pause(pauseMs, at);
    item.notBefore = epochMs(at + pauseMs);
    this.#enterDelayed(item);
    return undefined;
  }

  /** Twice as long after each failure, by up to a half longer: 2 s, 4 s … 5 min. */
  #pauseOf({ id, requests, failures }: Item<T>): number {
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS);
    return Math.round(pauseMs * (1 + this.#options.jitter(`${id}/${requests}`) / 2));
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

/** Lists of its own, so that a snapshot does not change with the queue. */
function savedOf<T>({ place: _place, ...item }: Item<T>): SavedItem<T> {
  const { doubted, verdicts, missing } = item;
  return { ...item, doubted: [...doubted], verdicts: [...verdicts], missing: [...missing] };
}

function itemOf<T>(saved: SavedItem<T>): Item<T> {
  const { doubted, verdicts, missing } = saved;
  const lists = { doubted: [...doubted], verdicts: [...verdicts], missing: [...missing] };
  return { ...saved, ...lists, place: 0 };
}

/**
 * Takes one verdict. At the second look the better of the two stands: a call is bad by a rubric
 * where both looks say so.
 */
function take<T>(item: Item<T>, verdict: RubricVerdict): void {
  const { name, score } = verdict;
  if (!item.open.includes(name)) return;
  item.open = item.open.filter((other) => other !== name);
  if (item.look === 2) {
    const before = item.doubted.find((other) => other.name === name);
    item.verdicts.push(before !== undefined && before.score > score ? before : verdict);
    return;
  }
  const rubric = item.rubrics.find((other) => other.name === name);
  const isBad = rubric !== undefined && score < rubric.threshold;
  (isBad ? item.doubted : item.verdicts).push(verdict);
}

function questionOf<T>({ subject, id, look, requests, open }: Item<T>): Question<T> {
  return { subject, id, look, request: requests + 1, rubrics: open };
}
