import { type CalendarDay, calendarDay, dayOfYear, daysInMonth } from "../model/calendar-day.ts";
import { DAY_MS, SECOND_MS } from "../model/time.ts";

const DAY_S = DAY_MS / SECOND_MS;

function onDay(read: (day: CalendarDay) => number): (seconds: number) => number {
  return (seconds) => read(calendarDay(Math.floor(seconds / DAY_S)));
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
  const { year, month, day } = calendarDay(Math.floor(seconds / DAY_S));
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
