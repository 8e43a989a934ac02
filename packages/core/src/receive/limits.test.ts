import assert from "node:assert/strict";
import test from "node:test";
import { DEFAULT_LIMITS, type Limits } from "../model/limits.ts";
import { type JsonMessage, oracleEncode } from "../testing/otlp-oracle.ts";
import { decodeLogs, decodeMetrics, decodeTraces } from "./decode.ts";
import type { Encoding } from "./encoding.ts";
import type { Decoded } from "./records.ts";

const TRACE_ID = "1a".repeat(16);
const SPAN_ID = "2b".repeat(8);

const spans = (...all: JsonMessage[]) => ({ resourceSpans: [{ scopeSpans: [{ spans: all }] }] });
const span = (fields: JsonMessage) => ({ traceId: TRACE_ID, spanId: SPAN_ID, ...fields });
const metrics = (...all: JsonMessage[]) => ({
  resourceMetrics: [{ scopeMetrics: [{ metrics: all }] }],
});
const text = (stringValue: string) => ({ stringValue });
const attributes = (...values: JsonMessage[]) => ({
  attributes: values.map((value, i) => ({ key: `k${i}`, value })),
});
const repeat = <T>(count: number, item: T): T[] => Array.from({ length: count }, () => item);
const inLists = (levels: number, value: JsonMessage): JsonMessage =>
  levels === 0 ? value : { arrayValue: { values: [inLists(levels - 1, value)] } };
const inMaps = (levels: number, value: JsonMessage): JsonMessage =>
  levels === 0
    ? value
    : { kvlistValue: { values: [{ key: "m", value: inMaps(levels - 1, value) }] } };

/** Decodes a request in both encodings and makes sure that they agree. */
function both<T>(
  decode: (bytes: Uint8Array, encoding: Encoding, limits: Limits) => Decoded<T>,
  type: string,
  request: JsonMessage,
  limits: Partial<Limits>,
): Decoded<T> {
  const all = { ...DEFAULT_LIMITS, ...limits };
  const fromProtobuf = decode(oracleEncode(type, request), "protobuf", all);
  assert.deepEqual(decode(Buffer.from(JSON.stringify(request)), "json", all), fromProtobuf);
  return fromProtobuf;
}
const traces = (request: JsonMessage, limits: Partial<Limits> = {}) =>
  both(decodeTraces, "TraceRequest", request, limits);

const REJECTED: readonly (readonly [what: string, JsonMessage, reason: string | undefined])[] = [
  ["no trace id", { traceId: "" }, "trace-id-invalid"],
  ["a trace id of zeros", { traceId: "0".repeat(32) }, "trace-id-invalid"],
  ["a trace id of 15 bytes", { traceId: "1a".repeat(15) }, "trace-id-invalid"],
  ["a trace id of 17 bytes", { traceId: "1a".repeat(17) }, "trace-id-invalid"],
  ["a trace id of 1000 bytes", { traceId: "1a".repeat(1000) }, "trace-id-invalid"],
  ["no span id", { spanId: "" }, "span-id-invalid"],
  ["a span id of zeros", { spanId: "0".repeat(16) }, "span-id-invalid"],
  ["a span id of 16 bytes", { spanId: "2b".repeat(16) }, "span-id-invalid"],
  ["a parent of 7 bytes", { parentSpanId: "3c".repeat(7) }, "parent-span-id-invalid"],
  ["a parent of zeros", { parentSpanId: "0".repeat(16) }, undefined],
  ["no times", {}, undefined],
  ["an end before the start", { startTimeUnixNano: "2", endTimeUnixNano: "1" }, undefined],
];

for (const [what, fields, reason] of REJECTED) {
  test(`${reason === undefined ? "taken" : "rejected"}: a span with ${what}`, () => {
    const { records, rejected } = traces(spans(span({}), span(fields)));
    assert.equal(records.length, reason === undefined ? 2 : 1);
    assert.deepEqual([...rejected], reason === undefined ? [] : [[reason, 1]]);
  });
}

