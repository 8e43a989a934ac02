import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { labels } from "../model/labels.ts";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import type { Reader } from "../model/reader.ts";
import { epochMs } from "../model/time.ts";
import { evaluateNow } from "./evaluate.ts";
import { fixedReader } from "./fixed-reader.ts";
import { parse } from "./parser.ts";
import { commonParts, RememberedWork } from "./remembered-work.ts";

const READER = fixedReader(
  ["a", "b", "c"].flatMap((name, i) =>
    ["x", "y"].map((job, j) => ({
      labels: labels({ __name__: `${name}_total`, job }),
      fromMs: 0,
      stepMs: 15_000,
      values: Array.from({ length: 80 }, (_, n) => ((n * (i + 2)) % 37) * (j + 1)),
    })),
  ),
);

const AT = epochMs(1_000_000);

/** Counts what is selected. */
function counting(reader: Reader): { readonly reader: Reader; readonly selected: () => number } {
  let selected = 0;
  const select: Reader["select"] = (...read) => {
    selected++;
    return reader.select(...read);
  };
  return { reader: { select }, selected: () => selected };
}

type Evaluated = ReturnType<typeof evaluateNow>;

function ask(texts: readonly string[], share: boolean, reader: Reader = READER): Evaluated[] {
  const exprs = texts.map((text) => parse(text));
  const remembered = new RememberedWork(commonParts(exprs));
  const span = { from: AT, to: AT, stepMs: 0, lookbackMs: 300_000, limits: DEFAULT_LIMITS };
  return exprs.map((expr) => evaluateNow(expr, reader, share ? { ...span, remembered } : span));
}

const TEXTS = [
  "sum(rate(a_total[5m]))",
  "sum(rate(a_total[5m])) > 1",
  "sum by (job) (rate(a_total[5m])) / sum by (job) (rate(b_total[5m]))",
  "max_over_time(sum(rate(a_total[5m]))[5m:1m])",
  "sum(rate(a_total[5m] offset 1m)) + sum(rate(a_total[5m]))",
  "clamp(a_total, 2, 1) or topk(1, a_total)",
  "a_total + b_total",
  "-(a_total + b_total)",
  'label_replace(a_total + b_total, "job", "z", "job", "x")',
  "sort_desc(a_total + b_total)",
  "histogram_count(rate(a_total[5m])) or rate(a_total[5m])",
  "absent(a_total + b_total)",
] as const;

test("remembered or not, values and samples charged are the same", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...TEXTS), { minLength: 1, maxLength: 6 }), (texts) => {
      const results = (share: boolean): unknown =>
        ask(texts, share).map(({ value, samples }) => ({ value, samples }));
      assert.deepEqual(results(true), results(false));
    }),
  );
});

const selections: readonly (readonly [readonly string[], number])[] = [
  [["sum(rate(a_total[5m]))", "sum(rate(a_total[5m])) > 1"], 1],
  [["rate(a_total[5m])", "increase(a_total[5m])"], 1],
  [["rate(a_total[5m])", "rate(a_total[6m])"], 2],
  [["rate(a_total[5m])", "rate(a_total[5m] offset 1m)"], 2],
  [["a_total", "b_total"], 2],
];
for (const [texts, expected] of selections) {
  test(`${texts.join(" and ")} select ${expected} times`, () => {
    const { reader, selected } = counting(READER);
    ask(texts, true, reader);
    assert.equal(selected(), expected);
  });
}

const written: readonly (readonly [string, string, number])[] = [
  ["sum(a_total)", "b_total", 1],
  ["sum(a_total)", "a_total", 2],
  ["a_total / b_total", "c_total", 2],
  ["a_total / b_total", "b_total", 3],
  ['sum({job="x"})', "b_total", 2],
  ['sum({__name__=~"a.*"})', "b_total", 2],
];
for (const [text, metric, expected] of written) {
  test(`${text} twice selects ${expected} times where ${metric} is written in between`, () => {
    const exprs = [parse(text), parse(text)];
    const remembered = new RememberedWork(commonParts(exprs));
    const { reader, selected } = counting(READER);
    const span = { from: AT, to: AT, stepMs: 0, lookbackMs: 300_000, limits: DEFAULT_LIMITS };
    for (const expr of exprs) {
      evaluateNow(expr, reader, { ...span, remembered });
      remembered.written(metric);
    }
    assert.equal(selected(), expected);
  });
}
