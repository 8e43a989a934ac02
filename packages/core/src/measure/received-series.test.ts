import assert from "node:assert/strict";
import test from "node:test";
import { labels } from "../model/labels.ts";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import type { BucketCounts, MetricPoint } from "../model/metric-point.ts";
import { Measure } from "./measure.ts";
import { Recorder, s } from "./recorder.test.ts";

type Point = readonly [second: number, value: number, startS?: number];

function sum(
  [second, value, startS]: Point,
  temporality: "cumulative" | "delta",
  monotonic = true,
): MetricPoint {
  return {
    labels: labels({ __name__: "x" }),
    service: "shop",
    at: s(second),
    type: "sum",
    monotonic,
    temporality,
    value,
    ...(startS === undefined ? {} : { startAt: s(startS) }),
  };
}

const cumulative = (point: Point): MetricPoint => sum(point, "cumulative");
const delta = (point: Point): MetricPoint => sum(point, "delta");
const upDownDelta = (point: Point): MetricPoint => sum(point, "delta", false);
const upDown = (point: Point): MetricPoint => sum(point, "cumulative", false);
const gauge = ([second, value]: Point): MetricPoint => ({
  labels: labels({ __name__: "x" }),
  service: "shop",
  at: s(second),
  type: "gauge",
  value,
});
const end = (second: number, of: "gauge" | "sum" | "histogram" = "sum"): MetricPoint => ({
  labels: labels({ __name__: "x" }),
  service: "shop",
  at: s(second),
  type: "end",
  of,
});

/** A histogram with buckets up to 1 and beyond, unless it names other bounds. */
function histogram(
  [second, , startS]: Point,
  temporality: "cumulative" | "delta",
  buckets: Partial<BucketCounts>,
): MetricPoint {
  const { bounds = [1], counts = [0, 0] } = buckets;
  const count = counts.reduce((total, one) => total + one, 0);
  return {
    labels: labels({ __name__: "x" }),
    service: "shop",
    at: s(second),
    type: "histogram",
    temporality,
    buckets: { count, ...buckets, bounds, counts },
    ...(startS === undefined ? {} : { startAt: s(startS) }),
  };
}

/** Takes the points one after another, each arriving at its own time unless `arrivals` tells it. */
function taken(
  points: readonly MetricPoint[],
  arrivals: readonly number[] = [],
  limits = DEFAULT_LIMITS,
) {
  const measure = new Measure(limits, 15_000);
  const recorder = new Recorder();
  let now = 0;
  for (const [i, point] of points.entries()) {
    now = Math.max(now, (arrivals[i] ?? point.at / 1000) * 1000);
    measure.countPoints([point], s(now / 1000), recorder.append);
  }
  return { lines: recorder.lines, counters: Object.fromEntries(measure.counters()) };
}

type Row = readonly [
  name: string,
  points: readonly MetricPoint[],
  lines: readonly string[],
  counters?: Readonly<Record<string, number>>,
];

