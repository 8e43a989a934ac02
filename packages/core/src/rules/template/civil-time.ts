import { type CalendarDay, calendarDay, dayOfYear } from "../../model/calendar-day.ts";
import { DAY_MS } from "../../model/time.ts";

const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/** A point in time on the UTC calendar (proleptic Gregorian). */
export type CivilTime = CalendarDay & {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly ms: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  /** 1 to 366. */
  readonly yearDay: number;
};

export function monthName(month: number): string {
  return MONTHS[month - 1] ?? "";
}

export function weekdayName(weekday: number): string {
  return WEEKDAYS[weekday] ?? "";
}

/** Splits milliseconds since 1970 into calendar fields. */
export function civilTime(epochMs: number): CivilTime {
  const days = Math.floor(epochMs / DAY_MS);
  const ofDay = epochMs - days * DAY_MS;
  const date = calendarDay(days);
  return {
    ...date,
    hour: Math.floor(ofDay / 3_600_000),
    minute: Math.floor(ofDay / 60_000) % 60,
    second: Math.floor(ofDay / 1000) % 60,
    ms: ofDay % 1000,
    weekday: (((days + 4) % 7) + 7) % 7,
    yearDay: dayOfYear(date),
  };
}

// Longest first, so that `January` is not read as `Jan`.
const LAYOUT =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|Z07:00|Z0700|Z07|-07:00|-0700|-07|[.,]0+(?![0-9])|[.,]9+(?![0-9])|002|__2|_2(?!006)|01|02|03|04|05|06|15|PM|pm|1|2|3|4|5/g;

/** Writes a time by one of Go's layouts (`2006-01-02 15:04:05`); the zone is UTC. */
export function formatTime(epochMs: number, layout: string): string {
  const time = civilTime(epochMs);
  return layout.replaceAll(LAYOUT, (part) => layoutPart(time, part));
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

function layoutPart(time: CivilTime, part: string): string {
  if (/^[.,]/.test(part)) return fraction(time.ms, part);
  const hour12 = time.hour % 12 === 0 ? 12 : time.hour % 12;
  const parts: Readonly<Record<string, string>> = {
    January: monthName(time.month),
    Jan: monthName(time.month).slice(0, 3),
    "1": String(time.month),
    "01": two(time.month),
    Monday: weekdayName(time.weekday),
    Mon: weekdayName(time.weekday).slice(0, 3),
    "2": String(time.day),
    _2: String(time.day).padStart(2),
    "02": two(time.day),
    __2: String(time.yearDay).padStart(3),
    "002": String(time.yearDay).padStart(3, "0"),
    "15": two(time.hour),
    "3": String(hour12),
    "03": two(hour12),
    "4": String(time.minute),
    "04": two(time.minute),
    "5": String(time.second),
    "05": two(time.second),
    "2006": String(time.year).padStart(4, "0"),
    "06": two(time.year % 100),
    PM: time.hour >= 12 ? "PM" : "AM",
    pm: time.hour >= 12 ? "pm" : "am",
    MST: "UTC",
    "Z07:00": "Z",
    Z0700: "Z",
    Z07: "Z",
    "-07:00": "+00:00",
    "-0700": "+0000",
    "-07": "+00",
  };
  return parts[part] ?? part;
}

/** `.000` keeps trailing zeros, `.999` drops them. */
function fraction(ms: number, part: string): string {
  const digits = String(ms)
    .padStart(3, "0")
    .padEnd(9, "0")
    .slice(0, part.length - 1);
  if (part[1] === "0") return part.slice(0, 1) + digits;
  const short = digits.replace(/0+$/, "");
  return short === "" ? "" : part.slice(0, 1) + short;
}

/** As Go prints a time: `2015-05-28 13:44:10.342 +0000 UTC`. */
export function timeText(epochMs: number): string {
  return formatTime(epochMs, "2006-01-02 15:04:05.999999999 -0700 MST");
}

/** As Go prints a duration: `1h15m30.918s`, `1.5ms`, `0s`. */
export function durationText(ns: bigint): string {
  const sign = ns < 0n ? "-" : "";
  const size = ns < 0n ? -ns : ns;
  if (size === 0n) return "0s";
  if (size < 1000n) return `${sign}${size}ns`;
  if (size < 1_000_000n) return `${sign}${withFraction(size, 3)}µs`;
  if (size < 1_000_000_000n) return `${sign}${withFraction(size, 6)}ms`;
  const minutes = size / 60_000_000_000n;
  const seconds = withFraction(size % 60_000_000_000n, 9);
  if (minutes === 0n) return `${sign}${seconds}s`;
  if (minutes < 60n) return `${sign}${minutes}m${seconds}s`;
  return `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}s`;
}

function withFraction(value: bigint, places: number): string {
  const unit = 10n ** BigInt(places);
  const rest = String(value % unit)
    .padStart(places, "0")
    .replace(/0+$/, "");
  return `${value / unit}${rest === "" ? "" : `.${rest}`}`;
}
