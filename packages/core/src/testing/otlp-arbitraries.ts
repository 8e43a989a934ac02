// Random OTLP requests, written as OTLP/JSON writes them: ids in hex, 64-bit integers as strings,
// bytes in base64. `oracleEncode` makes protobuf of them.
import * as fc from "fast-check";
import type { JsonMessage } from "./otlp-oracle.ts";

const UINT64_MAX = 2n ** 64n - 1n;
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

const text = fc.oneof(
  fc.constantFrom(
    "",
    "chat",
    "gen_ai.request.model",
    "gpt-4o-2024-08-06",
    "鳴子",
    "\ufeff",
    "\ufffd",
  ),
  fc.string({ unit: "binary", maxLength: 60 }),
);
const hex = (bytes: number): fc.Arbitrary<string> =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .map((id) => Buffer.from(id).toString("hex"));
const id = (bytes: number): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 12, arbitrary: hex(bytes) },
    fc.constantFrom("", "00".repeat(bytes), "ab".repeat(bytes - 1), "cd".repeat(bytes + 1)),
    fc.constant("ef".repeat(40)),
  );
const uint64 = fc.oneof(
  fc.bigInt({ min: 0n, max: UINT64_MAX }),
  fc.bigInt({ min: 1_700_000_000_000_000_000n, max: 1_800_000_000_000_000_000n }),
  fc.constantFrom(0n, 1n, 999_999n, 1_000_000n, UINT64_MAX),
);
const time = uint64.map(String);
const int64 = fc
  .oneof(
    fc.bigInt({ min: INT64_MIN, max: INT64_MAX }),
    fc.bigInt({ min: -9n, max: 300n }),
    fc.constantFrom(INT64_MIN, INT64_MAX, 0n, -1n),
  )
  .map(String);
/** What JSON has no number for is a string. */
function written(value: number): number | string {
  if (Object.is(value, -0)) return "-0";
  return Number.isFinite(value) ? value : String(value);
}
const double = fc.double().map(written);
const int32 = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer());

const { value: anyValue } = fc.letrec<{ value: JsonMessage; entry: JsonMessage }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.record({ stringValue: text }),
    fc.record({ boolValue: fc.boolean() }),
    fc.record({ intValue: int64 }),
    fc.record({ doubleValue: double }),
    fc.record({
      bytesValue: fc.uint8Array().map((bytes) => Buffer.from(bytes).toString("base64")),
    }),
    fc.constant({}),
    fc.record({ arrayValue: fc.record({ values: fc.array(tie("value"), { maxLength: 4 }) }) }),
    fc.record({ kvlistValue: fc.record({ values: fc.array(tie("entry"), { maxLength: 4 }) }) }),
  ),
  entry: fc.record({ key: text, value: tie("value") }),
}));
const attributes = fc.array(fc.record({ key: text, value: anyValue }, { requiredKeys: ["key"] }), {
  maxLength: 6,
});

const optional = { requiredKeys: [] };
const resource = fc.record({ attributes, droppedAttributesCount: fc.nat() }, optional);
const scope = fc.record({ name: text, version: text, attributes }, optional);

function request(signal: string, records: string, record: fc.Arbitrary<JsonMessage>) {
  const scoped = fc.record(
    { scope, [records]: fc.array(record, { maxLength: 4 }), schemaUrl: text },
    optional,
  );
  const resourced = fc.record(
    { resource, [`scope${signal}`]: fc.array(scoped, { maxLength: 3 }), schemaUrl: text },
    optional,
  );
  return fc.record({ [`resource${signal}`]: fc.array(resourced, { maxLength: 3 }) }, optional);
}

