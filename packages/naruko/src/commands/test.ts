import { EXIT, Misuse } from "./command.ts";
import type { Command, Values, World } from "./command.ts";
import { FEATURE_OPTION, featuresOf } from "./feature-option.ts";
import { testFilesOf } from "./test-files.ts";
import { jsonReport, textReport } from "./test-report.ts";
import { runTestFile } from "./run-test-file.ts";

/** `naruko test`: scenarios, scripts of PromQL's test language, and promtool's unit tests of rules. */
export const testCommand: Command = {
  usage: "test FILE…",
  summary: "run tests: scenarios, PromQL scripts, and promtool's unit tests of rules",
  options: {
    json: { type: "boolean", help: "print one JSON object a line" },
    "enable-feature": FEATURE_OPTION,
  },
  details: `A FILE is a scenario (.scenario), a script of Prometheus' test language (.test), a file of rule tests
as promtool runs them (.yml, .yaml), or a folder, of which every such file is run.
A scenario runs three times: replayed, by the live driver on a clock of its own, and with a restart
between inputs; all must agree. One check is one "at" line of a scenario, one "eval" of a script, one
entry of "alert_rule_test" or "promql_expr_test". Scripts have every experimental feature.
docs/scenarios.md and docs/testing-rules.md describe the languages.`,
  run: test,
};

async function test(values: Values, positionals: readonly string[], world: World): Promise<number> {
  if (positionals.length === 0) throw new Misuse("test needs at least one FILE");
  const features = new Set(featuresOf(values));
  const { files, leftOut } = testFilesOf(positionals);
  for (const what of leftOut) world.tell(`naruko: ${what}\n`);
  const report = values["json"] === true ? jsonReport(world) : textReport(world);
  let [passed, failed] = [0, 0];
  for (const file of files) {
    const result = await runTestFile(file, { environment: world.environment, features });
    for (const warning of result.warnings) world.tell(`${warning}\n`);
    for (const check of result.checks) report.check(file.name, check);
    for (const fault of result.faults) report.fault(file.name, fault);
    const passedHere = result.checks.filter((check) => check.passed).length;
    const failedHere = result.checks.length - passedHere + result.faults.length;
    report.file(file.name, passedHere, failedHere);
    passed += passedHere;
    failed += failedHere;
  }
  report.summary(passed, failed);
  return failed === 0 ? EXIT.ok : EXIT.finding;
}
