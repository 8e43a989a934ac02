import type { Transition } from "../model/engine-io.ts";
import type { Labels } from "../model/labels.ts";
import type { EpochMs } from "../model/time.ts";
import type { Alert } from "./alert.ts";
import type { Rule, RuleGroup } from "./rule.ts";

/** How the last evaluation of a rule went; `unknown` before the first. */
export type RuleHealth = "unknown" | "ok" | "err";

/** A rule and all that it remembers from one evaluation to the next. */
export type RuleState = {
  /** Replaced by a reload that changes nothing but annotations. */
  rule: Rule;
  /** By the key of their labels; resolved ones stay for their retention. Empty for recording rules. */
  alerts: ReadonlyMap<string, Alert>;
  /** What the last good evaluation wrote, by key: whatever of it is missing next time ends stale. */
  series: ReadonlyMap<string, Labels>;
  health: RuleHealth;
  lastError: string | undefined;
  lastEvaluatedAt: EpochMs | undefined;
  /** Its history is not in memory yet; it starts when that was loaded. */
  waiting: boolean;
  /** After a gap, a rule that calls `absent` is not evaluated before this. */
  quietUntil: EpochMs | undefined;
};

export type GroupState = {
  group: RuleGroup;
  rules: readonly RuleState[];
  lastEvaluatedAt: EpochMs | undefined;
};

export function freshRule(rule: Rule, waiting: boolean): RuleState {
  return {
    rule,
    alerts: new Map(),
    series: new Map(),
    health: "unknown",
    lastError: undefined,
    lastEvaluatedAt: undefined,
    waiting,
    quietUntil: undefined,
  };
}

/** One change of an alert, as history keeps it. */
export function transitionOf(
  state: Transition["state"],
  alert: Alert,
  at: EpochMs,
  group: RuleGroup,
): Transition {
  const { labels, annotations, value, activeAt: startsAt } = alert;
  return { at, state, labels, annotations, value, startsAt, group: group.name, file: group.file };
}

/** Ends every pending and firing alert of a rule that is gone or failed for good. */
export function endAlerts(
  alerts: Iterable<Alert>,
  at: EpochMs,
  group: RuleGroup,
): readonly Transition[] {
  const ended: Transition[] = [];
  for (const alert of alerts) {
    if (alert.state === "pending") ended.push(transitionOf("inactive", alert, at, group));
    if (alert.state === "firing") ended.push(transitionOf("resolved", alert, at, group));
  }
  return ended;
}
