import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { InputError } from "../model/input-error.ts";
import { formatLabels, labels } from "../model/labels.ts";
import { type Feature, featureSet } from "../model/features.ts";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import type { Reader } from "../model/reader.ts";
import { STALE } from "../model/sample.ts";
import { epochMs } from "../model/time.ts";
import { evaluate, type EvaluateOptions, evaluateNow, type QueryResult } from "./evaluate.ts";
import { fixedReader, type FixedSeries } from "./fixed-reader.ts";
import { parse } from "./parser.ts";
import type { SeriesValue } from "./test-language/series-line.ts";

const base = { lookbackMs: 300_000, limits: DEFAULT_LIMITS };

function instantAt(at: number): EvaluateOptions {
  return { ...base, from: epochMs(at), to: epochMs(at), stepMs: 0 };
}

function series(name: string, values: readonly SeriesValue[], stepMs = 15_000): FixedSeries {
  return { labels: labels({ __name__: name, l: "x" }), fromMs: 0, stepMs, values };
}

function shown({ value }: QueryResult): Map<string, readonly (readonly [number, number])[]> {
  const found = new Map<string, readonly (readonly [number, number])[]>();
  if (value.kind === "vector") {
    for (const [i, of] of value.series.entries()) {
      found.set(formatLabels(of), [[value.at, value.values[i] ?? NaN]]);
    }
  }
  if (value.kind === "matrix") {
    for (const { labels: of, times, values } of value.series) {
      found.set(
        formatLabels(of),
        Array.from(times, (time, i) => [time, values[i] ?? NaN] as const),
      );
    }
  }
  return found;
}

test("each selector is asked once, and the work is cut into pieces", () => {
  let selects = 0;
  const many = Array.from({ length: 50 }, (_, i) => ({
    ...series(
      "foo_total",
      Array.from({ length: 1000 }, () => i),
    ),
    labels: labels({ __name__: "foo_total", i: String(i) }),
  }));
  const inner = fixedReader(many);
  const reader: Reader = {
    select: (...asked) => {
      selects++;
      return inner.select(...asked);
    },
  };
  const options = { ...base, from: epochMs(0), to: epochMs(15_000_000), stepMs: 60_000 };
  const work = evaluate(parse("sum(rate(foo_total[5m])) + sum(foo_total)"), reader, options);
  let turns = 0;
  for (let turn = work.next(); turn.done !== true; turn = work.next()) {
    turns++;
    assert.equal(selects, 2);
  }
  assert.ok(turns >= 10, `${turns} turns`);
});

test("samples are charged while they are read: what is too much is not read to its end", () => {
  let turns = 0;
  const reader: Reader = {
    select: () => assert.fail("a reader with turns is read in turns"),
    *selecting() {
      for (; turns < 1000; turns++) yield 1000;
      return [];
    },
  };
  const limits = { ...DEFAULT_LIMITS, querySamples: 50_000 };
  const asked = (): unknown => evaluateNow(parse("foo"), reader, { ...instantAt(0), limits });
  assert.throws(asked, /limit querySamples/);
  assert.equal(turns, 50);
});

test("each limit is named where it is reached", () => {
  const reader = fixedReader([
    series(
      "foo",
      Array.from({ length: 1000 }, () => 1),
    ),
  ]);
  const ask = (text: string, options: Partial<EvaluateOptions>): void => {
    evaluateNow(parse(text), reader, { ...instantAt(15_000_000), ...options });
  };
  const limits = { ...DEFAULT_LIMITS, querySamples: 500, ruleSamples: 100, querySteps: 10 };
  const series0 = { limits: { ...limits, querySeries: 0 } };
  assert.throws(() => ask("foo", series0), /more than 0 series \(limit querySeries\)/);
  assert.doesNotThrow(() => ask("foo", { ...series0, purpose: "rule" }));
  const all = "count_over_time(foo[1d])";
  assert.throws(() => ask(all, { limits }), /more than 500 samples \(limit querySamples\)/);
  assert.throws(() => ask(all, { limits, purpose: "rule" }), /100 samples \(limit ruleSamples\)/);
  const range = { limits, from: epochMs(0), to: epochMs(110_000), stepMs: 10_000 };
  assert.throws(() => ask("foo", range), /11 steps are more than 10 \(limit querySteps\)/);
  assert.throws(() => ask("vector(1)[100y:1ms]", {}), /limit querySamples/);
  assert.doesNotThrow(() => ask("foo", { ...range, to: epochMs(109_999) }));
  assert.doesNotThrow(() => ask("count_over_time(foo[1h])", { limits }));
});

test("a range query takes neither range vectors nor strings", () => {
  const reader = fixedReader([]);
  const options = { ...base, from: epochMs(0), to: epochMs(60_000), stepMs: 15_000 };
  for (const text of ["foo[5m]", "foo[5m:1m]", '"text"', '("text")']) {
    assert.throws(() => evaluateNow(parse(text), reader, options), InputError);
  }
});

