import { assert } from "../model/assert.ts";
import type { Call } from "../model/call.ts";
import { DAY_MS, type EpochMs } from "../model/time.ts";

/** The flag of an answer whose length is out of its segment's habit. */
export const LENGTH_HABIT = "length-habit";

export type LengthVerdict = "shorter" | "longer" | "usual" | "unknown";

/** The share of earlier answers that may lie outside of the habit at either end. */
const TAIL = 0.005;
/** Answers until there is a habit: fewer do not tell their tails. */
const FIRST_HABIT = 200;
/** What is left of earlier answers' weight after a day with calls: half of it after a week. */
const KEPT_A_DAY = 0.9;
/** Weights below this say nothing and are forgotten. */
const LEAST_WEIGHT = 0.05;
/** Days after which a segment without calls is forgotten. */
const FORGOTTEN_AFTER_DAYS = 30;
/** Stands for all segments past the limit. */
const OTHER = "_other";
/** Enough for lengths of 2 ** 22. */
const BUCKETS = 168;

type Habit = {
  readonly weights: Float64Array;
  total: number;
  /** Buckets outside of these are out of habit; absent until there is one. */
  usual: { readonly from: number; readonly to: number } | undefined;
  /** The total at which the first day's habit is measured again. */
  nextTotal: number;
  /** The UTC day of the last call. */
  day: number;
};

/** How long an answer was: characters are UTF-16 code units. */
export type AnswerLength = { readonly unit: "characters" | "tokens"; readonly length: number };

/**
 * The length that a call's answer has, in characters where the output is in the span, else in tokens
 * without those of reasoning. Absent where the answer is not whole, or its length is not known.
 */
export function answerLengthOf(call: Call): AnswerLength | undefined {
  if (call.kind !== "inference" || call.errorType !== undefined) return undefined;
  if (call.ending !== undefined) return undefined;
  const output = call.text?.output;
  if (output !== undefined) return { unit: "characters", length: output.length };
  const { outputTokens, reasoningTokens = 0 } = call.usage;
  if (outputTokens === undefined) return undefined;
  return { unit: "tokens", length: Math.max(0, outputTokens - reasoningTokens) };
}

/** As JSON: one habit a segment and unit; weights as pairs of bucket and weight. */
export type SavedLengthHabit = {
  readonly day: number;
  readonly habits: readonly {
    readonly key: string;
    readonly weights: readonly (readonly [number, number])[];
    readonly usual?: { readonly from: number; readonly to: number };
    readonly total: number;
    readonly nextTotal: number;
    readonly day: number;
  }[];
};

/**
 * How long answers usually are, a segment, and which are not. Lengths fall into buckets an eighth of
 * an octave wide, so that memory does not grow with traffic. What is usual is measured on earlier
 * calls and then held: at every doubling until the first day ends, then once a UTC day, so that a fault
 * is seen against the days before it. Depends on its inputs and nothing else.
 */
export class LengthHabit {
  readonly #segments: number;
  readonly #habits = new Map<string, Habit>();
  #day = 0;

  /** @param segments at most so many have a habit of their own; further ones share one */
  constructor(segments: number) {
    this.#segments = segments;
  }

  static load(saved: SavedLengthHabit, segments: number): LengthHabit {
    const loaded = new LengthHabit(segments);
    loaded.#day = saved.day;
    for (const { key, weights, usual, total, nextTotal, day } of saved.habits) {
      const habit = emptyHabit(day);
      for (const [bucket, weight] of weights) habit.weights[bucket] = weight;
      // Not the sum of the weights, which could differ from it in the last bit.
      habit.total = total;
      habit.usual = usual;
      habit.nextTotal = nextTotal;
      loaded.#habits.set(key, habit);
    }
    return loaded;
  }

