import type { Delivery, NotifiedAlert } from "../model/engine-io.ts";
import { labelEntries, labelsFrom, compareLabels, type Labels } from "../model/labels.ts";
import type { HeldAlert } from "./held-alert.ts";
import type { Integration } from "./routing.ts";
import type { GroupContent, MessageContent } from "./target.ts";

/** The group's alerts in the order in which they are shown: by labels, so that a replay agrees. */
export function contentOf(held: Iterable<HeldAlert>): GroupContent {
  const alerts = [...held]
    .map(({ alert }) => alert)
    .toSorted((a, b) => compareLabels(a.labels, b.labels));
  return {
    firing: alerts.filter((alert) => alert.status === "firing"),
    resolved: alerts.filter((alert) => alert.status === "resolved"),
  };
}

/** What a message has beside its content; the same for every message of one flush of a group. */
export type Envelope = Pick<
  Delivery,
  "at" | "receiver" | "groupKey" | "groupLabels" | "externalUrl" | "key"
>;

/**
 * One message. Alerts beyond the limit are counted, not shown: firing ones come first, so that an
 * end is cut before a fire. What is common is common to the alerts that are shown, as in
 * Alertmanager.
 *
 * @param alertsMax alerts in one message, at least 1; the integration's own limit may be stricter
 */
export function composeDelivery(
  envelope: Envelope,
  { reason, alerts }: MessageContent,
  integration: Integration,
  alertsMax: number,
): Delivery {
  const own = integration.maxAlerts === 0 ? alertsMax : integration.maxAlerts;
  const shown = alerts.slice(0, Math.min(own, alertsMax));
  return {
    ...envelope,
    integration: integration.name,
    commonLabels: commonOf(shown, (alert) => alert.labels),
    commonAnnotations: commonOf(shown, (alert) => alert.annotations),
    reason,
    alerts: shown,
    truncatedAlerts: alerts.length - shown.length,
    attempt: 1,
  };
}

function commonOf(
  alerts: readonly NotifiedAlert[],
  part: (alert: NotifiedAlert) => Labels,
): Labels {
  const [first, ...others] = alerts;
  if (first === undefined) return labelsFrom([]);
  const common = new Map(labelEntries(part(first)));
  for (const alert of others) {
    const own = new Map(labelEntries(part(alert)));
    for (const [name, value] of common) if (own.get(name) !== value) common.delete(name);
  }
  return labelsFrom(common);
}
