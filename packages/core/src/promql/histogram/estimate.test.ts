import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { histogramBuckets } from "../../model/histogram-buckets.ts";
import type { NativeHistogram } from "../../model/sample.ts";
import { customHistograms, exponentialHistograms } from "../../testing/histogram-arbitraries.ts";
import { parseSeriesLine } from "../test-language/series-line.ts";
import { histogramFraction, histogramQuantile, histogramVariance } from "./estimate.ts";
import { trimmed } from "./trim.ts";

function read(text: string): NativeHistogram {
  const [value] = parseSeriesLine(`h ${text}`).values;
  assert.ok(typeof value === "object");
  return value;
}

const histograms = fc.oneof(exponentialHistograms, customHistograms);
const quantiles = fc.double({ min: 0, max: 1, noNaN: true });
const values = fc.double({ min: -40, max: 40, noNaN: true });

function near(actual: number, expected: number): void {
  const distance = Math.abs(actual - expected);
  assert.ok(distance <= 1e-9 * Math.max(1, Math.abs(expected)), `${actual} is not ${expected}`);
}

/** A zero bucket may overlap others; which of its observations lie below a value is then open. */
function overlaps(h: NativeHistogram): boolean {
  const all = [...histogramBuckets({ ...h, zeroThreshold: 0, zeroCount: 0 })];
  return all.some(({ lower, upper }) => {
    return Math.min(Math.abs(lower), Math.abs(upper)) < h.zeroThreshold;
  });
}

test("what lies below a quantile is that share", () => {
  fc.assert(
    fc.property(exponentialHistograms, quantiles, (h, q) => {
      // At a zero bucket without width the share jumps.
      fc.pre(h.count > 0 && !overlaps(h) && (h.zeroThreshold > 0 || h.zeroCount === 0));
      const { value } = histogramQuantile(q, h);
      fc.pre(Number.isFinite(value));
      near(histogramFraction(-Infinity, value, h).value, q);
    }),
  );
});

test("quantiles rise", () => {
  fc.assert(
    fc.property(histograms, quantiles, quantiles, (h, a, b) => {
      // Of a single bucket without any bound nothing can be told.
      const isTold = h.schema !== -53 || h.customBounds.length > 0;
      fc.pre(h.count > 0 && isTold && !overlaps(h));
      const [low, high] = [Math.min(a, b), Math.max(a, b)].map(
        (q) => histogramQuantile(q, h).value,
      );
      assert.ok((low ?? 0) <= (high ?? 0) + 1e-9, `${low} ${high}`);
    }),
  );
});

test("fractions of adjoining ranges add up, and the whole is one", () => {
  fc.assert(
    fc.property(histograms, values, values, (h, a, b) => {
      fc.pre(h.count > 0);
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      const share = (lower: number, upper: number): number =>
        histogramFraction(lower, upper, h).value;
      near(share(-Infinity, from) + share(from, to) + share(to, Infinity), 1);
    }),
  );
});

test("trimming above and below leaves every observation once, but in endless buckets", () => {
  fc.assert(
    fc.property(exponentialHistograms, values, (h, at) => {
      const below = trimmed(h, "</", at);
      const above = trimmed(h, ">/", at);
      near(below.count + above.count, h.count);
      near(below.zeroCount + above.zeroCount, h.zeroCount);
    }),
  );
});

test("trimming by the bounds of all there is changes nothing", () => {
  fc.assert(
    fc.property(histograms, (h) => {
      assert.equal(trimmed(h, "</", Infinity), h);
      assert.equal(trimmed(h, ">/", -Infinity), h);
    }),
  );
});

test("the variance is never negative, and zero where all lies around zero", () => {
  fc.assert(
    fc.property(exponentialHistograms, (h) => {
      fc.pre(h.count > 0);
      assert.ok(histogramVariance(h) >= 0);
    }),
  );
  assert.equal(histogramVariance(read("{{count:4 z_bucket:4 z_bucket_w:1}}")), 0);
});

const quantileOf: readonly (readonly [string, number, number, string])[] = [
  ["{{count:4 buckets:[0 4]}}", -0.1, -Infinity, "none"],
  ["{{count:4 buckets:[0 4]}}", 1.1, Infinity, "none"],
  ["{{count:4 buckets:[0 4]}}", NaN, NaN, "none"],
  ["{{count:4 buckets:[0 4]}}", 0, 1, "none"],
  ["{{count:4 buckets:[0 4]}}", 1, 2, "none"],
  ["{{}}", 0.5, NaN, "none"],
  // Counts that are missing from the buckets: the end of the last one.
  ["{{count:8 buckets:[0 4]}}", 0.25, Math.SQRT2, "none"],
  ["{{count:4}}", 0.5, 0, "none"],
  ["{{count:4 sum:NaN}}", 0.5, NaN, "result-is-nan"],
  ["{{count:4 sum:NaN buckets:[0 4]}}", 0.5, Math.SQRT2, "none"],
  ["{{count:8 sum:NaN buckets:[0 4]}}", 0.25, Math.SQRT2, "skewed"],
  ["{{count:8 sum:NaN buckets:[0 4]}}", 0.75, NaN, "result-is-nan"],
  ["{{schema:-53 count:4 custom_values:[-2] buckets:[4]}}", 0.5, -2, "none"],
  ["{{schema:-53 count:4 custom_values:[2] buckets:[4]}}", 0.5, 1, "none"],
  ["{{schema:-53 count:4 custom_values:[2] buckets:[0 4]}}", 0.5, 2, "none"],
];
for (const [text, q, value, nan] of quantileOf) {
  test(`the quantile ${q} of ${text} is ${value}`, () => {
    const found = histogramQuantile(q, read(text));
    assert.equal(found.nan, nan);
    if (Number.isFinite(value)) near(found.value, value);
    else assert.equal(found.value, value);
  });
}
