import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { InputError } from "../model/input-error.ts";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import { logsRequests, metricsRequests, traceRequests } from "../testing/otlp-arbitraries.ts";
import { type JsonMessage, oracleEncode } from "../testing/otlp-oracle.ts";
import { decodeLogs, decodeMetrics, decodeTraces } from "./decode.ts";

// Requests in hex, built from the inside out, so that a row shows the bytes that are at fault.
const bytes = (hex: string) => Buffer.from(hex.replaceAll(" ", ""), "hex");
const size = (hex: string) => hex.replaceAll(" ", "").length / 2;
const varint = (value: number): string =>
  value < 0x80
    ? value.toString(16).padStart(2, "0")
    : ((value & 0x7f) | 0x80).toString(16) + varint(value >>> 7);
/** A length-delimited field. */
const field = (number: number, content: string) =>
  `${varint((number << 3) | 2)} ${varint(size(content))} ${content}`;
const record = (content: string) => field(1, field(2, field(2, content)));
const attribute = (value: string) => record(field(9, field(1, "6b") + field(2, value)));

const SPAN = "resourceSpans[0].scopeSpans[0].spans[0]";
const VALUE = `${SPAN}.attributes[0].value`;

const REFUSED: readonly (readonly [what: string, hex: string, message: string])[] = [
  ["text", "68656c6c6f", "field 13 ends a group that did not begin, at byte 2"],
  ["a field that is cut", "0a", "field 1 (resource_spans) ends within a number, at byte 0"],
  ["a length that is cut", "0a 80", "field 1 (resource_spans) ends within a number, at byte 0"],
  ["a tag that is cut", "80", "a tag ends within a number, at byte 0"],
  ["a tag of 11 bytes", "80".repeat(11), "a tag has a number longer than 10 bytes, at byte 0"],
  ["a tag of 33 bits", "8080808010", "a tag is longer than 32 bits, at byte 0"],
  ["field number 0", "00", "a tag has field number 0, at byte 0"],
  ["wire type 6", "0e", "field 1 (resource_spans) has wire type 6, expected 2, at byte 0"],
  [
    "wire type 7 in an unknown field",
    "9f01",
    "field 19 has wire type 7, which does not exist, at byte 0",
  ],
  [
    "a request of numbers",
    "08 01",
    "field 1 (resource_spans) has wire type 0, expected 2, at byte 0",
  ],
  [
    "a message longer than the bytes",
    "0a 05 12 00",
    "field 1 (resource_spans) is 5 bytes long, but 2 are left, at byte 0",
  ],
  [
    "a length of 2^63 - 1",
    "0a ffffffffffffffff7f",
    "field 1 (resource_spans) is 9223372036854776000 bytes long, but 0 are left, at byte 0",
  ],
  [
    "a field longer than its message",
    `${field(1, "1205 0a00")} 1200 1200`,
    "resourceSpans[0]: field 2 (scope_spans) is 5 bytes long, but 2 are left, at byte 2",
  ],
  [
    "a time with another wire type",
    record("3a 00"),
    `${SPAN}: field 7 (start_time_unix_nano) has wire type 2, expected 1, at byte 6`,
  ],
  [
    "a time that is cut",
    record("39 00000000"),
    `${SPAN}: field 7 (start_time_unix_nano) is 8 bytes long, but 4 are left, at byte 6`,
  ],
  [
    "the place in the second of everything",
    field(1, "") + field(1, field(2, "") + field(2, field(2, "2a0161") + field(2, "2d"))),
    "resourceSpans[1].scopeSpans[1].spans[1]: field 5 (name) has wire type 5, expected 2, at byte 15",
  ],
  [
    "a name that is not UTF-8",
    record("2a 02 c328"),
    `${SPAN}: field 5 (name) is not valid UTF-8, at byte 6`,
  ],
  [
    "half a surrogate pair",
    record("2a 03 eda080"),
    `${SPAN}: field 5 (name) is not valid UTF-8, at byte 6`,
  ],
  [
    "a long name with one wrong byte",
    record(field(5, "61".repeat(50) + "ff")),
    `${SPAN}: field 5 (name) is not valid UTF-8, at byte 6`,
  ],
  [
    "an id that is a number",
    record("08 01"),
    `${SPAN}: field 1 (trace_id) has wire type 0, expected 2, at byte 6`,
  ],
  [
    "a kind that is a text",
    record("32 00"),
    `${SPAN}: field 6 (kind) has wire type 2, expected 0, at byte 6`,
  ],
  [
    "a status code that is fixed",
    record(field(15, "1d 01000000")),
    `${SPAN}.status: field 3 (code) has wire type 5, expected 0, at byte 8`,
  ],
  [
    "an event's time",
    record(field(11, "") + field(11, "08 01")),
    `${SPAN}.events[1]: field 1 (time_unix_nano) has wire type 0, expected 1, at byte 10`,
  ],
  [
    "a key that is not UTF-8",
    record(field(9, field(1, "ff"))),
    `${SPAN}.attributes[0]: field 1 (key) is not valid UTF-8, at byte 8`,
  ],
  [
    "a value's text",
    attribute("0a 01 ff"),
    `${VALUE}: field 1 (string_value) is not valid UTF-8, at byte 13`,
  ],
  [
    "a value's flag",
    attribute("12 00"),
    `${VALUE}: field 2 (bool_value) has wire type 2, expected 0, at byte 13`,
  ],
  [
    "a value's number",
    attribute("25 00000000"),
    `${VALUE}: field 4 (double_value) has wire type 5, expected 1, at byte 13`,
  ],
  [
    "a value in a list",
    attribute(field(5, field(1, "") + field(1, "0a01ff"))),
    `${VALUE}.arrayValue.values[1]: field 1 (string_value) is not valid UTF-8, at byte 19`,
  ],
  [
    "a value in a map",
    attribute(field(6, field(1, field(2, "0a01ff")))),
    `${VALUE}.kvlistValue.values[0].value: field 1 (string_value) is not valid UTF-8, at byte 19`,
  ],
  [
    "a resource's attribute",
    field(1, field(1, field(1, field(1, "ff")))),
    "resourceSpans[0].resource.attributes[0]: field 1 (key) is not valid UTF-8, at byte 6",
  ],
  [
    "a scope's name",
    field(1, field(2, field(1, field(1, "ff")))),
    "resourceSpans[0].scopeSpans[0].scope: field 1 (name) is not valid UTF-8, at byte 6",
  ],
  ["the end of no group", "0c", "field 1 (resource_spans) has wire type 4, expected 2, at byte 0"],
  ["the end of no group, unknown", "9c01", "field 19 ends a group that did not begin, at byte 0"],
  [
    "a group without end",
    record("9b01 0800"),
    `${SPAN}: field 19 holds a malformed group: it does not end, at byte 6`,
  ],
  [
    "a group with another's end",
    record("9b01 a401"),
    `${SPAN}: field 19 holds a malformed group: field 20 ends another group, at byte 6`,
  ],
  [
    "a malformed field in a group",
    record("9b01 00"),
    `${SPAN}: field 19 holds a malformed group: a tag has field number 0, at byte 6`,
  ],
  [
    "groups in groups",
    "9b01".repeat(100_000),
    "field 19 holds a malformed group: groups are nested deeper than 64, at byte 0",
  ],
];

