import { epochMs, HOUR_MS, MINUTE_MS, SECOND_MS } from "@naruko/core/model/time";
import type { PriceEntry } from "../config/config.ts";
import type { DemoPlan } from "./demo-calls.ts";

/**
 * A day for the rule that compares with yesterday, an hour for its window, and another one, so that
 * the false alarm that it is known for (yesterday's window is partial) is over.
 */
export const HISTORY_MS: number = 26 * HOUR_MS;
const INCIDENT_BEFORE_MS = 3 * MINUTE_MS;

/** The demo that is live from `now` on: its history behind it, and 3 minutes of trouble. */
export function demoPlan(
  now: number,
  { intervalMs, historyMs }: { readonly intervalMs: number; readonly historyMs: number },
): DemoPlan {
  const startAt = Math.floor((now - historyMs) / intervalMs) * intervalMs;
  return {
    startAt: epochMs(startAt),
    incidentAt: epochMs(startAt + historyMs - INCIDENT_BEFORE_MS),
  };
}

/** The invented models have prices, so that costs are shown too; US dollars a million tokens. */
export const DEMO_PRICES: readonly PriceEntry[] = [
  { model: "demo-large", input: 2.5, output: 10, cache_read: 1.25 },
  { model: "demo-small", input: 0.25, output: 1, cache_read: 0.1 },
];

/** How many whole seconds of the plan's world are over at a time. */
export function secondsUntil({ startAt }: DemoPlan, time: number): number {
  return Math.floor((time - startAt) / SECOND_MS);
}
