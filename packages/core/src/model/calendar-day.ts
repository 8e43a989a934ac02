/** A day of the proleptic Gregorian calendar, UTC. */
export type CalendarDay = {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
};

/**
 * The calendar day that begins a number of days after 1970-01-01, by counting in 400-year eras of
 * years that begin in March (so that the leap day comes last).
 */
export function calendarDay(daysSinceEpoch: number): CalendarDay {
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

export function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

export function daysInMonth({ year, month }: Pick<CalendarDay, "year" | "month">): number {
  return (MONTH_DAYS[month - 1] ?? NaN) + (month === 2 && isLeap(year) ? 1 : 0);
}

/** 1 to 366. */
export function dayOfYear({ year, month, day }: CalendarDay): number {
  let days = day;
  for (let m = 1; m < month; m++) days += daysInMonth({ year, month: m });
  return days;
}
