import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import type { ChunkRow } from "../model/engine-io.ts";
import { InputError } from "../model/input-error.ts";
import { labels } from "../model/labels.ts";
import {
  type CounterReset,
  isStale,
  type NativeHistogram,
  type SampleValue,
  STALE,
  type Stale,
} from "../model/sample.ts";
import type { Reader } from "../model/reader.ts";
import { type EpochMs, epochMs, MINUTE_MS } from "../model/time.ts";
import { checkChunk } from "./chunk-list.ts";
import { MIXED_SAMPLES } from "./mixed-samples.ts";
import { overlay } from "./overlay.ts";
import { Store } from "./store.ts";
import { XOR_SAMPLES } from "./xor-samples.ts";

const START = epochMs(1_700_000_000_000);
const FOREVER = epochMs(Number.MAX_SAFE_INTEGER);
const limits = { series: 100 };
const latency = labels({ __name__: "latency", job: "api" });

/** A counter of observations, by how far it has come. */
function histogram(fields: Partial<NativeHistogram> = {}): NativeHistogram {
  return {
    counterReset: "unknown",
    schema: 3,
    zeroThreshold: 1e-128,
    zeroCount: 1,
    count: 7,
    sum: 12.5,
    positiveSpans: [
      { offset: -2, length: 2 },
      { offset: 4, length: 1 },
    ],
    positiveBuckets: [1, 2, 1],
    negativeSpans: [{ offset: 0, length: 1 }],
    negativeBuckets: [2],
    customBounds: [],
    ...fields,
  };
}

const custom = histogram({
  schema: -53,
  zeroThreshold: 0,
  zeroCount: 0,
  count: 3,
  positiveSpans: [{ offset: 1, length: 2 }],
  positiveBuckets: [1, 2],
  negativeSpans: [],
  negativeBuckets: [],
  customBounds: [0.5, 1, 2.5],
});

/** A record whose objects have the usual prototype, as decoding makes them. */
function record<T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(model, { noNullPrototype: true });
}

const anyCount = fc.oneof(
  fc.nat(300),
  fc.nat({ max: 2 ** 53 }),
  fc.double({ noNaN: true, min: 0 }),
  fc.constantFrom(2 ** 52, 2 ** 52 - 1, -0, 0.1),
);
const anyBuckets = fc.array(fc.nat(5), { maxLength: 3 }).chain((lengths) =>
  record({
    spans: fc.tuple(
      ...lengths.map((length) => record({ offset: fc.integer(), length: fc.constant(length) })),
    ),
    buckets: fc.tuple(...lengths.flatMap((length) => Array.from({ length }, () => anyCount))),
  }),
);
const anyHistogram: fc.Arbitrary<NativeHistogram> = record({
  counterReset: fc.constantFrom<CounterReset[]>("unknown", "reset", "not-reset", "gauge"),
  schema: fc.integer({ min: -53, max: 8 }),
  zeroThreshold: fc.double(),
  zeroCount: anyCount,
  count: anyCount,
  sum: fc.double(),
  positive: anyBuckets,
  negative: anyBuckets,
  customBounds: fc.array(fc.double(), { maxLength: 3 }),
}).map(({ positive, negative, ...rest }) => ({
  ...rest,
  positiveSpans: positive.spans,
  positiveBuckets: positive.buckets,
  negativeSpans: negative.spans,
  negativeBuckets: negative.buckets,
}));
/** Histograms of one layout follow each other, as they do in truth; now and then one of another. */
const anyValues = fc.array(anyHistogram, { minLength: 1, maxLength: 3 }).chain((kinds) =>
  fc.array(
    fc.oneof(
      fc.double(),
      fc.constant(STALE),
      fc.constantFrom(...kinds),
      fc.tuple(fc.constantFrom(...kinds), fc.nat(100)).map(([kind, more]) => ({
        ...kind,
        count: kind.count + more,
        positiveBuckets: kind.positiveBuckets.map((count) => count + more),
      })),
    ),
    { minLength: 1, maxLength: 300 },
  ),
);

function filled(values: readonly (SampleValue | Stale)[]): Store {
  const store = new Store(limits);
  for (const [i, value] of values.entries()) {
    assert.equal(store.append(latency, epochMs(START + i * MINUTE_MS), value), "appended");
  }
  return store;
}

function held(reader: Reader): readonly (SampleValue | Stale)[] {
  return reader
    .select([], epochMs(0), FOREVER)
    .flatMap(({ values, histograms }) =>
      Array.from(values, (value, i) => histograms?.[i] ?? (isStale(values, i) ? STALE : value)),
    );
}

