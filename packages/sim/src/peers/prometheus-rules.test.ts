// The shipped rules in Prometheus itself: promtool (2.42 in Debian) evaluates each file over the same
// samples as we do, and has to come to the same alerts at every evaluation.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import test from "node:test";
import type { AlertState } from "@naruko/core/model/engine-io";
import { labelValue } from "@naruko/core/model/labels";
import { shippedRuleFiles } from "naruko/config/setup";
import { skipWithout } from "./installed.ts";
import { promtoolComplaints } from "./promtool.ts";
import { RULE_INPUTS } from "./rule-inputs.ts";
import { evaluateRules, shippedFile } from "./shipped-rules.ts";
import type { RuleRun } from "./shipped-rules.ts";
import { STEP_S } from "./scraped-series.ts";

const skip = skipWithout("promtool");

test("every shipped rule file has series of its own here", () => {
  const files = RULE_INPUTS.map(({ file }) => shippedFile(file));
  assert.deepEqual(files.toSorted(), shippedRuleFiles());
});

for (const file of shippedRuleFiles()) {
  test(`promtool accepts ${file.replace(/.*\//, "")}`, { skip }, () => {
    const { status, stdout, stderr } = spawnSync("promtool", ["check", "rules", file], {
      encoding: "utf8",
    });
    assert.equal(status, 0, stdout + stderr);
  });
}

/** More by hand: `NARUKO_SEEDS=2,3`. */
const SEEDS = (process.env["NARUKO_SEEDS"] ?? "4").split(",").map(Number);

const STATES: readonly AlertState[] = ["pending", "inactive", "firing", "resolved"];

/** Alerts of the evaluation that never came to one of the states. */
function missing(ours: RuleRun, alerts: readonly string[]): readonly string[] {
  const seen = new Set(
    ours.transitions.map((t) => `${labelValue(t.labels, "alertname")} ${t.state}`),
  );
  return alerts
    .flatMap((name) => STATES.map((state) => `${name} ${state}`))
    .filter((s) => !seen.has(s));
}

const ALERTS: Readonly<Record<string, readonly string[]>> = {
  "article.yml": ["LLMHighLatency", "LLMHighErrorRate", "LLMCostAnomaly"],
  "l1-infrastructure.yml": ["LLMProviderOutage", "LLMRateLimited", "LLMTrafficLost"],
  "l3-quality.yml": [
    "LLMLowFaithfulness",
    "LLMLowRelevance",
    "LLMLowSafety",
    "LLMRefusals",
    "LLMInvalidOutput",
    "LLMAnswersCutOff",
    "LLMRepetition",
    "LLMWrongLanguage",
  ],
  "l0-honesty.yml": [
    "JudgeFailing",
    "JudgeVerdictsMissing",
    "JudgeOutOfBudget",
    "JudgeStarved",
    "LLMTextMissing",
    "JudgeDrift",
    "JudgeDisagrees",
    "JudgeGoldenStalled",
  ],
};

for (const { file, steps, series } of RULE_INPUTS) {
  for (const seed of SEEDS) {
    test(`${file} fires as in Prometheus, seed ${seed}`, { skip }, () => {
      const inputs = series(seed);
      const path = shippedFile(file);
      const ours = evaluateRules({ file: path, series: inputs, steps, everyS: STEP_S });
      const unseen = missing(ours, ALERTS[file] ?? []);
      if (seed === 4) assert.deepEqual(unseen, [], "alerts come to every state");
      assert.equal(promtoolComplaints(path, inputs, ours), "");
    });
  }
}
