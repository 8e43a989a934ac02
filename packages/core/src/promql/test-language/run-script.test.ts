import assert from "node:assert/strict";
import test from "node:test";
import { InputError } from "../../model/input-error.ts";
import { DEFAULT_LIMITS } from "../../model/limits.ts";
import { parseScript } from "./parse-script.ts";
import { runScript } from "./run-script.ts";
import { RUNNER_FEATURES } from "./runner-features.ts";

const OPTIONS = { limits: DEFAULT_LIMITS, features: RUNNER_FEATURES };

/** Per eval `passed`, or the way and the reason, and the rows where they differ. */
function verdicts(text: string): string[] {
  return [...runScript(parseScript(text), OPTIONS)].map(({ verdict }) => {
    if (verdict.kind === "passed") return "passed";
    const { way, reason, expected, actual } = verdict;
    const rows = [...expected.map((row) => `-${row}`), ...actual.map((row) => `+${row}`)];
    return [`${way}: ${reason}`, ...rows].join("; ");
  });
}

const DATA = `load 1m
  up{job="a"} 1 2 3
  up{job="b"} 4 _ stale 5
  h {{schema:0 sum:5 count:4 buckets:[1 2 1]}}
`;

const cases: readonly (readonly [string, string])[] = [
  ["eval instant at 1m up\n up{job='a'} 2\n up{job='b'} 4", "passed"],
  ["eval instant at 2m up\n up{job='a'} 3", "passed"],
  ["eval instant at 1m up{job='a'}\n up{job='a'} 2.000001", "passed"],
  [
    "eval instant at 1m up{job='a'}\n up{job='a'} 2.00001",
    'as written: up{job="a"} differs at 60s; -up{job="a"} 2.00001; +up{job="a"} 2',
  ],
  [
    "eval instant at 1m up{job='a'} * 0\n {job='a'} 0.001",
    'as written: {job="a"} differs at 60s; -{job="a"} 0.001; +{job="a"} 0',
  ],
  [
    "eval instant at 1m up\n up{job='a'} 2",
    'as written: up{job="b"} is not expected; -up{job="a"} 2; +up{job="a"} 2; +up{job="b"} 4',
  ],
  ["eval instant at 1m up > 9\n {} 1", "as written: {} is not in the result; -{} 1"],
  ["eval instant at 1m up > 9", "passed"],
  ["eval instant at 0 1 + 1\n 2", "passed"],
  ["eval instant at 0 1 + 1\n 3", "as written: the result is another scalar; -3; +2"],
  ["eval instant at 0 1 + 1\n {} 2", "as written: the result is another scalar; +2"],
  ["eval instant at 0 vector(1)\n 1", "as written: a scalar was expected; -{} 1; +{} 1"],
  ["eval instant at 0 'x'\n expect string 'x'", "passed"],
  [
    "eval instant at 0 'x'\n expect string 'y'",
    'as written: the result is another string; -"y"; +"x"',
  ],
  ["eval instant at 0 'x'", 'as written: the result is another string; +"x"'],
  [
    "eval instant at 1m up\n expect string 'x'",
    'as written: a string was expected; -"x"; +up{job="a"} 2; +up{job="b"} 4',
  ],
  ["eval range from 0 to 3m step 1m up\n up{job='a'} 1 2 3 3\n up{job='b'} 4 4 _ 5", "passed"],
  [
    "eval range from 0 to 3m step 1m up{job='b'}\n up{job='b'} 4 4 5",
    'as written: up{job="b"} has a value at 180s; -up{job="b"} 4 4 5; +up{job="b"} 4 4 _ 5',
  ],
  [
    "eval range from 0 to 1m step 1m up{job='a'}\n up{job='a'} 1",
    'as written: up{job="a"} has 2 values, 1 are expected; -up{job="a"} 1; +up{job="a"} 1 2',
  ],
  [
    "eval instant at 2m up{job='a'}[2m]\n expect range vector from 1m to 2m step 1m\n up{job='a'} 2 3",
    "passed",
  ],
  ["eval instant at 1m sort_desc(up)\n expect ordered\n up{job='b'} 4\n up{job='a'} 2", "passed"],
  [
    "eval instant at 1m sort(up)\n expect ordered\n up{job='b'} 4\n up{job='a'} 2",
    'as written: the series are in another order; -up{job="b"} 4; -up{job="a"} 2; +up{job="a"} 2; +up{job="b"} 4',
  ],
  [
    "eval instant at 1m up / 0 > on () group_left () up",
    'as written: found duplicate series for the match group {} on the right hand-side of the operation: [{__name__="up", job="a"}, {__name__="up", job="b"}];many-to-many matching not allowed: matching labels must be unique on one side',
  ],
  ["eval instant at 1m up * on () group_left () up\n expect fail", "passed"],
  [
    "eval instant at 1m up * on () group_left () up\n expect fail regex: ^found duplicate .* group",
    "passed",
  ],
  ["eval instant at 1m up\n expect fail", "as written: the query was expected to fail"],
  [
    "eval_fail instant at 1m rat(up)\n expected_fail_message nothing",
    'as written: the query fails otherwise; -msg: nothing; +unknown function "rat"; did you mean "rate"?',
  ],
  ["eval instant at 1m rat(up)", 'as written: 1:1: unknown function "rat"; did you mean "rate"?'],
  [
    "eval instant at 1m quantile(2, up)\n expect no_warn\n {} +Inf",
    "as written: no warning was expected, there is PromQL warning: quantile value should be between 0 and 1, got 2 (1:10)",
  ],
  ["eval instant at 1m quantile(2, up)\n expect warn\n {} +Inf", "passed"],
  [
    "eval instant at 1m quantile(2, up)\n expect warn msg: PromQL warning: quantile value should be between 0 and 1, got 2 (1:10)\n {} +Inf",
    "passed",
  ],
  [
    "eval instant at 1m quantile(2, up)\n expect warn msg: other\n {} +Inf",
    "as written: warning expected with msg: other, there is PromQL warning: quantile value should be between 0 and 1, got 2 (1:10)",
  ],
  [
    "eval_warn instant at 1m up\n up{job='a'} 2\n up{job='b'} 4",
    "as written: warning expected with any text, there is none",
  ],
  [
    "eval_info instant at 1m up\n up{job='a'} 2\n up{job='b'} 4",
    "as written: info expected with any text, there is none",
  ],
  ["eval instant at 0 h\n h {{schema:0 sum:5 count:4 offset:-1 buckets:[0 1 2 1 0]}}", "passed"],
  [
    "eval instant at 0 h\n h {{schema:0 sum:5 count:4 buckets:[1 1 2]}}",
    "as written: h differs at 0s; -h {{count:4 sum:5 buckets:[1 1 2]}}; +h {{count:4 sum:5 buckets:[1 2 1]}}",
  ],
  [
    "eval instant at 0 h\n h {{sum:5 count:3 offset:-1 buckets:[0 0 1 2 0]}}",
    "as written: h differs at 0s; -h {{count:3 sum:5 offset:1 buckets:[1 2]}}; +h {{count:4 sum:5 buckets:[1 2 1]}}",
  ],
  [
    "eval instant at 0 h\n h {{schema:0 sum:5 count:4 buckets:[1 2 1] counter_reset_hint:gauge}}",
    "as written: h differs at 0s; -h {{count:4 sum:5 counter_reset_hint:gauge buckets:[1 2 1]}}; +h {{count:4 sum:5 buckets:[1 2 1]}}",
  ],
  [
    "eval instant at 0 h\n h 4",
    "as written: h differs at 0s; -h 4; +h {{count:4 sum:5 buckets:[1 2 1]}}",
  ],
];
for (const [text, verdict] of cases) {
  test(text.replaceAll("\n", ", "), () => {
    assert.deepEqual(verdicts(`${DATA}\n${text}`), [verdict]);
  });
}

