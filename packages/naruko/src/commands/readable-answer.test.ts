import assert from "node:assert/strict";
import test from "node:test";
import { readableAnswer } from "./readable-answer.ts";

const HISTOGRAM = {
  count: "6",
  sum: "5.5",
  buckets: [
    [1, "-2", "-1", "1"],
    [3, "-0.5", "0.5", "2"],
    [0, "1", "2", "3"],
  ],
};

const answers: readonly (readonly [string, unknown, string])[] = [
  ["scalar", [0, "5"], "5\n"],
  ["string", [0, "five"], "five\n"],
  ["vector", [], "no series\n"],
  ["vector", [{ metric: { __name__: "up", job: "a" }, value: [0, "1"] }], 'up{job="a"}  1\n'],
  [
    "vector",
    [{ metric: { __name__: "h" }, histogram: [0, HISTOGRAM] }],
    "h  {count:6, sum:5.5, [-2,-1):1, [-0.5,0.5]:2, (1,2]:3}\n",
  ],
  ["vector", [{ metric: {}, histogram: [0, { count: "0", sum: "0" }] }], "{}  {count:0, sum:0}\n"],
  [
    "matrix",
    [
      {
        metric: { __name__: "m" },
        values: [
          [0, "1"],
          [60, "3"],
        ],
        histograms: [[30, { count: "2", sum: "4" }]],
      },
    ],
    "m\n  1970-01-01T00:00:00.000Z  1\n  1970-01-01T00:00:30.000Z  {count:2, sum:4}\n" +
      "  1970-01-01T00:01:00.000Z  3\n",
  ],
];
for (const [resultType, result, text] of answers) {
  test(`${resultType} ${JSON.stringify(result).slice(0, 60)}`, () => {
    assert.equal(readableAnswer({ resultType, result }), text);
  });
}
