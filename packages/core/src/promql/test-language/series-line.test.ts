import assert from "node:assert/strict";
import test from "node:test";
import { InputError } from "../../model/input-error.ts";
import { formatLabels } from "../../model/labels.ts";
import { STALE } from "../../model/sample.ts";
import { parseSeriesLine, type SeriesValue } from "./series-line.ts";
import { writeHistogram } from "./write-histogram.ts";

const accepted: readonly (readonly [string, string, readonly SeriesValue[]])[] = [
  ["up 1 2", "up", [1, 2]],
  ['up{job="api"}  1 _ 2', 'up{job="api"}', [1, undefined, 2]],
  ['{__name__="up", job="api"} 1', 'up{job="api"}', [1]],
  ['{"my.metric", a="}"} 1', '{"my.metric", a="}"}', [1]],
  ["{} 1", "{}", [1]],
  ["up{} 1", "up", [1]],
  ["up", "up", []],
  ["up 1+2x3", "up", [1, 3, 5, 7]],
  ["up 1-2x2", "up", [1, -1, -3]],
  ["up -1-2x1", "up", [-1, -3]],
  ["up 4x2", "up", [4, 4, 4]],
  ["up _x2 7", "up", [undefined, undefined, 7]],
  ["up 1e3 1e-3+1e-3x1", "up", [1000, 0.001, 0.002]],
  ["up +Inf -Inf NaN", "up", [Infinity, -Infinity, NaN]],
  ["up 1 stale 1", "up", [1, STALE, 1]],
  ["up 0.1+0.1x2", "up", [0.1, 0.2, 0.30000000000000004]],
];
for (const [line, labels, values] of accepted) {
  test(`${line} is read`, () => {
    const found = parseSeriesLine(line);
    assert.equal(formatLabels(found.labels), labels);
    assert.deepEqual(found.values, values);
  });
}

const histograms: readonly (readonly [string, readonly string[]])[] = [
  ["{{}}", ["{{}}"]],
  ["{{ }}", ["{{}}"]],
  ["{{count:3 sum:-4}} {{}}", ["{{count:3 sum:-4}}", "{{}}"]],
  ["{{schema:-1 offset:-2 buckets:[1 0 2]}}", ["{{schema:-1 offset:-2 buckets:[1 0 2]}}"]],
  ["{{n_offset:1 n_buckets:[ 1 +Inf ] }}", ["{{n_offset:1 n_buckets:[1 +Inf]}}"]],
  ["{{z_bucket:1 z_bucket_w:0.5}}", ["{{z_bucket:1 z_bucket_w:0.5}}"]],
  [
    "{{schema:-53 custom_values:[1 2] counter_reset_hint:not_reset}}",
    ["{{schema:-53 custom_values:[1 2] counter_reset_hint:not_reset}}"],
  ],
  ["{{count:1}}x2", ["{{count:1}}", "{{count:1}}", "{{count:1}}"]],
  ["{{count:1}}+{{count:2}}x2", ["{{count:1}}", "{{count:3}}", "{{count:5}}"]],
  ["{{count:1}}-{{count:2}}x1", ["{{count:1}}", "{{count:-1}}"]],
  ["{{schema:0}}+{{schema:1 buckets:[1 1]}}x1", ["{{}}", "{{buckets:[1 1]}}"]],
];
for (const [line, written] of histograms) {
  test(`${line} is read`, () => {
    const { values } = parseSeriesLine(`up ${line}`);
    assert.deepEqual(
      values.map((value) => (typeof value === "object" ? writeHistogram(value) : value)),
      written,
    );
  });
}

test("whether a counter reset hint was written is remembered; of a sum, that of its last term", () => {
  const told = (line: string): unknown[] =>
    parseSeriesLine(line).values.map((value) => typeof value === "object" && value.hintTold);
  assert.deepEqual(told("up {{}} {{counter_reset_hint:unknown}}"), [false, true]);
  assert.deepEqual(told("up {{counter_reset_hint:gauge}}+{{}}x1"), [false, false]);
  assert.deepEqual(told("up {{}}+{{counter_reset_hint:gauge}}x1"), [true, true]);
});

const refused: readonly (readonly [string, RegExp])[] = [
  ["up 1 one", /bad value "one"/],
  ["up 1x", /bad value "1x"/],
  ["up 1+x3", /bad value "1\+x3"/],
  ["up 1+-2x3", /bad value "1\+-2x3"/],
  ["up x3", /bad value "x3"/],
  ["up stalex3", /bad value "stalex3"/],
  ["up {{schema:9}}", /schema must be -4 to 8, or -53 for custom buckets, not 9/],
  ["up {{schema:0.5}}", /"schema" needs a whole number/],
  ["up {{count:x}}", /"count" needs a number, not "x"/],
  ["up {{counts:1}}", /a histogram has no "counts"/],
  ["up {{count:1 count:2}}", /"count" is told twice/],
  ["up {{buckets:1}}", /"buckets" needs a list/],
  ["up {{buckets:[1 b]}}", /"b" is no number/],
  ["up {{counter_reset_hint:maybe}}", /unknown counter_reset_hint "maybe"/],
  ["up {{count}}", /expected a field such as count:3/],
  ["up {{}}x", /bad value "{{}}x"/],
  ["up {{}}+{{}}", /bad value "{{}}\+{{}}"/],
  ["up {{schema:1}}+{{schema:0}}x1", /schema 0 cannot be added to one of 1/],
  ["up {{schema:-53}}+{{schema:0}}x1", /custom buckets cannot be added/],
  ['up{job="api" 1', /labels without their closing/],
  ['up{job!="api"} 1', /labels of a series are written with "="/],
  ["up{job=api} 1", /expected a quoted label value/],
  ["up 0x2000000", /more than 1000000 values/],
];
for (const [line, message] of refused) {
  test(`${line} is refused`, () => {
    assert.throws(
      () => parseSeriesLine(line),
      (error) => error instanceof InputError && message.test(error.message),
    );
  });
}
