import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { runNaruko } from "../testing/run-naruko.ts";

const folder = mkdtempSync(path.join(tmpdir(), "naruko-check-"));
test.after(() => {
  rmSync(folder, { recursive: true, force: true });
});

const FILES: Readonly<Record<string, string>> = {
  "good.yml": "groups: [{ name: g, rules: [{ record: r, expr: 'sum(x)' }] }]\n",
  "bad.yml": `groups:
  - name: g
    rules:
      - alert: A
        expr: rat(x[5m])
      - alert: B
        exp: x
`,
  "twice.yml": `groups:
  - name: g
    rules:
      - { record: r, expr: x }
      - { record: r, expr: y }
`,
  "cut.yml": "groups: [\n",
  "routing.yml": "route: { receiver: pager }\nreceivers: [{ name: pager }]\n",
  "nobody.yml": "route: { receiver: pager }\nreceivers: [{ name: oncall }]\n",
  "config.yml": "interval: 30s\nrules: [good.yml]\nrouting: routing.yml\n",
  "config-bad.yml": "intervall: 30s\nlisten: { port: 99999 }\n",
  "config-names.yml":
    "rules: [bad.yml, none.yml]\nrouting: nobody.yml\ncapture: { redact: ['('] }\n",
  "config-routing.yml": "routing:\n  route: { receiver: pager }\n  receivers: []\n",
  "empty.yml": "",
};
for (const [name, text] of Object.entries(FILES)) writeFileSync(path.join(folder, name), text);

/** Runs `naruko check` on files of the folder, and leaves the folder out of what it prints. */
async function check(...args: readonly string[]) {
  const named = args.map((arg) => (arg.startsWith("--") ? arg : path.join(folder, arg)));
  const { code, printed, told } = await runNaruko("check", ...named);
  const short = (text: string): string => text.replaceAll(`${folder}/`, "");
  return { code, told: short(told), lines: short(printed).trimEnd().split("\n") };
}

const BAD = [
  'bad.yml:5:15: unknown function "rat"; did you mean "rate"?',
  'bad.yml:7:9: unknown key "exp" in a rule; did you mean "expr"?',
  'bad.yml:6:9: a rule needs an expression in "expr"',
  "bad.yml: refused, read as rules",
];
const NOBODY = [
  'nobody.yml:1:20: there is no receiver "pager"; receivers are: oncall',
  "nobody.yml: refused, read as routing",
];
const NONE = "cannot be read: ENOENT: no such file or directory, open 'none.yml'";

const cases: readonly (readonly [readonly string[], number, readonly string[]])[] = [
  [["good.yml"], 0, ["good.yml: rules, 1 rules: ok", "files 1, errors 0, warnings 0"]],
  [["routing.yml"], 0, ["routing.yml: routing, 1 receivers: ok", "files 1, errors 0, warnings 0"]],
  [["empty.yml"], 0, ["empty.yml: configuration: ok", "files 1, errors 0, warnings 0"]],
  [
    ["config.yml", "good.yml"],
    0,
    [
      "config.yml: configuration: ok",
      "good.yml: rules, 1 rules: ok",
      "routing.yml: routing, 1 receivers: ok",
      "files 3, errors 0, warnings 0",
    ],
  ],
  [["bad.yml"], 1, [...BAD, "files 1, errors 3, warnings 0"]],
  [["bad.yml", "nobody.yml"], 1, [...BAD, ...NOBODY, "files 2, errors 4, warnings 0"]],
  [["none.yml"], 1, [`none.yml: ${NONE}`, "none.yml: refused", "files 1, errors 1, warnings 0"]],
  [
    ["config-names.yml"],
    1,
    [
      'config-names.yml: capture.redact: regular expression, character 1: a ( without its ): "("',
      "config-names.yml: refused, read as configuration",
      ...BAD,
      `none.yml: ${NONE}`,
      "none.yml: refused",
      ...NOBODY,
      "files 4, errors 6, warnings 0",
    ],
  ],
];
for (const [files, code, lines] of cases) {
  test(`check ${files.join(" ")}`, async () => {
    assert.deepEqual(await check(...files), { code, told: "", lines });
  });
}

const begins: readonly (readonly [string, number, RegExp])[] = [
  ["cut.yml", 1, /^cut\.yml:\d+:\d+: .*\ncut\.yml: refused\n/],
  [
    "config-bad.yml",
    1,
    /^config-bad\.yml:1:1: unknown key "intervall"; .*\nconfig-bad\.yml:2:17: listen\.port: /,
  ],
  ["config-routing.yml", 1, /^config-routing\.yml:2:\d+: .*receiver/],
  ["twice.yml", 0, /^twice\.yml:5:\d+: warning: .*\ntwice\.yml: rules, 2 rules: ok\n/],
];
for (const [file, expected, pattern] of begins) {
  test(`check ${file}`, async () => {
    const { code, lines } = await check(file);
    assert.match(lines.join("\n"), pattern);
    assert.equal(code, expected);
  });
}

test("findings as JSON lines", async () => {
  const { code, lines } = await check("--json", "nobody.yml", "none.yml");
  assert.equal(code, 1);
  assert.deepEqual(
    lines.map((line) => JSON.parse(line) as unknown),
    [
      {
        kind: "finding",
        severity: "error",
        file: "nobody.yml",
        line: 1,
        column: 20,
        message: 'there is no receiver "pager"; receivers are: oncall',
      },
      { kind: "finding", severity: "error", file: "none.yml", message: NONE },
      { kind: "summary", files: 2, errors: 2, warnings: 0 },
    ],
  );
});

test("without arguments, the shipped rules are checked, and found right", async () => {
  const { code, lines } = await check();
  assert.equal(code, 0);
  assert.ok(lines.some((line) => line.endsWith("article.yml: rules, 3 rules: ok")));
});

test("a scenario is not checked but run", async () => {
  const { code, told } = await check("x.scenario");
  assert.equal(code, 2);
  assert.match(told, /a scenario is run, by naruko test/);
});