const event = fc.record({ timeUnixNano: time, name: text, attributes }, optional);
const link = fc.record(
  { traceId: hex(16), spanId: hex(8), traceState: text, attributes },
  optional,
);
const span = fc.record(
  {
    traceId: id(16),
    spanId: id(8),
    traceState: text,
    parentSpanId: id(8),
    name: text,
    kind: int32,
    startTimeUnixNano: time,
    endTimeUnixNano: time,
    attributes,
    droppedAttributesCount: fc.nat(),
    events: fc.array(event, { maxLength: 3 }),
    links: fc.array(link, { maxLength: 2 }),
    status: fc.record({ message: text, code: int32 }, optional),
    flags: fc.nat(),
  },
  { requiredKeys: ["traceId", "spanId"] },
);

const log = fc.record(
  {
    timeUnixNano: time,
    observedTimeUnixNano: time,
    severityNumber: int32,
    severityText: text,
    body: anyValue,
    attributes,
    flags: fc.nat(),
    traceId: id(16),
    spanId: id(8),
    eventName: text,
  },
  optional,
);

const pointFields = { attributes, startTimeUnixNano: time, timeUnixNano: time, flags: fc.nat(3) };
const numberPoint = fc.oneof(
  fc.record({ ...pointFields, asDouble: double }, { requiredKeys: ["asDouble"] }),
  fc.record({ ...pointFields, asInt: int64 }, { requiredKeys: ["asInt"] }),
  fc.record(pointFields, optional),
);
const doubles = fc.array(fc.double({ noNaN: true }), { maxLength: 5 });
/** Mostly buckets that fit: bounds ascend, and there is one count more. */
const buckets = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(doubles, fc.array(time, { minLength: 6, maxLength: 6 }))
      .map(([values, counts]) => {
        const ascending = [...new Set(values)].toSorted((a, b) => a - b);
        const bucketCounts = counts.slice(0, ascending.length + 1);
        return { explicitBounds: ascending.map(written), bucketCounts };
      }),
  },
  fc.record({
    explicitBounds: doubles.map((values) => values.map(written)),
    bucketCounts: fc.array(time, { maxLength: 6 }),
  }),
);
const histogramPoint = fc
  .tuple(
    fc.record({ ...pointFields, count: time, sum: double, min: double, max: double }, optional),
    buckets,
  )
  .map(([fields, counted]) => ({ ...fields, ...counted }));
const exponentialBuckets = fc.record(
  { offset: fc.integer(), bucketCounts: fc.array(time, { maxLength: 5 }) },
  optional,
);
const exponentialPoint = fc.record(
  {
    ...pointFields,
    count: time,
    sum: double,
    scale: fc.integer(),
    zeroCount: time,
    zeroThreshold: double,
    positive: exponentialBuckets,
    negative: exponentialBuckets,
    min: double,
    max: double,
  },
  optional,
);
const summaryPoint = fc.record({ timeUnixNano: time, count: time, sum: double }, optional);
const points = (point: fc.Arbitrary<JsonMessage>) => fc.array(point, { maxLength: 4 });
const temporality = fc.integer({ min: 0, max: 3 });
const identity = { name: text, unit: text, description: text };
const metric = fc.oneof(
  fc.record({ ...identity, gauge: fc.record({ dataPoints: points(numberPoint) }) }),
  fc.record({
    ...identity,
    sum: fc.record(
      {
        dataPoints: points(numberPoint),
        aggregationTemporality: temporality,
        isMonotonic: fc.boolean(),
      },
      optional,
    ),
  }),
  fc.record({
    ...identity,
    histogram: fc.record(
      { dataPoints: points(histogramPoint), aggregationTemporality: temporality },
      optional,
    ),
  }),
  fc.record({
    ...identity,
    exponentialHistogram: fc.record(
      { dataPoints: points(exponentialPoint), aggregationTemporality: temporality },
      optional,
    ),
  }),
  fc.record({ ...identity, summary: fc.record({ dataPoints: points(summaryPoint) }) }),
  fc.record(identity, optional),
);

export const traceRequests: fc.Arbitrary<JsonMessage> = request("Spans", "spans", span);
export const metricsRequests: fc.Arbitrary<JsonMessage> = request("Metrics", "metrics", metric);
export const logsRequests: fc.Arbitrary<JsonMessage> = request("Logs", "logRecords", log);
