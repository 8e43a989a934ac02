import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { InputError } from "../../model/input-error.ts";
import { labels } from "../../model/labels.ts";
import { DEFAULT_LIMITS, type Limits } from "../../model/limits.ts";
import { type NativeHistogram, STALE } from "../../model/sample.ts";
import {
  MessageBytes,
  requestV2,
  type SentSeries,
  writeRequest,
} from "../../testing/remote-write-messages.ts";
import { decodeWrite, type DecodedWrite, type WriteMessage } from "./decode-write.ts";

const V1 = "prometheus.WriteRequest";
const V2 = "io.prometheus.write.v2.Request";
const AT = 1_700_000_000_000;
const up: SentSeries["labels"] = [
  ["__name__", "up"],
  ["job", "日本"],
];
const both: readonly (readonly [WriteMessage, (all: readonly SentSeries[]) => Uint8Array])[] = [
  [V1, writeRequest],
  [V2, requestV2],
];

const exponential: NativeHistogram = {
  counterReset: "not-reset",
  schema: -2,
  zeroThreshold: 0.001,
  zeroCount: 2,
  count: 12,
  sum: -3.5,
  positiveSpans: [
    { offset: -3, length: 2 },
    { offset: 5, length: 1 },
  ],
  positiveBuckets: [3, 1, 4],
  negativeSpans: [{ offset: 0, length: 1 }],
  negativeBuckets: [2],
  customBounds: [],
};
const fractions = { ...exponential, zeroCount: 0.5, positiveBuckets: [0.25, 1e9, 4] };
const custom: NativeHistogram = {
  ...exponential,
  counterReset: "gauge",
  schema: -53,
  zeroThreshold: 0,
  zeroCount: 0,
  count: 6,
  positiveSpans: [{ offset: 1, length: 2 }],
  positiveBuckets: [1, 5],
  negativeSpans: [],
  negativeBuckets: [],
  customBounds: [-1, 2.5],
};

function decoded(
  all: readonly SentSeries[],
  limits: Partial<Limits> = {},
): readonly DecodedWrite[] {
  return both.map(([message, encode]) =>
    decodeWrite(encode(all), message, { ...DEFAULT_LIMITS, ...limits }),
  );
}

test("samples, histograms of every kind, stale markers and exemplars come through both messages", () => {
  const trace: SentSeries["labels"] = [["trace_id", "abc"]];
  const sent: SentSeries = {
    labels: up,
    samples: [
      { at: AT, value: 1.5 },
      { at: AT + 3, value: STALE },
      { at: AT + 6, value: NaN },
    ],
    histograms: [
      { at: AT + 1, value: exponential, whole: true },
      { at: AT + 2, value: fractions, whole: false },
      { at: AT + 4, value: custom, whole: true },
      { at: AT + 5, value: STALE, whole: true },
    ],
    exemplars: [{ labels: trace, value: 0.5, at: AT + 2 }],
  };
  for (const { series, rejected, staleHistograms } of decoded([sent])) {
    assert.deepEqual(series, [
      {
        labels: labels(Object.fromEntries(up)),
        samples: [1.5, exponential, fractions, STALE, custom, STALE, NaN].map((value, i) => ({
          at: AT + i,
          value,
        })),
        exemplars: [{ labels: labels(Object.fromEntries(trace)), value: 0.5, at: AT + 2 }],
      },
    ]);
    assert.equal(rejected.size, 0);
    assert.equal(staleHistograms, 1);
  }
});

