import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { indexedBuckets } from "../model/histogram-buckets.ts";
import { labelsToRecord } from "../model/labels.ts";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import type { MetricPoint } from "../model/metric-point.ts";
import { epochMs } from "../model/time.ts";
import type {
  AttributeValue,
  ExponentialPoint,
  HistogramPoint,
  MetricRecord,
  NumberPoint,
} from "../receive/records.ts";
import { attributes, origin, START } from "../testing/records.ts";
import type { Normalized } from "./context.ts";
import { normalizeMetrics } from "./normalize-metrics.ts";

type Values = Readonly<Record<string, AttributeValue>>;

const base = {
  origin: origin({
    "service.name": "chat",
    "service.namespace": "shop",
    "service.instance.id": "i-1",
    "deployment.environment.name": "prod",
  }),
  name: "gen_ai.client.operation.duration",
  unit: "s",
  description: "",
};
const RESOURCE = {
  service_name: "chat",
  deployment_environment_name: "prod",
  job: "shop/chat",
  instance: "i-1",
};

function numberPoint(value: number, fields: Partial<NumberPoint> = {}): NumberPoint {
  return { attributes: new Map(), startAt: epochMs(0), at: START, value, flags: 0, ...fields };
}

function histogramPoint(fields: Partial<HistogramPoint> = {}): HistogramPoint {
  return {
    attributes: new Map(),
    startAt: epochMs(START - 1000),
    at: START,
    count: 3,
    sum: 2.5,
    bucketCounts: [1, 2, 0],
    explicitBounds: [0.5, 1],
    flags: 0,
    ...fields,
  };
}

function normalize(record: MetricRecord, limits = DEFAULT_LIMITS): Normalized {
  return normalizeMetrics([record], { at: epochMs(START + 1000), maxAheadMs: 600_000, limits });
}

function gauge(point: NumberPoint): MetricRecord {
  return { ...base, name: "queue.size", unit: "", type: "gauge", points: [point] };
}

function histogram(point: HistogramPoint): MetricRecord {
  return { ...base, type: "histogram", temporality: 2, points: [point] };
}

/** One zero, three positive and two negative observations. */
function exponential(fields: Partial<ExponentialPoint> = {}): MetricRecord {
  const point: ExponentialPoint = {
    attributes: new Map(),
    startAt: epochMs(START - 1000),
    at: START,
    count: 6,
    sum: 2.5,
    scale: 3,
    zeroCount: 1,
    zeroThreshold: 0.001,
    positive: { offset: -2, counts: [1, 0, 2, 0] },
    negative: { offset: 4, counts: [0, 1, 1] },
    flags: 0,
    ...fields,
  };
  return { ...base, type: "exponential-histogram", temporality: 2, points: [point] };
}

function counter(point: NumberPoint, fields: Partial<MetricRecord> = {}): MetricRecord {
  const record: MetricRecord = {
    ...base,
    name: "jobs",
    unit: "{job}",
    type: "sum",
    monotonic: true,
    temporality: 1,
    points: [point],
  };
  return { ...record, ...fields } as MetricRecord;
}

function onlyPoint({ telemetry, rejections }: Normalized): MetricPoint {
  const [point] = telemetry.points;
  assert.ok(point, `no point: ${[...rejections.keys()].join()}`);
  return point;
}

test("a histogram under its canonical name, with who sent it", () => {
  const values: Values = { "gen_ai.request.model": "gpt-4o", "server.port": 443, stream: true };
  const { labels, ...point } = onlyPoint(
    normalize({
      ...base,
      name: "gen_ai.client.inference.duration",
      type: "histogram",
      temporality: 2,
      points: [histogramPoint({ attributes: attributes(values) })],
    }),
  );
  assert.deepEqual(
    { ...labelsToRecord(labels) },
    {
      __name__: "gen_ai_client_operation_duration_seconds",
      gen_ai_request_model: "gpt-4o",
      server_port: "443",
      stream: "true",
      ...RESOURCE,
    },
  );
  assert.deepEqual(point, {
    type: "histogram",
    temporality: "cumulative",
    at: START,
    startAt: START - 1000,
    service: "chat",
    buckets: { bounds: [0.5, 1], counts: [1, 2, 0], sum: 2.5, count: 3 },
  });
});

