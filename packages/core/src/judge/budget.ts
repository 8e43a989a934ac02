import { assert } from "../model/assert.ts";
import { calendarDay, daysInMonth } from "../model/calendar-day.ts";
import { DAY_MS, type EpochMs } from "../model/time.ts";

/** A billionth of a US dollar, whole: sums of money stay exact. */
export type NanoUsd = number;

/** Whole billionths, rounded up, so that nothing is ever taken for cheaper than it is. */
export function nanoUsd(usd: number): NanoUsd {
  // What binary fractions add (0.15 is a little more) is not a billionth of its own.
  return Math.ceil(usd * 1e9 - 1e-6);
}

/** In US dollars; an absent cap is no cap. */
export type BudgetCaps = { readonly usdPerDay?: number; readonly usdPerMonth?: number };

/** Why a request may not be paid for. */
export type BudgetRefusal = "day-cap" | "month-cap";

/** What the UTC day and month have cost that an input fell into last. */
type Spending = {
  /** Since 1970, and since the year 0. */
  readonly day: number;
  readonly month: number;
  readonly daySpent: NanoUsd;
  readonly monthSpent: NanoUsd;
  /** Of the day before: the forecast needs a whole day. */
  readonly beforeSpent: NanoUsd;
};

export type SavedBudget = Spending & {
  readonly totalSpent: NanoUsd;
  readonly since: EpochMs | null;
  readonly reserved: readonly (readonly [string, NanoUsd])[];
};

/**
 * Dollars a day and a month (UTC, of event time), hard: what a request can cost at most is reserved
 * before it leaves, and what it did cost is settled after it. What is reserved counts as spent, so
 * that requests under way together cannot pass a cap.
 */
export class Budget {
  #caps: BudgetCaps = {};
  #spending: Spending = { day: 0, month: 0, daySpent: 0, monthSpent: 0, beforeSpent: 0 };
  #totalSpent: NanoUsd = 0;
  #since: EpochMs | undefined;
  readonly #reserved = new Map<string, NanoUsd>();
  #reservedSum: NanoUsd = 0;

  setCaps(caps: BudgetCaps): void {
    this.#caps = caps;
  }

  /** Sets money aside for a request, or says which cap leaves no room for it. */
  reserve(key: string, most: NanoUsd, at: EpochMs): BudgetRefusal | undefined {
    assert(most >= 0 && Number.isSafeInteger(most), "money is whole billionths of a dollar");
    assert(!this.#reserved.has(key), "a request is paid for once");
    this.#turn(at);
    this.#since ??= at;
    const held = this.#reservedSum + most;
    const { usdPerDay, usdPerMonth } = this.#caps;
    const { daySpent, monthSpent } = this.#spending;
    if (usdPerDay !== undefined && daySpent + held > floorNano(usdPerDay)) return "day-cap";
    if (usdPerMonth !== undefined && monthSpent + held > floorNano(usdPerMonth)) return "month-cap";
    this.#reserved.set(key, most);
    this.#reservedSum = held;
    return undefined;
  }

  /**
   * Takes what a request did cost; absent: not told, so all that was set aside counts. A request
   * that ends on the day after its start is that day's.
   */
  settle(key: string, cost: NanoUsd | undefined, at: EpochMs): NanoUsd {
    const most = this.#reserved.get(key);
    assert(most !== undefined, "what is settled was reserved");
    this.#turn(at);
    this.#reserved.delete(key);
    this.#reservedSum -= most;
    const paid = cost ?? most;
    const { daySpent, monthSpent } = this.#spending;
    this.#spending = {
      ...this.#spending,
      daySpent: daySpent + paid,
      monthSpent: monthSpent + paid,
    };
    this.#totalSpent += paid;
    return paid;
  }

