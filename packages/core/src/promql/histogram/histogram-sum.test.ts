import assert from "node:assert/strict";
import test from "node:test";
import type { NativeHistogram } from "../../model/sample.ts";
import { parseSeriesLine } from "../test-language/series-line.ts";
import { writeHistogram } from "../test-language/write-histogram.ts";
import { HistogramSum } from "./histogram-sum.ts";

function read(text: string): NativeHistogram[] {
  return parseSeriesLine(`h ${text}`).values.filter((value) => typeof value === "object");
}

const sums: readonly (readonly [string, string])[] = [
  ["{{count:1 sum:2 buckets:[1]}} {{count:2 sum:3 buckets:[2]}}", "{{count:3 sum:5 buckets:[3]}}"],
  ["{{buckets:[1]}} {{offset:2 buckets:[1]}}", "{{buckets:[1 0 1]}}"],
  ["{{offset:2 buckets:[1]}} {{offset:-1 buckets:[1 1]}}", "{{offset:-1 buckets:[1 1 0 1]}}"],
  ["{{n_buckets:[1 1]}} {{n_offset:1 n_buckets:[1]}}", "{{n_buckets:[1 2]}}"],
  // Empty buckets go.
  ["{{buckets:[0 1 0]}} {{}}", "{{offset:1 buckets:[1]}}"],
  ["{{buckets:[1 1]}} {{buckets:[-1 1]}}", "{{offset:1 buckets:[2]}}"],
  // The coarser schema: (1,2] and (2,4] are one bucket of schema -1, as 0.5 to 1 is by itself.
  ["{{schema:-1}} {{schema:0 buckets:[1 1 1]}}", "{{schema:-1 buckets:[1 2]}}"],
  ["{{schema:0 buckets:[1 1 1]}} {{schema:-1 buckets:[1]}}", "{{schema:-1 buckets:[2 2]}}"],
  ["{{schema:2 offset:1 buckets:[1 1 1 1]}} {{schema:0}}", "{{offset:1 buckets:[4]}}"],
  // The wider zero bucket takes in what lies below it, and grows to the end of a populated bucket.
  [
    "{{z_bucket:1 z_bucket_w:1}} {{buckets:[1 1]}}",
    "{{z_bucket:2 z_bucket_w:1 offset:1 buckets:[1]}}",
  ],
  [
    "{{buckets:[1 1]}} {{z_bucket:1 z_bucket_w:1}}",
    "{{z_bucket:2 z_bucket_w:1 offset:1 buckets:[1]}}",
  ],
  ["{{buckets:[1 1]}} {{z_bucket:1 z_bucket_w:1.5}}", "{{z_bucket:3 z_bucket_w:2}}"],
  ["{{buckets:[1 0 1]}} {{z_bucket_w:1.5}}", "{{z_bucket:1 z_bucket_w:1.5 offset:2 buckets:[1]}}"],
  [
    "{{n_buckets:[1 1]}} {{z_bucket_w:0.75 buckets:[0 1]}}",
    "{{z_bucket:1 z_bucket_w:1 offset:1 buckets:[1] n_offset:1 n_buckets:[1]}}",
  ],
  // Custom bounds: those in common.
  [
    "{{schema:-53 custom_values:[1 2] buckets:[1 1 1]}} {{schema:-53 custom_values:[1 2] buckets:[1]}}",
    "{{schema:-53 custom_values:[1 2] buckets:[2 1 1]}}",
  ],
  [
    "{{schema:-53 custom_values:[1 2 3] buckets:[1 1 1 1]}} {{schema:-53 custom_values:[2 4] buckets:[1 1 1]}}",
    "{{schema:-53 custom_values:[2] buckets:[3 4]}}",
  ],
  ["{{schema:-53 custom_values:[1] buckets:[1 1]}} {{schema:-53}}", "{{schema:-53 buckets:[2]}}"],
  // Small terms survive large ones that cancel out.
  ["{{sum:1}} {{sum:1e100}} {{sum:1}} {{sum:-1e100}}", "{{sum:2}}"],
  ["{{buckets:[1]}} {{buckets:[1e100]}} {{buckets:[1]}} {{buckets:[-1e100]}}", "{{buckets:[2]}}"],
  ["{{count:1e308}} {{count:1e308}}", "{{count:+Inf}}"],
];
for (const [terms, total] of sums) {
  test(`${terms} make ${total}`, () => {
    const [first, ...rest] = read(terms);
    assert.ok(first);
    const sum = new HistogramSum(first);
    for (const one of rest) assert.notEqual(sum.add(one), "incompatible");
    assert.equal(writeHistogram(sum.result()), total);
  });
}

const hints: readonly (readonly [string, string, string])[] = [
  ["unknown", "unknown", "unknown"],
  ["reset", "reset", "reset"],
  ["not_reset", "not_reset", "not-reset"],
  ["not_reset", "unknown", "unknown"],
  ["unknown", "reset", "unknown"],
  ["reset", "not_reset", "unknown"],
  ["gauge", "reset", "gauge"],
  ["not_reset", "gauge", "gauge"],
];
for (const [a, b, combined] of hints) {
  test(`${a} and ${b} make ${combined}`, () => {
    const [first, second] = read(`{{counter_reset_hint:${a}}} {{counter_reset_hint:${b}}}`);
    assert.ok(first && second);
    const sum = new HistogramSum(first);
    sum.add(second);
    assert.equal(sum.result().counterReset, combined);
  });
}

test("exponential and custom buckets never meet", () => {
  const [exponential, custom] = read("{{}} {{schema:-53 custom_values:[1]}}");
  assert.ok(exponential && custom);
  assert.equal(new HistogramSum(exponential).add(custom), "incompatible");
  assert.equal(new HistogramSum(custom).add(exponential), "incompatible");
});

test("adding never changes what was added", () => {
  const [wide, narrow] = read("{{z_bucket_w:4 buckets:[1]}} {{schema:3 buckets:[1 2 3]}}");
  assert.ok(wide && narrow);
  const before = structuredClone([wide, narrow]);
  new HistogramSum(narrow).add(wide);
  new HistogramSum(wide).add(narrow, -1);
  assert.deepEqual([wide, narrow], before);
});