const sums: readonly Row[] = [
  ["a gauge is what was sent", [gauge([60, 3]), gauge([120, -1])], ["60 {x} 3", "120 {x} -1"]],
  ["a gauge may be no number", [gauge([60, NaN])], ["60 {x} NaN"]],
  [
    "a cumulative sum is what was sent, its fall included",
    [cumulative([60, 5, 1]), cumulative([120, 2, 1])],
    ["60 {x} 5", "120 {x} 2"],
  ],
  [
    "a restart is seen though the value has caught up",
    [cumulative([60, 5, 1]), cumulative([120, 9, 90])],
    ["60 {x} 5", "90 {x} 0", "120 {x} 9"],
  ],
  [
    "a restart at the last point's own time comes right after it",
    [cumulative([60, 5, 1]), cumulative([120, 9, 60])],
    ["60 {x} 5", "60.001 {x} 0", "120 {x} 9"],
  ],
  [
    "a start that goes back is no restart",
    [cumulative([60, 5, 30]), cumulative([120, 9, 20])],
    ["60 {x} 5", "120 {x} 9"],
  ],
  [
    "a start that is first told later is no restart",
    [cumulative([60, 5]), cumulative([120, 9, 30])],
    ["60 {x} 5", "120 {x} 9"],
  ],
  [
    "what may fall has no restart to be seen",
    [upDown([60, 5, 1]), upDown([120, 9, 90])],
    ["60 {x} 5", "120 {x} 9"],
  ],
  [
    "deltas add up, from 0 at the start of the first",
    [delta([60, 5, 0.001]), delta([120, 2, 60])],
    ["0.001 {x} 0", "60 {x} 5", "120 {x} 7"],
  ],
  [
    "a delta over no time counts, also after a pause",
    [delta([60, 5, 60]), delta([1200, 2, 1200])],
    ["59.999 {x} 0", "60 {x} 5", "1199.999 {x} 5", "1200 {x} 7"],
  ],
  [
    "a restart at the time of its first point is seen",
    [cumulative([60, 5, 1]), cumulative([120, 9, 120])],
    ["60 {x} 5", "119.999 {x} 0", "120 {x} 9"],
  ],
  [
    "without a start deltas begin one interval earlier",
    [delta([60, 5]), delta([120, 2])],
    ["45 {x} 0", "60 {x} 5", "120 {x} 7"],
  ],
  [
    "a start in the far past is not told further back than five minutes",
    [delta([7200, 5, 60])],
    ["6900 {x} 0", "7200 {x} 5"],
  ],
  [
    "after a pause of deltas the total is told again where the next one starts",
    [delta([60, 5, 30]), delta([1200, 2, 1140])],
    ["30 {x} 0", "60 {x} 5", "1140 {x} 5", "1200 {x} 7"],
  ],
  [
    "deltas of what may fall are accumulated to a gauge",
    [upDownDelta([60, 5, 30]), upDownDelta([120, -7, 60])],
    ["60 {x} 5", "120 {x} -2"],
  ],
  [
    "a late delta is refused: it cannot be added in the past",
    [delta([60, 5, 30]), delta([120, 1, 60]), delta([90, 2, 60])],
    ["30 {x} 0", "60 {x} 5", "120 {x} 6"],
    { "point-late-delta": 1 },
  ],
  [
    "a repeated delta counts once",
    [delta([60, 5, 30]), delta([60, 5, 30])],
    ["30 {x} 0", "60 {x} 5"],
    { "point-duplicate": 1 },
  ],
  [
    "a repeated older point is dropped too",
    [cumulative([60, 5]), cumulative([120, 6]), cumulative([60, 5])],
    ["60 {x} 5", "120 {x} 6"],
    { "point-duplicate": 1 },
  ],
  [
    "a cumulative point between older ones is a sample",
    [cumulative([60, 5]), cumulative([120, 6]), cumulative([90, 5])],
    ["60 {x} 5", "120 {x} 6", "90 {x} 5"],
  ],
  [
    "a counter's delta below 0 is refused",
    [delta([60, -1, 30])],
    [],
    { "point-negative-delta": 1 },
  ],
  ["a delta that is no number is refused", [upDownDelta([60, NaN])], [], { "point-not-finite": 1 }],
  [
    "an end is a stale marker, once",
    [cumulative([60, 5]), end(120), end(120), end(180)],
    ["60 {x} 5", "120 {x} stale"],
    { "point-duplicate": 1 },
  ],
  ["the end of what never began is counted", [end(60)], [], { "point-end-of-nothing": 1 }],
  [
    "an end before the last point is refused",
    [cumulative([60, 5]), end(30)],
    ["60 {x} 5"],
    { "point-late-end": 1 },
  ],
  [
    "after an end deltas go on from the total",
    [delta([60, 5, 30]), end(90), delta([120, 1, 90])],
    ["30 {x} 0", "60 {x} 5", "90 {x} stale", "120 {x} 6"],
  ],
  [
    "a point from before the end does not open the series again",
    [cumulative([60, 5]), end(120), cumulative([90, 5])],
    ["60 {x} 5", "120 {x} stale"],
    { "point-late-for-its-series": 1 },
  ],
  [
    "a metric that turns into a histogram ends as a number",
    [gauge([60, 5]), histogram([120, 0], "cumulative", { counts: [1, 0] })],
    [
      "60 {x} 5",
      "120 {x} stale",
      '120 x_bucket{le="1"} 1',
      '120 x_bucket{le="+Inf"} 1',
      "120 x_count 1",
    ],
  ],
];

