import { InputError } from "../model/input-error.ts";
import type { Labels } from "../model/labels.ts";
import { sortedLabels } from "../model/labels.ts";
import { epochMs } from "../model/time.ts";
import type { Alert } from "./alert.ts";
import type { GroupState, RuleHealth, RuleState } from "./rule-state.ts";

/** Name, value, name, value …: a `Labels` that survives JSON. */
type SavedLabels = readonly string[];

type SavedAlert = {
  readonly state: Alert["state"];
  readonly labels: SavedLabels;
  readonly annotations: SavedLabels;
  /** As text, since it may be NaN or infinite. */
  readonly value: string;
  readonly activeAt: number;
  readonly firedAt?: number;
  readonly keepFiringSince?: number;
  readonly resolvedAt?: number;
};

type SavedRule = {
  /** Tells the rule among all: see `ruleKeys`. */
  readonly key: string;
  readonly alerts: readonly SavedAlert[];
  readonly series: readonly SavedLabels[];
  readonly health: RuleHealth;
  readonly lastError?: string;
  readonly lastEvaluatedAt?: number;
  readonly waiting: boolean;
  readonly quietUntil?: number;
};

/** All that rules remember, as plain JSON. */
export type SavedRuleSet = {
  readonly version: 1;
  readonly rules: readonly SavedRule[];
  readonly groups: readonly { readonly key: string; readonly lastEvaluatedAt: number }[];
  readonly orphans: readonly SavedLabels[];
};

export function saveLabels(labels: Labels): SavedLabels {
  return labels.pairs;
}

function saveAlert({ labels, annotations, value, ...times }: Alert): SavedAlert {
  return { ...times, labels: labels.pairs, annotations: annotations.pairs, value: String(value) };
}

function loadAlert(saved: SavedAlert): Alert {
  return {
    state: saved.state,
    labels: sortedLabels(saved.labels),
    annotations: sortedLabels(saved.annotations),
    value: Number(saved.value),
    activeAt: epochMs(saved.activeAt),
    ...(saved.firedAt === undefined ? {} : { firedAt: epochMs(saved.firedAt) }),
    ...(saved.keepFiringSince === undefined
      ? {}
      : { keepFiringSince: epochMs(saved.keepFiringSince) }),
    ...(saved.resolvedAt === undefined ? {} : { resolvedAt: epochMs(saved.resolvedAt) }),
  };
}

export function saveRule(key: string, state: RuleState): SavedRule {
  return {
    key,
    alerts: [...state.alerts.values()].map(saveAlert),
    series: [...state.series.values()].map(saveLabels),
    health: state.health,
    ...(state.lastError === undefined ? {} : { lastError: state.lastError }),
    ...(state.lastEvaluatedAt === undefined ? {} : { lastEvaluatedAt: state.lastEvaluatedAt }),
    waiting: state.waiting,
    ...(state.quietUntil === undefined ? {} : { quietUntil: state.quietUntil }),
  };
}

function byKey<Of extends { readonly labels: Labels }>(items: readonly Of[]): Map<string, Of> {
  return new Map(items.map((item) => [item.labels.key, item]));
}

function loadRule(saved: SavedRule, state: RuleState): void {
  state.alerts = byKey(saved.alerts.map(loadAlert));
  state.series = new Map(saved.series.map(sortedLabels).map((labels) => [labels.key, labels]));
  state.health = saved.health;
  state.lastError = saved.lastError;
  state.lastEvaluatedAt =
    saved.lastEvaluatedAt === undefined ? undefined : epochMs(saved.lastEvaluatedAt);
  state.waiting = saved.waiting;
  state.quietUntil = saved.quietUntil === undefined ? undefined : epochMs(saved.quietUntil);
}

/**
 * Puts saved states into the rules that they belong to.
 *
 * @throws InputError("snapshot") where a saved rule is not loaded: a snapshot holds the rule files
 * that it was made with
 */
export function loadRules(saved: SavedRuleSet, rules: ReadonlyMap<string, RuleState>): void {
  for (const rule of saved.rules) {
    const state = rules.get(rule.key);
    if (state === undefined) {
      const what = `the snapshot has the state of a rule that no rule file has: ${rule.key}`;
      throw new InputError("snapshot", what);
    }
    loadRule(rule, state);
  }
}

/** Tells a rule from all others: where it stands and what it says; equal ones are numbered. */
export function ruleKeys(groups: readonly GroupState[]): Map<string, RuleState> {
  const keys = new Map<string, RuleState>();
  for (const { group, rules } of groups) {
    for (const state of rules) {
      const { rule } = state;
      const times = rule.kind === "alert" ? [rule.forMs, rule.keepFiringForMs] : [];
      const identity = [rule.kind, rule.name, rule.expr.printed, ...times, rule.labels];
      let number = 0;
      let key: string;
      do key = JSON.stringify([group.file, group.name, ...identity, number++]);
      while (keys.has(key));
      keys.set(key, state);
    }
  }
  return keys;
}