const groups = (levels: number) => bytes("9b01".repeat(levels) + "9c01".repeat(levels));

test("groups may be nested as deep as values", () => {
  const { depth } = DEFAULT_LIMITS;
  assert.equal(decodeTraces(groups(depth), "protobuf", DEFAULT_LIMITS).records.length, 0);
  assert.throws(() => decodeTraces(groups(depth + 1), "protobuf", DEFAULT_LIMITS), {
    message: /nested deeper than 64/,
  });
});

for (const [what, hex, message] of REFUSED) {
  test(`refused: ${what}`, () => {
    assert.throws(() => decodeTraces(bytes(hex), "protobuf", DEFAULT_LIMITS), {
      name: "InputError",
      kind: "otlp",
      message,
    });
  });
}

const point = (kind: number, content: string) => record(field(kind, field(1, content)));
const METRIC = "resourceMetrics[0].scopeMetrics[0].metrics[0]";
const REFUSED_METRICS: readonly (readonly [what: string, hex: string, message: string])[] = [
  ["a name", record("08 01"), `${METRIC}: field 1 (name) has wire type 0, expected 2, at byte 6`],
  ["a gauge", record("28 01"), `${METRIC}: field 5 (gauge) has wire type 0, expected 2, at byte 6`],
  [
    "a value",
    point(5, "20 01"),
    `${METRIC}.gauge.dataPoints[0]: field 4 (as_double) has wire type 0, expected 1, at byte 10`,
  ],
  [
    "a packed list that does not come out even",
    point(9, "32 07 00000000000000"),
    `${METRIC}.histogram.dataPoints[0]: field 6 (bucket_counts) is packed into 7 bytes, expected a multiple of 8, at byte 10`,
  ],
  [
    "a list of varints",
    point(9, "30 01"),
    `${METRIC}.histogram.dataPoints[0]: field 6 (bucket_counts) has wire type 0, expected 2, at byte 10`,
  ],
  [
    "a summary",
    record(field(11, "0a 05")),
    `${METRIC}.summary: field 1 (data_points) is 5 bytes long, but 0 are left, at byte 8`,
  ],
];

for (const [what, hex, message] of REFUSED_METRICS) {
  test(`refused in metrics: ${what}`, () => {
    assert.throws(() => decodeMetrics(bytes(hex), "protobuf", DEFAULT_LIMITS), { message });
  });
}

test("refused in logs: a body", () => {
  const message =
    "resourceLogs[0].scopeLogs[0].logRecords[0].body: field 1 (string_value) is not valid UTF-8, at byte 8";
  const body = bytes(record(field(5, "0a01ff")));
  assert.throws(() => decodeLogs(body, "protobuf", DEFAULT_LIMITS), { message });
});

