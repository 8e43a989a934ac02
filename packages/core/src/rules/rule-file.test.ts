import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { parseYaml } from "../../../naruko/src/config/parse-yaml.ts";
import { parseRuleFile } from "./rule-file.ts";

function read(text: string) {
  return parseRuleFile(parseYaml("rules/cost.yml", text, "rule-file"));
}

function refusals(text: string): string[] {
  return read(text).errors.map((error) => error.message);
}

const article = `groups:
- name: llm_alerts
  rules:
  - alert: LLMHighLatency
    expr: histogram_quantile(0.95, rate(llm_operation_duration_seconds_bucket[5m])) > 5
    for: 3m
    labels: { severity: warning }
    annotations: { summary: "{{ $labels.model }} is slow" }
  - alert: LLMHighErrorRate
    expr: |
      sum(rate(llm_errors_total[5m])) by (model)
      / sum(rate(llm_operation_duration_seconds_count[5m])) by (model) > 0.05
    for: 2m
    labels: { severity: critical }
`;

test("the article's rules are read as written", () => {
  const { groups, errors, warnings } = read(article);
  assert.deepEqual([errors, warnings], [[], []]);
  assert.equal(groups.length, 1);
  assert.deepEqual(
    groups[0]?.rules.map((rule) => [rule.kind, rule.name, rule.labels]),
    [
      ["alert", "LLMHighLatency", [["severity", "warning"]]],
      ["alert", "LLMHighErrorRate", [["severity", "critical"]]],
    ],
  );
  const [first] = groups[0].rules;
  assert.ok(first?.kind === "alert");
  assert.equal(first.forMs, 180_000);
  assert.equal(first.expr.reachMs, 300_000);
});

test("group settings and labels are read; a rule's own label wins", () => {
  const { groups, errors } = read(`groups:
- name: g
  interval: 1m
  query_offset: 30s
  limit: 5
  labels: { team: llm, level: 7 }
  rules:
  - record: job:up:sum
    expr: sum by (job) (up)
    labels: { team: sre }
  - alert: A
    expr: up
    keep_firing_for: 10m
`);
  assert.deepEqual(errors, []);
  const [group] = groups;
  assert.deepEqual([group?.intervalMs, group?.queryOffsetMs, group?.limit], [60_000, 30_000, 5]);
  assert.deepEqual(group?.rules[0]?.labels, [
    ["team", "sre"],
    ["level", "7"],
  ]);
  assert.ok(group.rules[1]?.kind === "alert" && group.rules[1].keepFiringForMs === 600_000);
});

const empty = ["", "groups:", "groups: []", "# nothing\n", "groups:\n- name: a\n- name: b"];
for (const text of empty) {
  test(`${JSON.stringify(text)} is a rule file`, () => assert.deepEqual(refusals(text), []));
}

test("names of metrics and labels may be any UTF-8", () => {
  const text = `groups: [{name: g, rules: [{record: "mémoire.utilisée", expr: '{"a.b"}', labels: {"gen_ai.model": x}}]}]`;
  assert.deepEqual(refusals(text), []);
});

const at = (rule: string) => `groups:\n- name: g\n  rules:\n  - ${rule}`;

