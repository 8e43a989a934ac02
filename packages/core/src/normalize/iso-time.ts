import { type EpochMs, epochMs } from "../model/time.ts";

const ISO = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;

/** A time written by ISO 8601 with its zone, as senders put it into text; `undefined` for anything else. */
export function isoTime(text: string): EpochMs | undefined {
  const [, year, month, day, hour, minute, second, fraction = "0", zone = ""] =
    ISO.exec(text) ?? [];
  if (year === undefined) return undefined;
  const days = daysSince1970(Number(year), Number(month), Number(day));
  const minutes = (days * 24 + Number(hour)) * 60 + Number(minute) - zoneMinutes(zone);
  return epochMs(
    minutes * 60_000 + Number(second) * 1000 + Math.floor(Number(`0.${fraction}`) * 1000),
  );
}

/** Days of the proleptic Gregorian calendar, with years that begin in March so that leap days end them. */
function daysSince1970(year: number, month: number, day: number): number {
  const fromMarch = month > 2 ? year : year - 1;
  const leapDays =
    Math.floor(fromMarch / 4) - Math.floor(fromMarch / 100) + Math.floor(fromMarch / 400);
  const inYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  return 365 * fromMarch + leapDays + inYear - 719_468;
}

function zoneMinutes(zone: string): number {
  if (zone === "Z") return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6));
  return zone.startsWith("-") ? -minutes : minutes;
}
