import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import test from "node:test";
import { shippedRuleFiles, shippedRulesFolder } from "../config/setup.ts";
import { parseScenario } from "./parse-scenario.ts";
import { runScenario } from "./run-scenario.ts";

const folder = shippedRulesFolder();
const files = readdirSync(folder).filter((name) => name.endsWith(".scenario"));

for (const file of files) {
  test(`rules/${file}`, async () => {
    const scenario = parseScenario(file, readFileSync(path.join(folder, file), "utf8"));
    const { checks, faults } = await runScenario(scenario, folder, {});
    assert.deepEqual(faults, []);
    for (const { line, expected, actual, failedIn } of checks) {
      assert.deepEqual({ line, lines: actual, failedIn }, { line, lines: expected, failedIn: [] });
    }
  });
}

test("every alert that is shipped is shown firing, resolving and silent", () => {
  for (const ruleFile of shippedRuleFiles()) {
    const rules = readFileSync(ruleFile, "utf8");
    const alerts = [...rules.matchAll(/^\s*- alert: (\S+)$/gm)].map(([, name]) => name ?? "");
    const scenario = readFileSync(ruleFile.replace(/\.yml$/, ".scenario"), "utf8");
    for (const alert of alerts) {
      for (const state of ["pending", "firing", "resolved"]) {
        assert.ok(
          scenario.includes(`${state} ${alert}{`),
          `${path.basename(ruleFile)}: ${alert} is never shown ${state}`,
        );
      }
    }
    assert.match(scenario, /^at \S+ +none$/m, `${path.basename(ruleFile)}: never silent`);
  }
});
