import type { Delivery, NotifiedAlert, Transition } from "@naruko/core/model/engine-io";
import { labelsToRecord } from "@naruko/core/model/labels";
import type { EpochMs } from "@naruko/core/model/time";

/** A line of replay's output (DESIGN section 3): one change of one alert. */
export function alertRecord(transition: Transition): object {
  const { at, state, labels, annotations, value, startsAt } = transition;
  return {
    at: isoTime(at),
    kind: "alert",
    state,
    labels: labelsToRecord(labels),
    annotations: labelsToRecord(annotations),
    value: jsonNumber(value),
    startsAt: isoTime(startsAt),
  };
}

/** A line of replay's output: one message to one integration of a receiver. */
export function notificationRecord(delivery: Delivery): object {
  const { at, receiver, groupLabels, reason, alerts } = delivery;
  return {
    at: isoTime(at),
    kind: "notification",
    receiver,
    group: labelsToRecord(groupLabels),
    reason,
    alerts: alerts.map(notifiedRecord),
  };
}

function notifiedRecord(alert: NotifiedAlert): object {
  const { status, labels, annotations, startsAt, endsAt, value, fingerprint } = alert;
  return {
    status,
    labels: labelsToRecord(labels),
    annotations: labelsToRecord(annotations),
    startsAt: isoTime(startsAt),
    ...(endsAt === undefined ? {} : { endsAt: isoTime(endsAt) }),
    value: jsonNumber(value),
    fingerprint,
  };
}

export function isoTime(at: EpochMs): string {
  return new Date(at).toISOString();
}

/** JSON has no NaN and no infinity: they are written as Prometheus' API writes them. */
function jsonNumber(value: number): number | string {
  if (Number.isFinite(value)) return value;
  if (Number.isNaN(value)) return "NaN";
  return value > 0 ? "+Inf" : "-Inf";
}
