import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { type TestContext } from "node:test";
import type { JudgeCalibration } from "@naruko/core/model/judge";
import { epochMs } from "@naruko/core/model/time";
import { calibrationFile, keepCalibrations, readCalibrations } from "./calibrations.ts";

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), "calibrations-"));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  return folder;
}

const row = (over: Partial<JudgeCalibration> = {}): JudgeCalibration => ({
  judge: "judge/1",
  rubric: "safety",
  language: "en",
  at: epochMs(1000),
  caught: 9,
  missed: 1,
  accused: 2,
  cleared: 98,
  missing: 0,
  ...over,
});

test("what is kept is read again; the same judge, rubric and language has one row", async (t) => {
  const folder = folderFor(t);
  assert.deepEqual(await readCalibrations(folder), []);
  await keepCalibrations(folder, [row(), row({ language: "ja" })]);
  await keepCalibrations(folder, [
    row({ caught: 10, at: epochMs(2000) }),
    row({ judge: "judge/2" }),
  ]);
  assert.deepEqual(await readCalibrations(folder), [
    row({ language: "ja" }),
    row({ caught: 10, at: epochMs(2000) }),
    row({ judge: "judge/2" }),
  ]);
});

test("the oldest rows are let go", async (t) => {
  const folder = folderFor(t);
  const rows = Array.from({ length: 201 }, (_, i) => row({ judge: `judge/${i}` }));
  await keepCalibrations(folder, rows);
  assert.deepEqual(await readCalibrations(folder), rows.slice(1));
});

for (const text of [
  "{",
  "[]",
  `{"version":2,"calibrations":[]}`,
  `{"version":1,"calibrations":[{}]}`,
]) {
  test(`refused: ${text}`, async (t) => {
    const folder = folderFor(t);
    writeFileSync(calibrationFile(folder), text);
    await assert.rejects(readCalibrations(folder), /judge-calibration\.json: expected what naruko/);
  });
}