/** Labels as sent, and what they come to: labels, or the reason why the series is refused. */
const labelCases: readonly (readonly [
  string,
  SentSeries["labels"],
  Record<string, string> | string,
])[] = [
  [
    "out of order",
    [
      ["job", "x"],
      ["__name__", "up"],
    ],
    { __name__: "up", job: "x" },
  ],
  [
    "with an empty value",
    [
      ["__name__", "up"],
      ["job", ""],
    ],
    { __name__: "up" },
  ],
  [
    "with a name that is no word",
    [
      ["__name__", "http.requests"],
      ["a b", "c"],
    ],
    { __name__: "http.requests", "a b": "c" },
  ],
  ["without a metric name", [["job", "x"]], "metric-name"],
  [
    "with an empty metric name",
    [
      ["__name__", ""],
      ["job", "x"],
    ],
    "metric-name",
  ],
  ["none", [], "metric-name"],
  [
    "with an empty name",
    [
      ["", "x"],
      ["__name__", "up"],
    ],
    "label-name",
  ],
  [
    "with one name twice",
    [
      ["__name__", "up"],
      ["job", "x"],
      ["job", "y"],
    ],
    "label-duplicate",
  ],
];
for (const [name, sent, expected] of labelCases) {
  test(`labels ${name}: ${typeof expected === "string" ? expected : "taken"}`, () => {
    const good: SentSeries = { labels: up, samples: [{ at: AT, value: 1 }] };
    const samples = [
      { at: AT, value: 1 },
      { at: AT + 1, value: 2 },
    ];
    for (const { series, rejected } of decoded([{ labels: sent, samples }, good])) {
      const [first] = series;
      if (typeof expected === "string") {
        assert.deepEqual([...rejected], [[expected, 2]]);
        assert.equal(series.length, 1);
      } else assert.deepEqual(first?.labels, labels(expected));
    }
  });
}

/** How a good histogram is changed, whether its counts are whole, and why it is refused. */
const histogramFaults: readonly (readonly [
  Partial<NativeHistogram>,
  boolean,
  string | undefined,
])[] = [
  [{ schema: 9 }, true, "histogram-schema"],
  [{ schema: -5 }, true, "histogram-schema"],
  [{ schema: -52 }, true, "histogram-schema"],
  [{ positiveBuckets: [3, 1] }, true, "histogram-spans"],
  [{ negativeSpans: [] }, true, "histogram-spans"],
  [
    {
      positiveSpans: [
        { offset: 0, length: 2 },
        { offset: -1, length: 1 },
      ],
    },
    true,
    "histogram-spans",
  ],
  [{ count: 13 }, true, "histogram-count"],
  [{ count: 11 }, true, "histogram-count"],
  [{ count: 13, sum: NaN }, true, undefined],
  [{ count: 11, sum: NaN }, true, "histogram-count"],
  [{ count: 11 }, false, undefined],
  [{ count: -1 }, false, "histogram-count"],
  [{ count: NaN }, false, "histogram-count"],
  [{ count: Infinity }, false, "histogram-count"],
  [{ positiveBuckets: [3, -1, 6] }, true, "histogram-count"],
  [{ positiveBuckets: [3, NaN, 6] }, false, "histogram-count"],
  [{ zeroThreshold: -1 }, true, "histogram-count"],
  [{ customBounds: [1] }, true, "histogram-bounds"],
  [{ ...custom, customBounds: [2, 1] }, true, "histogram-bounds"],
  [{ ...custom, customBounds: [1, Infinity] }, true, "histogram-bounds"],
  [{ ...custom, customBounds: [1] }, true, "histogram-bounds"],
  [{ ...custom, positiveSpans: [{ offset: -1, length: 2 }] }, true, "histogram-bounds"],
  [{ ...custom, zeroCount: 1, count: 7 }, true, "histogram-bounds"],
  [{ ...custom, zeroThreshold: 0.1 }, true, "histogram-bounds"],
  [
    { positiveSpans: [{ offset: 0, length: 5 }], positiveBuckets: [1, 1, 1, 1, 4] },
    true,
    "buckets-limit",
  ],
];
for (const [change, whole, reason] of histogramFaults) {
  const shown = JSON.stringify(change, (_key, value: unknown) =>
    typeof value === "number" ? String(value) : value,
  );
  test(`a histogram with ${shown} (${whole ? "whole" : "fractions"}): ${reason ?? "taken"}`, () => {
    const histograms = [{ at: AT, value: { ...exponential, ...change }, whole }];
    for (const { series, rejected } of decoded([{ labels: up, histograms }], {
      bucketsPerHistogram: 5,
    })) {
      assert.deepEqual([...rejected], reason === undefined ? [] : [[reason, 1]]);
      assert.equal(series.length, reason === undefined ? 1 : 0);
    }
  });
}