const histograms: readonly Row[] = [
  [
    "a histogram's buckets are cumulative, with sum and count",
    [histogram([60, 0], "cumulative", { bounds: [0.5, 1], counts: [1, 2, 3], sum: 9 })],
    [
      '60 x_bucket{le="0.5"} 1',
      '60 x_bucket{le="1"} 3',
      '60 x_bucket{le="+Inf"} 6',
      "60 x_sum 9",
      "60 x_count 6",
    ],
  ],
  [
    "a histogram without a sum has none",
    [histogram([60, 0], "cumulative", { counts: [1, 2] })],
    ['60 x_bucket{le="1"} 1', '60 x_bucket{le="+Inf"} 3', "60 x_count 3"],
  ],
  [
    "a histogram without buckets is sum and count",
    [histogram([60, 0], "cumulative", { bounds: [], counts: [], count: 4, sum: 2 })],
    ['60 x_bucket{le="+Inf"} 4', "60 x_sum 2", "60 x_count 4"],
  ],
  [
    "a last bound that is spelled as infinite is the implied one",
    [histogram([60, 0], "cumulative", { bounds: [1, Infinity], counts: [1, 2, 0] })],
    ['60 x_bucket{le="1"} 1', '60 x_bucket{le="+Inf"} 3', "60 x_count 3"],
  ],
  [
    "buckets that do not add up are refused",
    [histogram([60, 0], "cumulative", { counts: [1, 2], count: 4 })],
    [],
    { "point-malformed-histogram": 1 },
  ],
  [
    "buckets that do not fit their bounds are refused",
    [histogram([60, 0], "cumulative", { bounds: [1, 2], counts: [1, 2] })],
    [],
    { "point-malformed-histogram": 1 },
  ],
  [
    "a restart is seen in every bucket",
    [
      histogram([60, 0, 1], "cumulative", { counts: [1, 2] }),
      histogram([120, 0, 90], "cumulative", { counts: [2, 1] }),
    ],
    [
      '60 x_bucket{le="1"} 1',
      '60 x_bucket{le="+Inf"} 3',
      "60 x_count 3",
      '90 x_bucket{le="1"} 0',
      '90 x_bucket{le="+Inf"} 0',
      "90 x_count 0",
      '120 x_bucket{le="1"} 2',
      '120 x_bucket{le="+Inf"} 3',
      "120 x_count 3",
    ],
  ],
  [
    "deltas add up bucket by bucket",
    [
      histogram([60, 0, 30], "delta", { counts: [1, 2], sum: 4 }),
      histogram([120, 0, 60], "delta", { counts: [1, 0], sum: 0.5 }),
    ],
    [
      '30 x_bucket{le="1"} 0',
      '30 x_bucket{le="+Inf"} 0',
      "30 x_sum 0",
      "30 x_count 0",
      '60 x_bucket{le="1"} 1',
      '60 x_bucket{le="+Inf"} 3',
      "60 x_sum 4",
      "60 x_count 3",
      '120 x_bucket{le="1"} 2',
      '120 x_bucket{le="+Inf"} 4',
      "120 x_sum 4.5",
      "120 x_count 4",
    ],
  ],
  [
    "bounds that vanish end, cumulative counts go on",
    [
      histogram([60, 0, 1], "cumulative", { bounds: [1, 2], counts: [1, 1, 1] }),
      histogram([120, 0, 1], "cumulative", { bounds: [2], counts: [3, 1] }),
    ],
    [
      '60 x_bucket{le="1"} 1',
      '60 x_bucket{le="2"} 2',
      '60 x_bucket{le="+Inf"} 3',
      "60 x_count 3",
      '120 x_bucket{le="1"} stale',
      '120 x_bucket{le="2"} 3',
      '120 x_bucket{le="+Inf"} 4',
      "120 x_count 4",
    ],
  ],
  [
    "deltas with other bounds begin as a set of their own",
    [
      histogram([60, 0], "delta", { counts: [1, 2] }),
      histogram([120, 0, 60], "delta", { bounds: [2], counts: [1, 0] }),
    ],
    [
      '45 x_bucket{le="1"} 0',
      '45 x_bucket{le="+Inf"} 0',
      "45 x_count 0",
      '60 x_bucket{le="1"} 1',
      '60 x_bucket{le="+Inf"} 3',
      "60 x_count 3",
      '120 x_bucket{le="1"} stale',
      '60.001 x_bucket{le="2"} 0',
      '60.001 x_bucket{le="+Inf"} 0',
      "60.001 x_count 0",
      '120 x_bucket{le="2"} 1',
      '120 x_bucket{le="+Inf"} 1',
      "120 x_count 1",
    ],
  ],
  [
    "an end ends every series of a histogram",
    [histogram([60, 0], "cumulative", { counts: [1, 0] }), end(120, "histogram")],
    [
      '60 x_bucket{le="1"} 1',
      '60 x_bucket{le="+Inf"} 1',
      "60 x_count 1",
      '120 x_bucket{le="1"} stale',
      '120 x_bucket{le="+Inf"} stale',
      "120 x_count stale",
    ],
  ],
];
for (const [name, points, lines, counters = {}] of [...sums, ...histograms]) {
  test(name, () => {
    const result = taken(points);
    assert.deepEqual(
      result.lines,
      lines.map((line) => line.replace("{x}", "x")),
    );
    assert.deepEqual(result.counters, counters);
  });
}

