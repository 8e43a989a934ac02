import type { Labels } from "../model/labels.ts";
import { labelsFrom } from "../model/labels.ts";
import type { EpochMs } from "../model/time.ts";
import type { Alert } from "./alert.ts";
import type { Rule } from "./rule.ts";
import type { GroupState, RuleHealth, RuleState } from "./rule-state.ts";

/** One pending or firing alert, as the API shows it. */
export type AlertView = {
  readonly state: "pending" | "firing";
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly activeAt: EpochMs;
  readonly keepFiringSince: EpochMs | undefined;
  readonly value: number;
  readonly rule: string;
  readonly group: string;
  readonly file: string;
};

type CommonView = {
  readonly name: string;
  /** The expression as Prometheus prints it. */
  readonly query: string;
  readonly labels: Labels;
  readonly health: RuleHealth;
  readonly lastError: string | undefined;
  readonly lastEvaluatedAt: EpochMs | undefined;
  /** Its history is being loaded. */
  readonly waiting: boolean;
};

export type RuleView =
  | (CommonView & { readonly kind: "record" })
  | (CommonView & {
      readonly kind: "alert";
      /** The highest state of its alerts. */
      readonly state: "unknown" | "inactive" | "pending" | "firing";
      readonly forMs: number;
      readonly keepFiringForMs: number;
      readonly annotations: Labels;
      readonly alerts: readonly AlertView[];
    });

export type GroupView = {
  readonly name: string;
  readonly file: string;
  readonly intervalMs: number;
  readonly limit: number;
  readonly lastEvaluatedAt: EpochMs | undefined;
  readonly rules: readonly RuleView[];
};

export function groupView(state: GroupState, tickMs: number): GroupView {
  const { group, lastEvaluatedAt, rules } = state;
  return {
    name: group.name,
    file: group.file,
    intervalMs: group.intervalMs ?? tickMs,
    limit: group.limit,
    lastEvaluatedAt,
    rules: rules.map((rule) => ruleView(rule, state)),
  };
}

function ruleView(state: RuleState, group: GroupState): RuleView {
  const { rule } = state;
  const common = commonView(rule, state);
  if (rule.kind === "record") return { ...common, kind: "record" };
  const alerts = ruleAlerts(state, group);
  return {
    ...common,
    kind: "alert",
    state: highestState(state, alerts),
    forMs: rule.forMs,
    keepFiringForMs: rule.keepFiringForMs,
    annotations: labelsFrom(rule.annotations),
    alerts,
  };
}

function commonView(rule: Rule, state: RuleState): CommonView {
  return {
    name: rule.name,
    query: rule.expr.printed,
    labels: labelsFrom(rule.labels),
    health: state.health,
    lastError: state.lastError,
    lastEvaluatedAt: state.lastEvaluatedAt,
    waiting: state.waiting,
  };
}

function highestState(
  { lastEvaluatedAt }: RuleState,
  alerts: readonly AlertView[],
): "unknown" | "inactive" | "pending" | "firing" {
  if (alerts.some(({ state }) => state === "firing")) return "firing";
  if (alerts.length > 0) return "pending";
  return lastEvaluatedAt === undefined ? "unknown" : "inactive";
}

function ruleAlerts(state: RuleState, group: GroupState): readonly AlertView[] {
  return [...state.alerts.values()].flatMap((alert) => alertView(alert, state.rule, group) ?? []);
}

function alertView(alert: Alert, rule: Rule, { group }: GroupState): AlertView | undefined {
  const { state, labels, annotations, activeAt, keepFiringSince, value } = alert;
  if (state === "inactive") return undefined;
  const shown = { state, labels, annotations, activeAt, keepFiringSince, value };
  return { ...shown, rule: rule.name, group: group.name, file: group.file };
}

/** All pending and firing alerts of a group, in the order of its rules. */
export function alertViews(state: GroupState): readonly AlertView[] {
  return state.rules.flatMap((rule) => ruleAlerts(rule, state));
}
