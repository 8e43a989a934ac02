import assert from "node:assert/strict";
import test from "node:test";
import protobuf from "protobufjs";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import { readProtobuf } from "./protobuf-format.ts";

// The fields of client_model's metrics.proto, as far as they are read.
const { root } = protobuf.parse(`
syntax = "proto3";
message LabelPair { string name = 1; string value = 2; }
message Timestamp { int64 seconds = 1; int32 nanos = 2; }
message Exemplar { repeated LabelPair label = 1; double value = 2; Timestamp timestamp = 3; }
message Gauge { double value = 1; }
message Counter { double value = 1; Exemplar exemplar = 2; Timestamp created_timestamp = 3; }
message Quantile { double quantile = 1; double value = 2; }
message Summary { uint64 sample_count = 1; double sample_sum = 2; repeated Quantile quantile = 3;
  Timestamp created_timestamp = 4; }
message Untyped { double value = 1; }
message BucketSpan { sint32 offset = 1; uint32 length = 2; }
message Bucket { uint64 cumulative_count = 1; double cumulative_count_float = 4;
  double upper_bound = 2; Exemplar exemplar = 3; }
message Histogram { uint64 sample_count = 1; double sample_count_float = 4; double sample_sum = 2;
  repeated Bucket bucket = 3; sint32 schema = 5; double zero_threshold = 6; uint64 zero_count = 7;
  double zero_count_float = 8; repeated BucketSpan negative_span = 9;
  repeated sint64 negative_delta = 10; repeated double negative_count = 11;
  repeated BucketSpan positive_span = 12; repeated sint64 positive_delta = 13;
  repeated double positive_count = 14; Timestamp created_timestamp = 15;
  repeated Exemplar exemplars = 16; }
message Metric { repeated LabelPair label = 1; Gauge gauge = 2; Counter counter = 3;
  Summary summary = 4; Untyped untyped = 5; Histogram histogram = 7; int64 timestamp_ms = 6;
  string future = 99; }
message MetricFamily { string name = 1; string help = 2; int32 type = 3;
  repeated Metric metric = 4; string unit = 5; }
`);
const family = root.lookupType("MetricFamily");

function encode(...families: readonly object[]): Uint8Array {
  return Buffer.concat(
    families.map((one) => family.encodeDelimited(family.fromObject(one)).finish()),
  );
}

function read(bytes: Uint8Array, classicBeside = false) {
  return readProtobuf(bytes, { limits: DEFAULT_LIMITS, classicBeside });
}

const LABEL = [{ name: "a", value: "b" }];
const SINCE = { seconds: 3, nanos: 5_000_000 };

test("counters, gauges and untyped values", () => {
  const exemplar = { label: [{ name: "trace_id", value: "x" }], value: 2, timestamp: SINCE };
  const { samples, metadata } = read(
    encode(
      {
        name: "c_total",
        help: "h",
        unit: "u",
        type: 0,
        metric: [{ label: LABEL, counter: { value: 1, exemplar, createdTimestamp: SINCE } }],
      },
      { name: "g", type: 1, metric: [{ gauge: { value: NaN }, timestampMs: -7, future: "?" }] },
      { name: "u", type: 3, metric: [{ untyped: { value: -1.5 } }, {}] },
    ),
  );
  assert.deepEqual(metadata, [
    { name: "c_total", type: "counter", help: "h", unit: "u" },
    { name: "g", type: "gauge", help: "", unit: "" },
    { name: "u", type: "unknown", help: "", unit: "" },
  ]);
  const [counter, gauge, untyped] = samples;
  assert.equal(samples.length, 3);
  assert.deepEqual(counter?.pairs, ["__name__", "c_total", "a", "b"]);
  assert.deepEqual([counter.value, counter.startAt], [1, 3005]);
  assert.deepEqual([counter.exemplar?.value, counter.exemplar?.at], [2, 3005]);
  assert.deepEqual([gauge?.value, gauge?.at], [NaN, -7]);
  assert.equal(untyped?.value, -1.5);
});

test("summaries and classic histograms become their series", () => {
  const { samples } = read(
    encode(
      {
        name: "s",
        type: 2,
        metric: [
          { summary: { sampleCount: 5, sampleSum: 9, quantile: [{ quantile: 1, value: 4 }] } },
        ],
      },
      {
        name: "h",
        type: 4,
        metric: [
          {
            label: LABEL,
            histogram: {
              sampleCount: 3,
              sampleSum: 2,
              bucket: [{ cumulativeCount: 1, upperBound: 1e6 }],
            },
          },
        ],
      },
    ),
  );
  assert.deepEqual(
    samples.map(({ pairs, value }) => `${pairs.slice(1).join(" ")} = ${Number(value)}`),
    [
      "s_count = 5",
      "s_sum = 9",
      "s quantile 1.0 = 4",
      "h_count a b = 3",
      "h_sum a b = 2",
      "h_bucket a b le 1e+06 = 1",
      "h_bucket a b le +Inf = 3",
    ],
  );
});