const arrivals: readonly (readonly [string, number, number, string | undefined])[] = [
  ["a point five minutes old is taken", 60, 360, undefined],
  ["an older one is not", 60, 360.001, "point-too-old"],
  ["a point ten minutes ahead is taken", 660, 60, undefined],
  ["one further ahead is not", 660.001, 60, "point-too-new"],
];
for (const [name, second, arrival, reason] of arrivals) {
  test(name, () => {
    const result = taken([gauge([second, 1])], [arrival]);
    assert.deepEqual(result.counters, reason === undefined ? {} : { [reason]: 1 });
    assert.equal(result.lines.length, reason === undefined ? 1 : 0);
  });
}

test("received series past the limit are refused", () => {
  const other = { ...gauge([60, 1]), labels: labels({ __name__: "y" }) };
  const limits = { ...DEFAULT_LIMITS, series: 1 };
  const result = taken([gauge([60, 1]), other, gauge([61, 1])], [], limits);
  assert.deepEqual(result.lines, ["60 x 1", "61 x 1"]);
  assert.deepEqual(result.counters, { "point-series-limit": 1 });
});

test("an hour after its last delta a total is forgotten", () => {
  const measure = new Measure(DEFAULT_LIMITS, 15_000);
  const recorder = new Recorder();
  measure.countPoints([delta([60, 5, 30])], s(60), recorder.append);
  measure.sampleAt(s(3660), recorder.append);
  measure.countPoints([delta([3720, 1, 3660])], s(3720), recorder.append);
  assert.deepEqual(recorder.lines, ["30 x 0", "60 x 5", "3660 x 0", "3720 x 1"]);
});

test("silent streams make room, and so do bounds that vanish", () => {
  const measure = new Measure({ ...DEFAULT_LIMITS, series: 4 }, 15_000);
  const recorder = new Recorder();
  const other = { ...gauge([60, 1]), labels: labels({ __name__: "y" }) };
  measure.countPoints(
    [
      histogram([50, 0], "cumulative", { bounds: [1, 2], counts: [1, 0, 0] }),
      histogram([60, 0], "cumulative", { bounds: [1], counts: [1, 0] }),
      other,
    ],
    s(60),
    recorder.append,
  );
  assert.deepEqual(recorder.take("60 y"), ["60 y 1"]);
  measure.sampleAt(s(3660), recorder.append);
  const late = histogram([3700, 0], "cumulative", { bounds: [1, 2], counts: [1, 0, 0] });
  measure.countPoints([late], s(3700), recorder.append);
  assert.equal(recorder.take("3700 x").length, 4);
  assert.equal(measure.counters().size, 0);
});
