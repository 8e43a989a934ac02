import { assert } from "../model/assert.ts";
import type { AlertState } from "../model/engine-io.ts";
import type { Labels } from "../model/labels.ts";
import type { EpochMs } from "../model/time.ts";
import { MINUTE_MS } from "../model/time.ts";

/** How long a resolved alert is kept, so that receivers which missed its end are told again. */
const RESOLVED_RETENTION_MS: number = 15 * MINUTE_MS;

/** One alert of one rule: a label set that the rule's expression returned at least once. */
export type Alert = {
  /** `inactive`: it fired and has resolved. */
  readonly state: "pending" | "firing" | "inactive";
  readonly labels: Labels;
  /** As expanded at the last breach. */
  readonly annotations: Labels;
  /** At the last breach. */
  readonly value: number;
  /** When the breach began. */
  readonly activeAt: EpochMs;
  /** Present once it fired. */
  readonly firedAt?: EpochMs;
  /** When `keep_firing_for` began to count: the first evaluation without a breach. */
  readonly keepFiringSince?: EpochMs;
  /** Present exactly when inactive. */
  readonly resolvedAt?: EpochMs;
};

/** What one element of the expression's result says about an alert. */
export type Breach = Pick<Alert, "labels" | "annotations" | "value">;

export type AlertTiming = {
  /** How long a breach must last before it fires; 0 fires at once. */
  readonly forMs: number;
  /** How long it goes on firing after the last breach. */
  readonly keepFiringForMs: number;
};

export type AlertStep = {
  /** `undefined`: it is forgotten. */
  readonly alert: Alert | undefined;
  /** What changed; a breach with `for: 0` is `firing` at once, without `pending` before it. */
  readonly change: AlertState | undefined;
};

/**
 * Moves one alert by one evaluation, as Prometheus does (rules/alerting.go, `Eval`).
 *
 * Time comes in as `now` and nowhere else, so that a replay of last month and the live loop take
 * the same path through this function.
 *
 * @param breach absent when the rule's expression did not return this label set at `now`
 */
export function step(
  alert: Alert | undefined,
  breach: Breach | undefined,
  now: EpochMs,
  timing: AlertTiming,
): AlertStep {
  assert(timing.forMs >= 0 && timing.keepFiringForMs >= 0, "an alert's durations are not negative");
  if (breach === undefined) return lapse(alert, now, timing);
  // A resolved alert that breaches again starts a new wait: its times belong to the old incident.
  const begun = alert === undefined || alert.state === "inactive";
  const state = begun ? "pending" : alert.state;
  const activeAt = begun ? now : alert.activeAt;
  // The labels are equal to the ones before; keeping those keeps what is remembered about them.
  const next = { ...breach, labels: alert?.labels ?? breach.labels, activeAt };
  if (state === "firing")
    return { alert: { ...next, ...firedAtOf(alert), state }, change: undefined };
  if (now - activeAt >= timing.forMs) {
    return { alert: { ...next, state: "firing", firedAt: now }, change: "firing" };
  }
  return { alert: { ...next, state }, change: begun ? "pending" : undefined };
}

function firedAtOf(alert: Alert | undefined): Pick<Alert, "firedAt"> {
  return alert?.firedAt === undefined ? {} : { firedAt: alert.firedAt };
}

function lapse(alert: Alert | undefined, now: EpochMs, timing: AlertTiming): AlertStep {
  if (alert === undefined) return { alert, change: undefined };
  switch (alert.state) {
    case "pending":
      return { alert: undefined, change: "inactive" };
    case "inactive": {
      const age = now - (alert.resolvedAt ?? now);
      return { alert: age > RESOLVED_RETENTION_MS ? undefined : alert, change: undefined };
    }
    case "firing": {
      const keepFiringSince = alert.keepFiringSince ?? now;
      if (timing.keepFiringForMs > 0 && now - keepFiringSince < timing.keepFiringForMs) {
        return { alert: { ...alert, keepFiringSince }, change: undefined };
      }
      return { alert: { ...alert, state: "inactive", resolvedAt: now }, change: "resolved" };
    }
  }
}
