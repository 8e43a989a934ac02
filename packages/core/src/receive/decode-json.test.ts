import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { InputError } from "../model/input-error.ts";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import { logsRequests, metricsRequests, traceRequests } from "../testing/otlp-arbitraries.ts";
import { type JsonMessage, oracleEncode } from "../testing/otlp-oracle.ts";
import { decodeTracesJson } from "./decode-json.ts";
import { decodeLogs, decodeMetrics, decodeTraces } from "./decode.ts";

const SIGNALS = [
  ["TraceRequest", traceRequests, decodeTraces],
  ["MetricsRequest", metricsRequests, decodeMetrics],
  ["LogsRequest", logsRequests, decodeLogs],
] as const;

const jsonBytes = (value: unknown) => Buffer.from(JSON.stringify(value));

/** The same message with the original names of its fields, as other proto3 writers may write it. */
function snakeCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCased);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [
      key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      snakeCased(field),
    ]),
  );
}

for (const [type, requests, decode] of SIGNALS) {
  test(`${type}: the same request as JSON and as protobuf gives equal records`, () => {
    fc.assert(
      fc.property(requests, (request) => {
        const fromProtobuf = decode(oracleEncode(type, request), "protobuf", DEFAULT_LIMITS);
        assert.deepEqual(decode(jsonBytes(request), "json", DEFAULT_LIMITS), fromProtobuf);
        const original = decode(jsonBytes(snakeCased(request)), "json", DEFAULT_LIMITS);
        assert.deepEqual(original, fromProtobuf);
      }),
    );
  });
}

const span = (fields: JsonMessage) => ({
  resourceSpans: [
    { scopeSpans: [{ spans: [{ traceId: "1a".repeat(16), spanId: "2b".repeat(8), ...fields }] }] },
  ],
});
const attribute = (value: unknown) => span({ attributes: [{ key: "k", value }] });
const firstSpan = (request: unknown) => decodeTracesJson(request, DEFAULT_LIMITS).records[0];

const READ: readonly (readonly [string, JsonMessage, string, unknown])[] = [
  ["upper-case ids", { traceId: "AB".repeat(16) }, "traceId", "ab".repeat(16)],
  ["a parent of zeros is none", { parentSpanId: "0".repeat(16) }, "parentSpanId", ""],
  ["an enum's number", { kind: 3 }, "kind", 3],
  ["an enum's name", { kind: "SPAN_KIND_CLIENT" }, "kind", 3],
  ["an enum's number of the future", { kind: 99 }, "kind", 99],
  ["null is absent", { name: null, kind: null, attributes: null, status: null }, "name", ""],
  ["time as a string", { startTimeUnixNano: "1700000000123456789" }, "startAt", 1_700_000_000_123],
  [
    "time as a number",
    { startTimeUnixNano: 1_700_000_000_000_000_000 },
    "startAt",
    1_700_000_000_000,
  ],
  ["leading zeros", { startTimeUnixNano: "0001700000000123456" }, "startAt", 1_700_000_000],
  ["the last time", { endTimeUnixNano: "18446744073709551615" }, "endAt", 18_446_744_073_709],
  [
    "an exact duration",
    { startTimeUnixNano: "1700000000999999999", endTimeUnixNano: "1700000001000000001" },
    "durationNs",
    2,
  ],
  [
    "a negative duration",
    { startTimeUnixNano: "1700000000000000001", endTimeUnixNano: "1700000000000000000" },
    "durationNs",
    -1,
  ],
  ["an unknown field", { name: "a", hologram: { deep: [1] } }, "name", "a"],
];

for (const [what, fields, name, value] of READ) {
  test(`read: ${what}`, () => {
    assert.deepEqual({ ...firstSpan(span(fields)) }[name], value);
  });
}

const VALUES: readonly (readonly [unknown, unknown])[] = [
  [{ intValue: "-9223372036854775808" }, -(2 ** 63)],
  [{ intValue: "9223372036854775807" }, 2 ** 63],
  [{ intValue: "-0" }, 0],
  [{ doubleValue: "NaN" }, NaN],
  [{ doubleValue: "-Infinity" }, -Infinity],
  [{ doubleValue: "1.5e3" }, 1500],
  [{ bytesValue: "+/8=" }, Uint8Array.of(0xfb, 0xff)],
  [{ bytesValue: "-_8" }, Uint8Array.of(0xfb, 0xff)],
  [{ bytesValue: "" }, new Uint8Array(0)],
  [{ arrayValue: {} }, []],
  [{ stringValue: null }, null],
  [{ stringValue: null, boolValue: true }, true],
  [{ hologramValue: 1 }, null],
  [null, null],
  [
    { kvlistValue: { values: [{ key: "__proto__", value: { stringValue: "x" } }] } },
    new Map([["__proto__", "x"]]),
  ],
];

for (const [value, expected] of VALUES) {
  test(`value ${JSON.stringify(value)}`, () => {
    assert.deepEqual(firstSpan(attribute(value))?.attributes.get("k"), expected);
  });
}

