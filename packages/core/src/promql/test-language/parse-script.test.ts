import assert from "node:assert/strict";
import test from "node:test";
import { InputError, lineAndColumn } from "../../model/input-error.ts";
import { formatLabels } from "../../model/labels.ts";
import { parseScript } from "./parse-script.ts";
import type { Command, Eval, Load } from "./script.ts";

function commandsOf(text: string): readonly Command[] {
  return parseScript(text).commands;
}

function loadOf(text: string): Load {
  const [command] = commandsOf(text);
  assert.equal(command?.kind, "load");
  return command;
}

function evalOf(text: string): Eval {
  const [command] = commandsOf(text);
  assert.equal(command?.kind, "eval");
  return command;
}

test("commands, comments and empty lines", () => {
  const commands = commandsOf(
    "# begins\n\nclear\n  load 30s\n    up 1\n# ends the block\nEVAL instant at 0 up\n".replace(
      "EVAL",
      "eval",
    ),
  );
  assert.deepEqual(
    commands.map(({ kind, line }) => [kind, line]),
    [
      ["clear", 3],
      ["load", 4],
      ["eval", 7],
    ],
  );
});

test("a load with start timestamps", () => {
  const { stepMs, series, withCustomBuckets } = loadOf(
    'load_with_nhcb 1m\n  a{b="c"}@st _ -1m -1s+2sx2 0x1 _x2\n  a{b="c"} 1x8',
  );
  assert.equal(stepMs, 60_000);
  assert.equal(withCustomBuckets, true);
  assert.deepEqual(
    series.map(({ line, labels, startOffsetsMs }) => [line, formatLabels(labels), startOffsetsMs]),
    [[3, 'a{b="c"}', [undefined, -60_000, -1000, 1000, 3000, 0, 0, undefined, undefined]]],
  );
});

const spans: readonly (readonly [string, Eval["span"], string, number])[] = [
  ["eval instant at 5m sum(up)", { kind: "instant", at: 300_000 }, "sum(up)", 20],
  ["  eval  instant  at 0   up", { kind: "instant", at: 0 }, "up", 25],
  [
    "eval range from 10s to 1m step 5s up offset 1m",
    { kind: "range", from: 10_000, to: 60_000, stepMs: 5000 },
    "up offset 1m",
    35,
  ],
];
for (const [text, span, expr, exprColumn] of spans) {
  test(text, () => {
    const found = evalOf(text);
    assert.deepEqual(
      { span: found.span, expr: found.expr, exprColumn: found.exprColumn },
      { span, expr, exprColumn },
    );
  });
}

const expected: readonly (readonly [string, Eval["expected"]])[] = [
  ["3", { kind: "scalar", value: 3 }],
  ["-Inf", { kind: "scalar", value: -Infinity }],
  ['expect string "a\\tb"', { kind: "string", value: "a\tb" }],
  ["expect string `a\\tb`", { kind: "string", value: "a\\tb" }],
  ["expect no_info", { kind: "series", series: [] }],
];
for (const [line, wanted] of expected) {
  test(`expected: ${line}`, () => {
    assert.deepEqual(evalOf(`eval instant at 0 up\n  ${line}`).expected, wanted);
  });
}

test("a number ends its block, as do the older lines about failures", () => {
  const kinds = commandsOf(
    "eval instant at 0 1\n  1\neval_fail instant at 0 x\n  expected_fail_message no\nclear\n",
  ).map(({ kind }) => kind);
  assert.deepEqual(kinds, ["eval", "eval", "clear"]);
});

const checks: readonly (readonly [string, string, Partial<Eval["expectations"]>])[] = [
  ["eval", "expect fail", { fail: { kind: "any" } }],
  ["eval", "expect fail msg:  it fails ", { fail: { kind: "msg", text: "it fails" } }],
  ["eval", "expect warn", { warn: [{ kind: "any" }] }],
  [
    "eval",
    "expect info msg:x\nexpect info",
    { info: [{ kind: "msg", text: "x" }, { kind: "any" }] },
  ],
  ["eval", "expect no_warn\nexpect no_info", { noWarn: true, noInfo: true }],
  ["eval", "expect ordered", { ordered: true }],
  ["eval_fail", "", { fail: { kind: "any" } }],
  ["eval_warn", "", { warn: [{ kind: "any" }] }],
  ["eval_info", "", { info: [{ kind: "any" }] }],
  ["eval_ordered", "", { ordered: true }],
  ["eval_fail", "expected_fail_message it fails", { fail: { kind: "msg", text: "it fails" } }],
  [
    "eval",
    "expect range vector from 10s to 1m step 10s",
    { rangeVector: { from: 10_000, to: 60_000, stepMs: 10_000 } },
  ],
];
for (const [word, lines, wanted] of checks) {
  test(`${word}: ${lines.replace("\n", ", ")}`, () => {
    const { expectations } = evalOf(`${word} instant at 0 up\n${lines}`);
    const nothing = { ordered: false, warn: [], info: [], noWarn: false, noInfo: false };
    const plain = { ...nothing, fail: undefined, rangeVector: undefined };
    assert.deepEqual(expectations, { ...plain, ...wanted });
  });
}

