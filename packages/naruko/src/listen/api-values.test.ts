import assert from "node:assert/strict";
import test from "node:test";
import { labels } from "@naruko/core/model/labels";
import type { NativeHistogram } from "@naruko/core/model/sample";
import { epochMs } from "@naruko/core/model/time";
import type { ResultValue } from "@naruko/core/promql/evaluate";
import { apiResult, resultText } from "./api-values.ts";

const HISTOGRAM: NativeHistogram = {
  counterReset: "unknown",
  schema: 0,
  zeroThreshold: 0.25,
  zeroCount: 3,
  count: 42,
  sum: 1e-7,
  positiveSpans: [{ offset: 0, length: 3 }],
  positiveBuckets: [12, 0, 21],
  negativeSpans: [{ offset: 1, length: 1 }],
  negativeBuckets: [6],
  customBounds: [],
};
const CUSTOM: NativeHistogram = {
  ...HISTOGRAM,
  schema: -53,
  zeroCount: 0,
  negativeSpans: [],
  negativeBuckets: [],
  customBounds: [1, 2],
};
const EMPTY: NativeHistogram = { ...CUSTOM, positiveSpans: [], positiveBuckets: [], count: 0 };

const shown = {
  count: "42",
  sum: "1e-07",
  buckets: [
    [1, "-2", "-1", "6"],
    [3, "-0.25", "0.25", "3"],
    [0, "0.5", "1", "12"],
    [0, "2", "4", "21"],
  ],
};
const at = epochMs(1_435_781_451_781);
const series = ["a", "b", "c"].map((x) => labels({ x }));
const times = Float64Array.of(at, at + 1, at + 2);
const values = Float64Array.of(1, NaN, 3);

const VALUES: readonly (readonly [string, ResultValue, object])[] = [
  ["a number", { kind: "scalar", at, value: 1e21 }, [1_435_781_451.781, "1000000000000000000000"]],
  ["a text", { kind: "string", at, value: 'a"\n' }, [1_435_781_451.781, 'a"\n']],
  ["no series", { kind: "vector", at, series: [], values: new Float64Array() }, []],
  ["no matrix", { kind: "matrix", series: [] }, []],
  [
    "numbers and histograms of a moment",
    { kind: "vector", at, series, values, histograms: [undefined, HISTOGRAM, EMPTY] },
    [
      { metric: { x: "a" }, value: [1_435_781_451.781, "1"] },
      { metric: { x: "b" }, histogram: [1_435_781_451.781, shown] },
      { metric: { x: "c" }, histogram: [1_435_781_451.781, { count: "0", sum: "1e-07" }] },
    ],
  ],
  [
    "numbers and histograms of a range",
    {
      kind: "matrix",
      series: [
        {
          labels: labels({ x: "a" }),
          times,
          values,
          histograms: [undefined, HISTOGRAM, undefined],
        },
        { labels: labels({}), times: times.slice(0, 1), values, histograms: [CUSTOM] },
        { labels: labels({ __proto__x: "y" }), times: times.slice(0, 1), values },
      ],
    },
    [
      {
        metric: { x: "a" },
        values: [
          [1_435_781_451.781, "1"],
          [1_435_781_451.783, "3"],
        ],
        histograms: [[1_435_781_451.782, shown]],
      },
      {
        metric: {},
        histograms: [
          [
            1_435_781_451.781,
            {
              count: "42",
              sum: "1e-07",
              buckets: [
                [3, "-Inf", "1", "12"],
                [0, "2", "+Inf", "21"],
              ],
            },
          ],
        ],
      },
      { metric: { __proto__x: "y" }, values: [[1_435_781_451.781, "1"]] },
    ],
  ],
];
for (const [what, value, result] of VALUES) {
  test(`written: ${what}`, () => {
    assert.deepEqual(apiResult(value), { resultType: value.kind, result });
  });
}

test("a large result is written in pieces of bounded length", () => {
  const many = new Float64Array(100_000).map((_, i) => i);
  const value: ResultValue = {
    kind: "matrix",
    series: [{ labels: labels({ x: "a" }), times: many, values: many }],
  };
  const pieces = [...resultText(value)];
  assert.ok(pieces.length > 50 && pieces.every(({ length }) => length < 40_000));
  const { result } = JSON.parse(`{${pieces.join("")}}`) as { result: { values: unknown[] }[] };
  assert.deepEqual(result[0]?.values.at(-1), [99.999, "99999"]);
});
