import assert from "node:assert/strict";
import test from "node:test";
import { labels } from "../model/labels.ts";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import type { MetricPoint } from "../model/metric-point.ts";
import { Measure } from "./measure.ts";
import { Recorder, call, s } from "./recorder.test.ts";

const NAME = "gen_ai_client_operation_duration_seconds";
const TICK_S = 15;

/** The application's own histogram of the same metric, at a second, with a count so far. */
function own(second: number, count: number, name = NAME): MetricPoint {
  return {
    labels: labels({ __name__: name, job: "shop", service_name: "shop" }),
    service: "shop",
    at: s(second),
    startAt: s(0),
    type: "histogram",
    temporality: "cumulative",
    buckets: { bounds: [1], counts: [count, 0], count },
  };
}

/** An application's traffic: from `callsFromS` a share of calls as spans, all of them in a metric. */
type Traffic = {
  readonly untilS: number;
  /** Calls a second that reach us as spans, at a second. */
  readonly spans: (second: number) => number;
  /** Calls a second that the metric counts, at a second; exported each minute. */
  readonly metric: (second: number) => number | undefined;
  readonly configured?: "spans" | "metrics";
};

function run(traffic: Traffic) {
  const measure = new Measure(DEFAULT_LIMITS, TICK_S * 1000);
  if (traffic.configured !== undefined) measure.setSources({ shop: traffic.configured });
  const recorder = new Recorder();
  const switches: string[] = [];
  let count = 0;
  for (let second = 1; second <= traffic.untilS; second++) {
    for (let i = 0; i < traffic.spans(second); i++) measure.countCall(call(), s(second));
    const counted = traffic.metric(second);
    count += counted ?? 0;
    if (counted !== undefined && second % 60 === 20)
      measure.countPoints([own(second, count)], s(second), recorder.append);
    if (second % TICK_S !== 0) continue;
    measure.sampleAt(s(second), recorder.append);
    const chosen = measure.sources().find((one) => one.metric === NAME);
    const line = `${chosen?.source} ${chosen?.reason}`;
    if (switches.at(-1)?.endsWith(line) !== true) switches.push(`${second} ${line}`);
  }
  return { measure, recorder, switches };
}

const always = (): number => 1;
const never = (): number => 0;
const nothing = (): undefined => undefined;

const choices: readonly (readonly [string, Traffic, readonly string[]])[] = [
  ["spans alone", { untilS: 1500, spans: always, metric: nothing }, ["15 spans default"]],
  [
    "metrics alone",
    { untilS: 1500, spans: never, metric: always },
    ["15 undefined undefined", "30 metrics only-metrics"],
  ],
  ["both, complete: spans", { untilS: 1500, spans: always, metric: always }, ["15 spans default"]],
  [
    "half of the spans: metrics after ten minutes of both",
    { untilS: 1500, spans: (second) => second % 2, metric: always },
    ["15 spans default", "630 metrics spans-incomplete"],
  ],
  [
    "94 % of the spans are too few, once ten minutes of them were for two minutes",
    { untilS: 1500, spans: (second) => (second % 50 < 3 ? 0 : 1), metric: always },
    ["15 spans default", "750 metrics spans-incomplete"],
  ],
  [
    "96 % of the spans suffice",
    { untilS: 1500, spans: (second) => (second % 50 < 2 ? 0 : 1), metric: always },
    ["15 spans default"],
  ],
  [
    "spans that stop give way; spans that are whole for ten minutes come back",
    {
      untilS: 4000,
      spans: (second) => (second > 1200 && second < 2000 ? 0 : 1),
      metric: always,
    },
    ["15 spans default", "1365 metrics spans-incomplete", "3180 spans default"],
  ],
  [
    "a burst that is exported later is no shortfall",
    {
      untilS: 3000,
      spans: (second) => (second % 900 === 25 ? 100 : 0),
      metric: (second) => (second % 900 === 25 ? 100 : 0),
    },
    ["15 undefined undefined", "30 spans default"],
  ],
  [
    "metrics that come before the spans of a service that has just begun do not count",
    { untilS: 1500, spans: (second) => (second < 30 ? 0 : 1), metric: always },
    ["15 undefined undefined", "30 spans default"],
  ],
  [
    "metrics of long standing are not left for a few spans",
    {
      untilS: 2400,
      spans: (second) => (second > 900 && second % 10 === 0 ? 1 : 0),
      metric: always,
    },
    ["15 undefined undefined", "30 metrics only-metrics", "915 metrics spans-incomplete"],
  ],
  [
    "metrics that stop leave the spans",
    {
      untilS: 2400,
      spans: (second) => second % 2,
      metric: (second) => (second < 1000 ? 1 : undefined),
    },
    ["15 spans default", "630 metrics spans-incomplete", "1590 spans default"],
  ],
  [
    "what is configured holds",
    { untilS: 1500, spans: never, metric: always, configured: "spans" },
    ["15 undefined undefined", "30 spans configured"],
  ],
  [
    "metrics may be configured",
    { untilS: 1500, spans: always, metric: always, configured: "metrics" },
    ["15 metrics configured"],
  ],
];
for (const [name, traffic, expected] of choices) {
  test(name, () => assert.deepEqual(run(traffic).switches, expected));
}

const COUNT = `${NAME}_count`;
const half: Traffic = { untilS: 1500, spans: (second) => second % 2, metric: always };