const kinds: readonly (readonly [
  string,
  MetricRecord,
  string,
  Readonly<Record<string, unknown>>,
])[] = [
  [
    "a gauge",
    gauge(numberPoint(-1)),
    "queue_size",
    { type: "gauge", value: -1, startAt: undefined },
  ],
  ["a NaN gauge", gauge(numberPoint(Number.NaN)), "queue_size", { value: Number.NaN }],
  [
    "a delta counter",
    counter(numberPoint(2)),
    "jobs_total",
    { type: "sum", monotonic: true, temporality: "delta", value: 2 },
  ],
  [
    "an up-down counter",
    counter(numberPoint(-2), { monotonic: false, temporality: 2 }),
    "jobs",
    { type: "sum", monotonic: false, temporality: "cumulative", value: -2 },
  ],
  [
    "no recorded value",
    gauge(numberPoint(0, { flags: 1 })),
    "queue_size",
    { type: "end", of: "gauge" },
  ],
  [
    "a histogram without buckets",
    histogram(histogramPoint({ bucketCounts: [], explicitBounds: [], sum: undefined })),
    "gen_ai_client_operation_duration_seconds",
    { buckets: { bounds: [], counts: [3], count: 3 } },
  ],
];
for (const [name, record, metricName, expected] of kinds) {
  test(name, () => {
    const { labels, ...point } = onlyPoint(normalize(record));
    assert.equal(labelsToRecord(labels)["__name__"], metricName);
    const told = Object.entries(expected).filter(([, value]) => value !== undefined);
    const seen = Object.entries(point).filter(([field]) => field in expected);
    assert.deepEqual(Object.fromEntries(seen), Object.fromEntries(told));
  });
}

test("an exponential histogram under its canonical name, without empty buckets", () => {
  const { labels, ...point } = onlyPoint(normalize(exponential()));
  assert.equal(labelsToRecord(labels)["__name__"], "gen_ai_client_operation_duration_seconds");
  assert.deepEqual(point, {
    type: "exponential-histogram",
    temporality: "cumulative",
    at: START,
    startAt: START - 1000,
    service: "chat",
    histogram: {
      counterReset: "unknown",
      schema: 3,
      zeroThreshold: 0.001,
      zeroCount: 1,
      count: 6,
      sum: 2.5,
      // Prometheus' buckets end where OpenTelemetry's of the same index begin.
      positiveSpans: [
        { offset: -1, length: 1 },
        { offset: 1, length: 1 },
      ],
      positiveBuckets: [1, 2],
      negativeSpans: [{ offset: 6, length: 2 }],
      negativeBuckets: [1, 1],
      customBounds: [],
    },
  });
});

test("an exponential histogram's end, and one whose sum is not told", () => {
  const { type, ...end } = onlyPoint(normalize(exponential({ flags: 1 })));
  assert.deepEqual([type, "of" in end && end.of], ["end", "exponential-histogram"]);
  const point = onlyPoint(normalize(exponential({ sum: undefined })));
  assert.ok(point.type === "exponential-histogram");
  assert.equal(point.histogram.sum, Number.NaN);
});

test("coarser or not, every observation stays between the bounds of its bucket", () => {
  const buckets = fc.record({
    offset: fc.integer({ min: -3000, max: 3000 }),
    counts: fc.array(fc.nat(3), { minLength: 1, maxLength: 40 }),
  });
  fc.assert(
    fc.property(fc.integer({ min: -4, max: 20 }), buckets, buckets, (scale, positive, negative) => {
      const count = [...positive.counts, ...negative.counts].reduce((sum, one) => sum + one, 1);
      const point = onlyPoint(normalize(exponential({ scale, positive, negative, count })));
      assert.ok(point.type === "exponential-histogram");
      const { histogram: native } = point;
      assert.equal(native.schema, Math.min(scale, 8));
      for (const [sent, spans, counts] of [
        [positive, native.positiveSpans, native.positiveBuckets],
        [negative, native.negativeSpans, native.negativeBuckets],
      ] as const) {
        const { indices } = indexedBuckets(spans, counts);
        const left = [...counts];
        for (const [i, observed] of sent.counts.entries()) {
          if (observed === 0) continue;
          // The middle of the bucket, on the scale on which its bounds are equally far.
          const exponent = (sent.offset + i + 0.5) * 2 ** -scale;
          const at = indices.findIndex((index) => index * 2 ** -native.schema >= exponent);
          assert.ok(((indices[at] ?? Infinity) - 1) * 2 ** -native.schema <= exponent);
          left[at] = (left[at] ?? 0) - observed;
        }
        assert.ok(left.every((one) => one === 0));
      }
    }),
    { numRuns: 300 },
  );
});

