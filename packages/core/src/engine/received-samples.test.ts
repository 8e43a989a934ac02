import assert from "node:assert/strict";
import test from "node:test";
import type { Effect, Input } from "../model/engine-io.ts";
import { type Labels, labels } from "../model/labels.ts";
import { DEFAULT_LIMITS, type Limits } from "../model/limits.ts";
import type { MetricMetadata, ReceivedSample, ReceivedSeries } from "../model/received-series.ts";
import { type NativeHistogram, STALE } from "../model/sample.ts";
import { type EpochMs, epochMs, HOUR_MS, MINUTE_MS, SECOND_MS } from "../model/time.ts";
import { Engine, type EngineOptions } from "./engine.ts";

const START = epochMs(1_700_000_000_000 - (1_700_000_000_000 % 15_000));
const up = labels({ __name__: "up", job: "api" });

function options(limits: Partial<Limits> = {}): EngineOptions {
  return {
    intervalMs: 15 * SECOND_MS,
    limits: { ...DEFAULT_LIMITS, ...limits },
    parseYaml: () => assert.fail("no rules here"),
  };
}

function series(of: Labels, ...samples: readonly ReceivedSample[]): ReceivedSeries {
  return { labels: of, samples, exemplars: [] };
}

function number(offsetMs: number, value: number): ReceivedSample {
  return { at: epochMs(START + offsetMs), value };
}

const histogram: NativeHistogram = {
  counterReset: "unknown",
  schema: 0,
  zeroThreshold: 0,
  zeroCount: 0,
  count: 2,
  sum: 3,
  positiveSpans: [{ offset: 0, length: 1 }],
  positiveBuckets: [2],
  negativeSpans: [],
  negativeBuckets: [],
  customBounds: [],
};

/** Applies inputs in order; a number is a tick at so many ms. */
class Driver {
  engine: Engine;
  #seq = 0;

  constructor(limits: Partial<Limits> = {}) {
    this.engine = new Engine(options(limits));
  }

  send(offsetMs: number, ...all: readonly ReceivedSeries[]): readonly Effect[] {
    const telemetry = { calls: [], points: [], evaluations: [], series: all };
    return this.apply({ kind: "telemetry", telemetry }, offsetMs);
  }

  describe(offsetMs: number, ...metadata: readonly MetricMetadata[]): readonly Effect[] {
    const telemetry = { calls: [], points: [], evaluations: [], metadata };
    return this.apply({ kind: "telemetry", telemetry }, offsetMs);
  }