  save(): SavedLengthHabit {
    const habits = [...this.#habits].map(([key, { weights, usual, total, nextTotal, day }]) => ({
      key,
      weights: [...weights.entries()].filter(([, weight]) => weight > 0),
      ...(usual && { usual }),
      total,
      nextTotal,
      day,
    }));
    return { day: this.#day, habits };
  }

  /**
   * Holds an answer's length against its segment's habit, and then counts it in; each unit has a habit
   * of its own. `unknown` where there is no habit yet.
   *
   * @param at the input's time, which never decreases
   */
  observe(segment: string, { unit, length }: AnswerLength, at: EpochMs): LengthVerdict {
    const day = Math.floor(at / DAY_MS);
    this.#turnTo(day);
    const habit = this.#habitOf(unit, segment, day);
    if (habit.day < day) turn(habit, day);
    const bucket = bucketOf(length);
    const verdict = judge(habit, bucket);
    count(habit, bucket);
    return verdict;
  }

  #habitOf(unit: string, segment: string, day: number): Habit {
    const key = `${unit} ${segment}`;
    const own = this.#habits.get(key);
    if (own !== undefined) return own;
    const used = this.#habits.size < this.#segments ? key : `${unit} ${OTHER}`;
    const habit = this.#habits.get(used) ?? emptyHabit(day);
    this.#habits.set(used, habit);
    return habit;
  }

  #turnTo(day: number): void {
    if (day <= this.#day) return;
    this.#day = day;
    for (const [key, habit] of this.#habits)
      if (day - habit.day > FORGOTTEN_AFTER_DAYS) this.#habits.delete(key);
  }
}

function emptyHabit(day: number): Habit {
  const weights = new Float64Array(BUCKETS);
  return { weights, total: 0, usual: undefined, nextTotal: FIRST_HABIT, day };
}

/** Lengths below 8 have a bucket each; above, eight buckets share each octave. */
function bucketOf(length: number): number {
  if (length < 8) return Math.max(0, Math.trunc(length));
  const whole = Math.min(length, 2 ** 22 - 1);
  const octave = 31 - Math.clz32(whole);
  const bucket = (octave - 2) * 8 + ((whole >> (octave - 3)) & 7);
  assert(bucket < BUCKETS, "every length has a bucket");
  return bucket;
}

function judge({ usual }: Habit, bucket: number): LengthVerdict {
  if (usual === undefined) return "unknown";
  if (bucket < usual.from) return "shorter";
  return bucket > usual.to ? "longer" : "usual";
}

function count(habit: Habit, bucket: number): void {
  habit.weights[bucket] = (habit.weights[bucket] ?? 0) + 1;
  habit.total += 1;
  if (habit.total < habit.nextTotal) return;
  habit.nextTotal *= 2;
  habit.usual = usualOf(habit);
}

/** Ends a day: what was counted until then becomes the habit, and then weighs less. */
function turn(habit: Habit, day: number): void {
  habit.day = day;
  // Once measured on a whole day, the habit is measured again by days alone.
  if (habit.total >= FIRST_HABIT) {
    habit.usual = usualOf(habit);
    habit.nextTotal = Number.MAX_SAFE_INTEGER;
  }
  for (const [bucket, weight] of habit.weights.entries()) {
    const kept = weight * KEPT_A_DAY;
    habit.weights[bucket] = kept < LEAST_WEIGHT ? 0 : kept;
  }
  habit.total = sum(habit.weights);
}

function usualOf({ weights, total }: Habit): { readonly from: number; readonly to: number } {
  return { from: quantile(weights, total * TAIL), to: quantile(weights, total * (1 - TAIL)) };
}

/** The first bucket up to which at least so much weight lies. */
function quantile(weights: Float64Array, weight: number): number {
  let below = 0;
  for (const [bucket, here] of weights.entries()) {
    below += here;
    if (below >= weight) return bucket;
  }
  // Rounding can leave the sum a hair below the whole.
  return weights.length - 1;
}

function sum(weights: Float64Array): number {
  return weights.reduce((total, weight) => total + weight, 0);
}
