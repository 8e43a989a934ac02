import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "./time.ts";

// Largest first: Prometheus accepts each unit once and in this order only. A year is 365 days.
const UNITS: readonly (readonly [string, number])[] = [
  ["y", 365 * DAY_MS],
  ["w", 7 * DAY_MS],
  ["d", DAY_MS],
  ["h", HOUR_MS],
  ["m", MINUTE_MS],
  ["s", SECOND_MS],
  ["ms", 1],
];

const DURATION = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;

// Prometheus counts nanoseconds in 64 bits: some 292 years.
const MAX_DURATION_MS = Number((2n ** 63n - 1n) / 1_000_000n);

/**
 * Reads a duration as Prometheus writes them (`1h30m`, `15s`, `250ms`, `0`) and returns it in
 * milliseconds; `undefined` where the text is none, or is longer than Prometheus can count.
 */
export function parseDuration(text: string): number | undefined {
  if (text === "0") return 0;
  const match = DURATION.exec(text);
  if (match === null || text === "") return undefined;
  let total = 0;
  for (const [i, [, unitMs]] of UNITS.entries()) total += Number(match[i + 1] ?? 0) * unitMs;
  return total <= MAX_DURATION_MS ? total : undefined;
}

/** Writes milliseconds as Prometheus does: `1h30m`, `15s`, `0s`; years and weeks only when exact. */
export function formatDuration(ms: number): string {
  if (ms === 0) return "0s";
  let rest = Math.abs(ms);
  let text = "";
  for (const [unit, unitMs] of UNITS) {
    const exactOnly = unit === "y" || unit === "w" || unit === "d";
    // Prometheus shows days and longer only where nothing smaller remains: 25h, but 2d.
    if (rest < unitMs || (exactOnly && rest % unitMs !== 0)) continue;
    text += `${Math.floor(rest / unitMs)}${unit}`;
    rest %= unitMs;
  }
  return ms < 0 ? `-${text}` : text;
}
