import type { Transition } from "../model/engine-io.ts";
import type { EpochMs } from "../model/time.ts";
import { epochMs, HOUR_MS } from "../model/time.ts";
import type { Alert } from "./alert.ts";
import { transitionOf } from "./rule-state.ts";
import type { GroupState } from "./rule-state.ts";

/** After a longer gap nothing is known of a pending alert; as Prometheus' outage tolerance. */
const LONGEST_REMEMBERED_MS = HOUR_MS;

/**
 * Carries alerts over a time that did not run (DESIGN section 3): pending ones keep the time that
 * they served, over an hour they lapse and may start anew; firing ones stay firing until their rule
 * is evaluated. Rules that call `absent` wait until they no longer look at the gap.
 */
export function passGap(groups: readonly GroupState[], from: EpochMs, to: EpochMs): Transition[] {
  const transitions: Transition[] = [];
  for (const { group, rules } of groups) {
    for (const state of rules) {
      const alerts = new Map<string, Alert>();
      for (const [key, alert] of state.alerts) {
        const kept = overGap(alert, from, to);
        if (kept === undefined) transitions.push(transitionOf("inactive", alert, to, group));
        else alerts.set(key, kept);
      }
      state.alerts = alerts;
      const { expr } = state.rule;
      if (expr.callsAbsent) state.quietUntil = epochMs(to + expr.longestRangeMs);
    }
  }
  return transitions;
}

function overGap(alert: Alert, from: EpochMs, to: EpochMs): Alert | undefined {
  const lengthMs = to - from;
  if (alert.state === "pending") {
    if (lengthMs > LONGEST_REMEMBERED_MS) return undefined;
    return { ...alert, activeAt: epochMs(alert.activeAt + lengthMs) };
  }
  // What it still has to keep firing is counted in time that ran.
  if (alert.keepFiringSince === undefined) return alert;
  return { ...alert, keepFiringSince: epochMs(alert.keepFiringSince + lengthMs) };
}