const IN_SPAN = "resourceSpans[0].scopeSpans[0].spans[0]";
const IN_VALUE = `${IN_SPAN}.attributes[0].value`;
const WRONG_TIMES: readonly (readonly [unknown, string])[] = [
  ["-1", '"-1"'],
  ["18446744073709551616", '"18446744073709551616"'],
  ["1e3", '"1e3"'],
  ["", '""'],
  [" 1", '" 1"'],
  ["0x1", '"0x1"'],
  [1.5, "1.5"],
  [-1, "-1"],
  [1e300, "1e+300"],
  [true, "true"],
  [{}, "an object"],
];
const REFUSED: readonly (readonly [unknown, string])[] = [
  [[], "the request is an array, expected an object"],
  [null, "the request is null, expected an object"],
  [{ resourceSpans: {} }, "resourceSpans is an object, expected an array"],
  [{ resource_spans: 7 }, "resourceSpans is 7, expected an array"],
  [{ resourceSpans: [null] }, "resourceSpans[0] is null, expected an object"],
  [
    { resourceSpans: [{}, { scopeSpans: [3] }] },
    "resourceSpans[1].scopeSpans[0] is 3, expected an object",
  ],
  [
    { resourceSpans: [{ resource: [] }] },
    "resourceSpans[0].resource is an array, expected an object",
  ],
  [span({ name: 1 }), `${IN_SPAN}.name is 1, expected a string`],
  [span({ name: "\ud83d" }), `${IN_SPAN}.name has half a surrogate pair, expected valid Unicode`],
  [
    span({ traceId: "W47/95gDgQPSabYzgT/GDA==" }),
    `${IN_SPAN}.traceId is "W47/95gDgQPSabYzgT/GDA==", expected hexadecimal digits`,
  ],
  [span({ spanId: "abc" }), `${IN_SPAN}.spanId is "abc", expected hexadecimal digits`],
  [span({ spanId: 12 }), `${IN_SPAN}.spanId is 12, expected hexadecimal digits`],
  [
    span({ kind: "SPAN_KIND_BEST" }),
    `${IN_SPAN}.kind is "SPAN_KIND_BEST", expected an integer or a name such as SPAN_KIND_UNSPECIFIED`,
  ],
  [
    span({ kind: "constructor" }),
    `${IN_SPAN}.kind is "constructor", expected an integer or a name such as SPAN_KIND_UNSPECIFIED`,
  ],
  [
    span({ kind: 2.5 }),
    `${IN_SPAN}.kind is 2.5, expected an integer or a name such as SPAN_KIND_UNSPECIFIED`,
  ],
  [
    span({ status: { code: true } }),
    `${IN_SPAN}.status.code is true, expected an integer or a name such as STATUS_CODE_UNSET`,
  ],
  ...WRONG_TIMES.map(([time, shown]): readonly [unknown, string] => [
    span({ events: [{}, { timeUnixNano: time }] }),
    `${IN_SPAN}.events[1].timeUnixNano is ${shown}, expected an unsigned 64-bit integer`,
  ]),
  [span({ attributes: [{ key: 1 }] }), `${IN_SPAN}.attributes[0].key is 1, expected a string`],
  [attribute("x"), `${IN_VALUE} is "x", expected an object`],
  [attribute({ boolValue: "true" }), `${IN_VALUE}.boolValue is "true", expected true or false`],
  [
    attribute({ intValue: "9223372036854775808" }),
    `${IN_VALUE}.intValue is "9223372036854775808", expected a 64-bit integer`,
  ],
  [
    attribute({ intValue: "-9223372036854775809" }),
    `${IN_VALUE}.intValue is "-9223372036854775809", expected a 64-bit integer`,
  ],
  [attribute({ intValue: 0.5 }), `${IN_VALUE}.intValue is 0.5, expected a 64-bit integer`],
  [attribute({ doubleValue: "nan" }), `${IN_VALUE}.doubleValue is "nan", expected a number`],
  [attribute({ doubleValue: "1e999" }), `${IN_VALUE}.doubleValue is "1e999", expected a number`],
  [attribute({ bytesValue: "A" }), `${IN_VALUE}.bytesValue is "A", expected base64`],
  [attribute({ bytesValue: "a b=" }), `${IN_VALUE}.bytesValue is "a b=", expected base64`],
  [
    attribute({ stringValue: "a", intValue: 1 }),
    `${IN_VALUE}.intValue stands beside stringValue, expected one of them`,
  ],
  [
    attribute({ arrayValue: { values: [{}, { stringValue: 1 }] } }),
    `${IN_VALUE}.arrayValue.values[1].stringValue is 1, expected a string`,
  ],
  [
    attribute({ stringValue: ["x".repeat(100)] }),
    `${IN_VALUE}.stringValue is an array, expected a string`,
  ],
  [
    attribute({ doubleValue: "y".repeat(100) }),
    `${IN_VALUE}.doubleValue is "${"y".repeat(40)}…", expected a number`,
  ],
];