  /** What is spent and set aside, in US dollars. Whoever looks changes nothing, at any time. */
  view(at: EpochMs): BudgetView {
    const spending = spendingAt(this.#spending, at);
    return {
      dayUsd: spending.daySpent / 1e9,
      monthUsd: spending.monthSpent / 1e9,
      totalUsd: this.#totalSpent / 1e9,
      reservedUsd: this.#reservedSum / 1e9,
      forecastUsd: this.#forecast(spending, at),
    };
  }

  /** Whether a cap is reached, so that nothing can be asked: where it was lowered, before anything is. */
  isUsedUp(at: EpochMs): boolean {
    const { daySpent, monthSpent } = spendingAt(this.#spending, at);
    const { usdPerDay = Infinity, usdPerMonth = Infinity } = this.#caps;
    return daySpent >= floorNano(usdPerDay) || monthSpent >= floorNano(usdPerMonth);
  }

  /**
   * US dollars that a day from here on may cost: the day's cap, or what is left of the month's over
   * the days that are left of it; `undefined` without a cap.
   */
  perDay(at: EpochMs): number | undefined {
    const { usdPerDay, usdPerMonth } = this.#caps;
    if (usdPerMonth === undefined) return usdPerDay;
    const { day, monthSpent } = spendingAt(this.#spending, at);
    const left = Math.max(0, usdPerMonth - monthSpent / 1e9);
    const perDay = left / Math.max((monthEnd(day) - at) / DAY_MS, 1 / 24);
    return Math.min(perDay, usdPerDay ?? Infinity);
  }

  save(): SavedBudget {
    return {
      ...this.#spending,
      totalSpent: this.#totalSpent,
      since: this.#since ?? null,
      reserved: [...this.#reserved],
    };
  }

  load(saved: SavedBudget): void {
    const { day, month, daySpent, monthSpent, beforeSpent } = saved;
    this.#spending = { day, month, daySpent, monthSpent, beforeSpent };
    this.#totalSpent = saved.totalSpent;
    this.#since = saved.since ?? undefined;
    for (const [key, most] of saved.reserved) {
      this.#reserved.set(key, most);
      this.#reservedSum += most;
    }
  }

  /** The month's spend if the last day's pace goes on to its end, as far as the caps let it. */
  #forecast({ day, daySpent, monthSpent, beforeSpent }: Spending, at: EpochMs): number {
    if (this.#since === undefined) return 0;
    const today = at - day * DAY_MS;
    const seenMs = Math.min(at - this.#since, today + DAY_MS);
    const seen = daySpent + (at - this.#since > today ? beforeSpent : 0);
    const perMs = seen / Math.max(seenMs, MIN_SEEN_MS);
    const { usdPerDay = Infinity, usdPerMonth = Infinity } = this.#caps;
    const daysAfter = (monthEnd(day) - (day + 1) * DAY_MS) / DAY_MS;
    const dayLeft = Math.max(0, usdPerDay * 1e9 - daySpent);
    const left = daysAfter === 0 ? dayLeft : dayLeft + daysAfter * usdPerDay * 1e9;
    const paced = monthSpent + Math.min(perMs * (monthEnd(day) - at), left);
    // A cap that was lowered below what is spent takes nothing back.
    return Math.min(paced, Math.max(monthSpent, usdPerMonth * 1e9)) / 1e9;
  }

  #turn(at: EpochMs): void {
    assert(Math.floor(at / DAY_MS) >= this.#spending.day, "event time does not go back");
    this.#spending = spendingAt(this.#spending, at);
  }
}

function spendingAt(before: Spending, at: EpochMs): Spending {
  const day = Math.floor(at / DAY_MS);
  if (day <= before.day) return before;
  const month = monthOf(day);
  return {
    day,
    month,
    daySpent: 0,
    monthSpent: month === before.month ? before.monthSpent : 0,
    beforeSpent: day === before.day + 1 ? before.daySpent : 0,
  };
}

export type BudgetView = {
  readonly dayUsd: number;
  readonly monthUsd: number;
  /** Since the beginning. */
  readonly totalUsd: number;
  readonly reservedUsd: number;
  /** What the month comes to at the pace of today and yesterday, within the caps. */
  readonly forecastUsd: number;
};

/** A pace needs some time to be one: a first verdict is not a month of them. */
const MIN_SEEN_MS = DAY_MS / 24;

function floorNano(usd: number): NanoUsd {
  return Math.floor(usd * 1e9 + 1e-6);
}

/** Months since the year 0. */
function monthOf(day: number): number {
  const { year, month } = calendarDay(day);
  return year * 12 + month - 1;
}

function monthEnd(day: number): number {
  const date = calendarDay(day);
  return (day - date.day + 1 + daysInMonth(date)) * DAY_MS;
}
