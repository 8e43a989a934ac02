import assert from "node:assert/strict";
import test from "node:test";
import { InputError } from "../../model/input-error.ts";
import { formatLabels } from "../../model/labels.ts";
import { STALE } from "../../model/sample.ts";
import { parseSeriesLine, type SeriesValue } from "./series-line.ts";

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

const refused: readonly (readonly [string, RegExp])[] = [
  ["up 1 one", /bad value "one"/],
  ["up 1x", /bad value "1x"/],
  ["up 1+x3", /bad value "1\+x3"/],
  ["up 1+-2x3", /bad value "1\+-2x3"/],
  ["up x3", /bad value "x3"/],
  ["up stalex3", /bad value "stalex3"/],
  ["up {{schema:0}}", /native histograms are not supported yet/],
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