test("the kinds of results", () => {
  const reader = fixedReader([series("foo", [1, 2, STALE, undefined, 5])]);
  const at = (text: string): QueryResult["value"] =>
    evaluateNow(parse(text), reader, instantAt(60_000)).value;
  assert.deepEqual(at("1 + 1"), { kind: "scalar", at: 60_000, value: 2 });
  assert.deepEqual(at('"a"'), { kind: "string", at: 60_000, value: "a" });
  const foo = labels({ __name__: "foo", l: "x" });
  assert.deepEqual(at("foo"), {
    kind: "vector",
    at: 60_000,
    series: [foo],
    values: Float64Array.of(5),
  });
  assert.deepEqual(at("foo[1m]"), {
    kind: "matrix",
    series: [
      { labels: foo, times: Float64Array.of(15_000, 60_000), values: Float64Array.of(2, 5) },
    ],
  });
  assert.deepEqual(at("foo[1m:30s]"), {
    kind: "matrix",
    series: [{ labels: foo, times: Float64Array.of(60_000), values: Float64Array.of(5) }],
  });
  const range = { ...instantAt(0), to: epochMs(30_000), stepMs: 30_000 };
  assert.deepEqual(evaluateNow(parse("2"), reader, range).value, {
    kind: "matrix",
    series: [
      { labels: labels({}), times: Float64Array.of(0, 30_000), values: Float64Array.of(2, 2) },
    ],
  });
});

test("series are summed in one order, whatever order the reader gives them in", () => {
  const all = [1e16, 1, -1e16, 3, 0.1].map((value, i) => ({
    ...series("foo", [value]),
    labels: labels({ __name__: "foo", i: String(i) }),
  }));
  const [value, other] = [all, all.toReversed()].map(
    (of) => evaluateNow(parse("stddev(foo)"), fixedReader(of), instantAt(0)).value,
  );
  assert.deepEqual(other, value);
});

// With delayed name removal, as Prometheus has it behind its flag, and by default.
const names: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ["sum by (__name__) (rate(a_total[1m]))", ["{}"], ["{}"]],
  [
    'label_replace(rate(a_total[1m]), "was", "$1", "__name__", "(.*)")',
    ['{l="x", was="a_total"}'],
    ['{l="x"}'],
  ],
  [
    'label_replace(-a_total, "__name__", "$1", "__name__", "(.*)")',
    ['a_total{l="x"}'],
    ['{l="x"}'],
  ],
  ["last_over_time(abs(a_total)[1m:15s])", ['{l="x"}'], ['{l="x"}']],
  ["a_total > bool 1", ['{l="x"}'], ['{l="x"}']],
];
for (const [text, delayed, byDefault] of names) {
  test(`the names that ${text} leaves`, () => {
    const reader = fixedReader([series("a_total", [1, 2, 3, 4, 5]), series("b_total", [1, 2])]);
    const ask = (...on: readonly Feature[]): string[] => {
      const options = { ...instantAt(60_000), features: featureSet(on) };
      return [...shown(evaluateNow(parse(text), reader, options)).keys()];
    };
    assert.deepEqual(ask("promql-delayed-name-removal"), delayed);
    assert.deepEqual(ask(), byDefault);
  });
}

const sampled: fc.Arbitrary<SeriesValue[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 0, max: 50 }) },
    { weight: 1, arbitrary: fc.constantFrom<SeriesValue[]>(STALE, undefined, NaN, 0.5) },
  ),
  { maxLength: 40 },
);

const overTime = [
  "rate(foo[1m])",
  "increase(foo[100s] offset 20s)",
  "delta(foo[1m])",
  "irate(foo[50s])",
  "idelta(foo[50s])",
  "resets(foo[1m])",
  "changes(foo[1m])",
  "deriv(foo[1m])",
  "predict_linear(foo[1m], 60)",
  "sum_over_time(foo[40s])",
  "avg_over_time(foo[1m])",
  "min_over_time(foo[1m])",
  "max_over_time(foo[1m])",
  "count_over_time(foo[1m])",
  "last_over_time(foo[40s])",
  "stddev_over_time(foo[1m])",
  "quantile_over_time(scalar(bar), foo[1m])",
  "absent_over_time(foo[40s])",
  "max_over_time(rate(foo[30s])[1m:10s])",
  "sum_over_time(foo[1m] @ 120)",
];
const expressions = [
  ...overTime,
  "foo",
  "foo offset -25s",
  "foo @ end()",
  "foo - bar",
  "foo > 20 or bar",
  "foo unless bar > 10",
  "sum(foo) by (l) / on (l) group_left bar",
  "absent(foo > 25)",
  'topk(1, {l="x"})',
  'count_values("v", {l="x"})',
  "timestamp(foo)",
  "hour() + minute(foo * 60)",
  "clamp(foo, scalar(bar), 30)",
  'histogram_quantile(0.5, label_replace(foo, "le", "+Inf", "l", "x"))',
];