test("whatever a series holds comes back: open, sealed, saved, adopted and laid over", () => {
  fc.assert(
    fc.property(anyValues, (values) => {
      const store = filled(values);
      assert.deepEqual(held(store.snapshot()), values);
      const rows = store.takeSealed();
      const other = Store.load(store.save(), limits);
      for (const row of rows) assert.equal(other.adoptChunk(row), "adopted");
      assert.deepEqual(held(other.snapshot()), values);
      const past = overlay(new Store(limits).snapshot(), rows);
      const sealed = rows.reduce((sum, { count }) => sum + count, 0);
      assert.deepEqual(held(past), values.slice(0, sealed));
      // What is there lies over the loaded: nothing is twice, and nothing is missing.
      assert.deepEqual(held(overlay(store.snapshot(), rows)), values);
    }),
    { numRuns: 200 },
  );
});

test("a range gives histograms only where it has some", () => {
  const values: (SampleValue | Stale)[] = [1, histogram(), 2, STALE, custom, 3];
  const reader = filled(values).snapshot();
  const minutes = (from: number, to: number): readonly unknown[] =>
    reader
      .select([], epochMs(START + from * MINUTE_MS), epochMs(START + to * MINUTE_MS))
      .map(({ histograms }) => histograms);
  assert.deepEqual(minutes(-1, 0), [undefined]);
  assert.deepEqual(minutes(-1, 1), [[undefined, histogram()]]);
  assert.deepEqual(minutes(1, 3), [undefined]);
  assert.deepEqual(minutes(2, 5), [[undefined, custom, undefined]]);
});

test("late histograms find their place, repeats are told from others, snapshots stay", () => {
  const store = new Store(limits);
  const at = (minutes: number): EpochMs => epochMs(START + minutes * MINUTE_MS);
  assert.equal(store.append(latency, at(0), 1), "appended");
  assert.equal(store.append(latency, at(3), histogram()), "appended");
  const before = store.snapshot();
  assert.equal(store.append(latency, at(1), custom), "late");
  assert.equal(store.append(latency, at(2), 2), "late");
  assert.equal(store.append(latency, at(1), { ...custom }), "repeat");
  assert.equal(store.append(latency, at(1), { ...custom, count: 4 }), "duplicate");
  assert.equal(store.append(latency, at(1), { ...custom, sum: 4 }), "duplicate");
  assert.equal(store.append(latency, at(1), { ...custom, counterReset: "reset" }), "duplicate");
  assert.equal(store.append(latency, at(3), histogram().sum), "duplicate");
  assert.equal(store.append(latency, at(2), custom), "duplicate");
  assert.deepEqual(held(store.snapshot()), [1, custom, 2, histogram()]);
  assert.deepEqual(held(before), [1, histogram()]);
});

test("a histogram whose sum carries the stale marker's payload is none", () => {
  const payload = new DataView(new ArrayBuffer(8));
  payload.setUint32(0, 0x7ff00000);
  payload.setUint32(4, 2);
  const store = filled([histogram({ sum: payload.getFloat64(0) })]);
  const [slice] = store.snapshot().select([], epochMs(0), FOREVER);
  assert.equal(slice && isStale(slice.values, 0), false);
});

/** Two hours of a service that answers some 40 requests a second, in 60 buckets. */
function busy(fraction: number): readonly NativeHistogram[] {
  const counts = Array.from({ length: 60 }, () => 0);
  return Array.from({ length: 480 }, (_none, i) => {
    for (const b of counts.keys()) {
      counts[b] = (counts[b] ?? 0) + Math.floor(40 * Math.exp(-(((b - 30) / 8) ** 2))) + fraction;
    }
    const count = counts.reduce((sum, one) => sum + one, 0);
    const positiveSpans = [{ offset: 5, length: 60 }];
    const positiveBuckets = [...counts];
    return histogram({ positiveSpans, positiveBuckets, count, sum: i * 0.37 });
  });
}

test("a whole count takes a byte or less while the layout stays", () => {
  for (const [fraction, bytesMax] of [
    [0, 60],
    [0.1, 60 * 8],
  ] as const) {
    const rows = filled(busy(fraction)).takeSealed();
    const bytes = rows.reduce((sum, row) => sum + row.bytes.length, 0);
    const count = rows.reduce((sum, row) => sum + row.count, 0);
    assert.ok(count > 300 && bytes / count < bytesMax, `${bytes / count} bytes a sample`);
  }
});