test("an instant query is asked within a range query too", () => {
  const [verdict = ""] = verdicts(
    'load 1m\n x 1 1\n y{a="1"} 1 1\n y{a="2"} _ 1\n\neval instant at 0 x * on () y\n {} 1',
  );
  assert.match(verdict, /^in a range query: found duplicate series/);
});

for (const [at, column] of [
  ["0", 28],
  ["1m", 29],
] as const) {
  test(`at ${at} an instant query is asked with @ too, its annotations at their places there`, () => {
    const warning = "PromQL warning: quantile value should be between 0 and 1, got 2";
    const [verdict = ""] = verdicts(
      `load 1m\n x 1 1\n\neval instant at ${at} x + on () quantile(2, x)\n expect warn msg: ${warning} (1:20)\n {} +Inf`,
    );
    const wanted = `^with @: warning expected with .*\\(1:20\\), there is .*\\(1:${column}\\)$`;
    assert.match(verdict, new RegExp(wanted));
  });
}

test("a query whose value moves with the evaluation time is not asked with @", () => {
  assert.deepEqual(verdicts("load 1m\n x 1 2\n\neval instant at 1m x * 0 + time()\n {} 60"), [
    "passed",
  ]);
});

test("later loads add to series, clear forgets", () => {
  const more =
    "load 30s\n  x 1 _ 2\n\nload 1m\n  x _ 2 3\n\neval range from 0 to 2m step 1m x\n  x 1 2 3\n";
  assert.deepEqual(verdicts(`${more}\nclear\n\neval instant at 0 x`), ["passed", "passed"]);
});

test("another value at the same time is refused, and no eval behind it runs", () => {
  const script = parseScript("load 1m\n  x 1\n\neval instant at 0 x\n  x 1\n\nload 1m\n  x 2\n");
  const run = runScript(script, OPTIONS);
  assert.equal(run.next().value?.verdict.kind, "passed");
  assert.throws(
    () => run.next(),
    (error) =>
      error instanceof InputError &&
      error.message.startsWith("7:1: x has another sample at 0s already"),
  );
});
