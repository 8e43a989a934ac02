import assert from "node:assert/strict";
import test from "node:test";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import { epochMs } from "../model/time.ts";
import { evaluateNow, type QueryResult } from "./evaluate.ts";
import { fixedReader } from "./fixed-reader.ts";
import { parse } from "./parser.ts";
import { parseSeriesLine } from "./test-language/series-line.ts";

const MINUTE = 60_000;

/** Asks over series whose values stand a minute apart, at the fifth minute or from 0 to there. */
function ask(
  lines: readonly string[],
  expr: string,
  { range = false, querySamples = DEFAULT_LIMITS.querySamples } = {},
): QueryResult {
  const series = lines.map((line) => ({ ...parseSeriesLine(line), fromMs: 0, stepMs: MINUTE }));
  return evaluateNow(parse(expr), fixedReader(series), {
    from: epochMs(range ? 0 : 5 * MINUTE),
    to: epochMs(5 * MINUTE),
    stepMs: range ? MINUTE : 0,
    lookbackMs: 5 * MINUTE,
    limits: { ...DEFAULT_LIMITS, querySamples },
  });
}

test("a result tells of histograms only where it has any", () => {
  const lines = ["h{id='a'} _x4 1 2", "h{id='b'} _x4 1 {{count:3}}"];
  const mixed = ask(lines, "h").value;
  assert.ok(mixed.kind === "vector");
  assert.deepEqual(
    mixed.histograms?.map((h) => h?.count),
    [undefined, 3],
  );
  for (const expr of ["h{id='a'}", "h * 0 == 0", "histogram_count(h)", "count(h)"]) {
    const { value } = ask(lines, expr);
    assert.ok(value.kind === "vector" && value.series.length > 0, expr);
    assert.equal("histograms" in value, false, expr);
  }
});

test("in a range, each sample is a number or a histogram, each series by itself", () => {
  const { value } = ask(["h{id='a'} 1 1 {{count:3}}", "h{id='b'} 1 2"], "h", { range: true });
  assert.ok(value.kind === "matrix");
  const [mixed, numbers] = value.series;
  assert.deepEqual(
    [...(mixed?.times ?? [])],
    [0, 1, 2, 3, 4, 5].map((step) => step * MINUTE),
  );
  const counts = mixed?.histograms?.map((h) => h?.count);
  assert.deepEqual(counts, [undefined, undefined, 3, 3, 3, 3]);
  assert.ok(numbers !== undefined && !("histograms" in numbers));
});

test("a histogram weighs as many samples as it has buckets, and one", () => {
  const lines = ["h _x4 {{count:3 buckets:[1 1 1] n_buckets:[1]}}x1"];
  const { samples } = ask(lines, "h");
  const plain = ask(["h _x4 1x1"], "h").samples;
  assert.equal(samples - plain, 8);
  assert.throws(() => ask(lines, "h", { querySamples: samples - 1 }), /limit querySamples/);
});

test("what was stored is never written to", () => {
  const lines = ["h{id='a'} _x4 {{count:3 sum:2 buckets:[1 2]}}x1", "h{id='b'} _x4 {{count:1}}x1"];
  const series = lines.map((line) => ({ ...parseSeriesLine(line), fromMs: 0, stepMs: MINUTE }));
  const before = structuredClone(series);
  const reader = fixedReader(series);
  const at = { from: epochMs(5 * MINUTE), to: epochMs(5 * MINUTE), stepMs: 0 };
  for (const expr of [
    "sum(h)",
    "avg(h) - on() group_left h{id='b'}",
    "-h * 2 / 3",
    "h </ 1",
    "histogram_count(sum_over_time(h[5m]))",
    "rate(h[5m]) or increase(h[5m:1m])",
  ]) {
    evaluateNow(parse(expr), reader, { ...at, lookbackMs: MINUTE, limits: DEFAULT_LIMITS });
  }
  assert.deepEqual(series, before);
});
