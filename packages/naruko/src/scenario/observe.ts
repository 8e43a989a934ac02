import type { Delivery, Transition } from "@naruko/core/model/engine-io";
import { formatLabels, labelValue, METRIC_NAME, withLabel } from "@naruko/core/model/labels";
import type { Labels } from "@naruko/core/model/labels";

/** What came out of one run of a scenario, each list in order of time. */
export type Outputs = {
  readonly transitions: readonly Transition[];
  readonly deliveries: readonly Delivery[];
};

/** `firing SlowChat{app="chat"}`; the alert's name is the labels' metric name. */
export function alertLine(state: string, labels: Labels): string {
  return `${state} ${formatLabels(labels)}`;
}

export function sentLine(receiver: string, reason: string): string {
  const shown = /^[^\s"#]+$/.test(receiver) ? receiver : JSON.stringify(receiver);
  return `sent ${shown} ${JSON.stringify(reason)}`;
}

/** The alert's labels with its name in the metric's place. */
export function namedAlert(labels: Labels): Labels {
  const name = labelValue(labels, "alertname");
  return withLabel(withLabel(labels, "alertname", ""), METRIC_NAME, name);
}

/**
 * What holds after the tick at `at`, a line each, sorted: pending and firing alerts, those that
 * resolved at this very tick, and messages sent after `since`.
 *
 * @param since the moment of the observation before; -Infinity for the first
 */
export function observe(outputs: Outputs, at: number, since: number): readonly string[] {
  const active = new Map<string, string>();
  const lines: string[] = [];
  for (const transition of outputs.transitions) {
    if (transition.at > at) break;
    const { state, labels, file, group } = transition;
    const key = JSON.stringify([file, group, labels.pairs]);
    active.delete(key);
    const line = alertLine(state, namedAlert(labels));
    if (state === "pending" || state === "firing") active.set(key, line);
    else if (state === "resolved" && transition.at === at) lines.push(line);
  }
  for (const delivery of outputs.deliveries) {
    if (delivery.at > since && delivery.at <= at) {
      lines.push(sentLine(delivery.receiver, delivery.reason));
    }
  }
  return [...active.values(), ...lines].toSorted();
}