for (const text of expressions) {
  test(`a range query of ${text} is its instant queries, step by step`, () => {
    fc.assert(
      fc.property(sampled, sampled, (foo, bar) => {
        const reader = fixedReader([series("foo", foo), series("bar", bar)]);
        const [from, to, stepMs] = [epochMs(0), epochMs(400_000), 20_000];
        const expr = parse(text.replace("end()", "400"));
        const range = evaluateNow(expr, reader, { ...base, from, to, stepMs, lookbackMs: 50_000 });
        const joined = new Map<string, (readonly [number, number])[]>();
        for (let at: number = from; at <= to; at += stepMs) {
          const options = { ...instantAt(at), lookbackMs: 50_000 };
          for (const [name, points] of shown(evaluateNow(expr, reader, options))) {
            joined.set(name, [...(joined.get(name) ?? []), ...points]);
          }
        }
        assert.deepEqual(shown(range), joined);
      }),
      { numRuns: 20 },
    );
  });
}

// What the manual says about each function, in the plainest words.
type Twin = (points: readonly (readonly [number, number])[], from: number, to: number) => number;

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

function increased(points: readonly (readonly [number, number])[], counter: boolean): number {
  return sum(
    points.slice(1).map(([, value], i) => {
      const before = points[i]?.[1] ?? NaN;
      return counter && value < before ? value : value - before;
    }),
  );
}

function extrapolate(counter: boolean): Twin {
  return (points, from, to) => {
    const [firstAt, first] = points[0] ?? [NaN, NaN];
    const lastAt = points.at(-1)?.[0] ?? NaN;
    const gap = (lastAt - firstAt) / (points.length - 1);
    const result = increased(points, counter);
    const reachOf = (distance: number): number => (distance >= gap * 1.1 ? gap / 2 : distance);
    let start = reachOf(firstAt - from);
    if (counter && result > 0) start = Math.min(start, (first / result) * (lastAt - firstAt));
    return (result * (lastAt - firstAt + start + reachOf(to - lastAt))) / (lastAt - firstAt);
  };
}

const valuesOf = (points: readonly (readonly [number, number])[]): number[] =>
  points.map(([, value]) => value);
const meanOf = (points: readonly (readonly [number, number])[]): number =>
  sum(valuesOf(points)) / points.length;

const twins: readonly (readonly [string, 1 | 2, Twin])[] = [
  ["increase", 2, extrapolate(true)],
  ["rate", 2, (points, from, to) => extrapolate(true)(points, from, to) / ((to - from) / 1000)],
  ["delta", 2, extrapolate(false)],
  ["resets", 1, (points) => points.filter(([, v], i) => v < (points[i - 1]?.[1] ?? v)).length],
  ["changes", 1, (points) => points.filter(([, v], i) => v !== (points[i - 1]?.[1] ?? v)).length],
  ["sum_over_time", 1, (points) => sum(valuesOf(points))],
  ["avg_over_time", 1, meanOf],
  ["min_over_time", 1, (points) => Math.min(...valuesOf(points))],
  ["max_over_time", 1, (points) => Math.max(...valuesOf(points))],
  ["count_over_time", 1, (points) => points.length],
  ["first_over_time", 1, (points) => points[0]?.[1] ?? NaN],
  ["last_over_time", 1, (points) => points.at(-1)?.[1] ?? NaN],
  [
    "stdvar_over_time",
    1,
    (points) => meanOf(points.map(([at, v]) => [at, (v - meanOf(points)) ** 2])),
  ],
  [
    "deriv",
    2,
    (points) => {
      const meanAt = meanOf(points.map(([at]) => [at, at]));
      const mean = meanOf(points);
      const along = sum(points.map(([at, v]) => (at - meanAt) * (v - mean)));
      return (along / sum(points.map(([at]) => (at - meanAt) ** 2))) * 1000;
    },
  ],
];

for (const [name, least, twin] of twins) {
  test(`${name} does what its twin does`, () => {
    const values = fc.array(fc.oneof(fc.integer({ min: 0, max: 99 }), fc.constant(undefined)), {
      maxLength: 20,
    });
    const window = fc.tuple(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 0, max: 300 }));
    fc.assert(
      fc.property(values, window, (foo, [rangeS, atS]) => {
        const to = atS * 1000;
        const from = to - rangeS * 1000;
        const points = foo
          .map((value, i) => [i * 15_000, value] as const)
          .filter((p): p is readonly [number, number] => p[1] !== undefined)
          .filter(([at]) => at > from && at <= to);
        const reader = fixedReader([series("foo_total", foo)]);
        const { value } = evaluateNow(
          parse(`${name}(foo_total[${rangeS}s])`),
          reader,
          instantAt(to),
        );
        assert.ok(value.kind === "vector");
        assert.equal(value.values.length, points.length >= least ? 1 : 0);
        const [found] = value.values;
        if (found === undefined) return;
        const expected = twin(points, from, to);
        const tolerance = 1e-9 * Math.max(1, Math.abs(expected));
        assert.ok(Math.abs(found - expected) <= tolerance, `${found} for ${expected}`);
      }),
    );
  });
}