  tick(offsetMs: number): void {
    const steps = this.engine.advance({ ...this.#next(offsetMs), kind: "tick" });
    while (steps.next().done !== true);
  }

  restart(): void {
    this.engine = Engine.load(this.engine.save(), options());
  }

  held(): readonly unknown[] {
    const slices = this.engine.readerAt(epochMs(0)).select([], epochMs(0), epochMs(START * 2));
    return slices.map(({ labels: of, times, values, histograms }) => [
      of.pairs.join(" "),
      Array.from(times, (time, i) => [time - START, histograms?.[i] ?? values[i]]),
    ]);
  }

  apply(body: Pick<Input & { kind: "telemetry" }, "kind" | "telemetry">, offsetMs: number) {
    return this.engine.apply({ ...this.#next(offsetMs), ...body });
  }

  #next(offsetMs: number): { readonly seq: number; readonly at: EpochMs } {
    return { seq: ++this.#seq, at: epochMs(START + offsetMs) };
  }
}

/** What was sent before, what is sent 10 min after the start, and what becomes of it. */
const refusals: readonly (readonly [string, ReceivedSeries, string])[] = [
  ["past the window", series(up, number(0, 2)), "too-old"],
  [
    "from before what memory holds",
    series(labels({ __name__: "old" }), number(-2 * HOUR_MS, 1)),
    "too-old",
  ],
  ["of another value at a known time", series(up, number(9 * MINUTE_MS, 9)), "duplicate"],
  [
    "of another kind at a known time",
    {
      ...series(up, { at: epochMs(START + 9 * MINUTE_MS), value: histogram }),
    },
    "duplicate",
  ],
  ["of the future", series(up, number(20 * MINUTE_MS + 1, 1)), "too-new"],
  [
    "with a long label",
    series(labels({ __name__: "up", job: "x".repeat(513) }), number(0, 1)),
    "label-too-long",
  ],
  [
    "with many labels",
    series(
      labels(Object.fromEntries(Array.from({ length: 65 }, (_none, i) => [`l${i}`, "x"]))),
      number(0, 1),
    ),
    "too-many-labels",
  ],
  [
    "of one series too many",
    series(labels({ __name__: "third" }), number(9 * MINUTE_MS, 1)),
    "series-limit",
  ],
];
for (const [name, sent, reason] of refusals) {
  test(`a sample ${name} is refused as ${reason}, the others of its request are taken`, () => {
    const driver = new Driver({ series: 2 });
    driver.send(10 * MINUTE_MS, series(up, number(MINUTE_MS, 1), number(9 * MINUTE_MS, 1)));
    driver.send(10 * MINUTE_MS, sent, series(labels({ __name__: "good" }), number(0, 1)));
    assert.deepEqual(driver.engine.seriesOutcome, {
      samples: 1,
      histograms: 0,
      exemplars: 0,
      refused: new Map([[reason, 1]]),
    });
    assert.equal(driver.engine.counters().get(`rejected_samples_${reason}`), 1);
    assert.equal(driver.held().length, 2);
  });
}

test("samples keep their own time and order, late ones find their place, repeats are taken once", () => {
  const driver = new Driver();
  const request = series(
    up,
    number(1000, 1),
    { at: epochMs(START + 3000), value: histogram },
    number(2000, 2),
    { at: epochMs(START + 4000), value: STALE },
  );
  for (const expected of [
    { late_samples: 1, repeated_samples: undefined },
    { late_samples: 1, repeated_samples: 4 },
  ]) {
    driver.send(5000, request);
    const { refused, ...taken } = driver.engine.seriesOutcome ?? { refused: undefined };
    assert.deepEqual(taken, { samples: 3, histograms: 1, exemplars: 0 });
    assert.equal(refused?.size, 0);
    const counters = driver.engine.counters();
    for (const [name, count] of Object.entries(expected)) {
      assert.equal(counters.get(name), count, name);
    }
  }
  assert.deepEqual(driver.held(), [
    [
      "__name__ up job api",
      [
        [1000, 1],
        [2000, 2],
        [3000, histogram],
        [4000, NaN],
      ],
    ],
  ]);
});

test("a histogram is not believed to go on from one that may be missing", () => {
  const driver = new Driver();
  const hints = ["not-reset", "reset", "gauge", "unknown"] as const;
  const sent = hints.map((counterReset, i) => ({
    at: epochMs(START + i),
    value: { ...histogram, counterReset },
  }));
  driver.send(10, series(up, ...sent));
  driver.send(10, series(up, ...sent));
  assert.equal(driver.engine.counters().get("repeated_samples"), 4);
  const [slice] = driver.engine.readerAt(epochMs(0)).select([], epochMs(0), epochMs(START * 2));
  assert.deepEqual(
    slice?.histograms?.map((one) => one?.counterReset),
    ["unknown", "reset", "gauge", "unknown"],
  );
});

test("a sender that was cut off for an hour brings its samples late, and they are taken", () => {
  const driver = new Driver();
  driver.send(0, series(up, number(0, 0)));
  const late = Array.from({ length: 60 }, (_none, i) => number((i + 1) * MINUTE_MS, i));
  driver.tick(HOUR_MS - 15_000);
  driver.send(HOUR_MS, series(up, ...late));
  assert.equal(driver.engine.seriesOutcome?.samples, 60);
});

test("a restart in between changes nothing", () => {
  const [whole, restarted] = [new Driver(), new Driver()];
  const chunks = [whole, restarted].map((driver) => {
    const all: unknown[] = [];
    for (let i = 0; i < 400; i++) {
      const at = i * 15_000;
      const value = { ...histogram, count: 2 + i, positiveBuckets: [2 + i] };
      const sent = [
        series(up, number(at, i)),
        series(labels({ __name__: "h" }), { at: epochMs(START + at), value }),
      ];
      all.push(...driver.send(at, ...sent));
      driver.tick(at);
      if (driver === restarted && i % 90 === 0) driver.restart();
    }
    return all;
  });
  assert.ok((chunks[0]?.length ?? 0) >= 2);
  assert.deepEqual(chunks[1], chunks[0]);
});

test("series are no part of what is kept beside them", () => {
  const driver = new Driver();
  assert.deepEqual(driver.send(0, series(up, number(0, 1))), []);
  assert.equal(driver.engine.seriesOutcome?.samples, 1);
  driver.describe(1);
  assert.equal(driver.engine.seriesOutcome, undefined);
});

const family = (name: string, help: string): MetricMetadata => ({
  name,
  type: "gauge",
  help,
  unit: "",
});

test("the latest metadata of a family counts, and a restart keeps it", () => {
  const driver = new Driver();
  driver.describe(0, family("up", "one"), family("down", "x".repeat(600)));
  driver.describe(1, family("up", "two"));
  driver.restart();
  const { metadata } = driver.engine;
  assert.deepEqual([...metadata.families.keys()], ["down", "up"]);
  assert.equal(metadata.families.get("up")?.help, "two");
  assert.equal(metadata.families.get("down")?.help.length, 512);
  assert.equal(metadata.has(family("up", "two")), true);
  assert.equal(metadata.has(family("down", "x".repeat(600))), true);
  assert.equal(metadata.has(family("up", "one")), false);
  assert.equal(metadata.has(family("sideways", "")), false);
});

test("past its limit, the family that changed longest ago is forgotten and counted", () => {
  const driver = new Driver({ metricFamilies: 2 });
  driver.describe(0, family("a", ""), family("b", ""), family("a", "changed"), family("c", ""));
  assert.deepEqual([...driver.engine.metadata.families.keys()], ["a", "c"]);
  assert.equal(driver.engine.counters().get("metadata_forgotten"), 1);
});