test("metadata comes in messages of its own in 1.0, and with the series in 2.0", () => {
  const gauge = { type: "gauge", help: "Is it up?", unit: "" } as const;
  const first = decodeWrite(writeRequest([], [{ name: "up", ...gauge }]), V1, DEFAULT_LIMITS);
  assert.deepEqual(first.metadata, [{ name: "up", ...gauge }]);
  const histogram = { type: "histogram", help: "How long", unit: "seconds" } as const;
  const described = (name: string, metadata: SentSeries["metadata"]): SentSeries => ({
    labels: [["__name__", name]],
    ...(metadata && { metadata }),
  });
  const second = decodeWrite(
    requestV2([
      described("up", gauge),
      described("up", gauge),
      described("request_seconds_bucket", histogram),
      described("request_seconds_sum", histogram),
      described("disk_count", gauge),
      described("silent", { type: "unknown", help: "", unit: "" }),
      described("untold", undefined),
    ]),
    V2,
    DEFAULT_LIMITS,
  );
  assert.deepEqual(second.metadata, [
    { name: "up", ...gauge },
    { name: "request_seconds", ...histogram },
    { name: "disk_count", ...gauge },
  ]);
});

test("a start is the sample's own, or its series'", () => {
  const all: readonly SentSeries[] = [
    {
      labels: up,
      samples: [
        { at: AT, value: 1 },
        { at: AT + 1, value: 2, startAt: AT - 1 },
      ],
      histograms: [{ at: AT + 2, value: custom, whole: true, startAt: AT - 2 }],
      createdAt: AT - 5,
    },
  ];
  const { series } = decodeWrite(requestV2(all), V2, DEFAULT_LIMITS);
  assert.deepEqual(
    series[0]?.samples.map(({ startAt }) => startAt),
    [AT - 5, AT - 1, AT - 2],
  );
});

test("an exemplar without a time has that of its series' last sample", () => {
  const exemplars = [{ labels: [], value: 1, at: 0 }];
  const samples = [{ at: AT, value: 1 }];
  for (const { series, rejected } of decoded([
    { labels: up, samples, exemplars },
    { labels: up, exemplars },
  ])) {
    assert.deepEqual(
      series.map((one) => one.exemplars.map(({ at }) => at)),
      [[AT]],
    );
    assert.deepEqual([...rejected], [["exemplar", 1]]);
  }
});

test("samples past the limit of a request are counted and left out", () => {
  const samples = Array.from({ length: 5 }, (_none, i) => ({ at: AT + i, value: i }));
  for (const { series, rejected } of decoded([{ labels: up, samples }], { recordsPerRequest: 3 })) {
    assert.equal(series[0]?.samples.length, 3);
    assert.deepEqual([...rejected], [["records-limit", 2]]);
  }
});

test("a request of too many labels is refused whole", () => {
  const many: SentSeries[] = Array.from({ length: 50 }, () => ({ labels: up }));
  assert.throws(() => decoded(many, { valuesPerRequest: 99 }), /limit valuesPerRequest/);
});

const series = (content: MessageBytes): Uint8Array =>
  new MessageBytes().message(1, content.bytes).bytes;
const seriesV2 = (content: MessageBytes): MessageBytes =>
  new MessageBytes().text(4, "").message(5, content.bytes);
const nameless = (): MessageBytes =>
  new MessageBytes().text(4, "").text(4, "__name__").text(4, "up");