const idFields = field(1, "1a".repeat(16)) + field(2, "2b".repeat(8));
const UNKNOWN: readonly (readonly [what: string, hex: string])[] = [
  ["a varint", "980601"],
  ["a varint of ten bytes", "9806 ffffffffffffffffff01"],
  ["64 bits", "9906 0102030405060708"],
  ["bytes", "9a06 03 ffffff"],
  ["a group", "9b06 0801 9b06 9c06 9a0600 9c06"],
  ["32 bits", "9d06 01020304"],
];

for (const [what, hex] of UNKNOWN) {
  test(`unknown fields are skipped: ${what}`, () => {
    const known = decodeTraces(bytes(record(idFields)), "protobuf", DEFAULT_LIMITS);
    assert.equal(known.records.length, 1);
    const inner = hex + idFields + hex;
    const everywhere = hex + field(1, hex + field(2, hex + field(2, inner) + hex)) + hex;
    assert.deepEqual(decodeTraces(bytes(everywhere), "protobuf", DEFAULT_LIMITS), known);
  });
}

test("fields may come in any order and twice: messages are merged, of scalars the last counts", () => {
  const name = (text: string) => field(5, Buffer.from(text).toString("hex"));
  const status = field(15, field(2, "78")) + field(15, "1802");
  const spans = field(2, name("a") + status + idFields + name("b"));
  const scope = field(1, field(1, "73")) + field(1, field(2, "31"));
  const resource = field(1, field(1, field(1, "72") + field(2, "1001")));
  const hex = field(1, field(2, spans + scope) + field(3, "75") + resource);
  const [span] = decodeTraces(bytes(hex), "protobuf", DEFAULT_LIMITS).records;
  assert.ok(span !== undefined);
  assert.equal(span.name, "b");
  assert.deepEqual([span.statusCode, span.statusMessage], [2, "x"]);
  assert.deepEqual(span.origin, {
    resource: new Map([["r", true]]),
    scopeName: "s",
    scopeVersion: "1",
    schemaUrl: "u",
  });
});

test("repeated numbers may come one by one", () => {
  const one = "0100000000000000";
  const double = "000000000000f03f";
  const content = `31 ${one} 31 ${one} 39 ${double}`;
  const { records } = decodeMetrics(bytes(point(9, content)), "protobuf", DEFAULT_LIMITS);
  const [metric] = records;
  assert.ok(metric?.type === "histogram");
  const [histogram] = metric.points;
  assert.ok(histogram !== undefined);
  assert.deepEqual(histogram.bucketCounts, [1, 1]);
  assert.deepEqual(histogram.explicitBounds, [1]);
});

const SIGNALS = [
  ["TraceRequest", traceRequests, decodeTraces],
  ["MetricsRequest", metricsRequests, decodeMetrics],
  ["LogsRequest", logsRequests, decodeLogs],
] as const;

type Decode = (typeof SIGNALS)[number][2];

/** Bytes either decode, or are refused with a place; anything else is a failure. */
function decodesOrRefuses(decode: Decode, input: Uint8Array, encoding: "protobuf" | "json") {
  try {
    decode(input, encoding, DEFAULT_LIMITS);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    if (encoding === "protobuf") assert.match(error.message, /, at byte \d+$/);
  }
}

for (const [type, requests, decode] of SIGNALS) {
  test(`${type}: every truncation decodes or is refused`, () => {
    const property = fc.property(requests, (request) => {
      const whole = oracleEncode(type, request);
      for (let length = 0; length <= whole.length; length++) {
        decodesOrRefuses(decode, whole.subarray(0, length), "protobuf");
      }
    });
    fc.assert(property, { numRuns: 10, seed: 7 });
  });

  test(`${type}: random bytes decode or are refused`, () => {
    const property = fc.property(fc.uint8Array({ maxLength: 200 }), (input) => {
      decodesOrRefuses(decode, input, "protobuf");
      decodesOrRefuses(decode, input, "json");
    });
    fc.assert(property, { numRuns: 500, seed: 7 });
  });

  test(`${type}: changed bytes decode or are refused`, () => {
    const change = fc.tuple(fc.nat(), fc.nat(255));
    const changes = fc.array(change, { minLength: 1, maxLength: 8 });
    const property = fc.property(requests, changes, (request, changed) => {
      const protobuf = oracleEncode(type, request);
      const json = Buffer.from(JSON.stringify(request satisfies JsonMessage));
      for (const [at, byte] of changed) {
        if (protobuf.length > 0) protobuf[at % protobuf.length] = byte;
        json[at % json.length] = byte;
      }
      decodesOrRefuses(decode, protobuf, "protobuf");
      decodesOrRefuses(decode, json, "json");
    });
    fc.assert(property, { numRuns: 400, seed: 7 });
  });
}
