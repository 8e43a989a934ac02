import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { isStale, setStale } from "../model/sample.ts";
import { decodeAlone } from "./samples.ts";
import {
  decodeSamples,
  SampleEncoder,
  STREAM_PADDING,
  wordsOf,
  XOR_SAMPLES,
} from "./xor-samples.ts";

const START = 1_700_000_000_000;

/** Any double at all: two words, so that payloads of NaN are among them. */
const words = fc.tuple(
  fc.oneof(fc.integer({ min: 0, max: 0xffffffff }), fc.constantFrom(0, 0x7ff00000, 0xfff80000)),
  fc.oneof(fc.integer({ min: 0, max: 0xffffffff }), fc.constantFrom(0, 1, 2)),
);
const gap = fc.oneof(
  fc.constant(15_000),
  fc.integer({ min: 14_900, max: 15_100 }),
  fc.integer({ min: 1, max: 2_000_000 }),
  fc.integer({ min: 1, max: 2 ** 45 }),
);
const samples = fc.array(fc.record({ words, gap, repeat: fc.boolean() }), { minLength: 1 });

test("every double and every time comes back, bit for bit", () => {
  const encoder = new SampleEncoder();
  fc.assert(
    fc.property(samples, fc.nat({ max: 3 }), (all, skipped) => {
      const times = new Float64Array(all.length + skipped);
      const values = new Float64Array(all.length + skipped);
      const given = wordsOf(values);
      let at = START;
      for (const [i, sample] of all.entries()) {
        const index = i + skipped;
        const before = sample.repeat && i > 0;
        at += sample.gap;
        times[index] = at;
        given[index * 2] = before ? (given[index * 2 - 2] ?? 0) : sample.words[0];
        given[index * 2 + 1] = before ? (given[index * 2 - 1] ?? 0) : sample.words[1];
      }
      const bytes = encoder.encode(times, values, skipped, times.length);
      const decoded = decodeAlone({
        from: times[skipped] ?? 0,
        count: all.length,
        encoding: XOR_SAMPLES,
        bytes,
      });
      assert.ok(decoded);
      assert.deepEqual(decoded.times, times.subarray(skipped));
      assert.deepEqual(wordsOf(decoded.values), given.subarray(skipped * 2));
    }),
    { numRuns: 1000 },
  );
});

test("what is no ordinary number stays what it is", () => {
  const values = Float64Array.of(
    0,
    -0,
    Infinity,
    -Infinity,
    NaN,
    5e-324,
    -1.7976931348623157e308,
    0,
  );
  setStale(values, 7);
  const times = Float64Array.from(values, (_value, i) => START + i);
  const bytes = new SampleEncoder().encode(times, values, 0, 8);
  const decoded = decodeAlone({ from: START, count: 8, encoding: XOR_SAMPLES, bytes })?.values;
  assert.ok(decoded);
  assert.deepEqual([...decoded].slice(0, 7), [...values].slice(0, 7));
  assert.ok(Object.is(decoded[1], -0));
  assert.deepEqual([isStale(decoded, 4), isStale(decoded, 7)], [false, true]);
});

test("a stream is decoded where it lies, into the place that is asked for", () => {
  const encoder = new SampleEncoder();
  const times = Float64Array.of(START, START + 10, START + 20);
  const stream = encoder.encode(times, Float64Array.of(1, 2, 3), 0, 3);
  const page = new Uint8Array(stream.length + 5 + STREAM_PADDING).fill(0xff);
  page.set(stream, 5);
  const into = { times: new Float64Array(5), values: new Float64Array(5) };
  const view = new DataView(page.buffer);
  decodeSamples({ view, offset: 5, from: START, count: 3 }, into.times, wordsOf(into.values), 1);
  assert.deepEqual([...into.values], [0, 1, 2, 3, 0]);
  assert.deepEqual([...into.times], [0, ...times, 0]);
});

/** What 120 samples are, a value for each, the most bytes that they may take. */
const sizes: readonly (readonly [string, (i: number) => number, number])[] = [
  // 8 bytes for the first value, 26 bits for the second time, 2 bits for each further sample.
  ["a constant", () => 5, 41],
  ["a counter that counts to three", (i) => Math.floor(i / 40), 50],
  ["a counter by ones", (i) => 1000 + i, 200],
  ["a wild change among small ones", (i) => (i === 1 ? Math.PI : 1000 + i), 220],
  ["noise", (i) => Math.sin(i * i), 1050],
];
for (const [name, value, most] of sizes) {
  test(`${name} takes at most ${most} bytes`, () => {
    const times = Float64Array.from({ length: 120 }, (_none, i) => START + i * 15_000);
    const values = Float64Array.from({ length: 120 }, (_none, i) => value(i));
    const { length } = new SampleEncoder().encode(times, values, 0, 120);
    assert.ok(length <= most, `${length} bytes`);
  });
}