const point = { timeUnixNano: "1", asInt: "1" };
const REJECTED_POINTS: readonly (readonly [string, JsonMessage, string, number])[] = [
  ["no value", { gauge: { dataPoints: [point, {}] } }, "value-missing", 1],
  ["no value and flag 2", { sum: { dataPoints: [{ flags: 2 }, point] } }, "value-missing", 1],
  [
    "counts without bounds",
    { histogram: { dataPoints: [{ bucketCounts: ["1", "2"] }, {}] } },
    "buckets-invalid",
    1,
  ],
  [
    "bounds without counts",
    { histogram: { dataPoints: [{ explicitBounds: [1] }, {}] } },
    "buckets-invalid",
    1,
  ],
  [
    "equal bounds",
    { histogram: { dataPoints: [{ explicitBounds: [1, 1], bucketCounts: ["1", "1", "1"] }, {}] } },
    "buckets-invalid",
    1,
  ],
  [
    "a bound that is no number",
    { histogram: { dataPoints: [{ explicitBounds: ["NaN"], bucketCounts: ["1", "1"] }, {}] } },
    "buckets-invalid",
    1,
  ],
];

for (const [what, data, reason, count] of REJECTED_POINTS) {
  test(`rejected: a point with ${what}`, () => {
    const request = metrics({ name: "m", ...data });
    const { records, rejected } = both(decodeMetrics, "MetricsRequest", request, {});
    const [record] = records;
    assert.ok(record !== undefined && "points" in record);
    assert.equal(record.points.length, 1);
    assert.deepEqual([...rejected], [[reason, count]]);
  });
}

test("metrics without points are empty envelopes; kinds not read tell how many points they have", () => {
  const request = metrics(
    { name: "a", gauge: {} },
    { name: "b" },
    { name: "c", summary: { dataPoints: [{}, {}] } },
  );
  const { records } = both(decodeMetrics, "MetricsRequest", request, {});
  const told = records.map((record) => [
    record.name,
    record.type,
    "pointCount" in record && record.pointCount,
  ]);
  assert.deepEqual(told, [["c", "summary", 2]]);
});

test("data of a kind that is not known counts as one point", () => {
  // Field 13 of a Metric, which OTLP does not have, and a name.
  const protobuf = Buffer.from("0a09120712056a000a016d", "hex");
  const json = Buffer.from(JSON.stringify(metrics({ name: "m", hologram: {} })));
  for (const [bytes, encoding] of [
    [protobuf, "protobuf"],
    [json, "json"],
  ] as const) {
    const [record] = decodeMetrics(bytes, encoding, DEFAULT_LIMITS).records;
    assert.deepEqual(
      { ...record, origin: 0 },
      { origin: 0, name: "m", unit: "", description: "", type: "unknown", pointCount: 1 },
    );
  }
});

test("a metric with data of two kinds: the last is taken, the other's points are rejected", () => {
  // A gauge with two points, a sum with one; in each point the value is field 6, eight bytes of 1.
  const gauge = `2a16${`0a0931${"01".repeat(8)}`.repeat(2)}`;
  const sum = `3a0b0a0931${"01".repeat(8)}`;
  const bytes = Buffer.from(`0a2912271225${gauge}${sum}`, "hex");
  const { records, rejected } = decodeMetrics(bytes, "protobuf", DEFAULT_LIMITS);
  assert.deepEqual(
    records.map(({ type }) => type),
    ["sum"],
  );
  assert.deepEqual([...rejected], [["data-replaced", 2]]);
});

test("records beyond the limit are rejected, and counted", () => {
  const request = spans(...repeat(5, span({})));
  const { records, rejected } = traces(request, { recordsPerRequest: 3 });
  assert.equal(records.length, 3);
  assert.deepEqual([...rejected], [["records-limit", 2]]);
});

test("the limit counts data points, also of kinds that are not read", () => {
  const request = metrics(
    { name: "a", gauge: { dataPoints: repeat(3, point) } },
    { name: "b", summary: { dataPoints: [{}, {}, {}] } },
    { name: "c", histogram: { dataPoints: [{}] } },
  );
  const limits = { recordsPerRequest: 4 };
  const { records, rejected } = both(decodeMetrics, "MetricsRequest", request, limits);
  assert.deepEqual(
    records.map(({ name }) => name),
    ["a", "b"],
  );
  assert.deepEqual([...rejected], [["records-limit", 3]]);
});

test("log records beyond the limit are rejected", () => {
  const request = { resourceLogs: [{ scopeLogs: [{ logRecords: repeat(3, {}) }] }] };
  const limits = { recordsPerRequest: 2 };
  const { rejected } = both(decodeLogs, "LogsRequest", request, limits);
  assert.deepEqual([...rejected], [["records-limit", 1]]);
});

