import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { exponentialBound, histogramBuckets, spansOf } from "../model/histogram-buckets.ts";
import { labels } from "../model/labels.ts";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import type { MetricPoint } from "../model/metric-point.ts";
import type { NativeHistogram } from "../model/sample.ts";
import { Measure } from "./measure.ts";
import { inOneLayout, nativeCounts, nativeHistogram } from "./native-frame.ts";
import { Recorder, s } from "./recorder.test.ts";

type Fields = {
  readonly schema?: number;
  readonly zero?: readonly [threshold: number, count: number];
  readonly positive?: Readonly<Record<number, number>>;
  readonly negative?: Readonly<Record<number, number>>;
  readonly sum?: number;
};

/** Buckets by index. */
function histogram(fields: Fields): NativeHistogram {
  const { schema = 0, zero = [0, 0], positive = {}, negative = {}, sum = 0 } = fields;
  const ascending = (side: Readonly<Record<number, number>>): [number, number][] =>
    Object.entries(side)
      .map(([index, count]): [number, number] => [Number(index), count])
      .toSorted(([a], [b]) => a - b);
  const [positives, negatives] = [ascending(positive), ascending(negative)];
  const count = [...positives, ...negatives].reduce((all, [, one]) => all + one, zero[1]);
  return {
    counterReset: "unknown",
    schema,
    zeroThreshold: zero[0],
    zeroCount: zero[1],
    count,
    sum,
    positiveSpans: spansOf(positives.map(([index]) => index)),
    positiveBuckets: positives.map(([, one]) => one),
    negativeSpans: spansOf(negatives.map(([index]) => index)),
    negativeBuckets: negatives.map(([, one]) => one),
    customBounds: [],
  };
}

type Point = readonly [second: number, startS: number | undefined, fields: Fields];

function point([second, startS, fields]: Point, temporality: "cumulative" | "delta"): MetricPoint {
  return {
    labels: labels({ __name__: "x" }),
    service: "shop",
    at: s(second),
    type: "exponential-histogram",
    temporality,
    histogram: histogram(fields),
    ...(startS === undefined ? {} : { startAt: s(startS) }),
  };
}
const cumulative = (...of: Point): MetricPoint => point(of, "cumulative");
const delta = (...of: Point): MetricPoint => point(of, "delta");
const base = { labels: labels({ __name__: "x" }), service: "shop" };
const end = (second: number): MetricPoint => ({
  ...base,
  at: s(second),
  type: "end",
  of: "exponential-histogram",
});
const gauge = (second: number, value: number): MetricPoint => ({
  ...base,
  at: s(second),
  type: "gauge",
  value,
});
const explicit = (second: number): MetricPoint => ({
  ...base,
  at: s(second),
  type: "histogram",
  temporality: "cumulative",
  buckets: { bounds: [], counts: [2], count: 2 },
});