for (const [request, message] of REFUSED) {
  test(`refused: ${message}`, () => {
    assert.throws(() => decodeTracesJson(request, DEFAULT_LIMITS), refusedWith(message));
  });
}

function refusedWith(message: string) {
  return (error: unknown) => {
    assert.ok(error instanceof InputError);
    assert.equal(error.kind, "otlp");
    assert.equal(error.message, message);
    return true;
  };
}

const point = (kind: string, fields: JsonMessage) => ({
  resourceMetrics: [
    { scopeMetrics: [{ metrics: [{ name: "m", [kind]: { dataPoints: [fields] } }] }] },
  ],
});
const IN_METRIC = "resourceMetrics[0].scopeMetrics[0].metrics[0]";
const REFUSED_METRICS: readonly (readonly [unknown, string])[] = [
  [
    point("gauge", { asInt: 1.5 }),
    `${IN_METRIC}.gauge.dataPoints[0].asInt is 1.5, expected a 64-bit integer`,
  ],
  [
    point("gauge", { asInt: 1, asDouble: 1 }),
    `${IN_METRIC}.gauge.dataPoints[0].asDouble stands beside asInt, expected one of them`,
  ],
  [
    point("histogram", { bucketCounts: ["1", "-1"] }),
    `${IN_METRIC}.histogram.dataPoints[0].bucketCounts[1] is "-1", expected an unsigned 64-bit integer`,
  ],
  [
    point("histogram", { explicitBounds: [1, "x"] }),
    `${IN_METRIC}.histogram.dataPoints[0].explicitBounds[1] is "x", expected a number`,
  ],
  [
    point("sum", { flags: -1 }),
    `${IN_METRIC}.sum.dataPoints[0].flags is -1, expected an unsigned 32-bit integer`,
  ],
  [
    { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ gauge: {}, sum: {} }] }] }] },
    `${IN_METRIC}.sum stands beside gauge, expected one of them`,
  ],
];

for (const [request, message] of REFUSED_METRICS) {
  test(`refused: ${message}`, () => {
    const bytes = jsonBytes(request);
    assert.throws(() => decodeMetrics(bytes, "json", DEFAULT_LIMITS), refusedWith(message));
  });
}

const nested = (levels: number) => `{"x":${"[".repeat(levels)}${"]".repeat(levels)}}`;
const REFUSED_TEXTS: readonly (readonly [string, Uint8Array, RegExp])[] = [
  ["not UTF-8", Uint8Array.of(0x7b, 0xff, 0x7d), /^the request is not valid UTF-8$/],
  ["no bytes", new Uint8Array(0), /^the request is not JSON: /],
  ["cut", Buffer.from('{"resourceSpans":['), /^the request is not JSON: /],
  ["an open string", Buffer.from('{"resourceSpans\\'), /^the request is not JSON: /],
  [
    "nested 300 deep",
    Buffer.from(nested(300)),
    /^the request is nested deeper than 272 levels, at byte 276$/,
  ],
  [
    "nested a million deep",
    Buffer.from("[{".repeat(1e6)),
    /^the request is nested deeper than 272 levels, at byte 272$/,
  ],
];

for (const [what, bytes, message] of REFUSED_TEXTS) {
  test(`refused as JSON: ${what}`, () => {
    assert.throws(() => decodeTraces(bytes, "json", DEFAULT_LIMITS), {
      name: "InputError",
      message,
    });
  });
}

test("brackets in strings are no nesting, and a byte order mark is no error", () => {
  const text = `\ufeff{"resourceSpans":[],"x":"\\"${"[".repeat(1000)}"}`;
  assert.equal(decodeTraces(Buffer.from(text), "json", DEFAULT_LIMITS).records.length, 0);
});

// Outside of strings: two brackets, a colon, and a comma and a bracket or colon for each value.
const MANY: readonly (readonly [string, string])[] = [
  ["objects", `{"x":[${"{},".repeat(48)}{}]}`],
  ["numbers", `{"x":[${"0,".repeat(97)}0]}`],
  ["keys", `{"x":{${'"a,:":1,'.repeat(48)}"b":1}}`],
];
for (const [what, json] of MANY) {
  test(`more ${what} than a request may have are refused before they are made`, () => {
    const bytes = Buffer.from(json);
    const tokens = json.replaceAll(/"[^"]*"|[^[{,:]/g, "").length;
    const within = { ...DEFAULT_LIMITS, jsonTokens: tokens };
    assert.equal(decodeTraces(bytes, "json", within).records.length, 0);
    assert.throws(() => decodeTraces(bytes, "json", { ...within, jsonTokens: tokens - 1 }), {
      message: new RegExp(`more than ${tokens - 1} brackets.*limit jsonTokens.*, at byte \\d+$`),
    });
  });
}