const NATIVE = {
  sampleCount: 12,
  sampleSum: 18.4,
  schema: 1,
  zeroThreshold: 0.001,
  zeroCount: 2,
  positiveSpan: [
    { offset: 0, length: 2 },
    { offset: 1, length: 2 },
  ],
  positiveDelta: [1, 1, -1, 0],
  negativeSpan: [{ offset: -3, length: 1 }],
  negativeDelta: [5],
  bucket: [{ cumulativeCount: 12, upperBound: Infinity }],
};

test("a native histogram is one sample with absolute counts", () => {
  const bytes = encode({ name: "n", type: 4, metric: [{ histogram: NATIVE }] });
  const { samples } = read(bytes);
  assert.deepEqual(
    samples.map(({ value }) => value),
    [
      {
        counterReset: "unknown",
        schema: 1,
        zeroThreshold: 0.001,
        zeroCount: 2,
        count: 12,
        sum: 18.4,
        positiveSpans: [
          { offset: 0, length: 2 },
          { offset: 1, length: 2 },
        ],
        positiveBuckets: [1, 2, 1, 1],
        negativeSpans: [{ offset: -3, length: 1 }],
        negativeBuckets: [5],
        customBounds: [],
      },
    ],
  );
  assert.deepEqual(
    read(bytes, true).samples.map(({ pairs }) => pairs[1]),
    ["n", "n_count", "n_sum", "n_bucket"],
  );
});

test("a native gauge histogram with fractions, and the latest of its exemplars", () => {
  const histogram = {
    schema: -4,
    sampleCountFloat: 2.5,
    zeroCountFloat: 0.5,
    positiveSpan: [{ offset: 0, length: 1 }],
    positiveCount: [2],
    exemplars: [
      { value: 1, timestamp: { seconds: 9 } },
      { value: 2, timestamp: { seconds: 4 } },
    ],
  };
  const [one] = read(encode({ name: "n", type: 5, metric: [{ histogram }] })).samples;
  assert.ok(typeof one?.value === "object");
  assert.deepEqual(
    [one.value.counterReset, one.value.count, one.value.zeroCount, one.value.positiveBuckets],
    ["gauge", 2.5, 0.5, [2]],
  );
  assert.equal(one.exemplar?.value, 1);
});

const good = encode({ name: "g", type: 1, metric: [{ gauge: { value: 1 } }] });
const native = (changes: object) =>
  encode({ name: "n", type: 4, metric: [{ histogram: { ...NATIVE, ...changes } }] });
const refused: readonly (readonly [name: string, bytes: Uint8Array, message: RegExp])[] = [
  ["cut off", good.subarray(0, -1), /^byte 0: a message of \d+ bytes, but \d+ are left$/],
  ["cut off in the second", Buffer.concat([good, good.subarray(0, 3)]), /^byte 19: a message/],
  ["a length without end", Uint8Array.of(0x80), /^byte 0: expected the length of a message$/],
  ["a length too long", Uint8Array.of(255, 255, 255, 255, 255, 1), /expected the length/],
  ["no name", encode({ type: 1 }), /^byte 1: field 1 \(name\) is missing/],
  ["an unknown type", encode({ name: "g", type: 6 }), /\(type\) is 6, which does not exist/],
  ["another wire type", Uint8Array.of(2, 0x08, 1), /^byte 1: field 1 has wire type 0/],
  ["text that is none", Uint8Array.of(3, 0x0a, 1, 0xff), /field 1 is not valid UTF-8/],
  [
    "spans without buckets",
    native({ positiveDelta: [1] }),
    /spans have 4 buckets, but there are 1/,
  ],
  [
    "spans that go back",
    native({
      positiveSpan: [
        { offset: 5, length: 2 },
        { offset: -3, length: 2 },
      ],
    }),
    /spans overlap/,
  ],
  ["a schema that is unknown", native({ schema: 9 }), /has schema 9, known are -4 to 8/],
];
for (const [name, bytes, message] of refused) {
  test(`refuses ${name}`, () => {
    assert.throws(() => read(bytes), { name: "InputError", kind: "exposition", message });
  });
}
