import type { MissingReason, RubricVerdict } from "../model/judge.ts";
import type { EpochMs } from "../model/time.ts";

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

/** One call, or golden item, on its way from its draw to its verdicts. */
export type Item<T> = {
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

export type SavedItem<T> = Omit<Item<T>, "place">;

/** Lists of its own, so that a snapshot does not change with the queue. */
export function savedOf<T>({ place: _place, ...item }: Item<T>): SavedItem<T> {
  const { doubted, verdicts, missing } = item;
  return { ...item, doubted: [...doubted], verdicts: [...verdicts], missing: [...missing] };
}

export function itemOf<T>(saved: SavedItem<T>): Item<T> {
  const { doubted, verdicts, missing } = saved;
  const lists = { doubted: [...doubted], verdicts: [...verdicts], missing: [...missing] };
  return { ...saved, ...lists, place: 0 };
}

/**
 * Takes one verdict. At the second look the better of the two stands: a call is bad by a rubric
 * where both looks say so.
 */
export function take<T>(item: Item<T>, verdict: RubricVerdict): void {
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

export function questionOf<T>({ subject, id, look, requests, open }: Item<T>): Question<T> {
  return { subject, id, look, request: requests + 1, rubrics: open };
}
