import type { Transition } from "../model/engine-io.ts";
import { type Labels, sortedLabels } from "../model/labels.ts";
import { STALE } from "../model/sample.ts";
import type { EpochMs } from "../model/time.ts";
import { epochMs } from "../model/time.ts";
import type { RuleContext } from "./context.ts";
import { passGap } from "./gap.ts";
import { evaluateGroup, isDue } from "./group.ts";
import type { RuleFailure } from "./group.ts";
import { ruleReachMs } from "./rule-reach.ts";
import type { RuleGroup } from "./rule.ts";
import type { AlertView, GroupView } from "./rule-views.ts";
import { alertViews, groupView } from "./rule-views.ts";
import { endAlerts, freshRule } from "./rule-state.ts";
import type { GroupState, RuleState } from "./rule-state.ts";
import type { SavedRuleSet } from "./saved-rules.ts";
import { loadRules, ruleKeys, saveLabels, saveRule } from "./saved-rules.ts";

/** What one tick of all due groups came to. */
export type TickResult = {
  readonly transitions: readonly Transition[];
  readonly groups: number;
  readonly evaluated: number;
  readonly failures: readonly (RuleFailure & { readonly group: string; readonly file: string })[];
  readonly samples: number;
};

/** A rule that was added while running and starts when its history is in memory. */
export type WaitingRule = { readonly key: string; readonly reachMs: number };

/** All loaded rules with their states: the only mutable thing of this stage. */
export class RuleSet {
  readonly #tickMs: number;
  #groups: readonly GroupState[] = [];
  /** Series of rules that are gone, to be ended once nobody else writes them. */
  #orphans = new Map<string, Labels>();

  /** @param tickMs the time between ticks, which is the interval of groups that name none */
  constructor(tickMs: number) {
    this.#tickMs = tickMs;
  }

