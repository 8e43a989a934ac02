import { METRIC_NAME } from "../model/labels.ts";
import { compileMatchers } from "../model/matcher.ts";
import type { Labels } from "../model/labels.ts";
import { labels } from "../model/labels.ts";
import { selectorsOf } from "../promql/walk.ts";
import type { AlertingRule, Rule, RuleGroup } from "./rule.ts";

/**
 * The alerting rules whose expressions read one of these metrics, themselves or by way of recording
 * rules of whatever group. A selector counts by what it asks of the name alone.
 */
export function alertsReading(
  groups: readonly RuleGroup[],
  metrics: Iterable<string>,
): ReadonlySet<AlertingRule> {
  const rules = groups.flatMap((group) => group.rules);
  const names = new Map<string, Labels>();
  const add = (name: string): void => void names.set(name, labels({ [METRIC_NAME]: name }));
  for (const name of metrics) add(name);
  const reads = (rule: Rule): boolean => readsAny(rule, names);
  // What is recorded may be recorded again: until a round finds no further name.
  for (let before = -1; before < names.size;) {
    before = names.size;
    for (const rule of rules)
      if (rule.kind === "record" && !names.has(rule.name) && reads(rule)) add(rule.name);
  }
  return new Set(rules.filter((rule) => rule.kind === "alert").filter(reads));
}

function readsAny({ expr }: Rule, names: ReadonlyMap<string, Labels>): boolean {
  for (const { name, matchers } of selectorsOf(expr.expr)) {
    if (name !== undefined && names.has(name)) return true;
    if (name !== undefined) continue;
    const isAsked = compileMatchers(matchers.filter((matcher) => matcher.name === METRIC_NAME));
    for (const one of names.values()) if (isAsked(one)) return true;
  }
  return false;
}
