import assert from "node:assert/strict";
import test from "node:test";
import { NO_FEATURES } from "@naruko/core/model/features";
import { parseRuleFile } from "@naruko/core/rules/rule-file";
import { parseYaml } from "../config/parse-yaml.ts";
import { parseRuleTestFile } from "./parse-rule-test.ts";
import { runRuleTest } from "./run-rule-test.ts";

/** Runs the first test of a file over rules, both in JSON. */
function run(rules: readonly object[], input: object) {
  const groups = parseRuleFile(
    parseYaml("rules", JSON.stringify({ groups: [{ name: "g", interval: "1h", rules }] })),
  ).groups;
  const file = parseRuleTestFile("t", JSON.stringify(input));
  const [first] = file.tests;
  assert.ok(first !== undefined);
  const { checks, faults } = runRuleTest(file, first, { groups, features: NO_FEATURES });
  const shown = checks.map(({ check, passed, expected, actual, reason }) => {
    const subject = "alertName" in check ? check.alertName : check.expr;
    return [
      subject,
      passed,
      ...expected.map((row) => `-${row}`),
      ...actual.map((row) => `+${row}`),
      ...(reason === undefined ? [] : [reason]),
    ];
  });
  return { checks: shown, faults };
}

const X = { series: "x", values: "0+1x9" };

test("alerts are those of the last evaluation before, expressions those of the end", () => {
  const down = { alert: "Down", expr: "x > 1", annotations: { at: "{{ $value }}" } };
  const at = (eval_time: string, value?: string) => ({
    eval_time,
    alertname: "Down",
    exp_alerts: value === undefined ? [] : [{ exp_annotations: { at: value } }],
  });
  const alert_rule_test = [at("3m59s", "3"), at("1m59s"), at("2m", "2"), at("2m", "3")];
  const promql_expr_test = [
    {
      expr: "count_over_time(ALERTS[9m])",
      eval_time: "4m",
      exp_samples: [{ labels: '{alertname="Down", alertstate="firing"}', value: 3 }],
    },
    { expr: "x offset -1m", eval_time: "1m", exp_samples: [{ labels: "x", value: 2 }] },
  ];
  const tests = [{ input_series: [X], alert_rule_test, promql_expr_test }];
  assert.deepEqual(run([down], { tests }), {
    checks: [
      ["Down", true, '-Down with {at="3"}', '+Down with {at="3"}'],
      ["Down", true],
      ["Down", true, '-Down with {at="2"}', '+Down with {at="2"}'],
      ["Down", false, '-Down with {at="3"}', '+Down with {at="2"}'],
      [
        "count_over_time(ALERTS[9m])",
        true,
        '-{alertname="Down", alertstate="firing"} 3',
        '+{alertname="Down", alertstate="firing"} 3',
      ],
      ["x offset -1m", true, "-x 2", "+x 2"],
    ],
    faults: [],
  });
});

test("pending alerts do not count, nor those of another name", () => {
  const rules = [
    { alert: "Late", expr: "x >= 0", for: "2m" },
    { alert: "Other", expr: "x >= 0" },
  ];
  const alert_rule_test = [{ eval_time: "1m", alertname: "Late" }];
  const { checks } = run(rules, { tests: [{ input_series: [X], alert_rule_test }] });
  assert.deepEqual(checks, [["Late", true]]);
});

test("a rule that fails ends the test", () => {
  const rules = [
    { record: "y", expr: "x" },
    { record: "bad", expr: "x + on () z" },
  ];
  const z = ["a", "b"].map((name) => ({ series: `z{z="${name}"}`, values: "_ _ 1" }));
  const alert_rule_test = [
    { eval_time: "1m", alertname: "None" },
    { eval_time: "2m", alertname: "None" },
  ];
  const tests = [{ input_series: [X, ...z], alert_rule_test, promql_expr_test: [{ expr: "x" }] }];
  const { checks, faults } = run(rules, { tests });
  assert.deepEqual(checks, [["None", true]]);
  assert.equal(faults.length, 1);
  assert.match(
    faults[0] ?? "",
    /^t:1:11: test 1, at 2m: rule bad: found duplicate series.*; 2 checks were not made$/,
  );
});

