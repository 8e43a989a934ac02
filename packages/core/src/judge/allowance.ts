import { calendarDay, daysInMonth } from "../model/calendar-day.ts";
import { DAY_MS, type EpochMs } from "../model/time.ts";
import type { BudgetCaps, BudgetView } from "./budget.ts";

/** A pace over less than this is none. */
const REST_MIN = 1 / 24;

/**
 * How many verdicts a day the caps leave: the day's cap, or the month's spread over what is left of
 * it. Where today's money went faster than the day, what is left is spread over the rest of the day;
 * what went slower is not caught up. Absent: there is no cap.
 *
 * @param usdPerVerdict what a verdict costs on the average, failures and second looks included
 */
export function verdictsPerDay(
  { usdPerDay, usdPerMonth }: BudgetCaps,
  { dayUsd, monthUsd, reservedUsd }: Pick<BudgetView, "dayUsd" | "monthUsd" | "reservedUsd">,
  usdPerVerdict: number,
  at: EpochMs,
): number | undefined {
  const uncapped = usdPerDay === undefined && usdPerMonth === undefined;
  // A judge that costs nothing never meets a cap.
  if (uncapped || usdPerVerdict === 0) return undefined;
  const day = Math.floor(at / DAY_MS);
  const date = calendarDay(day);
  const daysLeft = daysInMonth(date) - date.day + 1;
  const beforeToday = monthUsd - dayUsd;
  const ofMonth = ((usdPerMonth ?? Infinity) - beforeToday) / daysLeft;
  const today = Math.max(0, Math.min(usdPerDay ?? Infinity, ofMonth));
  const rest = Math.max(REST_MIN, 1 - (at / DAY_MS - day));
  const left = Math.max(0, today - dayUsd - reservedUsd) / rest;
  return Math.min(today, left) / usdPerVerdict;
}
