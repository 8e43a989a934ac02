// What is encoded here is read by the decoder of what others write.
import assert from "node:assert/strict";
import test from "node:test";
import { createRequire } from "node:module";
import * as fc from "fast-check";
import { labels, labelsFrom } from "@naruko/core/model/labels";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import { type NativeHistogram, setStale } from "@naruko/core/model/sample";
import { decodeWrite } from "@naruko/core/receive/remote-write/decode-write";
import { snappyDecompressed } from "@naruko/core/receive/remote-write/snappy";
import { encodeV1, encodeV2, type OutgoingSeries } from "./encode-write.ts";
import { snappyCompressed } from "./snappy-compressed.ts";

const count = fc.oneof(fc.integer({ min: 0, max: 2 ** 40 }), fc.constant(2.5));
const side = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 9 }), fc.array(count, { minLength: 1, maxLength: 3 })),
  { maxLength: 3 },
);
const histogram: fc.Arbitrary<NativeHistogram> = fc
  .record({
    counterReset: fc.constantFrom("unknown", "reset", "not-reset", "gauge"),
    schema: fc.integer({ min: -4, max: 8 }),
    zeroThreshold: fc.constantFrom(0, 0.001),
    zeroCount: count,
    sum: fc.double({ noNaN: true }),
    positive: side,
    negative: side,
  })
  .map(({ positive, negative, ...rest }) => {
    const buckets = [...positive, ...negative].flatMap(([, counts]) => counts);
    const total = buckets.reduce((sum, one) => sum + one, rest.zeroCount);
    return {
      ...rest,
      count: total,
      positiveSpans: positive.map(([offset, counts]) => ({ offset, length: counts.length })),
      positiveBuckets: positive.flatMap(([, counts]) => counts),
      negativeSpans: negative.map(([offset, counts]) => ({ offset, length: counts.length })),
      negativeBuckets: negative.flatMap(([, counts]) => counts),
      customBounds: [],
    };
  });

const value = fc.oneof(fc.double(), fc.constant("stale" as const), histogram);
const series: fc.Arbitrary<OutgoingSeries> = fc
  .tuple(
    fc.dictionary(
      fc.constantFrom("a", "b", "c d"),
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }),
      { noNullPrototype: true },
    ),
    fc.array(fc.tuple(fc.integer({ min: -5, max: 2 ** 42 }), value), {
      minLength: 1,
      maxLength: 4,
    }),
  )
  .map(([own, samples]) => {
    const sorted = samples.toSorted(([a], [b]) => a - b);
    const values = Float64Array.from(sorted, ([, one]) => (typeof one === "number" ? one : 0));
    for (const [i, [, one]] of sorted.entries()) if (one === "stale") setStale(values, i);
    return {
      labels: labelsFrom([["__name__", "m"], ...Object.entries(own)]),
      times: Float64Array.from(sorted, ([at]) => at),
      values,
      histograms: sorted.map(([, one]) => (typeof one === "object" ? one : undefined)),
    };
  });

/** As the decoder gives it, floats before histograms. */
function expected({ labels: own, times, values, histograms }: OutgoingSeries) {
  const all = [...times].map((at, i) => {
    const whole = new Uint32Array(values.buffer, values.byteOffset + i * 8, 2);
    const isEnd = whole[0] === 2 && whole[1] === 0x7ff00000;
    return { at, value: histograms?.[i] ?? (isEnd ? "stale" : values[i]) };
  });
  return { key: own.key, all };
}

test("what is encoded is what others read, in both versions", () => {
  fc.assert(
    fc.property(fc.array(series, { maxLength: 3 }), (list) => {
      for (const version of ["v1", "v2"] as const) {
        const bytes = version === "v1" ? encodeV1(list, []) : encodeV2(list, () => undefined);
        const message =
          version === "v1" ? "prometheus.WriteRequest" : "io.prometheus.write.v2.Request";
        const decoded = decodeWrite(bytes, message, DEFAULT_LIMITS);
        const read = decoded.series.map(({ labels: own, samples }) => ({
          key: own.key,
          all: samples.map((one) => ({ at: one.at, value: one.value })),
        }));
        const rank = (one: { at: number; value: unknown }): string =>
          `${typeof one.value === "object"} ${one.at}`;
        const sorted = (
          of: readonly { key: string; all: readonly { at: number; value: unknown }[] }[],
        ) =>
          of.map(({ key, all }) => ({
            key,
            all: all.toSorted((a, b) => (rank(a) < rank(b) ? -1 : Number(rank(a) > rank(b)))),
          }));
        assert.deepEqual(sorted(read), sorted(list.map(expected)));
      }
    }),
    { numRuns: 300 },
  );
});

test("metadata: of its own in the first version, with its series in the second", () => {
  const metadata = { name: "m", type: "counter", help: "h", unit: "u" } as const;
  const one = {
    labels: labels({ __name__: "m" }),
    times: Float64Array.of(1),
    values: Float64Array.of(2),
  };
  const v1 = decodeWrite(encodeV1([], [metadata]), "prometheus.WriteRequest", DEFAULT_LIMITS);
  assert.deepEqual(v1.metadata, [metadata]);
  const bytes = encodeV2([one], (name) => (name === "m" ? metadata : undefined));
  assert.deepEqual(decodeWrite(bytes, "io.prometheus.write.v2.Request", DEFAULT_LIMITS).metadata, [
    metadata,
  ]);
});

test("bodies are Snappy blocks", () => {
  const { uncompress } = createRequire(import.meta.url)("snappyjs") as {
    uncompress: (bytes: Uint8Array) => Uint8Array;
  };
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom("gen_ai", "client", "\0", "x".repeat(90)), { maxLength: 400 }),
      (parts) => {
        const bytes = Buffer.from(parts.join(""));
        const packed = snappyCompressed(bytes);
        assert.deepEqual(Buffer.from(uncompress(packed)), bytes);
        assert.deepEqual(Buffer.from(snappyDecompressed(packed)), bytes);
      },
    ),
  );
});