// What is refused, and the message that it gets.
const refused: readonly (readonly [string, string, string])[] = [
  [
    "text",
    "42",
    `rules/cost.yml:1:1: a rule file must be a map with keys such as groups; it is a single value`,
  ],
  [
    "unknown top field",
    "group: []",
    `rules/cost.yml:1:1: unknown key "group" in a rule file; did you mean "groups"?`,
  ],
  [
    "groups not a list",
    "groups: {a: 1}",
    `rules/cost.yml:1:9: groups must be a list, each entry on a line that begins with "-"; it is a map`,
  ],
  [
    "group not a map",
    "groups: [a]",
    `rules/cost.yml:1:10: a group must be a map with keys such as name, interval, query_offset; it is a single value`,
  ],
  [
    "no group name",
    "groups: [{rules: []}]",
    "rules/cost.yml:1:10: a group needs a name that is not empty",
  ],
  [
    "group twice",
    "groups:\n- name: a\n- name: a",
    `rules/cost.yml:3:9: group "a" is repeated; names are unique in one file`,
  ],
  [
    "unknown group field",
    "groups:\n- name: a\n  intervall: 1m",
    `rules/cost.yml:3:3: unknown key "intervall" in a group; did you mean "interval"?`,
  ],
  [
    "interval",
    "groups:\n- name: a\n  interval: 5",
    `rules/cost.yml:3:13: interval "5" is no duration; write a number with its unit: 30s, 5m, 1h30m`,
  ],
  [
    "limit",
    "groups:\n- name: a\n  limit: many",
    `rules/cost.yml:3:10: limit must be a whole number`,
  ],
  [
    "group label",
    "groups:\n- name: a\n  labels: {__name__: x}",
    `rules/cost.yml:3:12: "__name__" cannot be set as a label; a metric is named by "record"`,
  ],
  [
    "rule not a map",
    at("up"),
    `rules/cost.yml:4:5: a rule must be a map with keys such as record, alert, expr; it is a single value`,
  ],
  ["no rule name", at("expr: up"), `rules/cost.yml:4:5: a rule needs one of "record" and "alert"`],
  [
    "both names",
    at("{alert: a, record: b, expr: up}"),
    `rules/cost.yml:4:6: a rule has one of "record" and "alert", not both`,
  ],
  ["no expression", at("alert: a"), `rules/cost.yml:4:5: a rule needs an expression in "expr"`],
  [
    "empty expression",
    at(`{alert: a, expr: ""}`),
    `rules/cost.yml:4:16: a rule needs an expression in "expr"`,
  ],
  [
    "unknown rule field",
    at("{alert: a, expr: up, fro: 5m}"),
    `rules/cost.yml:4:26: unknown key "fro" in a rule; did you mean "for"?`,
  ],
  [
    "for",
    at("{alert: a, expr: up, for: soon}"),
    `rules/cost.yml:4:31: for "soon" is no duration; write a number with its unit: 30s, 5m, 1h30m`,
  ],
  [
    "recording for",
    at("{record: a, expr: up, for: 5m}"),
    `rules/cost.yml:4:27: "for" is for alerts; a recording rule has none`,
  ],
  [
    "recording keep",
    at("{record: a, expr: up, keep_firing_for: 5m}"),
    `rules/cost.yml:4:27: "keep_firing_for" is for alerts; a recording rule has none`,
  ],
  [
    "recording annotations",
    at("{record: a, expr: up, annotations: {a: b}}"),
    `rules/cost.yml:4:27: "annotations" is for alerts; a recording rule has none`,
  ],
  [
    "braces",
    at("{record: 'a{b=\"c\"}', expr: up}"),
    `rules/cost.yml:4:14: a metric name has no braces, got "a{b="c"}"; labels go into "labels", a query into "expr"`,
  ],
  [
    "label not a text",
    at("{alert: a, expr: up, labels: {a: [b]}}"),
    `rules/cost.yml:4:38: "a" in labels must be a text; it is a list`,
  ],
  [
    "labels not a map",
    at("{alert: a, expr: up, labels: b}"),
    `rules/cost.yml:4:34: labels must be a map of names to texts; it is a single value`,
  ],
  [
    "unknown function",
    at("alert: a\n    expr: rat(up[5m])"),
    `rules/cost.yml:5:11: unknown function "rat"; did you mean "rate"?`,
  ],
  [
    "quoted expression",
    at(`alert: a\n    expr: "sum(rat(up[5m]))"`),
    `rules/cost.yml:5:16: unknown function "rat"; did you mean "rate"?`,
  ],
  [
    "single quoted",
    at(`alert: a\n    expr: 'up{a=''b''} + rat(up[5m])'`),
    `rules/cost.yml:5:26: unknown function "rat"; did you mean "rate"?`,
  ],
  [
    "block scalar",
    at("alert: a\n    expr: |\n      sum(up)\n      / rat(up[5m])"),
    `rules/cost.yml:7:9: unknown function "rat"; did you mean "rate"?`,
  ],
  [
    "folded scalar",
    at("alert: a\n    expr: >-\n      sum(up)\n      / rat(up[5m])"),
    `rules/cost.yml:7:9: unknown function "rat"; did you mean "rate"?`,
  ],
  [
    "plain over two lines",
    at("alert: a\n    expr: sum(up)\n      / rat(up[5m])"),
    `rules/cost.yml:6:9: unknown function "rat"; did you mean "rate"?`,
  ],
  [
    "template function",
    at("alert: a\n    expr: up\n    annotations:\n      summary: hi {{ $value | humanise }}"),
    `rules/cost.yml:7:31: annotation "summary": function "humanise" not defined`,
  ],
  [
    "template variable",
    at("{alert: a, expr: up, labels: {a: '{{ $label.x }}'}}"),
    `rules/cost.yml:4:42: label "a": undefined variable "$label"`,
  ],
  [
    "template in a group's label",
    "groups:\n- name: g\n  labels: {a: '{{'}\n  rules: [{alert: a, expr: up}, {alert: b, expr: up}]",
    `rules/cost.yml:3:18: label "a": unclosed action`,
  ],
];
for (const [what, text, message] of refused) {
  test(`refused: ${what}`, () => assert.deepEqual(refusals(text), [message]));
}

/** Group labels came with 3.0: the Debian promtool refuses the field for being unknown. */
const promtool = spawnSync("promtool", ["--version"]).status === 0;
const skip =
  promtool || process.env["NARUKO_REQUIRE_PEERS"] === "1" ? false : "promtool is not installed";

test("what we refuse, Prometheus refuses; what we accept, it accepts", { skip }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-promtool-"));
  const file = path.join(folder, "rules.yml");
  const status = (text: string): number | null => {
    writeFileSync(file, text);
    return spawnSync("promtool", ["check", "rules", file]).status;
  };
  try {
    const accepted = refused.filter(([, text]) => status(text) === 0).map(([what]) => what);
    assert.deepEqual(accepted, []);
    for (const text of [article, ...empty]) assert.equal(status(text), 0, text);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("all faults of a file are told, in one go", () => {
  const text = at("{alert: a, expr: up, for: x}\n  - {record: b, expr: 'sum('}\n  - {expr: up}");
  assert.equal(refusals(text).length, 3);
});

test("rules of equal name and labels are warned of, as promtool's linter does", () => {
  const { errors, warnings } = read(
    at(
      "{record: a, expr: up}\n  - {record: a, expr: down}\n  - {record: a, expr: up, labels: {b: c}}",
    ),
  );
  assert.deepEqual(errors, []);
  assert.deepEqual(
    warnings.map((warning) => warning.message),
    [
      `rules/cost.yml:5:5: rule "a" is repeated with the same labels; its series and alerts would mix`,
    ],
  );
});

test("a place is one of the file: an editor can jump to it", () => {
  const text = at("alert: a\n    expr: |\n      sum(up)\n      / rat(up[5m])");
  const [error] = read(text).errors;
  assert.equal(text.slice(error?.place?.from, (error?.place?.from ?? 0) + 3), "rat");
  assert.equal(error?.kind, "promql");
});
