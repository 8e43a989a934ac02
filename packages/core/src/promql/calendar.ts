import { DAY_MS, SECOND_MS } from "../model/time.ts";

const DAY_S = DAY_MS / SECOND_MS;

/** A day of the proleptic Gregorian calendar, UTC. */
type CalendarDay = { readonly year: number; readonly month: number; readonly day: number };

/**
 * The calendar day that begins a number of days after 1970-01-01, by counting in 400-year eras of
 * years that begin in March (so that the leap day comes last).
 */
function dayOf(daysSinceEpoch: number): CalendarDay {
  const days = daysSinceEpoch + 719_468;
  const era = Math.floor(days / 146_097);
  const dayOfEra = days - era * 146_097;
  const leaps = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524);
  const yearOfEra = Math.floor((dayOfEra - leaps + Math.floor(dayOfEra / 146_096)) / 365);
  const dayInYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayInYear + 2) / 153);
  const day = dayInYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

function daysInMonth({ year, month }: CalendarDay): number {
  return (MONTH_DAYS[month - 1] ?? NaN) + (month === 2 && isLeap(year) ? 1 : 0);
}

function dayOfYear({ year, month, day }: CalendarDay): number {
  let days = day;
  for (let m = 1; m < month; m++) days += daysInMonth({ year, month: m, day: 1 });
  return days;
}

function onDay(read: (day: CalendarDay) => number): (seconds: number) => number {
  return (seconds) => read(dayOf(Math.floor(seconds / DAY_S)));
}

function withinDay(unitS: number, units: number): (seconds: number) => number {
  return (seconds) => {
    const inDay = seconds - Math.floor(seconds / DAY_S) * DAY_S;
    return Math.floor(inDay / unitS) % units;
  };
}

const PARTS: readonly (readonly [string, (seconds: number) => number])[] = [
  ["minute", withinDay(60, 60)],
  ["hour", withinDay(3600, 24)],
  // 1970-01-01 was a Thursday; Sunday is 0.
  ["day_of_week", (seconds) => (((Math.floor(seconds / DAY_S) + 4) % 7) + 7) % 7],
  ["day_of_month", onDay(({ day }) => day)],
  ["day_of_year", onDay(dayOfYear)],
  ["days_in_month", onDay(daysInMonth)],
  ["month", onDay(({ month }) => month)],
  ["year", onDay(({ year }) => year)],
];

/** A time in whole seconds, UTC, as RFC 3339 writes it: `2026-11-02T10:04:00Z`. */
export function rfc3339(ms: number): string {
  const seconds = Math.floor(ms / SECOND_MS);
  const { year, month, day } = dayOf(Math.floor(seconds / DAY_S));
  const inDay = seconds - Math.floor(seconds / DAY_S) * DAY_S;
  const clock = [Math.floor(inDay / 3600), Math.floor(inDay / 60) % 60, inDay % 60];
  const date = [String(year).padStart(4, "0"), twoDigits(month), twoDigits(day)];
  return `${date.join("-")}T${clock.map(twoDigits).join(":")}Z`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

/** Functions from seconds since the epoch (cut to whole ones) to a part of the date, UTC. */
export const CALENDAR: ReadonlyMap<string, (seconds: number) => number> = new Map(
  PARTS.map(([name, part]) => [name, (seconds: number) => part(Math.trunc(seconds))]),
);
