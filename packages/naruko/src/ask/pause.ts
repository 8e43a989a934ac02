import { HOUR_MS, SECOND_MS } from "@naruko/core/model/time";
import type { Exchange } from "./exchange.ts";

/** Milliseconds; an endpoint that asks for more is asked again nevertheless. */
const PAUSE_MAX_MS = HOUR_MS;

/** Headers that say what is left, and when there is more: OpenAI's, Anthropic's, the IETF's. */
const ALLOWANCES: readonly (readonly [remaining: string, reset: string])[] = [
  ["x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"],
  ["x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"],
  ["x-ratelimit-remaining", "x-ratelimit-reset"],
  ["ratelimit-remaining", "ratelimit-reset"],
  ["anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset"],
  ["anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset"],
  ["anthropic-ratelimit-input-tokens-remaining", "anthropic-ratelimit-input-tokens-reset"],
  ["anthropic-ratelimit-output-tokens-remaining", "anthropic-ratelimit-output-tokens-reset"],
];

/**
 * How long an endpoint asks to be left alone, in milliseconds: by `Retry-After` where it refused,
 * else until what is used up is there again. `undefined` where it asks for nothing.
 *
 * @param nowMs wall time, for an answer that does not say when it was made
 */
export function pauseAfter(
  { status, headers }: Pick<Exchange, "status" | "headers">,
  nowMs: number,
): number | undefined {
  const made = Date.parse(headers.get("date") ?? "");
  const answeredMs = Number.isNaN(made) ? nowMs : made;
  const asked = status >= 400 ? retryAfter(headers, answeredMs) : undefined;
  const isLimit = status === 429 || (status >= 200 && status < 300);
  const pauseMs = asked ?? (isLimit ? usedUp(headers, answeredMs) : 0);
  return pauseMs > 0 ? Math.min(Math.ceil(pauseMs), PAUSE_MAX_MS) : undefined;
}

/** RFC 9110: seconds or a date; OpenAI's servers give milliseconds beside it. */
function retryAfter(headers: Headers, answeredMs: number): number | undefined {
  const exact = headers.get("retry-after-ms");
  if (exact !== null && isNumber(exact)) return Number(exact);
  const after = headers.get("retry-after");
  if (after === null) return undefined;
  if (isNumber(after)) return Number(after) * SECOND_MS;
  const untilMs = Date.parse(after);
  return Number.isNaN(untilMs) ? undefined : untilMs - answeredMs;
}

function usedUp(headers: Headers, answeredMs: number): number {
  const waits = ALLOWANCES.map(([remaining, reset]) => {
    const left = headers.get(remaining);
    const isUsedUp = left !== null && isNumber(left) && Number(left) === 0;
    return isUsedUp ? untilReset(headers.get(reset) ?? "", answeredMs) : 0;
  });
  return Math.max(...waits);
}

/** `6m0s`, `20ms`, seconds, a time since the epoch in seconds or milliseconds, or a date. */
function untilReset(text: string, answeredMs: number): number {
  if (isNumber(text)) {
    const value = Number(text);
    if (value > 1e11) return value - answeredMs;
    return value > 1e8 ? value * SECOND_MS - answeredMs : value * SECOND_MS;
  }
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g)];
  if (parts.length > 0 && parts.map(([part]) => part).join("") === text) {
    return parts.reduce(
      (ms, [, value, unit = ""]) => ms + Number(value) * (UNITS_MS[unit] ?? 0),
      0,
    );
  }
  const untilMs = Date.parse(text);
  return Number.isNaN(untilMs) ? 0 : untilMs - answeredMs;
}

const UNITS_MS: Readonly<Record<string, number>> = {
  h: HOUR_MS,
  m: 60 * SECOND_MS,
  s: SECOND_MS,
  ms: 1,
};

function isNumber(text: string): boolean {
  return /^\d+(?:\.\d+)?$/.test(text.trim());
}
