import type { NotifiedAlert, Transition } from "../model/engine-io.ts";
import { sortedLabels } from "../model/labels.ts";
import { epochMs } from "../model/time.ts";
import { fingerprintOf } from "./fnv.ts";

/** One alert between its first firing and the moment when nobody needs to hear of it any more. */
export type HeldAlert = {
  readonly alert: NotifiedAlert;
  /**
   * How many rules fire it: two rules may give the same labels, and one of them ending must not
   * resolve what the other still sees. 0 once resolved.
   */
  readonly claims: number;
};

/** Where people find the rule behind an alert; the engine knows the address and the expression. */
export type GeneratorUrl = (transition: Transition) => string;

/**
 * The alert after one transition to firing or resolved; `undefined` where nothing is held, that is
 * when something resolves that never fired. Other states never reach a notification.
 */
export function heldAfter(
  held: HeldAlert | undefined,
  transition: Transition,
  generatorUrl: GeneratorUrl,
): HeldAlert | undefined {
  if (transition.state === "firing") {
    if (held?.alert.status === "firing") return { ...held, claims: held.claims + 1 };
    return { alert: firingAlert(transition, generatorUrl), claims: 1 };
  }
  if (transition.state !== "resolved" || held?.alert.status !== "firing") return held;
  if (held.claims > 1) return { ...held, claims: held.claims - 1 };
  return { alert: { ...held.alert, status: "resolved", endsAt: transition.at }, claims: 0 };
}

function firingAlert(transition: Transition, generatorUrl: GeneratorUrl): NotifiedAlert {
  return {
    status: "firing",
    labels: transition.labels,
    annotations: transition.annotations,
    startsAt: transition.at,
    value: transition.value,
    fingerprint: fingerprintOf(transition.labels),
    generatorUrl: generatorUrl(transition),
  };
}

/** A `NotifiedAlert` that survives JSON: labels as pairs, and the value as text, since it may be NaN. */
export type SavedAlert = {
  readonly status: "firing" | "resolved";
  readonly labels: readonly string[];
  readonly annotations: readonly string[];
  readonly startsAt: number;
  readonly endsAt?: number;
  readonly value: string;
  readonly generatorUrl: string;
};

export function saveAlert(alert: NotifiedAlert): SavedAlert {
  return {
    status: alert.status,
    labels: alert.labels.pairs,
    annotations: alert.annotations.pairs,
    startsAt: alert.startsAt,
    ...(alert.endsAt === undefined ? {} : { endsAt: alert.endsAt }),
    value: String(alert.value),
    generatorUrl: alert.generatorUrl,
  };
}

export function loadAlert(saved: SavedAlert): NotifiedAlert {
  const labels = sortedLabels(saved.labels);
  return {
    status: saved.status,
    labels,
    annotations: sortedLabels(saved.annotations),
    startsAt: epochMs(saved.startsAt),
    ...(saved.endsAt === undefined ? {} : { endsAt: epochMs(saved.endsAt) }),
    value: Number(saved.value),
    fingerprint: fingerprintOf(labels),
    generatorUrl: saved.generatorUrl,
  };
}