const rows: readonly (readonly [
  name: string,
  points: readonly MetricPoint[],
  lines: readonly string[],
  counters?: Readonly<Record<string, number>>,
])[] = [
  [
    "a cumulative one is what was sent",
    [
      cumulative(60, 1, { positive: { 0: 1, 3: 2 }, negative: { 1: 1 }, zero: [0.5, 1], sum: 9 }),
      cumulative(120, 1, { schema: -1, positive: { 0: 2 }, zero: [1, 4], sum: 10 }),
    ],
    ["60 x 0/0.5 0:1 [0]:1 [3]:2 -[1]:1 = 5, 9", "120 x -1/1 0:4 [0]:2 = 6, 10"],
  ],
  [
    "a restart is an empty one where it began",
    [cumulative(60, 1, { positive: { 0: 1 } }), cumulative(120, 90, { positive: { 5: 2 } })],
    ["60 x 0/0 [0]:1 = 1, 0", "90 x 0/0 [5]:0 = 0, 0", "120 x 0/0 [5]:2 = 2, 0"],
  ],
  [
    "one between older ones is a sample, whatever its buckets",
    [
      cumulative(60, 1, { positive: { 0: 1 } }),
      cumulative(120, 1, { positive: { 0: 1, 7: 1 } }),
      cumulative(90, 1, { schema: 2, positive: { 1: 1 } }),
    ],
    ["60 x 0/0 [0]:1 = 1, 0", "120 x 0/0 [0]:1 [7]:1 = 2, 0", "90 x 2/0 [1]:1 = 1, 0"],
  ],
  [
    "deltas add up, from an empty one at the start of the first",
    [
      delta(60, 30, { positive: { 0: 1 }, sum: 1 }),
      delta(120, 60, { positive: { 0: 1, 2: 3 }, sum: 2 }),
      delta(180, 120, { negative: { 4: 1 }, zero: [0, 2], sum: -3 }),
    ],
    [
      "30 x 0/0 [0]:0 = 0, 0",
      "60 x 0/0 [0]:1 = 1, 1",
      "120 x 0/0 [0]:2 [2]:3 = 5, 3",
      "180 x 0/0 0:2 [0]:2 [2]:3 -[4]:1 = 8, 0",
    ],
  ],
  [
    "deltas of another scale add up at the coarser one",
    [
      delta(60, 30, { schema: 1, positive: { 1: 1, 2: 2, 3: 4 } }),
      delta(120, 60, { schema: 0, positive: { 2: 1 } }),
      delta(180, 120, { schema: 2, positive: { 1: 8 } }),
    ],
    [
      "30 x 1/0 [1]:0 [2]:0 [3]:0 = 0, 0",
      "60 x 1/0 [1]:1 [2]:2 [3]:4 = 7, 0",
      "120 x 0/0 [1]:3 [2]:5 = 8, 0",
      "180 x 0/0 [1]:11 [2]:5 = 16, 0",
    ],
  ],
  [
    "a wider zero bucket takes in what lies below it, and widens to the end of what it cuts",
    [
      delta(60, 30, { zero: [0, 1], positive: { 0: 2, 1: 4, 2: 8 } }),
      delta(120, 60, { zero: [1.5, 1], positive: { 2: 1 } }),
    ],
    [
      "30 x 0/0 [0]:0 [1]:0 [2]:0 = 0, 0",
      "60 x 0/0 0:1 [0]:2 [1]:4 [2]:8 = 15, 0",
      "120 x 0/2 0:8 [2]:9 = 17, 0",
    ],
  ],
  [
    "a sum that is once not told is never known again",
    [
      delta(60, 30, { positive: { 0: 1 }, sum: 3 }),
      delta(120, 60, { positive: { 0: 1 }, sum: NaN }),
    ],
    ["30 x 0/0 [0]:0 = 0, 0", "60 x 0/0 [0]:1 = 1, 3", "120 x 0/0 [0]:2 = 2, NaN"],
  ],
  [
    "after a pause of deltas the total is told again, with the buckets of before",
    [delta(60, 30, { positive: { 0: 1 } }), delta(1200, 1140, { positive: { 3: 1 } })],
    [
      "30 x 0/0 [0]:0 = 0, 0",
      "60 x 0/0 [0]:1 = 1, 0",
      "1140 x 0/0 [0]:1 [3]:0 = 1, 0",
      "1200 x 0/0 [0]:1 [3]:1 = 2, 0",
    ],
  ],
  [
    "an end is a stale marker",
    [cumulative(60, 1, { positive: { 0: 1 } }), end(120)],
    ["60 x 0/0 [0]:1 = 1, 0", "120 x stale"],
  ],
  [
    "a gauge that turns into one goes on as the same series",
    [gauge(60, 5), cumulative(120, 1, { positive: { 0: 1 } })],
    ["60 x 5", "120 x 0/0 [0]:1 = 1, 0"],
  ],
  [
    "one that turns into explicit buckets ends",
    [cumulative(60, 1, { positive: { 0: 1 } }), explicit(120)],
    ["60 x 0/0 [0]:1 = 1, 0", "120 x stale", '120 x_bucket{le="+Inf"} 2', "120 x_count 2"],
  ],
  [
    "a repeated delta counts once",
    [delta(60, 30, { positive: { 0: 1 } }), delta(60, 30, { positive: { 0: 1 } })],
    ["30 x 0/0 [0]:0 = 0, 0", "60 x 0/0 [0]:1 = 1, 0"],
    { "point-duplicate": 1 },
  ],
];
for (const [name, points, lines, counters = {}] of rows) {
  test(`exponential histograms: ${name}`, () => {
    const measure = new Measure(DEFAULT_LIMITS, 15_000);
    const recorder = new Recorder();
    let now = 0;
    for (const one of points) {
      now = Math.max(now, one.at);
      measure.countPoints([one], s(now / 1000), recorder.append);
    }
    assert.deepEqual(recorder.lines, lines);
    assert.deepEqual(Object.fromEntries(measure.counters()), counters);
  });
}

test("deltas that need more buckets than the limit get wider ones", () => {
  const measure = new Measure({ ...DEFAULT_LIMITS, bucketsPerHistogram: 3 }, 15_000);
  const recorder = new Recorder();
  for (const [i, index] of [1, 9, 17, 25].entries()) {
    const one = delta(60 + i * 60, i * 60, { schema: 2, positive: { [index]: 1 } });
    measure.countPoints([one], s(60 + i * 60), recorder.append);
  }
  assert.deepEqual(recorder.take("240 "), ["240 x -2/0 [1]:2 [2]:2 = 4, 0"]);
});

const side = fc.dictionary(
  fc.integer({ min: -40, max: 40 }).map(String),
  fc.integer({ min: 1, max: 9 }),
  { maxKeys: 6, noNullPrototype: true },
);
const anyHistogram = fc
  .record({
    schema: fc.integer({ min: -4, max: 8 }),
    zero: fc.tuple(fc.constantFrom(0, 0, 1e-3, 0.3, 1, 2.5), fc.nat(3)),
    positive: side,
    negative: side,
  })
  .map((fields) => histogram(fields));

/** How much lies at or below a bound; for a bound that no bucket of either layout spans. */
function countBelow(of: NativeHistogram, bound: number): number {
  let count = 0;
  for (const bucket of histogramBuckets(of)) if (bucket.upper <= bound) count += bucket.count;
  return count;
}

test("one layout for two keeps every count, between bounds that both had", () => {
  fc.assert(
    fc.property(anyHistogram, anyHistogram, fc.integer({ min: 4, max: 60 }), (a, b, bucketsMax) => {
      const both = inOneLayout(nativeCounts(a), nativeCounts(b), bucketsMax);
      assert.deepEqual(both[0].layout, both[1].layout);
      const { schema, positive, negative, zeroThreshold } = both[0].layout;
      assert.ok(schema <= Math.min(a.schema, b.schema));
      assert.ok(zeroThreshold >= Math.max(a.zeroThreshold, b.zeroThreshold));
      assert.ok(positive.length + negative.length <= bucketsMax || schema === -4);
      for (const [before, counts] of [
        [a, both[0]],
        [b, both[1]],
      ] as const) {
        const after = nativeHistogram(counts, before);
        assert.equal(countBelow(after, Infinity), before.count);
        for (const index of positive) {
          const bound = exponentialBound(index, schema);
          if (bound < zeroThreshold) continue;
          assert.equal(countBelow(after, bound), countBelow(before, bound));
        }
      }
    }),
    { numRuns: 500 },
  );
});
