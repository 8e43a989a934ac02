import { nameOf, selectorsOf } from "../promql/walk.ts";
import type { Rule, RuleGroup } from "../rules/rule.ts";
import { absentOnFault, watchedFor } from "./absent-on-fault.ts";
import type { SeenData } from "./catalog.ts";
import { countersAndGauges } from "./counters.ts";
import type { LintFinding } from "./finding.ts";
import { catalogOf } from "./known-metrics.ts";
import { matchingSides } from "./matching-sides.ts";
import { names } from "./names.ts";
import { quantileInputs } from "./quantiles.ts";
import { ruleTiming } from "./rule-timing.ts";
import { thresholds } from "./thresholds.ts";

const ON_EXPRESSIONS = [names, countersAndGauges, quantileInputs, thresholds, matchingSides];

export type LintOptions = {
  /** How often series are sampled, and a group is evaluated that names no interval, ms. */
  readonly intervalMs: number;
  /** Absent where no data is at hand. */
  readonly seen?: SeenData;
};

/**
 * What Prometheus accepts in rules and what is still likely to be wrong: each finding with its rule.
 * Rules are looked at together, since one may read what another records.
 */
export function* lintRules(
  groups: readonly RuleGroup[],
  { intervalMs, seen }: LintOptions,
): Generator<{ readonly rule: Rule; readonly finding: LintFinding }> {
  const rules = groups.flatMap((group) => group.rules);
  const recorded = rules.flatMap((rule) => (rule.kind === "record" ? [rule.name] : []));
  const catalog = catalogOf(new Set([...recorded, "ALERTS", "ALERTS_FOR_STATE"]), seen);
  const watched = new Set(rules.flatMap((rule) => [...watchedFor(rule.expr.expr)]));
  for (const group of groups) {
    for (const rule of group.rules) {
      const { expr } = rule.expr;
      const found = [
        ...ON_EXPRESSIONS.flatMap((check) => [...check(expr, catalog)]),
        ...ruleTiming(rule, group.intervalMs ?? intervalMs, intervalMs),
        ...(rule.kind === "alert" ? absentOnFault(expr, watched) : []),
      ];
      for (const finding of found) yield { rule, finding };
    }
  }
}

/** Every metric that rules read by name. */
export function metricNames(groups: readonly RuleGroup[]): ReadonlySet<string> {
  const read = new Set<string>();
  for (const rule of groups.flatMap(({ rules }) => rules)) {
    for (const selector of selectorsOf(rule.expr.expr)) {
      const name = nameOf(selector);
      if (name !== undefined) read.add(name);
    }
  }
  return read;
}
