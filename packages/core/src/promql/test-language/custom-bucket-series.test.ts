import assert from "node:assert/strict";
import test from "node:test";
import { InputError } from "../../model/input-error.ts";
import { formatLabels } from "../../model/labels.ts";
import { customBucketSeries } from "./custom-bucket-series.ts";
import type { ScriptSample, ScriptSeries } from "./script-series.ts";
import { parseSeriesLine } from "./series-line.ts";
import { writeHistogram } from "./write-histogram.ts";

function seriesOf(line: string): ScriptSeries {
  const { labels, values } = parseSeriesLine(line);
  const samples = new Map<number, ScriptSample>();
  for (const [at, value] of values.entries()) if (value !== undefined) samples.set(at, { value });
  return { labels, samples };
}

function converted(lines: readonly string[]): string[] {
  return customBucketSeries(lines.map(seriesOf)).flatMap(({ labels, samples }) =>
    [...samples].map(([at, { value }]) => {
      assert.ok(typeof value === "object");
      return `${formatLabels(labels)}@${at} ${writeHistogram(value)}`;
    }),
  );
}

const cases: readonly (readonly [readonly string[], readonly string[]])[] = [
  [[], []],
  [["up 1", "up_total 2"], []],
  [
    ['h_bucket{le="1"} 1 2', 'h_bucket{le="+Inf"} 3 6', "h_sum 4 8", "h_count 3 6"],
    [
      "h@0 {{schema:-53 count:3 sum:4 custom_values:[1] buckets:[1 2]}}",
      "h@1 {{schema:-53 count:6 sum:8 custom_values:[1] buckets:[2 4]}}",
    ],
  ],
  // In any order; without +Inf the count stands for it, without a count the last bucket.
  [
    ["h_count 5", 'h_bucket{le="2"} 3', 'h_bucket{le="1"} 1'],
    ["h@0 {{schema:-53 count:5 custom_values:[1 2] buckets:[1 2 2]}}"],
  ],
  [['h_bucket{le="2"} 3'], ["h@0 {{schema:-53 count:3 custom_values:[2] buckets:[3]}}"]],
  [["h_count 5"], ["h@0 {{schema:-53 count:5 buckets:[5]}}"]],
  [
    ['h_bucket{le="+Inf", job="a"} 1', 'h_bucket{le="+Inf", job="b"} _ 2'],
    [
      'h{job="a"}@0 {{schema:-53 count:1 buckets:[1]}}',
      'h{job="b"}@1 {{schema:-53 count:2 buckets:[2]}}',
    ],
  ],
  // What is no bound, no number, or a histogram already, is no part of one.
  [['h_bucket{le="wide"} 1', 'h_bucket{le="1"} stale {{count:1}}'], []],
];
for (const [lines, expected] of cases) {
  test(`${lines.join("; ")} is read`, () => {
    assert.deepEqual(converted(lines), expected);
  });
}

const refused: readonly (readonly [readonly string[], RegExp])[] = [
  [['h_bucket{le="1"} 3', 'h_bucket{le="+Inf"} 2'], /h at 0s is no histogram: its counts fall/],
  [['h_bucket{le="+Inf"} 2', "h_count 3"], /its count is not that of all its buckets/],
];
for (const [lines, message] of refused) {
  test(`${lines.join("; ")} is refused`, () => {
    assert.throws(
      () => converted(lines),
      (error) => error instanceof InputError && message.test(error.message),
    );
  });
}