/** Bytes that are no message, and where the refusal points. */
const malformed: readonly (readonly [WriteMessage, Uint8Array, RegExp])[] = [
  [
    V1,
    Uint8Array.of(10, 5, 1),
    /^field 1 \(timeseries\) is 5 bytes long, but 1 are left, at byte 0$/,
  ],
  [
    V1,
    series(new MessageBytes().varint(2, 1)),
    /^timeseries\[0\]: field 2 \(samples\) has wire type 0, expected 2/,
  ],
  [
    V1,
    series(new MessageBytes().message(2, new MessageBytes().varint(1, 7).bytes)),
    /^timeseries\[0\]\.samples\[0\]: field 1 \(value\) has wire type 0, expected 1/,
  ],
  [
    V1,
    series(new MessageBytes().message(1, new MessageBytes().message(2, Uint8Array.of(255)).bytes)),
    /labels\[0\]: field 2 \(value\) is not valid UTF-8/,
  ],
  [
    V1,
    series(new MessageBytes().message(4, new MessageBytes().double(8, 1).bytes)),
    /histograms\[0\]: field 8 \(negative_spans\) has wire type 1/,
  ],
  [
    V2,
    new MessageBytes().text(4, "up").bytes,
    /field 4 \(symbols\) begins with a text, expected an empty one/,
  ],
  [
    V2,
    seriesV2(new MessageBytes().message(1, Uint8Array.of(128))).bytes,
    /timeseries\[0\]: field 1 \(labels_refs\) .*ends within a number/,
  ],
];
for (const [message, bytes, fault] of malformed) {
  test(`${message} of ${Buffer.from(bytes).toString("hex")}: ${fault.source}`, () => {
    assert.throws(() => decodeWrite(bytes, message, DEFAULT_LIMITS), {
      name: "InputError",
      kind: "remote-write",
      message: fault,
    });
  });
}

/** References that lead nowhere, or leave a name without its value. */
for (const refs of [[1, 3], [1], [1, 2, 1], [4_294_967_295, 2]]) {
  test(`a series with references ${refs.join(" ")} to three symbols is refused`, () => {
    const sample = new MessageBytes().double(1, 1).varint(2, AT);
    const content = new MessageBytes().packedVarints(1, refs).message(2, sample.bytes);
    const request = nameless().message(5, content.bytes);
    const { series: taken, rejected } = decodeWrite(request.bytes, V2, DEFAULT_LIMITS);
    assert.equal(taken.length, 0);
    assert.deepEqual([...rejected], [["symbol-missing", 1]]);
  });
}

test("numbers may come one by one instead of packed", () => {
  const sample = new MessageBytes().double(1, 4).varint(2, AT);
  const content = new MessageBytes().varint(1, 1).varint(1, 2).message(2, sample.bytes);
  const { series: taken } = decodeWrite(
    nameless().message(5, content.bytes).bytes,
    V2,
    DEFAULT_LIMITS,
  );
  assert.deepEqual(taken[0]?.labels, labels({ __name__: "up" }));
});

test("the other version's message is empty, as the specification reserves its fields", () => {
  const all: readonly SentSeries[] = [{ labels: up, samples: [{ at: AT, value: 1 }] }];
  for (const [bytes, message] of [
    [writeRequest(all), V2],
    [requestV2(all), V1],
  ] as const) {
    const { series: taken, metadata } = decodeWrite(bytes, message, DEFAULT_LIMITS);
    assert.deepEqual([taken, metadata], [[], []]);
  }
});

test("whatever the bytes are, they are read or refused", () => {
  const good = both.map(([message, encode]) => {
    const histograms = [{ at: AT, value: exponential, whole: true }];
    const exemplars = [{ labels: up, value: 1, at: AT }];
    const samples = [{ at: AT, value: 1 }];
    return [message, encode([{ labels: up, samples, histograms, exemplars }])] as const;
  });
  const change = fc.record({ at: fc.nat(), byte: fc.nat(255) });
  fc.assert(
    fc.property(
      fc.constantFrom(...good),
      fc.array(change, { maxLength: 4 }),
      ([message, bytes], changes) => {
        const changed = bytes.slice();
        for (const { at, byte } of changes) changed[at % changed.length] = byte;
        try {
          decodeWrite(changed, message, DEFAULT_LIMITS);
        } catch (error) {
          assert.ok(error instanceof InputError, String(error));
        }
      },
    ),
    { numRuns: 2000 },
  );
});
