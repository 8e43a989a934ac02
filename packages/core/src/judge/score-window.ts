import { DAY_MS, HOUR_MS, MINUTE_MS } from "../model/time.ts";
import type { NumberReader, NumberWriter } from "./saved-numbers.ts";
import {
  addDeficit,
  addUnknown,
  bestBet,
  clearUnknown,
  type DeficitSums,
  deficitBound,
  expectDeficit,
  noDeficit,
  showDeficit,
} from "./score-bound.ts";

/** How far back a score looks. */
export type WindowName = "15m" | "1h" | "1d";

export const WINDOWS: Readonly<Record<WindowName, { slotMs: number; slots: number }>> = {
  "15m": { slotMs: MINUTE_MS, slots: 15 },
  "1h": { slotMs: 5 * MINUTE_MS, slots: 12 },
  "1d": { slotMs: HOUR_MS, slots: DAY_MS / HOUR_MS },
};

/** Above this share of missing verdicts an interval takes the worst of them (DESIGN section 7). */
const MISSING_MAX = 0.05;
/** A verdict that is waited for longer than this counts as missing until it comes. */
const PATIENCE_MS = 2 * MINUTE_MS;

/** One eligible call under one rubric, as the past saw it. */
export type ScoredCall = {
  /** When it was offered. */
  readonly at: number;
  /** π by this rubric: above 0. */
  readonly inclusion: number;
  /** How many calls it stands for. */
  readonly weight: number;
  /** The score that earlier verdicts made likely: 0 to 1. */
  readonly forecast: number;
};

/** What is known of the calls of one stretch of time; sums are by weight. */
type Totals = {
  calls: number;
  weight: number;
  /** Of forecasts. */
  forecast: number;
  /** Of what verdicts add to forecasts, each divided by its probability. */
  correction: number;
  drawn: number;
  /** Of inverse probabilities of drawn calls, and of those with a verdict. */
  drawnWeight: number;
  judged: number;
  judgedWeight: number;
  missing: number;
  /** Of the missing ones those that a first look found bad. */
  doubted: number;
  /** Calls that score lower than forecast, and higher. */
  readonly lower: DeficitSums;
  readonly higher: DeficitSums;
};

type Slot = Totals & {
  /** Which one, counted from 1970. */
  readonly index: number;
  /** The bets that were thought best when it began, for a window that begins with it. */
  readonly lowerBet: number;
  readonly higherBet: number;
};

/** The slots of states that were written before they were numbers; `doubted` is absent where none was. */
export type SavedWindow = readonly (Omit<Slot, "doubted"> & { readonly doubted?: number })[];

/** The score of the calls of a window, with an interval that it lies in. */
export type ScoreEstimate = {
  /** 0 to 1: the mean that all eligible calls would have, had all been judged. */
  readonly score: number;
  /** Lies between them at least 95 times in 100. */
  readonly lower: number;
  readonly upper: number;
  /** The estimate before it is brought into the interval: unbiased, and where few are judged beyond 0 to 1. */
  readonly unbiased: number;
  /** Eligible calls, those drawn, and those with a verdict. */
  readonly calls: number;
  readonly drawn: number;
  readonly judged: number;
  /** Part of the drawn calls that have no verdict, but for those asked about just now: 0 to 1. */
  readonly missing: number;
  /** Whether the interval holds whatever the missing verdicts would have been. */
  readonly worstCase: boolean;
};

/** The calls of the last stretch of time under one rubric, slot by slot. */
export class ScoreWindow {
  readonly #slotMs: number;
  readonly #slotsMax: number;
  /** Oldest first; those without calls are left out. */
  readonly #slots: Slot[] = [];
  /** All slots but the newest, in sum; absent where one of them changed since that was made. */
  #closed: Totals | undefined;
  /** The last estimate, as long as only time has gone on, and how many verdicts were awaited too long. */
  #last: { readonly awaited: number; readonly estimate: ScoreEstimate } | undefined;

  constructor(name: WindowName, saved: SavedWindow = []) {
    this.#slotMs = WINDOWS[name].slotMs;
    this.#slotsMax = WINDOWS[name].slots;
    this.#slots.push(...saved.map((slot) => ({ ...slot, doubted: slot.doubted ?? 0 })));
  }

  /** A window that `save` wrote. */
  static read(name: WindowName, numbers: NumberReader): ScoreWindow {
    const slots: Slot[] = [];
    for (let left = numbers.next(); left > 0; left--) slots.push(readSlot(numbers));
    return new ScoreWindow(name, slots);
  }

