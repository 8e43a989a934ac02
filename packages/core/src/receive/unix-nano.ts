import type { EpochMs } from "../model/time.ts";
import { epochMs } from "../model/time.ts";

const NANOS_PER_MS = 1_000_000;
// 2^32 ns = 4294 ms + 967,296 ns: with it, the words of a 64-bit count of nanoseconds are brought
// to milliseconds without ever passing 2^53.
const WORD_MS = 4294;
const WORD_REST_NS = 967_296;

/** A point in time as OTLP sends it, exact: whole milliseconds and the nanoseconds beyond them. */
export type UnixNano = { readonly at: EpochMs; readonly restNs: number };

export const NO_TIME: UnixNano = { at: epochMs(0), restNs: 0 };

/** From the two unsigned 32-bit words of nanoseconds since the Unix epoch. */
export function unixNanoFromWords(high: number, low: number): UnixNano {
  const rest = high * WORD_REST_NS + low;
  const restMs = Math.floor(rest / NANOS_PER_MS);
  return { at: epochMs(high * WORD_MS + restMs), restNs: rest - restMs * NANOS_PER_MS };
}

/** From the decimal digits of nanoseconds since the Unix epoch, which a double cannot hold. */
export function unixNanoFromDigits(digits: string): UnixNano {
  return {
    at: epochMs(Number(digits.slice(0, -6))),
    restNs: Number(digits.slice(-6)),
  };
}

/** Nanoseconds from start to end: exact up to 104 days, negative when the end comes first. */
export function elapsedNs(start: UnixNano, end: UnixNano): number {
  return (end.at - start.at) * NANOS_PER_MS + (end.restNs - start.restNs);
}
