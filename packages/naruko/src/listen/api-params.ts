import { parseDuration } from "@naruko/core/model/duration";
import { epochMs, SECOND_MS } from "@naruko/core/model/time";
import type { EpochMs } from "@naruko/core/model/time";

/** What Prometheus' API calls the kinds of errors, with the status of each. */
export const API_ERRORS = {
  bad_data: 400,
  execution: 422,
  timeout: 503,
  internal: 500,
  not_found: 404,
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

/** A time in either notation; `undefined` where the text is none. */
export function readTime(text: string): EpochMs | undefined {
  const seconds = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
  const isRfc3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(text);
  const ms = isRfc3339 ? Date.parse(text) : Math.round(seconds * SECOND_MS);
  return Math.abs(ms) <= MAX_EPOCH_MS ? epochMs(ms) : undefined;
}

/** Reads a duration as Prometheus' API takes it: seconds, or `5m`. In milliseconds. */
export function durationParam(params: URLSearchParams, name: string): number | undefined {
  const text = params.get(name);
  if (text === null || text === "") return undefined;
  const ms = readDuration(text);
  if (ms !== undefined) return ms;
  const what = `invalid parameter "${name}": cannot parse "${text}" to a valid duration`;
  throw new ApiError("bad_data", what);
}

/** A duration in either notation; `undefined` where the text is none. */
export function readDuration(text: string): number | undefined {
  const seconds = /^\d+\.?\d*(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
  return Number.isFinite(seconds) ? Math.round(seconds * SECOND_MS) : parseDuration(text);
}

/** Reads `limit`: the most rows of an answer; absent or 0 for all. */
export function limitParam(params: URLSearchParams): number {
  const text = params.get("limit");
  if (text === null || text === "") return Infinity;
  if (!/^\d+$/.test(text)) {
    throw new ApiError(
      "bad_data",
      `invalid parameter "limit": expected a whole number, not "${text}"`,
    );
  }
  return Number(text) === 0 ? Infinity : Number(text);
}
