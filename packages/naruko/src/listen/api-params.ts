import { parseDuration } from "@naruko/core/model/duration";
import { parseFloatText } from "@naruko/core/model/go-float";
import { epochMs, SECOND_MS } from "@naruko/core/model/time";
import type { EpochMs } from "@naruko/core/model/time";

/** What Prometheus' API calls the kinds of errors, with the status of each. */
export const API_ERRORS = {
  bad_data: 400,
  canceled: 499,
  execution: 422,
  timeout: 503,
  internal: 500,
  not_found: 404,
  unavailable: 500,
} as const;

export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly type: keyof typeof API_ERRORS;

  constructor(type: keyof typeof API_ERRORS, message: string) {
    super(message);
    this.type = type;
  }
}

// What an EpochMs can be without losing whole milliseconds: some 285,000 years around the epoch.
const MAX_EPOCH_MS = 8.64e15;

/** The bounds of a range that names none, as Prometheus' API has them (MinTime, MaxTime). */
const UNBOUNDED_S = 2 ** 63 / 1000;

/** Reads a time as Prometheus' API takes it: seconds since the epoch, or RFC 3339. */
export function timeParam(params: URLSearchParams, name: string, fallback?: EpochMs): EpochMs {
  const text = params.get(name);
  if (text === null || text === "") {
    if (fallback !== undefined) return fallback;
    throw new ApiError("bad_data", `missing parameter "${name}"`);
  }
  const at = readTime(text);
  if (at !== undefined) return at;
  const remedy = "expected seconds since the epoch or RFC 3339, as 2026-11-02T10:04:00Z";
  throw new ApiError("bad_data", `invalid parameter "${name}": cannot parse "${text}"; ${remedy}`);
}

const RFC_3339 =
  /^\d{4}-\d\d-(\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d([.,]\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** A time in either notation; `undefined` where the text is none. */
export function readTime(text: string): EpochMs | undefined {
  const seconds = parseFloatText(text);
  if (seconds === undefined) return usable(readRfc3339(text));
  // Prometheus' clients write "without bounds" so; nothing is stored beyond our own bounds.
  if (Math.abs(seconds) <= UNBOUNDED_S) {
    return epochMs(
      Math.max(-MAX_EPOCH_MS, Math.min(MAX_EPOCH_MS, Math.round(seconds * SECOND_MS))),
    );
  }
  return undefined;
}

function usable(ms: number): EpochMs | undefined {
  return Math.abs(ms) <= MAX_EPOCH_MS ? epochMs(ms) : undefined;
}

/** NaN where the text is none. The platform takes February 30 for March 2, Go refuses it. */
function readRfc3339(text: string): number {
  const [, day, fraction = ""] = RFC_3339.exec(text) ?? [];
  const written = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  if (day === undefined || written.getUTCDate() !== Number(day)) return NaN;
  return Date.parse(text.replace(fraction, fraction.replace(",", ".")));
}

/** Reads a duration as Prometheus' API takes it: seconds of either sign, or `5m`. In milliseconds. */
export function durationParam(params: URLSearchParams, name: string): number | undefined {
  const text = params.get(name);
  if (text === null || text === "") return undefined;
  const ms = readDuration(text);
  if (ms !== undefined) return ms;
  const what = `invalid parameter "${name}": cannot parse "${text}" to a valid duration`;
  throw new ApiError("bad_data", what);
}

// Go counts a duration in nanoseconds of 64 bits.
const MAX_DURATION_MS = 2 ** 63 / 1e6;

/** A duration in either notation; `undefined` where the text is none, or too long. */
export function readDuration(text: string): number | undefined {
  const seconds = parseFloatText(text);
  if (seconds === undefined) return parseDuration(text);
  const ms = Math.round(seconds * SECOND_MS);
  return Math.abs(ms) <= MAX_DURATION_MS ? ms : undefined;
}

/** Reads a flag as Go's ParseBool does; false where it is absent. */
export function flagParam(params: URLSearchParams, name: string): boolean {
  const text = params.get(name) ?? "";
  if (["1", "t", "T", "true", "TRUE", "True"].includes(text)) return true;
  if (["", "0", "f", "F", "false", "FALSE", "False"].includes(text)) return false;
  const what = `invalid parameter "${name}": expected true or false, not "${text}"`;
  throw new ApiError("bad_data", what);
}

/** Reads `limit`: the most rows of an answer; absent or 0 for all. */
export function limitParam(params: URLSearchParams): number {
  const text = params.get("limit");
  if (text === null || text === "") return Infinity;
  if (!/^\+?\d+$|^-0+$/.test(text)) {
    throw new ApiError(
      "bad_data",
      `invalid parameter "limit": expected a whole number, not "${text}"`,
    );
  }
  return Number(text) === 0 ? Infinity : Number(text);
}

/** Reads a whole number of either sign; absent where it is not told. */
export function countParam(params: URLSearchParams, name: string): number | undefined {
  const text = params.get(name) ?? "";
  if (text === "") return undefined;
  if (/^[+-]?\d+$/.test(text)) return Number(text);
  throw new ApiError("bad_data", `${name} must be a number`);
}