  /**
   * Replaces the rules. A rule of the same file, group, name, expression, durations and labels keeps
   * its state; alerts of rules that are gone end as these transitions say, their series at the next
   * tick.
   *
   * @param options.waiting whether rules that were not there before wait for `release`
   */
  reload(
    groups: readonly RuleGroup[],
    at: EpochMs,
    options: { readonly waiting?: boolean } = {},
  ): readonly Transition[] {
    const before = ruleKeys(this.#groups);
    const groupOf = new Map(
      this.#groups.flatMap(({ group, rules }) => rules.map((state) => [state, group] as const)),
    );
    const lastEvaluations = new Map(
      this.#groups.map(({ group, lastEvaluatedAt }) => [groupKey(group), lastEvaluatedAt]),
    );
    this.#groups = groups.map((group) => ({
      group,
      rules: group.rules.map((rule) => freshRule(rule, options.waiting ?? false)),
      lastEvaluatedAt: lastEvaluations.get(groupKey(group)),
    }));
    for (const [key, state] of ruleKeys(this.#groups)) {
      const old = before.get(key);
      // Annotations and the group's settings are taken over, everything else is equal.
      if (old !== undefined) Object.assign(state, { ...old, rule: state.rule });
      before.delete(key);
    }
    const transitions: Transition[] = [];
    for (const state of before.values()) {
      const group = groupOf.get(state);
      if (group !== undefined) transitions.push(...endAlerts(state.alerts.values(), at, group));
      for (const [key, labels] of state.series) this.#orphans.set(key, labels);
    }
    return transitions;
  }

  /** Rules that wait for history, and how far back they look. */
  waitingRules(): readonly WaitingRule[] {
    const offsets = new Map(
      this.#groups.flatMap(({ group, rules }) =>
        rules.map((state) => [state, group.queryOffsetMs] as const),
      ),
    );
    return [...ruleKeys(this.#groups)]
      .filter(([, { waiting }]) => waiting)
      .map(([key, state]) => ({ key, reachMs: ruleReachMs(state.rule, offsets.get(state) ?? 0) }));
  }

  /** Lets waiting rules start: their history is in memory. Keys of rules that are gone are ignored. */
  release(keys: Iterable<string>): void {
    const rules = ruleKeys(this.#groups);
    for (const key of keys) {
      const state = rules.get(key);
      if (state !== undefined) state.waiting = false;
    }
  }

  /** How far back memory must reach for all rules, waiting ones included; ms. */
  reachMs(): number {
    const reaches = this.#groups.flatMap(({ group }) =>
      group.rules.map((rule) => ruleReachMs(rule, group.queryOffsetMs)),
    );
    return Math.max(0, ...reaches);
  }

  /** Evaluates the groups that are due at a tick, in file and group order. */
  *evaluate(at: EpochMs, context: RuleContext): Generator<undefined, TickResult> {
    const transitions: Transition[] = [];
    const failures: TickResult["failures"][number][] = [];
    let [groups, evaluated, samples] = [0, 0, 0];
    for (const state of this.#groups) {
      const { group } = state;
      if (!isDue(group.intervalMs, at, this.#tickMs)) continue;
      const result = yield* evaluateGroup(state, at, context);
      transitions.push(...result.transitions);
      for (const failure of result.failures) {
        failures.push({ ...failure, group: group.name, file: group.file });
      }
      groups++;
      evaluated += result.evaluated;
      samples += result.samples;
    }
    this.#endOrphans(at, context);
    return { transitions, groups, evaluated, failures, samples };
  }

  /** Time that did not run, from the last committed tick on. */
  gap(from: EpochMs, to: EpochMs): readonly Transition[] {
    return passGap(this.#groups, from, to);
  }

  /** All that must survive a restart, as plain JSON. */
  save(): SavedRuleSet {
    return {
      version: 1,
      rules: [...ruleKeys(this.#groups)].map(([key, state]) => saveRule(key, state)),
      groups: this.#groups.flatMap(({ group, lastEvaluatedAt }) =>
        lastEvaluatedAt === undefined ? [] : [{ key: groupKey(group), lastEvaluatedAt }],
      ),
      orphans: [...this.#orphans.values()].map(saveLabels),
    };
  }

  /**
   * Takes up where `save` left off.
   *
   * @param groups the rules that were loaded when it was saved
   * @throws InputError("snapshot") where they are others
   */
  load(groups: readonly RuleGroup[], saved: SavedRuleSet): void {
    const evaluations = new Map(saved.groups.map((group) => [group.key, group.lastEvaluatedAt]));
    this.#groups = groups.map((group) => {
      const last = evaluations.get(groupKey(group));
      const rules = group.rules.map((rule) => freshRule(rule, false));
      return { group, rules, lastEvaluatedAt: last === undefined ? undefined : epochMs(last) };
    });
    loadRules(saved, ruleKeys(this.#groups));
    this.#orphans = new Map(saved.orphans.map(sortedLabels).map((labels) => [labels.key, labels]));
  }

  /** What `/api/v1/rules` shows. */
  rulesView(): readonly GroupView[] {
    return this.#groups.map((state) => groupView(state, this.#tickMs));
  }

  /** What `/api/v1/alerts` shows: all pending and firing alerts. */
  alertsView(): readonly AlertView[] {
    return this.#groups.flatMap(alertViews);
  }

  /** The expression behind a transition, for links to it; `undefined` once its rule is gone. */
  expressionOf({ file, group, labels }: Transition): string | undefined {
    const name = labels.pairs[labels.pairs.indexOf("alertname") + 1];
    const owner = this.#groups.find((of) => of.group.file === file && of.group.name === group);
    return owner?.rules.find(({ rule }) => rule.kind === "alert" && rule.name === name)?.rule.expr
      .text;
  }

  /** Waits until every rule had its chance to go on with a series that moved. */
  #endOrphans(at: EpochMs, { append }: RuleContext): void {
    if (this.#orphans.size === 0) return;
    const states = this.#groups.flatMap(({ rules }) => rules);
    const started = this.#groups.every(({ lastEvaluatedAt }) => lastEvaluatedAt !== undefined);
    if (!started) return;
    for (const [key, labels] of this.#orphans) {
      if (!states.some(isWriting(key))) append(labels, at, STALE);
    }
    this.#orphans.clear();
  }
}

function isWriting(key: string): (state: RuleState) => boolean {
  return ({ series }) => series.has(key);
}

function groupKey({ file, name }: RuleGroup): string {
  return JSON.stringify([file, name]);
}
