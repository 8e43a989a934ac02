import assert from "node:assert/strict";
import test from "node:test";
import { formatLabels, labels } from "../model/labels.ts";
import type { NativeHistogram } from "../model/sample.ts";
import { parse } from "./parser.ts";
import { statsSelectors, withDecidedResets } from "./stats-selectors.ts";
import { parseSeriesLine } from "./test-language/series-line.ts";

/** An expression, and the metrics of whose histograms no buckets are asked for. */
const cases: readonly (readonly [string, string])[] = [
  ["a", ""],
  ["histogram_count(a)", "a"],
  ["histogram_sum(rate(a[5m])) / histogram_avg(b)", "a b"],
  ["histogram_count(sum(a + b))", "a b"],
  ["histogram_stddev(a)", ""],
  ["histogram_quantile(0.5, a)", ""],
  ["histogram_count(a unless histogram_quantile(0.5, b) < 3)", "a"],
  ["histogram_quantile(0.5, a unless histogram_count(b) == 0)", ""],
  ["histogram_count(histogram_fraction(0, 1, a))", ""],
  ["histogram_count(increase(a[5m:1m]))", ""],
  ["sum_over_time(histogram_count(a)[5m:1m])", ""],
  ["histogram_count(a </ 5) + histogram_count(b)", "b"],
];
for (const [text, expected] of cases) {
  test(`${text} looks at counts and sums of: ${expected}`, () => {
    const found = [...statsSelectors(parse(text))].map(({ name }) => name);
    assert.equal(found.join(" "), expected);
  });
}

test("what is known of resets stays, the rest is found out; numbers between do not matter", () => {
  const line =
    "h {{count:2}} {{count:3}} 7 {{count:1}} {{counter_reset_hint:gauge}} " +
    "{{count:9 counter_reset_hint:not_reset}} {{count:1}}";
  const written = parseSeriesLine(line).values;
  const histograms = written.map((value): NativeHistogram | undefined =>
    typeof value === "object" ? value : undefined,
  );
  const times = Float64Array.from(written.keys());
  const bounds = { start: 0, end: times.length };
  const slice = { labels: labels({ __name__: "h" }), times, values: times, histograms, ...bounds };
  const decided = withDecidedResets(slice);
  assert.equal(formatLabels(decided.labels), "h");
  assert.deepEqual(
    decided.histograms?.map((h) => h?.counterReset),
    ["unknown", "not-reset", undefined, "reset", "gauge", "not-reset", "reset"],
  );
  assert.equal(histograms[1]?.counterReset, "unknown");
});
