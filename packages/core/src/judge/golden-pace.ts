import { DAY_MS, epochMs, type EpochMs, MINUTE_MS } from "../model/time.ts";
import type { NanoUsd } from "./budget.ts";
import { MeanCost, type SavedCosts } from "./mean-cost.ts";

/** Of what a day may cost, the part that the golden set may at most (DESIGN section 7: anchors). */
export const GOLDEN_SHARE = 0.05;
/** Of that part what the daily round leaves to requests before a page. */
const KEPT_FOR_REQUESTS = 0.2;
/** After a stop or a long wait at most so much of the round is made up for at once. */
const CATCH_UP_MS = 10 * MINUTE_MS;

export type SavedPace = {
  readonly lastAt: number | null;
  readonly day: number;
  readonly spent: NanoUsd;
  readonly totalSpent: NanoUsd;
  readonly costs: SavedCosts;
};

/** When the next golden item is due: evenly over the day, and no more of them than there is money for. */
export class GoldenPace {
  #lastAt: EpochMs | undefined;
  #day = 0;
  #spent: NanoUsd = 0;
  #totalSpent: NanoUsd = 0;
  readonly #costs = new MeanCost();

  get totalSpent(): NanoUsd {
    return this.#totalSpent;
  }

  /**
   * How many items are due.
   *
   * @param perDay items that one round has, over the days that it takes
   * @param usdPerDay what a day may cost, of calls and golden items together; absent: there is no cap
   * @param open items that are on their way
   */
  due(
    at: EpochMs,
    {
      perDay,
      usdPerDay,
      open,
    }: { readonly perDay: number; readonly usdPerDay?: number; readonly open: number },
  ): number {
    this.#turn(at);
    const allowance = (usdPerDay ?? Infinity) * 1e9 * GOLDEN_SHARE * (1 - KEPT_FOR_REQUESTS);
    const mean = this.#costs.mean ?? 0;
    const affordable = mean === 0 ? Infinity : allowance / mean;
    const spacing = DAY_MS / Math.min(perDay, affordable);
    const room = this.#roomFor(allowance, open);
    // The first one is due when its part of a round is over, as every other.
    this.#lastAt ??= at;
    const from = Math.max(this.#lastAt, at - CATCH_UP_MS - spacing);
    const due = Math.min(Math.floor((at - from) / spacing), room);
    if (due > 0) this.#lastAt = epochMs(Math.round(from + due * spacing));
    return due;
  }

  /** How many items a request may have beside those that are on their way. */
  affordable(at: EpochMs, usdPerDay: number | undefined, open: number): number {
    this.#turn(at);
    return this.#roomFor((usdPerDay ?? Infinity) * 1e9 * GOLDEN_SHARE, open);
  }

  pay(cost: NanoUsd, at: EpochMs): void {
    this.#turn(at);
    this.#spent += cost;
    this.#totalSpent += cost;
    if (cost > 0) this.#costs.add(cost);
  }

  /** Other verdicts cost otherwise. */
  forgetCosts(): void {
    this.#costs.load({ count: 0, mean: 0 });
  }

  save(): SavedPace {
    return {
      lastAt: this.#lastAt ?? null,
      day: this.#day,
      spent: this.#spent,
      totalSpent: this.#totalSpent,
      costs: this.#costs.save(),
    };
  }

  load(saved: SavedPace): void {
    this.#lastAt = saved.lastAt === null ? undefined : epochMs(saved.lastAt);
    this.#day = saved.day;
    this.#spent = saved.spent;
    this.#totalSpent = saved.totalSpent;
    this.#costs.load(saved.costs);
  }

  /** What one costs is not known before the first: it goes alone. */
  #roomFor(allowance: NanoUsd, open: number): number {
    if (allowance === Infinity) return Infinity;
    const { mean } = this.#costs;
    if (mean === undefined) return open === 0 && this.#spent < allowance ? 1 : 0;
    return Math.max(0, Math.floor((allowance - this.#spent) / mean) - open);
  }

  #turn(at: EpochMs): void {
    const day = Math.floor(at / DAY_MS);
    if (day !== this.#day) this.#spent = 0;
    this.#day = day;
  }
}
