import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import {
  bucketBound,
  exponentialBound,
  histogramBuckets,
  indexedBuckets,
  spansOf,
} from "./histogram-buckets.ts";
import type { NativeHistogram } from "./sample.ts";

/** Schema, index, and where the bucket ends, as Prometheus has it. */
const bounds: readonly (readonly [number, number, number])[] = [
  [0, 0, 1],
  [0, 1, 2],
  [0, -1, 0.5],
  [-1, 1, 4],
  [-4, 1, 65536],
  [1, 1, Math.SQRT2 - Number.EPSILON],
  [1, 3, 2.82842712474619],
  [2, 1, 1.189207115002721],
  [2, 3, 1.6817928305074288],
  [3, -1, 0.9170040432046711],
  [8, 255, 1.9945921121709396],
  [0, 1023, 2 ** 1023],
  // The last bucket of finite values ends at the largest of them; behind it are infinities.
  [0, 1024, Number.MAX_VALUE],
  [0, 1025, Infinity],
  [-4, 64, Number.MAX_VALUE],
  [-4, 65, Infinity],
  [8, 1024 * 256, Number.MAX_VALUE],
  [8, 1024 * 256 + 1, Infinity],
  [0, -1074, 5e-324],
  [0, -1075, 0],
];
for (const [schema, index, bound] of bounds) {
  test(`bucket ${index} of schema ${schema} ends at ${bound}`, () => {
    assert.equal(exponentialBound(index, schema), bound);
  });
}

test("bounds of a schema are every second one of the next finer", () => {
  const schemas = fc.integer({ min: -4, max: 7 });
  const indices = fc.integer({ min: -60, max: 60 });
  fc.assert(
    fc.property(schemas, indices, (schema, index) => {
      assert.equal(exponentialBound(index, schema), exponentialBound(index * 2, schema + 1));
    }),
  );
});

test("bounds rise with the index, and mirror over powers of two", () => {
  const indices = fc.integer({ min: -200_000, max: 200_000 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 8 }), indices, (schema, index) => {
      const bound = exponentialBound(index, schema);
      // Next to zero doubles lie too far apart to tell bounds.
      const rises = bound < exponentialBound(index + 1, schema);
      assert.ok(rises || bound < 1e-300 || bound === Infinity);
      const doubled = exponentialBound(index + 2 ** schema, schema);
      if (bound > 1e-300 && doubled < 1e300) assert.equal(doubled, bound * 2);
    }),
  );
});

test("custom buckets end at their bounds, the last one nowhere", () => {
  const layout = { schema: -53, customBounds: [-1, 5] };
  const ends = [-1, 0, 1, 2].map((index) => bucketBound(layout, index));
  assert.deepEqual(ends, [-Infinity, -1, 5, Infinity]);
});

test("spans and indices tell the same", () => {
  const indices = fc.uniqueArray(fc.integer({ min: -50, max: 50 })).map((all) => {
    return all.toSorted((a, b) => a - b);
  });
  fc.assert(
    fc.property(indices, (wanted) => {
      const found = indexedBuckets(spansOf(wanted), wanted);
      assert.deepEqual(found.indices, wanted);
    }),
  );
  assert.deepEqual(spansOf([3, 4, 7]), [
    { offset: 3, length: 2 },
    { offset: 2, length: 1 },
  ]);
  const empty = [
    { offset: 1, length: 0 },
    { offset: 1, length: 1 },
  ];
  assert.deepEqual(indexedBuckets(empty, [9]).indices, [2]);
  assert.throws(() => indexedBuckets([{ offset: 0, length: 2 }], [1]), /broken invariant/);
  const back = [
    { offset: 5, length: 1 },
    { offset: -2, length: 1 },
  ];
  assert.throws(() => indexedBuckets(back, [1, 1]), /spans stand behind each other/);
});

const PLAIN: NativeHistogram = {
  counterReset: "unknown",
  schema: 0,
  zeroThreshold: 0.75,
  zeroCount: 3,
  count: 10,
  sum: 1,
  positiveSpans: [
    { offset: 0, length: 1 },
    { offset: 1, length: 2 },
  ],
  positiveBuckets: [1, 2, 0],
  negativeSpans: [{ offset: 1, length: 2 }],
  negativeBuckets: [3, 1],
  customBounds: [],
};

function shown(h: NativeHistogram): string[] {
  return [...histogramBuckets(h)].map(({ lower, upper, lowerInclusive, upperInclusive, count }) => {
    return `${lowerInclusive ? "[" : "("}${lower},${upper}${upperInclusive ? "]" : ")"}:${count}`;
  });
}

test("buckets come from the lowest to the highest, cut where the zero bucket reaches into them", () => {
  assert.deepEqual(shown(PLAIN), [
    "[-4,-2):1",
    "[-2,-1):3",
    "[-0.75,0.75]:3",
    "(0.75,1]:1",
    "(2,4]:2",
    "(4,8]:0",
  ]);
});

test("a zero bucket without observations is not told", () => {
  assert.ok(!shown({ ...PLAIN, zeroCount: 0 }).some((text) => text.includes("0.75,0.75")));
});

test("custom buckets hold their upper bounds, the first one also its lower", () => {
  const custom: NativeHistogram = {
    ...PLAIN,
    schema: -53,
    zeroThreshold: 0,
    zeroCount: 0,
    positiveSpans: [{ offset: 0, length: 3 }],
    positiveBuckets: [1, 2, 3],
    negativeSpans: [],
    negativeBuckets: [],
    customBounds: [1, 2],
  };
  assert.deepEqual(shown(custom), ["[-Infinity,1]:1", "(1,2]:2", "(2,Infinity]:3"]);
});
