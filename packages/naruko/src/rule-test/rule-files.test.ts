import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { NO_FEATURES } from "@naruko/core/model/features";
import { readRuleFiles } from "./rule-files.ts";

const folder = mkdtempSync(path.join(tmpdir(), "naruko-rule-files-"));
test.after(() => {
  rmSync(folder, { recursive: true, force: true });
});
for (const sub of ["one", "two"]) {
  mkdirSync(path.join(folder, sub));
  for (const name of ["a.yml", "b.yml", "c.rules", "[x].yml"]) {
    const group = { name: `${sub}-${name}`, rules: [] };
    writeFileSync(path.join(folder, sub, name), JSON.stringify({ groups: [group] }));
  }
}

function groups(patterns: readonly string[], groupOrder: readonly string[] = []) {
  const ruleFiles = patterns.map((pattern) => ({ pattern, position: { line: 1, column: 2 } }));
  const name = path.join(folder, "t.yml");
  const plain = { intervalMs: 60_000, fuzzyCompare: false, tests: [], warnings: [] };
  const found = readRuleFiles({ ...plain, name, ruleFiles, groupOrder }, NO_FEATURES);
  const short = found.warnings.map((warning) => warning.replaceAll(`${folder}/`, ""));
  return { groups: found.groups.map((group) => group.name), warnings: short };
}

const patterns: readonly (readonly [string, readonly string[]])[] = [
  ["one/a.yml", ["one-a.yml"]],
  ["./one/../one/a.yml", ["one-a.yml"]],
  ["one/?.yml", ["one-a.yml", "one-b.yml"]],
  ["one/[b-z].*", ["one-b.yml", "one-c.rules"]],
  ["one/[^a].*", ["one-b.yml", "one-c.rules"]],
  ["one/\\[x\\].yml", ["one-[x].yml"]],
  ["*/a.yml", ["one-a.yml", "two-a.yml"]],
  ["t*/*.rules", ["two-c.rules"]],
  [path.join(folder, "two/a.yml"), ["two-a.yml"]],
];
for (const [pattern, wanted] of patterns) {
  test(`${pattern.replace(folder, "…")} matches`, () => {
    assert.deepEqual(groups([pattern]), { groups: wanted, warnings: [] });
  });
}

for (const pattern of ["one/z.yml", "three/*.yml", "one/*.yaml", "**/z"]) {
  test(`${pattern} matches nothing, and that is told`, () => {
    assert.deepEqual(groups([pattern]), {
      groups: [],
      warnings: [`t.yml:1:2: no file matches ${pattern}`],
    });
  });
}

test("a file that two patterns match is read once", () => {
  assert.deepEqual(groups(["one/a.yml", "one/?.yml"]).groups, ["one-a.yml", "one-b.yml"]);
});

test("groups are ordered as told, others come with the first", () => {
  const order = ["two-a.yml", "one-a.yml", "none"];
  assert.deepEqual(groups(["one/[ab].yml", "two/a.yml"], order), {
    groups: ["one-b.yml", "two-a.yml", "one-a.yml"],
    warnings: ['t.yml: group_eval_order names "none", which no rule file has'],
  });
});