test("a request of too many empty resources and scopes is refused", () => {
  const limits = { ...DEFAULT_LIMITS, recordsPerRequest: 3 };
  const request = { resourceSpans: [{}, { scopeSpans: [{}, {}] }] };
  const reason = "one too many: at most 3 resources and scopes a request";
  assert.throws(() => decodeTraces(oracleEncode("TraceRequest", request), "protobuf", limits), {
    message: `resourceSpans[1]: field 2 (scope_spans) is ${reason}, at byte 6`,
  });
  assert.throws(() => decodeTraces(Buffer.from(JSON.stringify(request)), "json", limits), {
    message: `resourceSpans[1].scopeSpans[1] is ${reason}`,
  });
});

/** Requests of one kind of value each, and how many of them there are. */
const VALUES: readonly (readonly [what: string, JsonMessage, count: number])[] = [
  ["attributes", attributes(text("a"), text("b"), text("c")), 3],
  ["attributes of one key", { attributes: repeat(4, { key: "k", value: text("a") }) }, 4],
  ["entries of a list", attributes({ arrayValue: { values: repeat(3, text("a")) } }), 4],
  ["entries of a map", attributes(inMaps(3, text("a"))), 4],
  ["events", { events: repeat(3, {}) }, 3],
  ["attributes of events", { events: [attributes(text("a")), attributes(text("b"))] }, 4],
];
for (const [what, fields, count] of VALUES) {
  test(`a request of too many ${what} is refused`, () => {
    const request = spans(span(fields));
    assert.equal(traces(request, { valuesPerRequest: count }).records.length, 1);
    const limits = { ...DEFAULT_LIMITS, valuesPerRequest: count - 1 };
    const refused = { name: "InputError", message: /limit valuesPerRequest/ };
    const protobuf = oracleEncode("TraceRequest", request);
    assert.throws(() => decodeTraces(protobuf, "protobuf", limits), refused);
    const json = Buffer.from(JSON.stringify(request));
    assert.throws(() => decodeTraces(json, "json", limits), refused);
  });
}

test("buckets and records past their limit count as values of the request", () => {
  const histogram = { dataPoints: [{ bucketCounts: ["1", "2"], explicitBounds: [1] }] };
  const gauge = { dataPoints: repeat(3, point) };
  const request = metrics({ name: "h", histogram }, { name: "g", gauge });
  const ask = (valuesPerRequest: number) =>
    both(decodeMetrics, "MetricsRequest", request, { recordsPerRequest: 2, valuesPerRequest });
  assert.deepEqual([...ask(5).rejected], [["records-limit", 2]]);
  assert.throws(() => ask(4), /limit valuesPerRequest/);
  assert.throws(() => ask(2), /limit valuesPerRequest/);
});

type Cut = readonly [what: string, JsonMessage, Partial<Limits>, cut: string, kept: unknown];
const CUT: readonly Cut[] = [
  ["a text", attributes(text("abcdef")), { attributeLength: 4 }, "text-length 1", ["abcd"]],
  ["a text of the limit's length", attributes(text("abcd")), { attributeLength: 4 }, "", ["abcd"]],
  [
    "a text in a pair",
    attributes(text("abc😀d")),
    { attributeLength: 4 },
    "text-length 1",
    ["abc"],
  ],
  [
    "a text behind a pair",
    attributes(text("ab😀d")),
    { attributeLength: 4 },
    "text-length 1",
    ["ab😀"],
  ],
  [
    "a long text",
    attributes(text("鳴".repeat(70_000))),
    {},
    "text-length 1",
    ["鳴".repeat(65_536)],
  ],
  [
    "texts in lists",
    attributes(inLists(2, text("abcde"))),
    { attributeLength: 4 },
    "text-length 1",
    [[["abcd"]]],
  ],
  [
    "bytes",
    attributes({ bytesValue: "AQIDBAU=" }),
    { attributeLength: 4 },
    "text-length 1",
    [Uint8Array.of(1, 2, 3, 4)],
  ],
  [
    "a list",
    attributes({ arrayValue: { values: repeat(6, { boolValue: true }) } }),
    { attributeLength: 4 },
    "value-entries 2",
    [[true, true, true, true]],
  ],
  [
    "a map",
    attributes({ kvlistValue: { values: [{ key: "a" }, { key: "b" }, { key: "c" }] } }),
    { attributeLength: 2 },
    "value-entries 1",
    [
      new Map([
        ["a", null],
        ["b", null],
      ]),
    ],
  ],
  ["lists as deep as allowed", attributes(inLists(2, text("x"))), { depth: 2 }, "", [[["x"]]]],
  ["lists too deep", attributes(inLists(3, text("x"))), { depth: 2 }, "value-depth 1", [[[null]]]],
  [
    "maps too deep",
    attributes(inMaps(2, text("x")), text("y")),
    { depth: 1 },
    "value-depth 1",
    [new Map([["m", null]]), "y"],
  ],
  [
    "attributes",
    attributes(text("a"), text("b"), text("c"), text("d")),
    { attributesPerRecord: 2 },
    "attributes 2",
    ["a", "b"],
  ],
];

