import { InputError } from "../model/input-error.ts";
import type { Transition } from "../model/engine-io.ts";
import type { Labels } from "../model/labels.ts";
import {
  compareLabels,
  formatLabels,
  labelEntries,
  labelsFrom,
  METRIC_NAME,
  NO_LABELS,
} from "../model/labels.ts";
import type { EpochMs } from "../model/time.ts";
import { SECOND_MS } from "../model/time.ts";
import type { Alert, Breach } from "./alert.ts";
import { step } from "./alert.ts";
import { AlertTraces } from "./alert-traces.ts";
import type { RuleContext } from "./context.ts";
import { type Element, numberOf } from "./expression.ts";
import type { AlertingRule, NamedTemplates, RuleGroup } from "./rule.ts";
import { endAlerts, transitionOf } from "./rule-state.ts";
import { expandTemplate } from "./template/template.ts";
import type { TemplateData } from "./template/template.ts";
import { stringMap } from "./template/value.ts";
import { templateContext } from "./template-query.ts";

const ALERT_NAME = "alertname";

export type AlertingResult = {
  readonly alerts: ReadonlyMap<string, Alert>;
  readonly transitions: readonly Transition[];
  /** `ALERTS` and `ALERTS_FOR_STATE`. */
  readonly samples: readonly Element[];
  /** Why the rule failed as a whole: its alerts have ended. */
  readonly failure?: string;
};

const NO_ALERTS: AlertingResult = { alerts: new Map(), transitions: [], samples: [] };

/** One rule of one group at one time. */
export type Evaluation<Of> = { readonly rule: Of; readonly group: RuleGroup; readonly at: EpochMs };

/**
 * Moves all alerts of a rule by what its expression returned, as Prometheus does
 * (rules/alerting.go, `Eval`).
 *
 * @throws InputError where two elements give alerts of equal labels; the alerts then stay as they are
 */
export function moveAlerts(
  before: ReadonlyMap<string, Alert>,
  elements: readonly Element[],
  evaluation: Evaluation<AlertingRule>,
  context: RuleContext,
): AlertingResult {
  const { rule, group, at } = evaluation;
  // So it is with most rules at most times.
  if (before.size === 0 && elements.length === 0) return NO_ALERTS;
  // Far more than the limit would take long to expand, only to be dropped.
  const { alertsPerRule } = context.limits;
  const limit = Math.min(group.limit > 0 ? group.limit : Infinity, alertsPerRule);
  const own = limit === alertsPerRule;
  if (elements.length > alertsPerRule) {
    const active = elements.length;
    return dropped(before, evaluation, { limit: alertsPerRule, active, own: true });
  }
  const breaches = breachesOf(elements, evaluation, context);
  const alerts = new Map<string, Alert>();
  const transitions: Transition[] = [];
  const { exemplars: find } = context;
  const traces = new AlertTraces(find && { expr: rule.expr, at, find });
  let active = 0;
  for (const key of new Set([...before.keys(), ...breaches.keys()])) {
    const was = before.get(key);
    const { alert: moved, change } = step(was, breaches.get(key), at, rule);
    const alert = moved && traces.give(moved, was, change);
    if (alert !== undefined) alerts.set(key, alert);
    if (alert !== undefined && alert.state !== "inactive") active++;
    const shown = alert ?? was;
    if (change !== undefined && shown !== undefined) {
      transitions.push(transitionOf(change, shown, at, group));
    }
  }
  if (active > limit) return dropped(before, evaluation, { limit, active, own });
  return {
    alerts,
    transitions: transitions.toSorted((a, b) => compareLabels(a.labels, b.labels)),
    samples: stateSamples(alerts.values(), rule),
  };
}

/** `own`: the limit is the program's, the rule file sets none that is stricter. */
type Excess = { readonly limit: number; readonly active: number; readonly own: boolean };

/**
 * Past its limit a rule drops all alerts: one that matches everything would flood its receivers.
 * Prometheus drops them without a word; here those that were told of are told to have ended.
 */
function dropped(
  before: ReadonlyMap<string, Alert>,
  { at, group }: Evaluation<AlertingRule>,
  { limit, active, own }: Excess,
): AlertingResult {
  return {
    alerts: new Map(),
    transitions: endAlerts(before.values(), at, group),
    samples: [],
    failure: `exceeded limit of ${limit} with ${active} alerts${own ? " (limit alertsPerRule)" : ""}`,
  };
}

function breachesOf(
  elements: readonly Element[],
  { rule, at }: Evaluation<AlertingRule>,
  context: RuleContext,
): ReadonlyMap<string, Breach> {
  const breaches = new Map<string, Breach>();
  for (const element of elements) {
    const expand = expansionOf(element, at, context);
    const labels = labelsFrom([
      ...labelEntries(element.labels),
      [METRIC_NAME, ""],
      ...expand(rule.labelTemplates),
      [ALERT_NAME, rule.name],
    ]);
    if (breaches.has(labels.key)) {
      const what = "vector contains metrics with the same labelset after applying alert labels";
      throw new InputError("promql", `${what}: ${formatLabels(labels)}`);
    }
    const annotations = labelsFrom(expand(rule.annotationTemplates));
    breaches.set(labels.key, { labels, annotations, value: numberOf(element) });
  }
  return breaches;
}

type Expansion = (templates: NamedTemplates) => readonly (readonly [string, string])[];

function expansionOf(element: Element, at: EpochMs, context: RuleContext): Expansion {
  const data: TemplateData = {
    labels: stringMap(labelEntries(element.labels)),
    externalLabels: stringMap(labelEntries(context.externalLabels ?? NO_LABELS)),
    value: numberOf(element),
  };
  const functions = templateContext(at, context);
  return (templates) =>
    templates.map(([name, template]) => [
      name,
      expandTemplate(template, data, functions, context.limits),
    ]);
}

/** The metrics that alerting rules write. */
export const ALERTS = "ALERTS";
export const ALERTS_FOR_STATE = "ALERTS_FOR_STATE";

/** What Prometheus writes about each alert that is pending or firing. */
function stateSamples(alerts: Iterable<Alert>, rule: AlertingRule): readonly Element[] {
  const samples: Element[] = [];
  for (const alert of alerts) {
    if (alert.state === "inactive") continue;
    const since = Math.floor(alert.activeAt / SECOND_MS);
    const states = stateLabels(alert, rule, ALERTS, alert.state);
    samples.push({ labels: states, value: 1 });
    const times = stateLabels(alert, rule, ALERTS_FOR_STATE, "");
    samples.push({ labels: times, value: since });
  }
  return samples;
}

function stateLabels(alert: Alert, rule: AlertingRule, name: string, state: string): Labels {
  return labelsFrom([
    // A label whose template came to nothing shows as it was written: so Prometheus has it.
    ...rule.labels,
    ...labelEntries(alert.labels),
    [METRIC_NAME, name],
    [ALERT_NAME, rule.name],
    ...(state === "" ? [] : [["alertstate", state] as const]),
  ]);
}
