import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { runNaruko } from "../testing/run-naruko.ts";

const folder = mkdtempSync(path.join(tmpdir(), "naruko-test-"));
test.after(() => {
  rmSync(folder, { recursive: true, force: true });
});

const RULE = 'load 15s up{job="a"} 1 0x5 1x9\nrule Down for 30s: up == 0\n';
const FILES: Readonly<Record<string, string>> = {
  "good.scenario": `${RULE}at 15s pending Down{job="a"}\nat 45s firing Down{job="a"} sent pager "first"\n`,
  "bad.scenario": `${RULE}at 0 none\nat 45s firing Down{job="b"} sent pager "repeat-due"\nat 1m none\n`,
  "broken.scenario": "at 0\n",
  "twice.scenario": "load 15s up 1 1\nload 15s up 2 2\nat 15s none\n",
  "rules.scenario":
    'rules rules.yml\ncalls 0 5m 30 error=timeout model=m\nat 5m firing Failing{model="m"} sent night "first"\nrouting routing.yml\n',
  "missing.scenario": "rules none.yml\nat 0 none\n",
  "refused.scenario": "rules refused.yml\nat 0 none\n",
  "rules.yml":
    "groups: [{ name: g, rules: [{ alert: Failing, expr: 'sum by (model) (rate(llm_errors_total[1m])) > 0' }] }]\n",
  "refused.yml": "groups: [{ name: g, rules: [{ alert: Failing }] }]\n",
  "routing.yml": "route: { receiver: night, group_wait: 0s }\nreceivers: [{ name: night }]\n",
};
for (const [name, text] of Object.entries(FILES)) writeFileSync(path.join(folder, name), text);

/** Runs `naruko test` on files of the folder, and leaves the folder out of what it prints. */
async function run(...args: readonly string[]) {
  const named = args.map((arg) => (arg.startsWith("--") ? arg : path.join(folder, arg)));
  const { code, printed, told } = await runNaruko("test", ...named);
  const short = (text: string): string => text.replaceAll(`${folder}/`, "");
  return { code, told: short(told), lines: short(printed).trimEnd().split("\n") };
}

const cases: readonly (readonly [readonly string[], number, readonly string[]])[] = [
  [["good.scenario"], 0, ["good.scenario: 2 passed, 0 failed", "2 passed, 0 failed"]],
  [["rules.scenario"], 0, ["rules.scenario: 1 passed, 0 failed", "1 passed, 0 failed"]],
  [
    ["bad.scenario", "good.scenario"],
    1,
    [
      "bad.scenario:4:1: at 45s, by replay, live, restart",
      '+ firing Down{job="a"}',
      '- firing Down{job="b"}',
      '+ sent pager "first"',
      '- sent pager "repeat-due"',
      "bad.scenario:5:1: at 1m, by replay, live, restart",
      '+ firing Down{job="a"}',
      "bad.scenario: 1 passed, 2 failed",
      "good.scenario: 2 passed, 0 failed",
      "3 passed, 2 failed",
    ],
  ],
  [
    ["broken.scenario"],
    1,
    [
      'broken.scenario:1:5: expected none, pending NAME{…}, firing NAME{…}, resolved NAME{…} or sent RECEIVER "REASON", the line ends here',
      "broken.scenario: 0 passed, 1 failed",
      "0 passed, 1 failed",
    ],
  ],
  [
    ["twice.scenario"],
    1,
    [
      "twice.scenario: 2 of the scenario's samples or calls: point-duplicate",
      "twice.scenario: 1 passed, 1 failed",
      "1 passed, 1 failed",
    ],
  ],
  [
    ["missing.scenario"],
    1,
    [
      "missing.scenario:1:1: none.yml: cannot be read: ENOENT: no such file or directory, open 'none.yml'",
      "missing.scenario: 0 passed, 1 failed",
      "0 passed, 1 failed",
    ],
  ],
  [
    ["refused.scenario"],
    1,
    [
      'refused.yml:1:29: a rule needs an expression in "expr"',
      "refused.scenario: 0 passed, 1 failed",
      "0 passed, 1 failed",
    ],
  ],
];
for (const [files, code, lines] of cases) {
  test(`test ${files.join(" ")}`, async () => {
    const ran = await run(...files);
    assert.deepEqual(
      { ...ran, lines: ran.lines.map((line) => line.trim()) },
      { code, told: "", lines },
    );
  });
}

test("results as JSON lines", async () => {
  const { code, lines } = await run("--json", "bad.scenario", "broken.scenario");
  assert.equal(code, 1);
  const [passed, failed, , fault, summary] = lines.map((line) => JSON.parse(line) as unknown);
  const check = { kind: "check", file: "bad.scenario", column: 1 };
  const none = { expected: [], actual: [], passed: true, failedIn: [] };
  assert.deepEqual(passed, { ...check, line: 3, at: "0s", ...none });
  assert.deepEqual(failed, {
    ...check,
    line: 4,
    at: "45s",
    expected: ['firing Down{job="b"}', 'sent pager "repeat-due"'],
    actual: ['firing Down{job="a"}', 'sent pager "first"'],
    passed: false,
    failedIn: ["replay", "live", "restart"],
  });
  assert.match(JSON.stringify(fault), /"kind":"fault","file":"broken.scenario","message":"broken/);
  assert.deepEqual(summary, { kind: "summary", passed: 1, failed: 3 });
});

const misused: readonly (readonly [readonly string[], RegExp])[] = [
  [[], /test needs at least one FILE/],
  [["x.test"], /x\.test: \.test files are not run yet, \.scenario files are/],
  [["x.yml"], /x\.yml: \.yml files are not run yet/],
  [["good.scenario", "x.txt"], /x\.txt: expected a \.scenario file/],
];
for (const [args, told] of misused) {
  test(`misuse: test ${args.join(" ")}`, async () => {
    const ran = await run(...args);
    assert.equal(ran.code, 2);
    assert.match(ran.told, told);
  });
}
