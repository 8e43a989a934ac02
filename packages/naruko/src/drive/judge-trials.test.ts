import assert from "node:assert/strict";
import test from "node:test";
import type { JudgeCalibration } from "@naruko/core/model/judge";
import { DAY_MS, epochMs } from "@naruko/core/model/time";
import { readConfig } from "../config/load-config.ts";
import { parseYaml } from "../config/parse-yaml.ts";
import { judgeSetupWith } from "./judge-trials.ts";

const AT = epochMs(1_800_000_000_000);
const JUDGED = "capture: judge\njudge:\n  endpoint: { model: gpt-4o-mini, api_key: k }\n";
const judgeKey = (): Promise<string> => Promise.resolve("0".repeat(32));

const ROW: JudgeCalibration = {
  judge: "judge/1",
  rubric: "safety",
  language: "en",
  at: AT,
  caught: 1,
  missed: 2,
  accused: 3,
  cleared: 4,
  missing: 0,
};

function trialsOf(rows: readonly JudgeCalibration[]) {
  const kept = new Map<string, string>();
  const golden = {
    keep: ({ set, text }: { readonly set: string; readonly text: string }): Promise<void> => {
      kept.set(set, text);
      return Promise.resolve();
    },
    textOf: (set: string): string | undefined => kept.get(set),
  };
  return { kept, judgeTrials: { golden, calibrations: () => Promise.resolve(rows) } };
}

const setupOf = (yaml: string, rows: readonly JudgeCalibration[] = []) => {
  const { kept, judgeTrials } = trialsOf(rows);
  const loaded = readConfig(parseYaml("naruko.yml", yaml));
  return judgeSetupWith(loaded, { judgeKey, judgeTrials }, AT).then((setup) => ({ setup, kept }));
};

test("a setup names a golden set that is kept already, and none of its text", async () => {
  const { setup, kept } = await setupOf(JUDGED);
  const { set = "", everyMs } = setup?.golden ?? {};
  assert.equal(everyMs, DAY_MS);
  assert.ok((kept.get(set) ?? "").length > 100_000);
  assert.ok(JSON.stringify({ ...setup, rubricFiles: [] }).length < 1000);
  assert.equal(setup?.calibrations, undefined);
});

test("a setup has what is known of the judge's errors", async () => {
  assert.deepEqual((await setupOf(JUDGED, [ROW])).setup?.calibrations, [ROW]);
});

test("without a golden set, a judge, or a directory for them, there is none", async () => {
  const { setup, kept } = await setupOf(`${JUDGED}  golden: { shipped: false }\n`);
  assert.deepEqual([setup?.golden, kept.size], [undefined, 0]);
  assert.equal((await setupOf("", [ROW])).setup, undefined);
  const loaded = readConfig(parseYaml("naruko.yml", JUDGED));
  assert.equal((await judgeSetupWith(loaded, { judgeKey }, AT))?.golden, undefined);
});