test("a rule may not write what an input series has otherwise", () => {
  const tests = [
    {
      input_series: [X, { series: "y", values: "0 1 5" }],
      promql_expr_test: [{ expr: "1", eval_time: "3m" }],
    },
  ];
  assert.deepEqual(run([{ record: "y", expr: "x" }], { tests }).faults, [
    "t:1:11: test 1, at 2m: y, which a rule writes, has another sample at this time already; 1 checks were not made",
  ]);
});

test("where a rule's series would end, an input series may go on", () => {
  const promql_expr_test = [
    { expr: "y", eval_time: "1m", exp_samples: [{ labels: "y", value: 7 }] },
  ];
  const tests = [{ input_series: [X, { series: "y", values: "_ 7" }], promql_expr_test }];
  assert.deepEqual(run([{ record: "y", expr: "x < 1" }], { tests }), {
    checks: [["y", true, "-y 7", "+y 7"]],
    faults: [],
  });
});

test("an expression that is refused fails alone", () => {
  const promql_expr_test = [
    { expr: "rat(x)" },
    { expr: "'text'" },
    { expr: "1", exp_samples: [{ value: 1 }] },
  ];
  const { checks } = run([], { tests: [{ promql_expr_test }] });
  assert.deepEqual(checks, [
    ["rat(x)", false, 'unknown function "rat"; did you mean "rate"?'],
    ["'text'", false, "a rule needs a vector or a scalar, this is a string"],
    ["1", true, "-{} 1", "+{} 1"],
  ]);
});

test("a fault in an expression has its place in the file", () => {
  const text =
    "tests:\n  - promql_expr_test:\n      - expr: |\n          sum(\n            rat(x))\n";
  const file = parseRuleTestFile("t", text);
  const [first] = file.tests;
  assert.ok(first !== undefined);
  const { checks } = runRuleTest(file, first, { groups: [], features: NO_FEATURES });
  assert.deepEqual(checks[0]?.position, { line: 5, column: 13 });
  assert.deepEqual(checks[0].check.position, { line: 3, column: 9 });
});

test("numbers a digit apart are equal where comparing is fuzzy, and only then", () => {
  const cases: readonly (readonly [string, string, boolean, boolean])[] = [
    ["0.1 * 3", "0.3", true, false],
    ["0.1 * 3", "0.30000000000000004", true, true],
    ["0.1 * 3", "0.3000000000000002", false, false],
    ["5e-324", "0", true, false],
    ["-5e-324", "5e-324", false, false],
    ["1.7976931348623157e308", ".inf", true, false],
    ["0 / 0", ".nan", false, false],
  ];
  for (const fuzzy_compare of [true, false]) {
    for (const [expr, value, fuzzy, exact] of cases) {
      const text = `{ fuzzy_compare: ${fuzzy_compare}, tests: [{ promql_expr_test: [{ expr: "${expr}", exp_samples: [{ value: ${value} }] }] }] }`;
      const file = parseRuleTestFile("t", text);
      const [first] = file.tests;
      assert.ok(first !== undefined);
      const { checks } = runRuleTest(file, first, { groups: [], features: NO_FEATURES });
      assert.equal(checks[0]?.passed, fuzzy_compare ? fuzzy : exact, text);
    }
  }
});

test("a test of too many evaluations is refused", () => {
  const promql_expr_test = [{ expr: "1", eval_time: "1y" }];
  const { checks, faults } = run([], { evaluation_interval: "1s", tests: [{ promql_expr_test }] });
  assert.deepEqual(checks, []);
  assert.match(faults[0] ?? "", /^t:1:38: test 1: more than 1000000 evaluations; take a longer/);
});
