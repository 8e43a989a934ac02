import {
  formatLabels,
  labelEntries,
  type Labels,
  labelsFrom,
  labelValue,
  METRIC_NAME,
} from "@naruko/core/model/labels";
import type { AlertView } from "@naruko/core/rules/rule-views";
import type { AlertCheck, ExpectedAlert, Pair } from "./rule-test.ts";

/** Lines for people, `Down{job="api"} with {summary="…"}`; equal exactly where the alerts are. */
export type Judged = {
  readonly expected: readonly string[];
  readonly actual: readonly string[];
  readonly passed: boolean;
  /** Why it failed, where the lines do not tell. */
  readonly reason?: string;
};

/** Holds the alerts that fire under a name against those that are expected. */
export function checkAlerts(check: AlertCheck, alerts: readonly AlertView[]): Judged {
  const expected = check.expected.map((alert) => expectedLine(check.alertName, alert)).toSorted();
  const actual = alerts
    .filter(({ state, rule }) => state === "firing" && rule === check.alertName)
    .map(({ labels, annotations }) => line(labels, annotations))
    .toSorted();
  const passed = expected.length === actual.length && expected.every((one, i) => one === actual[i]);
  return { expected, actual, passed };
}

function line(labels: Labels, annotations: Labels): string {
  const name = labelValue(labels, "alertname");
  const named = labelsFrom([...labelEntries(labels), ["alertname", ""], [METRIC_NAME, name]]);
  const noted = annotations.pairs.length === 0 ? "" : ` with ${formatLabels(annotations)}`;
  return formatLabels(named) + noted;
}

function expectedLine(alertName: string, { labels, annotations }: ExpectedAlert): string {
  const shown = line(labelsFrom([...labels, ["alertname", alertName]]), labelsFrom(annotations));
  const empty = [...labels, ...annotations].filter(([, value]) => value === "");
  // Nothing has a label or annotation without a value, so that such a line equals none.
  return empty.length === 0 ? shown : `${shown} and ${empty.map(emptyPair).join(", ")}`;
}

function emptyPair([name]: Pair): string {
  return `${name}=""`;
}