test("numbers alone stay in the encoding of numbers, whatever comes before or behind", () => {
  const numbers = Array.from({ length: 400 }, (_none, i) => i);
  const after = filled([...busy(0), ...numbers]).takeSealed();
  assert.deepEqual([...new Set(after.map((row) => row.encoding))], [MIXED_SAMPLES, XOR_SAMPLES]);
  for (let length = 100; length < 145; length++) {
    const [row] = filled([...numbers.slice(0, length), ...busy(0)]).takeSealed();
    assert.ok(row);
    assert.equal(row.encoding, row.count <= length ? XOR_SAMPLES : MIXED_SAMPLES);
  }
});

test("the bytes of a chunk are the format's", () => {
  const values: readonly (SampleValue | Stale)[] = [
    1,
    histogram(),
    histogram({ counterReset: "reset", count: 9, positiveBuckets: [1, 4, 1], sum: 13 }),
    histogram({ counterReset: "gauge", count: 9.5, positiveBuckets: [1, 4.5, 1], sum: 13 }),
    STALE,
  ];
  const store = filled(values);
  store.sealIdle(FOREVER);
  const [row] = store.takeSealed();
  const parts = [
    // The stream, with the sums: 27 bytes.
    "3ff0000000000000e0ea60c27ffd96e0b18bdff680000000000080",
    // A number, three histograms, a stale marker.
    "010301",
    // A new layout: schema 3, the zero threshold, two spans and one, no bounds; seven counts.
    "01 06 255bba08cf8c979d 02 0302 0801 01 0001 00 02 02 04 02 04 0e",
    // A reset: twice two counts that stay, and two that grow by 2.
    "04 0001 04 0001 04",
    // A gauge with fractions: two doubles of which the second byte changes.
    "0e 00 00 1102 00 00 1101",
    "0000001b",
  ];
  const hex = parts.join("").replaceAll(" ", "");
  assert.equal(Buffer.from(row?.bytes ?? []).toString("hex"), hex);
});

test("a run of more samples than there are is refused", () => {
  const store = filled([1, histogram()]);
  store.sealIdle(FOREVER);
  const [row] = store.takeSealed();
  assert.ok(row);
  const [, , , streamLength = 0] = row.bytes.slice(-4);
  assert.deepEqual(row.bytes.slice(streamLength, streamLength + 2), Uint8Array.of(1, 1));
  for (const [offset, run] of [
    [0, 3],
    [1, 2],
    [1, 0],
  ] as const) {
    const bytes = row.bytes.with(streamLength + offset, run);
    assert.throws(
      () => {
        checkChunk({ ...row, bytes });
      },
      { name: "InputError", kind: "snapshot" },
    );
  }
});

test("open histograms count as what they take", () => {
  const [histograms, numbers] = [
    filled(busy(0).slice(0, 50)),
    filled(
      busy(0)
        .slice(0, 50)
        .map((_one, i) => i),
    ),
  ];
  assert.ok(histograms.stats().bytes > numbers.stats().bytes + 50 * 60 * 8);
});

test("histograms of one layout share it in memory", () => {
  const store = filled(busy(0));
  const [slice] = store.snapshot().select([], epochMs(0), FOREVER);
  const spans = new Set(slice?.histograms?.map((one) => one?.positiveSpans));
  // One for the open samples, and one for each sealed chunk.
  assert.equal(spans.size, store.takeSealed().length + 1);
});

test("a chunk with a damaged byte is refused or read, and never crashes otherwise", () => {
  const [row] = filled([...busy(0), ...busy(0.1)]).takeSealed();
  assert.ok(row);
  let refused = 0;
  for (let i = 0; i < row.bytes.length; i++) {
    for (const byte of [0, 0x7f, 0xff]) {
      try {
        checkChunk({ ...row, bytes: row.bytes.with(i, byte) });
      } catch (error) {
        assert.ok(error instanceof InputError, String(error));
        refused++;
      }
    }
  }
  assert.ok(refused > 100, String(refused));
});

test("a chunk that is cut off is refused", () => {
  const values: ChunkRow[] = [...filled(busy(0)).takeSealed()];
  for (const row of values) {
    for (const length of [0, 3, 4, 12, row.bytes.length - 1]) {
      const cut = { ...row, bytes: row.bytes.slice(0, length) };
      assert.throws(
        () => {
          checkChunk(cut);
        },
        { name: "InputError", kind: "snapshot" },
      );
    }
  }
});