test("a switch to metrics ends the spans' series, and begins the other at its value then", () => {
  const { recorder, measure } = run(half);
  const lines = recorder.lines.filter((line) => line.includes(COUNT));
  const derived = lines.filter((line) => !line.includes("job="));
  const received = lines.filter((line) => line.includes("job="));
  assert.match(derived.at(-2) ?? "", /^615 .* 308$/);
  assert.match(derived.at(-1) ?? "", /^630 .* stale$/);
  // Exported were 620 calls at 620 s and 680 at 680 s: 630 at 630 s.
  assert.deepEqual(
    received.slice(0, 3).map((line) => line.replace(/ .* /, " ")),
    ["630 630", "680 680", "740 740"],
  );
  assert.ok((measure.counters().get("lost-to-spans") ?? 0) > 0);
  assert.ok((measure.counters().get("lost-to-metrics") ?? 0) > 0);
});

test("a switch to spans ends the received series, and begins the other one interval earlier", () => {
  const { recorder } = run({
    untilS: 3195,
    spans: (second) => (second > 1200 && second < 2000 ? 0 : 1),
    metric: always,
  });
  const lines = recorder.lines.filter((line) => line.includes(COUNT));
  const [stale, born, sample] = [
    lines.filter((line) => line.includes("job=") && line.endsWith("stale")),
    lines.filter((line) => line.startsWith("3165 ")),
    lines.filter((line) => line.startsWith("3180 ") && !line.includes("job=")),
  ].map((found) => found.map((line) => line.replace(/ .* /, " ")));
  assert.deepEqual(stale, ["3180 stale"]);
  // 799 of 3,180 calls came without spans.
  assert.deepEqual(born, [`3165 ${3165 - 799}`]);
  assert.deepEqual(sample, [`3180 ${3180 - 799}`]);
});

test("the article's series always count calls", () => {
  const { recorder } = run(half);
  const lines = recorder.lines.filter((line) =>
    line.includes("llm_operation_duration_seconds_count"),
  );
  assert.match(lines.at(-1) ?? "", /^1500 .* 750$/);
});

test("a metric of another name is nobody's rival", () => {
  const measure = new Measure(DEFAULT_LIMITS, TICK_S * 1000);
  const recorder = new Recorder();
  measure.countCall(call(), s(1));
  measure.countPoints([own(2, 1, "http_server_duration_seconds")], s(2), recorder.append);
  assert.equal(recorder.lines.length, 3);
  assert.equal(measure.counters().size, 0);
});

test("a configured source that changes moves at the next tick", () => {
  const measure = new Measure(DEFAULT_LIMITS, TICK_S * 1000);
  const recorder = new Recorder();
  measure.countCall(call(), s(1));
  measure.sampleAt(s(15), recorder.append);
  measure.setSources({ shop: "metrics" });
  assert.equal(measure.sources().find((one) => one.metric === NAME)?.source, "spans");
  measure.sampleAt(s(30), recorder.append);
  assert.deepEqual(
    measure.sources().find((one) => one.metric === NAME),
    {
      service: "shop",
      metric: NAME,
      source: "metrics",
      reason: "configured",
      since: s(30),
    },
  );
  assert.match(recorder.take(COUNT).at(-1) ?? "", /^30 .* stale$/);
});

test("services past the limit keep both copies, and are counted", () => {
  const measure = new Measure({ ...DEFAULT_LIMITS, valuesPerLabel: 2 }, TICK_S * 1000);
  const recorder = new Recorder();
  for (const service of ["a", "b", "c"]) measure.countCall(call({ service }), s(1));
  measure.countPoints([{ ...own(2, 1), service: "c" }], s(2), recorder.append);
  assert.equal(recorder.lines.length, 3);
  assert.ok((measure.counters().get("unchosen-source") ?? 0) > 0);
});

test("what does not count has no current value, and ends after points from a clock ahead", () => {
  const measure = new Measure(DEFAULT_LIMITS, TICK_S * 1000);
  const recorder = new Recorder();
  measure.setSources({ shop: "metrics" });
  measure.countCall(call(), s(1));
  measure.countPoints([own(20, 1)], s(2), recorder.append);
  measure.current(s(3), recorder.append);
  assert.deepEqual(recorder.take("3 gen_ai_client_operation"), []);
  measure.setSources({ shop: "spans" });
  measure.sampleAt(s(15), recorder.append);
  assert.match(recorder.take("job=", COUNT)[0] ?? "", /^20\.001 .* stale$/);
});

test("chunks are counted one by one by the metric, so that any span is enough", () => {
  const chunks = "gen_ai_client_operation_time_per_output_chunk_seconds";
  const measure = new Measure(DEFAULT_LIMITS, TICK_S * 1000);
  const recorder = new Recorder();
  for (let second = 15; second <= 1500; second += 15) {
    measure.countCall(call({ stream: true, timePerOutputChunkS: 0.1 }), s(second));
    measure.countPoints([own(second, second * 10, chunks)], s(second), recorder.append);
    measure.sampleAt(s(second), recorder.append);
  }
  const chosen = measure.sources().find((one) => one.metric === chunks);
  assert.equal(chosen?.source, "spans");
});

test("services idle for an hour make room for others", () => {
  const measure = new Measure({ ...DEFAULT_LIMITS, valuesPerLabel: 2 }, TICK_S * 1000);
  const recorder = new Recorder();
  for (const service of ["a", "b"]) measure.countCall(call({ service }), s(1));
  measure.sampleAt(s(3615), recorder.append);
  measure.countCall(call({ service: "c" }), s(3616));
  assert.ok(measure.sources().some((one) => one.service === "c"));
  assert.equal(measure.counters().get("unchosen-source"), undefined);
});