const labelled: readonly (readonly [string, Values, Readonly<Record<string, string>>])[] = [
  ["colliding keys are joined in their order", { "a.b": "2", "a-b": "1" }, { a_b: "1;2" }],
  ["an empty value is an absent label", { a: "" }, {}],
  ["a list as JSON", { a: ["x", 1, null] }, { a: '["x",1,null]' }],
  ["a map as JSON", { a: attributes({ b: [true] }) }, { a: '{"b":[true]}' }],
  ["bytes as numbers", { a: new Uint8Array([1, 2]) }, { a: "[1,2]" }],
  ["the resource wins", { "service.name": "other", job: "x", __name__: "y" }, {}],
];
for (const [name, values, expected] of labelled) {
  test(`labels: ${name}`, () => {
    const { labels } = onlyPoint(
      normalize(gauge(numberPoint(1, { attributes: attributes(values) }))),
    );
    assert.deepEqual(
      { ...labelsToRecord(labels) },
      { __name__: "queue_size", ...RESOURCE, ...expected },
    );
  });
}

test("a resource without a name has neither job nor instance", () => {
  const { labels, service } = onlyPoint(
    normalize({ ...gauge(numberPoint(1)), origin: origin({}) }),
  );
  assert.equal(service, "unknown_service");
  assert.deepEqual(
    { ...labelsToRecord(labels) },
    { __name__: "queue_size", service_name: "unknown_service" },
  );
});

test("a long value is cut to its limit and counted", () => {
  const record = gauge(numberPoint(1, { attributes: attributes({ a: "x".repeat(513) }) }));
  assert.equal(labelsToRecord(onlyPoint(normalize(record)).labels)["a"]?.length, 512);
  assert.deepEqual([...normalize(record).ignored], [["label-cut", 1]]);
});

const sixty = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`a${i}`, "x"]));
const refused: readonly (readonly [string, MetricRecord, string, number])[] = [
  ["a scale coarser than any schema", exponential({ scale: -5 }), "exponential-scale", 1],
  ["a scale finer than any", exponential({ scale: 21 }), "exponential-scale", 1],
  ["an exponential total that its buckets miss", exponential({ count: 7 }), "bad-histogram", 1],
  ["a threshold below zero", exponential({ zeroThreshold: -1 }), "bad-histogram", 1],
  ["an endless threshold", exponential({ zeroThreshold: Infinity }), "bad-histogram", 1],
  ["an exponential sum that is none", exponential({ sum: Number.NaN }), "bad-histogram", 1],
  [
    "more buckets than 4096",
    exponential({
      positive: { offset: 0, counts: Array.from({ length: 4095 }, () => 1) },
      count: 1 + 4095 + 2,
    }),
    "buckets-limit",
    1,
  ],
  [
    "an exponential histogram that does not say what it counts",
    { ...exponential(), temporality: 0 } as MetricRecord,
    "unspecified-temporality",
    1,
  ],
  ["summaries", { ...base, type: "summary", pointCount: 2 }, "summary", 2],
  ["unknown kinds", { ...base, type: "unknown", pointCount: 1 }, "unknown-metric-type", 1],
  [
    "a sum that does not say what it sums",
    counter(numberPoint(1), { temporality: 0 }),
    "unspecified-temporality",
    1,
  ],
  [
    "a histogram likewise",
    { ...base, type: "histogram", temporality: 0, points: [histogramPoint(), histogramPoint()] },
    "unspecified-temporality",
    2,
  ],
  ["no name", { ...gauge(numberPoint(1)), name: "…" }, "metric-name", 1],
  ["an endless name", { ...gauge(numberPoint(1)), name: "n".repeat(600) }, "metric-name", 1],
  ["1970", gauge(numberPoint(1, { at: epochMs(5) })), "year-1970", 1],
  ["2100", gauge(numberPoint(1, { at: epochMs(4_102_444_800_000) })), "far-future", 1],
  ["a NaN sum", counter(numberPoint(Number.NaN)), "not-a-number", 1],
  ["an endless sum", counter(numberPoint(Infinity)), "not-a-number", 1],
  ["a counter below zero", counter(numberPoint(-1)), "negative-counter", 1],
  [
    "a label without letters",
    gauge(numberPoint(1, { attributes: attributes({ "…": "x" }) })),
    "label-name",
    1,
  ],
  [
    "more labels than 64",
    gauge(numberPoint(1, { attributes: attributes(sixty) })),
    "too-many-labels",
    1,
  ],
  [
    "fewer counts than buckets",
    histogram(histogramPoint({ bucketCounts: [1, 2] })),
    "bad-histogram",
    1,
  ],
  ["counts that miss the total", histogram(histogramPoint({ count: 4 })), "bad-histogram", 1],
  ["a negative count", histogram(histogramPoint({ bucketCounts: [4, -1, 0] })), "bad-histogram", 1],
  [
    "bounds that do not ascend",
    histogram(histogramPoint({ explicitBounds: [1, 1] })),
    "bad-histogram",
    1,
  ],
  [
    "an endless bound",
    histogram(histogramPoint({ explicitBounds: [1, Infinity] })),
    "bad-histogram",
    1,
  ],
  ["a NaN sum of values", histogram(histogramPoint({ sum: Number.NaN })), "bad-histogram", 1],
];
for (const [name, record, reason, points] of refused) {
  test(`${name}: ${reason}`, () => {
    const { telemetry, rejections } = normalize(record);
    assert.deepEqual([...rejections], [[reason, points]]);
    assert.deepEqual(telemetry.points, []);
  });
}

