import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
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
  "good.test": "load 1m\n  up 1 2\n\neval instant at 1m up\n  up 2\n",
  "bad.test":
    "load 1m\n  up 1 2\n\neval instant at 1m  up + 1\n  {} 4\n\neval instant at 0 up\n  up 1\n\neval range from 0 to 1m step 1m rat(up)\n",
  "order.test":
    "load 1m\n  up{n='1'} 1\n  up{n='2'} 2\n\neval instant at 0 sort(up)\n  expect ordered\n  up{n='2'} 2\n  up{n='1'} 1\n",
  "broken.test": "load 1m\n  up one\n\neval up\n",
  "again.test": "load 1m\n  up 1\n\nload 1m\n  up 2\n",
  "good-test.yml":
    "rule_files: [rules.yml]\ntests: [{ promql_expr_test: [{ expr: '1', exp_samples: [{ value: 1 }] }] }]\n",
  "bad-test.yaml":
    "rule_files: [none.yml]\ntests:\n  - promql_expr_test:\n      - { expr: 1 + 1, eval_time: 1m, exp_samples: [{ value: 3 }] }\n    alert_rule_test: [{ alertname: Gone }]\n",
  "broken-test.yml": "rule_files: rules.yml\n",
  "empty-test.yml": "tests: []\n",
  "experimental-test.yml":
    "tests: [{ promql_expr_test: [{ expr: 'max_of(1, 2)', exp_samples: [{ value: 2 }] }] }]\n",
  "folder/a.scenario": `${RULE}at 15s pending Down{job="a"}\n`,
  "folder/sub/b.test": "eval instant at 0 1\n  1\n",
  "folder/sub/c.yaml":
    "tests: [{ promql_expr_test: [{ expr: '1', exp_samples: [{ value: 1 }] }] }]\n",
  "folder/rules.yml": "groups: []\n",
  "folder/notes.txt": "nothing\n",
  "folder/.hidden/d.test": "broken\n",
  "none/rules.yml": "groups: []\n",
  "routing.yml": "route: { receiver: night, group_wait: 0s }\nreceivers: [{ name: night }]\n",
};
for (const [name, text] of Object.entries(FILES)) {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  writeFileSync(path.join(folder, name), text);
}

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
  [["good.test"], 0, ["good.test: 1 passed, 0 failed", "1 passed, 0 failed"]],
  [
    ["bad.test"],
    1,
    [
      "bad.test:4:21: up + 1: {} differs at 60s",
      "+ {} 3",
      "- {} 4",
      'bad.test:10:33: rat(up): 1:1: unknown function "rat"; did you mean "rate"?',
      "bad.test: 1 passed, 2 failed",
      "1 passed, 2 failed",
    ],
  ],
  [
    ["order.test"],
    1,
    [
      "order.test:5:19: sort(up): the series are in another order",
      '- up{n="2"} 2',
      '- up{n="1"} 1',
      '+ up{n="1"} 1',
      '+ up{n="2"} 2',
      "order.test: 0 passed, 1 failed",
      "0 passed, 1 failed",
    ],
  ],
  [
    ["broken.test"],
    1,
    [
      'broken.test:2:6: bad value "one", expected a number, "_", "stale", 1x3 or 1+2x3',
      'broken.test:4:1: expected "eval instant at TIME QUERY" or "eval range from TIME to TIME step STEP QUERY"',
      "broken.test: 0 passed, 1 failed",
      "0 passed, 1 failed",
    ],
  ],
  [
    ["again.test"],
    1,
    [
      'again.test:4:1: up has another sample at 0s already; "clear" forgets what was loaded',
      "again.test: 0 passed, 1 failed",
      "0 passed, 1 failed",
    ],
  ],
  [
    ["good-test.yml", "good.scenario"],
    0,
    [
      "good-test.yml: 1 passed, 0 failed",
      "good.scenario: 2 passed, 0 failed",
      "3 passed, 0 failed",
    ],
  ],
  [
    ["broken-test.yml"],
    1,
    [
      'broken-test.yml:1:13: rule_files must be a list, each entry on a line that begins with "-"; it is a single value',
      "broken-test.yml: 0 passed, 1 failed",
      "0 passed, 1 failed",
    ],
  ],
  [
    ["--enable-feature=promql-experimental-functions", "experimental-test.yml"],
    0,
    ["experimental-test.yml: 1 passed, 0 failed", "1 passed, 0 failed"],
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

test("what passes for nothing is told, and does not count", async () => {
  const { code, told, lines } = await run("bad-test.yaml", "empty-test.yml");
  assert.equal(code, 1);
  assert.deepEqual(lines, [
    "bad-test.yaml:4:9: test 1, at 1m: 1 + 1",
    "  + {} 2",
    "  - {} 3",
    "bad-test.yaml: 1 passed, 1 failed",
    "empty-test.yml: 0 passed, 0 failed",
    "1 passed, 1 failed",
  ]);
  assert.deepEqual(told.trimEnd().split("\n"), [
    "bad-test.yaml:1:14: no file matches none.yml",
    'bad-test.yaml:5:23: no rule has the alert "Gone", so it never fires',
    "empty-test.yml: no tests in it",
  ]);
});

test("a folder is run whole, but for YAML without tests", async () => {
  const { code, told, lines } = await run("folder", "good.test");
  assert.equal(code, 0);
  assert.equal(told, "naruko: folder: 1 YAML files without tests are left out\n");
  assert.deepEqual(lines, [
    "folder/a.scenario: 1 passed, 0 failed",
    "folder/sub/b.test: 1 passed, 0 failed",
    "folder/sub/c.yaml: 1 passed, 0 failed",
    "good.test: 1 passed, 0 failed",
    "4 passed, 0 failed",
  ]);
});

test("scripts and rule tests as JSON lines", async () => {
  const { code, lines } = await run("--json", "bad.test", "bad-test.yaml", "broken-test.yml");
  assert.equal(code, 1);
  const [differs, passed, refused, alert, expr, fault, summary] = lines.map(
    (line) => JSON.parse(line) as Record<string, unknown>,
  );
  const wrong = { reason: "{} differs at 60s", way: "as written", passed: false };
  const script = { kind: "check", file: "bad.test" };
  const rows = { expected: ["{} 4"], actual: ["{} 3"] };
  assert.deepEqual(differs, { ...script, line: 4, column: 21, expr: "up + 1", ...wrong, ...rows });
  const none = { expected: [], actual: [] };
  assert.deepEqual(passed, { ...script, line: 7, column: 19, expr: "up", ...none, passed: true });
  assert.equal(refused?.["line"], 10);
  const tested = { kind: "check", file: "bad-test.yaml", test: "test 1" };
  const place = { line: 5, column: 23, at: "0s" };
  assert.deepEqual(alert, { ...tested, ...place, alertname: "Gone", ...none, passed: true });
  assert.deepEqual(expr, {
    ...tested,
    line: 4,
    column: 9,
    at: "1m",
    expr: "1 + 1",
    expected: ["{} 3"],
    actual: ["{} 2"],
    passed: false,
  });
  assert.equal(fault?.["kind"], "fault");
  assert.deepEqual(summary, { kind: "summary", passed: 2, failed: 4 });
});

const misused: readonly (readonly [readonly string[], RegExp])[] = [
  [[], /test needs at least one FILE/],
  [["good.scenario", "x.txt"], /x\.txt: expected \.scenario, \.test, \.yml or \.yaml, or a folder/],
  [["rules.yml"], /rules\.yml: a rule file, which naruko check checks; a file of rule tests names/],
  [["routing.yml"], /routing\.yml: no file of rule tests, which has "tests"/],
  [["none"], /none: no \.scenario, no \.test and no YAML with rule tests in this folder/],
  [["--enable-feature=x", "good.test"], /--enable-feature: unknown "x"; there are promql-/],
];
for (const [args, told] of misused) {
  test(`misuse: test ${args.join(" ")}`, async () => {
    const ran = await run(...args);
    assert.equal(ran.code, 2);
    assert.match(ran.told, told);
  });
}

for (const name of ["x.test", "x.yml", "x.scenario"]) {
  test(`${name}, which is not there, is a failure`, async () => {
    const { code, lines } = await run(name);
    assert.equal(code, 1);
    assert.match(lines[0] ?? "", new RegExp(`^${name}: cannot be read: ENOENT`));
  });
}

test("what is experimental needs its feature in rule tests, and none in scripts", async () => {
  const { code, lines } = await run("experimental-test.yml");
  assert.equal(code, 1);
  assert.match(lines[0] ?? "", /max_of.* is experimental and not enabled/);
});

/** Prometheus' own scripts, where they lie beside the checkout. */
const THEIRS = fileURLToPath(new URL("../../../../../shared/promqltest/", import.meta.url));
const theirs = existsSync(THEIRS)
  ? readdirSync(THEIRS).filter((name) => name.endsWith(".test"))
  : [];

test("Prometheus' scripts run as a folder", { skip: theirs.length === 0 }, async () => {
  const { printed } = await runNaruko("test", THEIRS);
  for (const name of theirs) {
    assert.match(printed, new RegExp(`/${name}: \\d+ passed, \\d+ failed$`, "m"));
  }
});
