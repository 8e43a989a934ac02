import assert from "node:assert/strict";
import test from "node:test";
import { InputError } from "@naruko/core/model/input-error";
import { formatLabels } from "@naruko/core/model/labels";
import { parseRuleTestFile } from "./parse-rule-test.ts";

test("a file is read whole", () => {
  const file = parseRuleTestFile(
    "t.yml",
    `rule_files: [a.yml, "b/*.yml"]
evaluation_interval: 30s
group_eval_order: [two, one]
fuzzy_compare: true
tests:
  - name: first
    interval: 10s
    external_labels: { region: eu }
    external_url: https://x.example
    start_timestamp: "2026-01-05T00:00:00.5+01:00"
    input_series: [{ series: 'up{job="a"}', values: 1 _ stale }]
    alert_rule_test:
      - eval_time: 1m
        alertname: Down
        exp_alerts: [{ exp_labels: { job: a, n: 1 }, exp_annotations: { empty: } }]
    promql_expr_test:
      - { expr: up, eval_time: 5s, exp_samples: [{ labels: up, value: 1e3 }, { value: -.inf }] }
  - {}
`,
  );
  const [first, second] = file.tests;
  assert.deepEqual(
    file.ruleFiles.map(({ pattern, position }) => [pattern, position.line, position.column]),
    [
      ["a.yml", 1, 14],
      ["b/*.yml", 1, 21],
    ],
  );
  assert.deepEqual(
    [file.intervalMs, file.groupOrder, file.fuzzyCompare],
    [30_000, ["two", "one"], true],
  );
  assert.ok(first !== undefined && second !== undefined);
  assert.deepEqual(
    [first.name, first.stepMs, first.externalUrl],
    ["first", 10_000, "https://x.example"],
  );
  assert.equal(first.startAt, Date.UTC(2026, 0, 4, 23, 0, 0, 500));
  assert.equal(formatLabels(first.externalLabels), '{region="eu"}');
  assert.deepEqual(
    first.inputs.map(({ labels, values }) => [formatLabels(labels), values]),
    [['up{job="a"}', [1, undefined, "stale"]]],
  );
  assert.deepEqual(first.alertChecks, [
    {
      position: { line: 13, column: 9 },
      atMs: 60_000,
      alertName: "Down",
      expected: [
        {
          labels: [
            ["job", "a"],
            ["n", "1"],
          ],
          annotations: [["empty", ""]],
        },
      ],
    },
  ]);
  assert.deepEqual(
    first.exprChecks.map(({ expr, atMs, expected }) => [
      expr,
      atMs,
      expected.map(({ labels, value }) => [formatLabels(labels), value]),
    ]),
    [
      [
        "up",
        5000,
        [
          ["up", 1000],
          ["{}", -Infinity],
        ],
      ],
    ],
  );
  assert.deepEqual([second.name, second.stepMs, second.startAt], ["test 2", 30_000, 0]);
});

test("what is hardly meant is told", () => {
  const text =
    "tests:\n  - input_series:\n      - { series: x, values: 1 }\n      - { series: x, values: 2 }\n";
  const { warnings, tests } = parseRuleTestFile("t.yml", text);
  assert.deepEqual(warnings, [
    "t.yml:4:11: an input series with the same labels stands before; only this one counts",
  ]);
  assert.deepEqual(
    tests[0]?.inputs.map(({ values }) => values),
    [[2]],
  );
});

/** What follows `tests:`, and the message. */
const refused: readonly (readonly [string, string])[] = [
  ["", "t.yml:1:1: an empty file tests nothing; expected tests"],
  ["[]", "t.yml:1:1: a file of rule tests must be a map with keys such as rule_files"],
  ["test: []", 't.yml:1:1: unknown key "test" in a file of rule tests; did you mean "tests"?'],
  ["evaluation_interval: 1", 't.yml:1:22: evaluation_interval "1" is no duration'],
  ["tests: {}", "t.yml:1:8: tests must be a list"],
  ["tests: [x]", "t.yml:1:9: a test must be a map"],
  ["tests: [{ start_timestamp: yesterday }]", "t.yml:1:28: start_timestamp must be a time such as"],
  [
    "tests: [{ start_timestamp: 2026-01-05 }]",
    "t.yml:1:28: start_timestamp must be a time such as",
  ],
  [
    "tests: [{ input_series: [{ values: 1 }] }]",
    't.yml:1:26: expected series, such as up{job="api"}',
  ],
  [
    "tests: [{ input_series: [{ series: up 1 }] }]",
    't.yml:1:38: expected the end of the labels, got " 1"',
  ],
  ["tests: [{ input_series: [{ series: x, values: 1 1x }] }]", 't.yml:1:49: bad value "1x"'],
  [
    "tests: [{ input_series: [{ series: x, values: '1 {{a:1}}' }] }]",
    't.yml:1:50: a histogram has no "a"',
  ],
  [
    "tests: [{ alert_rule_test: [{ eval_time: 1m }] }]",
    "t.yml:1:29: an alert test needs its alertname",
  ],
  [
    "tests: [{ alert_rule_test: [{ alertname: A, eval_time: x }] }]",
    't.yml:1:56: eval_time "x" is no duration',
  ],
  [
    "tests: [{ alert_rule_test: [{ alertname: A, exp_alerts: [{ labels: {} }] }] }]",
    't.yml:1:60: unknown key "labels" in an expected alert; known are',
  ],
  [
    "tests: [{ promql_expr_test: [{ eval_time: 1m }] }]",
    't.yml:1:30: a test of an expression needs its "expr"',
  ],
  [
    "tests: [{ promql_expr_test: [{ expr: x, exp_samples: [{ value: NaN }] }] }]",
    "t.yml:1:64: value must be a number; not a number is written .nan",
  ],
  [
    "tests: [{ promql_expr_test: [{ expr: x, exp_samples: [{ value: '1' }] }] }]",
    "t.yml:1:64: value must be a number",
  ],
  [
    "tests: [{ promql_expr_test: [{ expr: x, exp_samples: [{ histogram: 1 }] }] }]",
    "t.yml:1:68: expected one histogram",
  ],
  [
    "tests: [{ promql_expr_test: [{ expr: x, exp_samples: [{ labels: 'x{a!=\"b\"}' }] }] }]",
    't.yml:1:66: labels of a series are written with "="',
  ],
  ["tests: [\n", "t.yml:2:1: "],
];
for (const [text, message] of refused) {
  test(`refused: ${JSON.stringify(text)}`, () => {
    assert.throws(
      () => parseRuleTestFile("t.yml", text),
      (error) => {
        assert.ok(error instanceof InputError);
        assert.equal(error.kind, "rule-test");
        assert.equal(error.message.slice(0, message.length), message);
        return true;
      },
    );
  });
}

test("every fault is told", () => {
  assert.throws(
    () => parseRuleTestFile("t.yml", "tests: [{ name: [] }, { interval: 1 }]"),
    /^InputError: t\.yml:1:17: name must be .*\nt\.yml:1:35: interval "1" is no duration/,
  );
});
