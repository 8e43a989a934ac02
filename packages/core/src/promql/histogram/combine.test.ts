import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import type { NativeHistogram } from "../../model/sample.ts";
import { customHistograms, exponentialHistograms } from "../../testing/histogram-arbitraries.ts";
import { parseSeriesLine } from "../test-language/series-line.ts";
import { writeHistogram } from "../test-language/write-histogram.ts";
import { averageOf, totalOf } from "./combine.ts";
import { identicalHistograms } from "./compare.ts";
import { HistogramSum } from "./histogram-sum.ts";
import { compacted, divided, scaled } from "./scale.ts";

function read(text: string): NativeHistogram[] {
  return parseSeriesLine(`h ${text}`).values.filter((value) => typeof value === "object");
}

const lists = fc.oneof(
  fc.array(exponentialHistograms, { minLength: 1, maxLength: 5 }),
  fc.array(customHistograms, { minLength: 1, maxLength: 5 }),
);

// With several schemas it may: how far a zero bucket has to grow depends on the buckets' width.
test("a sum within one schema does not depend on the order of its terms", () => {
  const ofOneSchema = lists.map((all) => all.map((h) => ({ ...h, schema: all[0]?.schema ?? 0 })));
  fc.assert(
    fc.property(ofOneSchema, (histograms) => {
      const [forth, back] = [totalOf(histograms), totalOf(histograms.toReversed())];
      assert.ok(forth.value && back.value);
      assert.equal(writeHistogram(forth.value), writeHistogram(back.value));
    }),
  );
});

test("no observation is lost or made up by a sum", () => {
  fc.assert(
    fc.property(lists, (histograms) => {
      const { value } = totalOf(histograms);
      assert.ok(value);
      const inBuckets = [...value.positiveBuckets, ...value.negativeBuckets, value.zeroCount];
      const wanted = histograms.reduce((sum, { count }) => sum + count, 0);
      assert.equal(value.count, wanted);
      assert.equal(
        inBuckets.reduce((sum, count) => sum + count, 0),
        wanted,
      );
    }),
  );
});

test("what was added can be subtracted again", () => {
  fc.assert(
    fc.property(exponentialHistograms, exponentialHistograms, (a, b) => {
      const layout = { schema: a.schema, zeroThreshold: a.zeroThreshold };
      const sum = new HistogramSum({ ...b, ...layout });
      sum.add(a);
      sum.add({ ...b, ...layout }, -1);
      fc.pre(sum.result().zeroThreshold === a.zeroThreshold);
      assert.ok(identicalHistograms(compacted(sum.result("unknown")), compacted(a)));
    }),
  );
});

test("the mean is the sum, divided", () => {
  fc.assert(
    fc.property(exponentialHistograms, fc.integer({ min: 1, max: 4 }), (h, times) => {
      const { value } = averageOf(Array.from({ length: times }, () => h));
      assert.ok(value);
      assert.equal(writeHistogram(value), writeHistogram(h));
      assert.equal(writeHistogram(divided(scaled(h, times), times)), writeHistogram(compacted(h)));
    }),
  );
});

test("a mean stays finite where the sum does not", () => {
  const all = read(
    "{{count:1.5e308 sum:1 buckets:[1]}} {{count:1.5e308 sum:2}} {{count:9e307 sum:3}}",
  );
  const { value } = averageOf(all);
  assert.ok(value);
  assert.ok(Math.abs(value.count / 1.3e308 - 1) < 1e-12, String(value.count));
  assert.ok(Math.abs(value.sum - 2) < 1e-12);
  assert.ok(Math.abs((value.positiveBuckets[0] ?? 0) - 1 / 3) < 1e-12);
  assert.equal(totalOf(all).value?.count, Infinity);
});

const notes: readonly (readonly [string, Partial<ReturnType<typeof totalOf>>])[] = [
  ["{{}} {{}}", { reconciled: false, collided: false, incompatibleAt: undefined }],
  ["{{}} {{}} {{schema:-53}}", { value: undefined, incompatibleAt: 2 }],
  ["{{schema:-53 custom_values:[1]}} {{schema:-53 custom_values:[1 2]}}", { reconciled: true }],
  ["{{counter_reset_hint:reset}} {{}} {{counter_reset_hint:not_reset}}", { collided: true }],
  ["{{counter_reset_hint:reset}} {{counter_reset_hint:gauge}}", { collided: false }],
];
for (const [text, expected] of notes) {
  test(`of ${text} is told ${JSON.stringify(expected)}`, () => {
    for (const combine of [totalOf, averageOf]) {
      const found = combine(read(text));
      for (const [key, value] of Object.entries(expected)) {
        assert.equal(found[key as keyof typeof found], value, key);
      }
    }
  });
}
