import type { LintOptions } from "@naruko/core/lint/lint";
import { lintRules, metricNames } from "@naruko/core/lint/lint";
import { featureSet } from "@naruko/core/model/features";
import { InputError, lineAndColumn } from "@naruko/core/model/input-error";
import type { YamlFile } from "@naruko/core/model/yaml";
import { canonicalMetricName } from "@naruko/core/normalize/metric-names";
import { parseRuleFile } from "@naruko/core/rules/rule-file";
import type { RuleFile } from "@naruko/core/rules/rule-file";
import type { CheckedFile, Finding } from "./check-file.ts";
import { parseYaml } from "./parse-yaml.ts";
import { readRuleFile } from "./setup.ts";

/** A rule file that can be loaded. */
export type LoadableRules = {
  /** As it was asked for. */
  readonly file: string;
  readonly yaml: YamlFile;
  readonly rules: RuleFile;
};

/** Reads the rule files that have no error; the others were refused before. */
export function loadableRules(
  files: readonly Pick<CheckedFile, "file" | "features">[],
): readonly LoadableRules[] {
  return files.flatMap(({ file, features }) => {
    try {
      const yaml = parseYaml(file, readRuleFile(file).text);
      const options = { canonicalName: canonicalMetricName, features: featureSet(features) };
      const rules = parseRuleFile(yaml, options);
      return rules.errors.length === 0 ? [{ file, yaml, rules }] : [];
    } catch (error) {
      if (error instanceof InputError) return [];
      throw error;
    }
  });
}

/** Every metric that the rules read. */
export function metricsRead(loadable: readonly LoadableRules[]): ReadonlySet<string> {
  return metricNames(loadable.flatMap(({ rules }) => rules.groups));
}

/** What Prometheus would take and is worth a look, in the order of the files. */
export function lintFiles(
  loadable: readonly LoadableRules[],
  options: LintOptions,
): readonly Finding[] {
  const groups = loadable.flatMap(({ rules }) => rules.groups);
  const findings: Finding[] = [];
  for (const { rule, finding } of lintRules(groups, options)) {
    const home = loadable.find(({ rules }) => rules.places.has(rule));
    const known = home?.rules.places.get(rule);
    if (home === undefined || known === undefined) continue;
    const { place: within, message, code } = finding;
    const place = within === undefined ? known.place : known.ofExpression(within);
    findings.push({
      severity: "warning",
      code,
      file: home.file,
      place: lineAndColumn(home.yaml.text, place.from),
      message: `${rule.name}: ${message}`,
    });
  }
  return findings;
}