test("never throws, and counts every point once", () => {
  const numbers = fc.record({
    value: fc.double(),
    at: fc.oneof(fc.constant(START), fc.double().map(epochMs)),
    flags: fc.nat(2),
    attributes: fc
      .dictionary(fc.string(), fc.oneof(fc.string(), fc.double(), fc.constant(null)))
      .map(attributes),
  });
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.boolean(), numbers, (name, unit, isSum, fields) => {
      const point = numberPoint(1, fields);
      const record = isSum ? { ...counter(point), name, unit } : { ...gauge(point), name, unit };
      const { telemetry, rejections } = normalize(record);
      const refusals = [...rejections.values()].reduce((all, n) => all + n, 0);
      assert.equal(telemetry.points.length + refusals, 1);
    }),
  );
});

// What is sent, and what its labels say of type and unit where they are asked for.
const typed: readonly (readonly [string, MetricRecord, string, string | undefined])[] = [
  ["a gauge", { ...base, type: "gauge", points: [numberPoint(1)] }, "gauge", "seconds"],
  [
    "a counter without unit",
    {
      ...base,
      unit: "{call}",
      type: "sum",
      monotonic: true,
      temporality: 2,
      points: [numberPoint(1)],
    },
    "counter",
    undefined,
  ],
  [
    "a sum that may fall",
    {
      ...base,
      unit: "By/s",
      type: "sum",
      monotonic: false,
      temporality: 2,
      points: [numberPoint(1)],
    },
    "gauge",
    "bytes_per_second",
  ],
  [
    "a histogram",
    { ...base, type: "histogram", temporality: 2, points: [histogramPoint()] },
    "histogram",
    "seconds",
  ],
];
for (const [name, record, type, unit] of typed) {
  test(`${name} is typed where that is asked for`, () => {
    const context = { at: epochMs(START + 1000), maxAheadMs: 600_000, limits: DEFAULT_LIMITS };
    const labelsWith = (typeLabels: boolean): Record<string, string> => {
      const { telemetry } = normalizeMetrics([record], { ...context, typeLabels });
      const [point] = telemetry.points;
      assert.ok(point !== undefined);
      return labelsToRecord(point.labels);
    };
    const { __type__, __unit__ } = labelsWith(true);
    assert.deepEqual([__type__, __unit__], [type, unit]);
    assert.equal(labelsWith(false)["__type__"], undefined);
  });
}

test("a metric's type, help and unit are told where they are not known", () => {
  const record = { ...histogram(histogramPoint()), description: "How long." };
  const sum = { ...base, name: "queue", unit: "By", type: "sum", monotonic: false } as const;
  const told = (isKnown?: () => boolean): Normalized["telemetry"]["metadata"] => {
    const gaugeLike: MetricRecord = { ...sum, temporality: 2, points: [numberPoint(1)] };
    const records = [record, gaugeLike, record];
    const context = { at: epochMs(START + 1000), maxAheadMs: 600_000, limits: DEFAULT_LIMITS };
    const known = isKnown === undefined ? {} : { isKnown };
    return normalizeMetrics(records, { ...context, ...known }).telemetry.metadata;
  };
  assert.deepEqual(
    told(() => false),
    [
      {
        name: "gen_ai_client_operation_duration_seconds",
        type: "histogram",
        help: "How long.",
        unit: "seconds",
      },
      { name: "queue_bytes", type: "gauge", help: "", unit: "bytes" },
    ],
  );
  assert.equal(
    told(() => true),
    undefined,
  );
  assert.equal(told(), undefined);
});