const patterns = [
  "eval instant at 0 up\nexpect fail regex: a.c",
  "eval_fail instant at 0 up\nexpected_fail_regexp a.c",
];
for (const text of patterns) {
  test(`a pattern: ${text.split("\n")[1]}`, () => {
    const { fail } = evalOf(text).expectations;
    assert.equal(fail?.kind, "regex");
    assert.deepEqual(
      ["xabcx", "ac"].map((message) => fail.pattern.matches(message)),
      [true, false],
    );
  });
}

const refused: readonly (readonly [string, string])[] = [
  ["lod 1m", '1:1: expected load, load_with_nhcb, clear or eval, got "lod"; a block ends at an'],
  ["clear\n\n  up 1", '3:3: expected load, load_with_nhcb, clear or eval, got "up"'],
  ["load", '1:1: expected "load" or "load_with_nhcb", a step such as 30s, and nothing else'],
  ["load 1m up 1", '1:1: expected "load" or'],
  ["load_nhcb 1m", '1:1: expected "load" or'],
  ["load one", '1:6: expected a duration, such as 90s or 1h30m, got "one"'],
  ["load 0s\n up 1", "1:6: expected a step above 0"],
  ["load 1m\n  up 1 2x", '2:8: bad value "2x", expected'],
  ['load 1m\n  up{a="b" 1', '2:5: labels without their closing "}"'],
  ["load 1m\n  a@st _", "2:3: expected the series of this @st line below it"],
  ["load 1m\n  a@st _\n  a@st _\n  a 1", "2:3: expected the series of this @st line below it"],
  ["load 1m\n  a@st _\n  b 1", "2:3: the series below this @st line has other labels"],
  ["load 1m\n  a@st _\n  a 1 2", "2:3: 1 offsets, the series below has 2 values"],
  [
    "load 1m\n  a@st _ 1q\n  a 1 2",
    '2:10: expected an offset such as -1m, -1mx3 or -30s-1mx3, got "1q"',
  ],
  ["load 1m\n  a@st -1m-1m\n  a 1", "2:8: expected an offset such as"],
  ["load 1m\n  a@st _x9999999\n  a 1", "2:8: more than 1000000 values"],
  ["eval up", '1:1: expected "eval instant at TIME QUERY" or "eval range from'],
  ["eval instant up", '1:1: expected "eval instant at'],
  ["eval instant at 5 up", '1:17: expected a duration, such as 90s or 1h30m, got "5"'],
  ["eval range from 1m to 0 step 1m up", "1:23: the range ends before it begins"],
  ["eval range from 0 to 1m step 0 up", "1:30: expected a step above 0"],
  ["eval_ordered range from 0 to 1m step 1m up", '1:1: expected "eval instant at'],
  ["eval instant at 0 up\n  expect", "2:3: expected expect and one of fail, warn, no_warn"],
  ["eval instant at 0 up\n  expect nothing", "2:3: expected expect and one of"],
  ["eval instant at 0 up\n  expect fail text: x", "2:3: expected expect and one of"],
  ["eval instant at 0 up\n  expect fail\n  expect fail", "3:3: expect fail is told twice"],
  ["eval instant at 0 up\n expect warn\n expect no_warn", "3:2: warn and no_warn cannot both be"],
  ["eval instant at 0 up\n expect no_info\n expect info", "3:2: info and no_info cannot both be"],
  ["eval range from 0 to 1m step 1m up\n  expect ordered", "2:3: a range query sorts its series"],
  ["eval instant at 0 up\n  expect string foo", "2:3: expected a text in quotes"],
  ["eval instant at 0 up\n  expect string", "2:3: expected a text in quotes"],
  ['eval instant at 0 up\n  expect string "', "2:3: expected a text in quotes"],
  ["eval instant at 0 up\n  expect range vector 1m", '2:3: expected "expect range vector from'],
  [
    "eval range from 0 to 1m step 1m up\n  expect range vector from 0 to 1m step 1m",
    "2:3: a range query cannot give a range vector",
  ],
  ["eval instant at 0 up\n  up 1 2", "2:3: an instant query gives one value a series"],
  ["eval instant at 0 up\n  up", "2:3: expected the series' values"],
  ["eval instant at 0 up\n  up 1\n  up 2", "3:3: this series is expected twice"],
  ["eval instant at 0 up\n  up 1\n  expect warn regex: a(", "3:23: "],
  [
    "lod\n\nload 1m\n  up x\n\nclear",
    '1:1: expected load, load_with_nhcb, clear or eval, got "lod"; a block ends at an empty line or a comment\n4:6: bad value "x"',
  ],
];
for (const [text, wanted] of refused) {
  test(`refused: ${text.replaceAll("\n", "\\n")}`, () => {
    assert.throws(
      () => parseScript(text),
      (error) => {
        assert.ok(error instanceof InputError);
        assert.equal(error.kind, "promql-test");
        assert.equal(error.message.slice(0, wanted.length), wanted);
        const { line, column } = lineAndColumn(text, error.place?.from ?? -1);
        assert.ok(error.message.startsWith(`${line}:${column}: `), "place and message agree");
        return true;
      },
    );
  });
}