  get isEmpty(): boolean {
    return this.#slots.length === 0;
  }

  /** Lets go of what is older than the window that ends at this time. */
  expire(at: number): void {
    const oldest = this.#indexOf(at) - this.#slotsMax + 1;
    while (this.#slots[0] !== undefined && this.#slots[0].index < oldest) {
      this.#slots.shift();
      this.#closed = this.#last = undefined;
    }
  }

  /** Counts a call before anything is known of its verdict. */
  count(call: ScoredCall, drawn: boolean): void {
    this.expire(call.at);
    const { inclusion, weight, forecast } = call;
    const slot = this.#slotFor(call);
    this.#last = undefined;
    slot.calls++;
    slot.weight += weight;
    slot.forecast += weight * forecast;
    const [low, high] = [weight * forecast, weight * (1 - forecast)];
    expectDeficit(slot.lower, low, inclusion);
    expectDeficit(slot.higher, high, inclusion);
    if (!drawn) return;
    slot.drawn++;
    slot.drawnWeight += weight / inclusion;
    addUnknown(slot.lower, low, inclusion, 1);
    addUnknown(slot.higher, high, inclusion, 1);
  }

  /**
   * Takes the verdict of a drawn call that was counted; absent: it is missing for good, `"doubted"`
   * where a first look found it bad.
   */
  settle(call: ScoredCall, score: number | "doubted" | undefined): void {
    const slot = this.#slots.find(({ index }) => index === this.#indexOf(call.at));
    if (slot === undefined) return;
    this.#last = undefined;
    if (slot !== this.#slots.at(-1)) this.#closed = undefined;
    if (typeof score !== "number") {
      slot.missing++;
      if (score === "doubted") slot.doubted++;
      return;
    }
    const { inclusion, weight, forecast } = call;
    const [low, high] = [weight * forecast, weight * (1 - forecast)];
    addUnknown(slot.lower, low, inclusion, -1);
    addUnknown(slot.higher, high, inclusion, -1);
    const deficit = weight * (forecast - score);
    showDeficit(slot.lower, { most: low, deficit, inclusion });
    showDeficit(slot.higher, { most: high, deficit: -deficit, inclusion });
    slot.judged++;
    slot.judgedWeight += weight / inclusion;
    slot.correction -= deficit / inclusion;
    if (slot.judged < slot.drawn) return;
    clearUnknown(slot.lower);
    clearUnknown(slot.higher);
  }

  /** The score of the window that ends at this time; `undefined` where it has no calls. */
  estimate(at: number): ScoreEstimate | undefined {
    this.expire(at);
    const [oldest] = this.#slots;
    if (oldest === undefined) return undefined;
    let awaited = 0;
    for (const slot of this.#slots) {
      const ended = (slot.index + 1) * this.#slotMs <= at - PATIENCE_MS;
      if (ended) awaited += slot.drawn - slot.judged - slot.missing;
    }
    if (this.#last?.awaited === awaited) return this.#last.estimate;
    const estimate = estimateOf(this.#sums(), awaited, oldest);
    this.#last = { awaited, estimate };
    return estimate;
  }

  save(numbers: NumberWriter): void {
    numbers.add(this.#slots.length);
    for (const slot of this.#slots) saveSlot(slot, numbers);
  }

  #indexOf(at: number): number {
    return Math.floor(at / this.#slotMs);
  }

  /** The slot of a call, which is the newest one. */
  #slotFor(call: ScoredCall): Slot {
    const index = this.#indexOf(call.at);
    const newest = this.#slots.at(-1);
    if (newest?.index === index) return newest;
    const before = this.#sums();
    const { inclusion, weight, forecast } = call;
    if (before.calls === 0) {
      // Nothing is known but the call itself.
      expectDeficit(before.lower, weight * forecast, inclusion);
      expectDeficit(before.higher, weight * (1 - forecast), inclusion);
    }
    const part = Math.max(1, this.#slots.length) / this.#slotsMax;
    const slot = {
      index,
      lowerBet: bestBet(before.lower, part),
      higherBet: bestBet(before.higher, part),
      ...noTotals(),
    };
    this.#closed = newest && before;
    this.#slots.push(slot);
    return slot;
  }

  /** Of all slots: added up from the oldest to the newest, so that rounding is the same after a restart. */
  #sums(): Totals {
    const newest = this.#slots.at(-1);
    if (this.#closed === undefined) {
      this.#closed = noTotals();
      for (const slot of this.#slots) if (slot !== newest) addTotals(this.#closed, slot);
    }
    const { lower, higher, ...rest } = this.#closed;
    const sums = { ...rest, lower: copyOf(lower), higher: copyOf(higher) };
    if (newest !== undefined) addTotals(sums, newest);
    return sums;
  }
}

/**
 * @param awaited verdicts that are awaited for so long that they count as missing
 * @param bets those of the window's oldest slot
 */
function estimateOf(
  sums: Totals,
  awaited: number,
  bets: Pick<Slot, "lowerBet" | "higherBet">,
): ScoreEstimate {
  const missing = sums.drawn === 0 ? 0 : (sums.missing + awaited) / sums.drawn;
  const isBlind = sums.drawn > 0 && sums.judged === 0;
  // Few missing verdicts are taken to be like the others, where nothing says that they are not.
  const worstCase = missing > MISSING_MAX || sums.doubted > 0 || isBlind;
  const scale = sums.judgedWeight === 0 ? 1 : sums.drawnWeight / sums.judgedWeight;
  const bound = (side: DeficitSums, favourite: number): number =>
    deficitBound(side, { favourite, scale: worstCase ? 1 : scale, withUnknown: worstCase });
  const { weight, forecast } = sums;
  const lower = Math.max(0, (forecast - bound(sums.lower, bets.lowerBet)) / weight);
  const highest = Math.min(1, (forecast + bound(sums.higher, bets.higherBet)) / weight);
  // Where both are certain, rounding must not turn them round.
  const upper = Math.max(lower, highest);
  const unbiased = (forecast + sums.correction * scale) / weight;
  return {
    score: Math.min(Math.max(unbiased, lower), upper),
    lower,
    upper,
    unbiased,
    calls: sums.calls,
    drawn: sums.drawn,
    judged: sums.judged,
    missing,
    worstCase,
  };
}

function noTotals(): Totals {
  return {
    calls: 0,
    weight: 0,
    forecast: 0,
    correction: 0,
    drawn: 0,
    drawnWeight: 0,
    judged: 0,
    judgedWeight: 0,
    missing: 0,
    doubted: 0,
    lower: noDeficit(),
    higher: noDeficit(),
  };
}

function addTotals(to: Totals, from: Totals): void {
  to.calls += from.calls;
  to.weight += from.weight;
  to.forecast += from.forecast;
  to.correction += from.correction;
  to.drawn += from.drawn;
  to.drawnWeight += from.drawnWeight;
  to.judged += from.judged;
  to.judgedWeight += from.judgedWeight;
  to.missing += from.missing;
  to.doubted += from.doubted;
  addDeficit(to.lower, from.lower);
  addDeficit(to.higher, from.higher);
}

function copyOf({ certain, judged, unknown }: DeficitSums): DeficitSums {
  return { certain: [...certain], judged: [...judged], unknown: [...unknown] };
}

function saveSlot(slot: Slot, numbers: NumberWriter): void {
  numbers.addSparse([
    slot.index,
    slot.lowerBet,
    slot.higherBet,
    slot.calls,
    slot.weight,
    slot.forecast,
    slot.correction,
    slot.drawn,
    slot.drawnWeight,
    slot.judged,
    slot.judgedWeight,
    slot.missing,
    slot.doubted,
  ]);
  for (const { certain, judged, unknown } of [slot.lower, slot.higher]) {
    numbers.addSparse(certain);
    numbers.addSparse(judged);
    numbers.addSparse(unknown);
  }
}

/** In the order in which they were saved. */
function readSlot(numbers: NumberReader): Slot {
  const [index = 0, lowerBet = 0, higherBet = 0, ...totals] = numbers.nextSparse();
  const [calls = 0, weight = 0, forecast = 0, correction = 0, ...verdicts] = totals;
  const [drawn = 0, drawnWeight = 0, judged = 0, judgedWeight = 0, ...lacking] = verdicts;
  const [missing = 0, doubted = 0] = lacking;
  return {
    index,
    lowerBet,
    higherBet,
    calls,
    weight,
    forecast,
    correction,
    drawn,
    drawnWeight,
    judged,
    judgedWeight,
    missing,
    doubted,
    lower: readDeficit(numbers),
    higher: readDeficit(numbers),
  };
}

function readDeficit(numbers: NumberReader): DeficitSums {
  return {
    certain: numbers.nextSparse(),
    judged: numbers.nextSparse(),
    unknown: numbers.nextSparse(),
  };
}
