import * as fc from "fast-check";
import { spansOf } from "../model/histogram-buckets.ts";
import type { NativeHistogram } from "../model/sample.ts";

const counts = fc.integer({ min: 0, max: 1000 });

/** Indices, ascending, with the count of each. */
const buckets = fc
  .dictionary(fc.integer({ min: -6, max: 12 }).map(String), counts, { maxKeys: 8 })
  .map((byIndex) => {
    return Object.entries(byIndex)
      .map(([index, count]) => [Number(index), count] as const)
      .toSorted(([a], [b]) => a - b);
  });

/** Consistent exponential histograms for property tests: whole counts that add up, no NaN. */
export const exponentialHistograms: fc.Arbitrary<NativeHistogram> = fc
  .record({
    schema: fc.integer({ min: -1, max: 3 }),
    zeroThreshold: fc.constantFrom(0, 0.001, 0.25, 1, 1.5),
    zeroCount: counts,
    sum: fc.integer({ min: -10_000, max: 10_000 }),
    positive: buckets,
    negative: buckets,
  })
  .map(({ positive, negative, ...rest }) => {
    const all = [...positive, ...negative].reduce((total, [, count]) => total + count, 0);
    return {
      ...rest,
      counterReset: "unknown" as const,
      count: all + rest.zeroCount,
      positiveSpans: spansOf(positive.map(([index]) => index)),
      positiveBuckets: positive.map(([, count]) => count),
      negativeSpans: spansOf(negative.map(([index]) => index)),
      negativeBuckets: negative.map(([, count]) => count),
      customBounds: [],
    };
  });

/** Histograms with custom bounds, as above. */
export const customHistograms: fc.Arbitrary<NativeHistogram> = fc
  .record({
    bounds: fc.uniqueArray(fc.integer({ min: -3, max: 9 }), { maxLength: 6 }),
    sum: fc.integer({ min: -10_000, max: 10_000 }),
    all: fc.array(counts, { minLength: 7, maxLength: 7 }),
  })
  .map(({ bounds, sum, all }) => {
    const customBounds = bounds.toSorted((a, b) => a - b);
    const own = all.slice(0, customBounds.length + 1);
    return {
      counterReset: "unknown" as const,
      schema: -53,
      zeroThreshold: 0,
      zeroCount: 0,
      count: own.reduce((total, count) => total + count, 0),
      sum,
      positiveSpans: [{ offset: 0, length: own.length }],
      positiveBuckets: own,
      negativeSpans: [],
      negativeBuckets: [],
      customBounds,
    };
  });