for (const [what, fields, limits, cut, kept] of CUT) {
  test(`cut: ${what}`, () => {
    const decoded = traces(spans(span(fields)), limits);
    const [record] = decoded.records;
    assert.ok(record !== undefined);
    assert.equal([...decoded.cut].map(([reason, count]) => `${reason} ${count}`).join(), cut);
    assert.equal(decoded.rejected.size, 0);
    assert.deepEqual([...record.attributes.values()], kept);
  });
}

test("JSON has room for values as deep as protobuf may have them", () => {
  const request = spans(
    span({ events: [attributes(inMaps(64, text("x")), inMaps(65, text("x")))] }),
  );
  const bytes = Buffer.from(JSON.stringify(request));
  assert.deepEqual([...decodeTraces(bytes, "json", DEFAULT_LIMITS).cut], [["value-depth", 1]]);
});

test("cut: names, keys and messages are texts like any other", () => {
  const fields = {
    name: "abcdef",
    traceState: "abcdef",
    status: { message: "abcdef" },
    attributes: [{ key: "abcdef" }],
  };
  const { records, cut } = traces(spans(span(fields)), { attributeLength: 4 });
  const [record] = records;
  assert.ok(record !== undefined);
  assert.deepEqual(
    [record.name, record.traceState, record.statusMessage],
    ["abcd", "abcd", "abcd"],
  );
  assert.deepEqual([...record.attributes.keys()], ["abcd"]);
  assert.deepEqual([...cut], [["text-length", 4]]);
});

test("cut: events beyond the limit", () => {
  const request = spans(
    span({ events: [{ name: "a" }, { name: "b" }, { name: "c" }] }),
    span({ events: [{}] }),
  );
  const { records, cut } = traces(request, { eventsPerSpan: 2 });
  assert.deepEqual(
    records.map(({ events }) => events.map(({ name }) => name)),
    [["a", "b"], [""]],
  );
  assert.deepEqual([...cut], [["events", 1]]);
});

test("lists nested a hundred thousand deep are cut and not walked", () => {
  const levels = 100_000;
  const parts: Buffer[] = [];
  let size = 0;
  const field = (tag: number) => {
    const length: number[] = [];
    let rest = size;
    for (; rest >= 0x80; rest >>>= 7) length.push((rest & 0x7f) | 0x80);
    const head = Buffer.from([tag, ...length, rest]);
    parts.push(head);
    size += head.length;
  };
  for (let i = 0; i < levels; i++) {
    field(0x0a);
    field(0x2a);
  }
  for (const tag of [0x12, 0x4a, 0x12, 0x12, 0x0a]) field(tag);
  const bytes = Buffer.concat(parts.toReversed());
  const { rejected } = decodeTraces(bytes, "protobuf", DEFAULT_LIMITS);
  assert.deepEqual([...rejected], [["trace-id-invalid", 1]]);
});

test("what is decoded does not change when the bytes are used again", () => {
  const bytes = oracleEncode(
    "TraceRequest",
    spans(span(attributes({ bytesValue: "AQID" }, text("abc")))),
  );
  const { records } = decodeTraces(bytes, "protobuf", DEFAULT_LIMITS);
  bytes.fill(0);
  assert.deepEqual([...(records[0]?.attributes.values() ?? [])], [Uint8Array.of(1, 2, 3), "abc"]);
});
