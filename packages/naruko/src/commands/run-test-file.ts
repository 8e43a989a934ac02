import { readFileSync } from "node:fs";
import path from "node:path";
import { formatDuration } from "@naruko/core/model/duration";
import type { Features } from "@naruko/core/model/features";
import { InputError, type InputKind } from "@naruko/core/model/input-error";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import { parseScript } from "@naruko/core/promql/test-language/parse-script";
import { type EvalResult, runScript } from "@naruko/core/promql/test-language/run-script";
import { RUNNER_FEATURES } from "@naruko/core/promql/test-language/runner-features";
import type { RuleGroup } from "@naruko/core/rules/rule";
import type { Environment } from "../config/environment.ts";
import { parseRuleTestFile } from "../rule-test/parse-rule-test.ts";
import { readRuleFiles } from "../rule-test/rule-files.ts";
import type { RuleTestFile } from "../rule-test/rule-test.ts";
import { runRuleTest, type RuleCheck } from "../rule-test/run-rule-test.ts";
import { parseScenario } from "../scenario/parse-scenario.ts";
import { type CheckResult, runScenario } from "../scenario/run-scenario.ts";
import type { TestFile } from "./test-files.ts";
import type { TestCheck } from "./test-report.ts";

export type TestOptions = { readonly environment: Environment; readonly features: Features };

/** What a file of tests came to; one of `faults` is a failure as a check is. */
export type TestFileResult = {
  readonly checks: readonly TestCheck[];
  readonly faults: readonly string[];
  readonly warnings: readonly string[];
};

/** Runs all tests of a file; what it refuses is a fault. */
export async function runTestFile(file: TestFile, options: TestOptions): Promise<TestFileResult> {
  try {
    switch (file.kind) {
      case "scenario":
        return await runScenarioFile(file.name, options);
      case "script":
        return runScriptFile(file.name);
      case "rule-test":
        return runRuleTestFile(file.name, options);
    }
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { checks: [], faults: [error.message], warnings: [] };
  }
}

function readText(file: string, kind: InputKind): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError(kind, `${file}: cannot be read: ${reason}`, undefined, cause);
  }
}

async function runScenarioFile(
  file: string,
  { environment }: TestOptions,
): Promise<TestFileResult> {
  const scenario = parseScenario(file, readText(file, "scenario"));
  const { checks, faults } = await runScenario(scenario, path.dirname(file), environment);
  return { checks: checks.map(scenarioCheck), faults, warnings: [] };
}

function scenarioCheck({ line, column, at, expected, actual, failedIn }: CheckResult): TestCheck {
  const title = `at ${at}, by ${failedIn.join(", ")}`;
  const passed = failedIn.length === 0;
  return { line, column, title, expected, actual, passed, details: { at, failedIn } };
}

const SCRIPT_OPTIONS = { limits: DEFAULT_LIMITS, features: RUNNER_FEATURES } as const;

function runScriptFile(file: string): TestFileResult {
  const text = readText(file, "promql-test");
  const checks: TestCheck[] = [];
  try {
    for (const result of runScript(parseScript(text), SCRIPT_OPTIONS)) {
      checks.push(scriptCheck(result));
    }
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const faults = error.message.split("\n").map((line) => `${file}:${line}`);
    return { checks, faults: [faults.join("\n")], warnings: [] };
  }
  return { checks, faults: [], warnings: [] };
}

function scriptCheck({ eval: { line, expr, exprColumn }, verdict }: EvalResult): TestCheck {
  const place = { line, column: exprColumn };
  if (verdict.kind === "passed") {
    return { ...place, title: expr, expected: [], actual: [], passed: true, details: { expr } };
  }
  const { way, reason, expected, actual } = verdict;
  const title = `${expr}: ${way === "as written" ? "" : `${way}, `}${reason}`;
  return { ...place, title, expected, actual, passed: false, details: { expr, way, reason } };
}

function runRuleTestFile(name: string, { features }: TestOptions): TestFileResult {
  const file = parseRuleTestFile(name, readText(name, "rule-test"));
  const { groups, warnings } = readRuleFiles(file, features);
  const results = file.tests.map((test) => runRuleTest(file, test, { groups, features }));
  return {
    checks: results.flatMap(({ checks }) => checks.map(ruleCheck)),
    faults: results.flatMap(({ faults }) => faults),
    warnings: [...file.warnings, ...warnings, ...emptyChecks(file, groups)],
  };
}

/** What passes because there is nothing to fail. */
function emptyChecks(
  { name, tests }: RuleTestFile,
  groups: readonly RuleGroup[],
): readonly string[] {
  if (tests.length === 0) return [`${name}: no tests in it`];
  const alerts = new Set(groups.flatMap(({ rules }) => rules.map((rule) => rule.name)));
  const unknown = tests
    .flatMap(({ alertChecks }) => alertChecks)
    .filter(({ alertName }) => !alerts.has(alertName));
  return unknown.map(({ alertName, position: { line, column } }) => {
    return `${name}:${line}:${column}: no rule has the alert "${alertName}", so it never fires`;
  });
}

function ruleCheck({ check, position, reason, ...rest }: RuleCheck): TestCheck {
  const { test, expected, actual, passed } = rest;
  const at = formatDuration(check.atMs);
  const what = "alertName" in check ? `alert ${check.alertName}` : check.expr;
  const title = `${test}, at ${at}: ${what}${reason === undefined ? "" : `: ${reason}`}`;
  const subject = "alertName" in check ? { alertname: check.alertName } : { expr: check.expr };
  const details = { test, at, ...subject, ...(reason !== undefined && { reason }) };
  return { ...position, title, expected, actual, passed, details };
}
