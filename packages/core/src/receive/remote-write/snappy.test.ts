import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { snappyDecompressed, snappyLength } from "./snappy.ts";

const ascii = (text: string): number[] => Array.from(text, (char) => char.charCodeAt(0));

/** Elements of the format, and what they make of what is there. */
const element = fc.oneof(
  fc.record({
    kind: fc.constant("literal" as const),
    bytes: fc.array(fc.nat(255), { minLength: 1, maxLength: 80 }),
    extra: fc.integer({ min: 0, max: 4 }),
  }),
  fc.record({
    kind: fc.constant("copy" as const),
    back: fc.nat(),
    length: fc.integer({ min: 1, max: 64 }),
    wide: fc.boolean(),
  }),
);

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
}

test("every kind of element gives what the format says", () => {
  fc.assert(
    fc.property(fc.array(element, { maxLength: 60 }), (elements) => {
      const stream: number[] = [];
      const expected: number[] = [];
      for (const one of elements) {
        if (one.kind === "literal") {
          const length = one.bytes.length - 1;
          const extra = length < 60 ? one.extra : Math.max(1, one.extra);
          if (extra === 0) stream.push(length << 2);
          else stream.push((59 + extra) << 2, length, ...[0, 0, 0].slice(0, extra - 1));
          stream.push(...one.bytes);
          expected.push(...one.bytes);
          continue;
        }
        if (expected.length === 0) continue;
        const offset = 1 + (one.back % Math.min(65_535, expected.length));
        if (one.length >= 4 && one.length < 12 && offset < 2048 && !one.wide) {
          stream.push(1 | ((one.length - 4) << 2) | ((offset >>> 8) << 5), offset & 255);
        } else {
          stream.push((one.wide ? 3 : 2) | ((one.length - 1) << 2), offset & 255, offset >>> 8);
          if (one.wide) stream.push(0, 0);
        }
        for (let i = 0; i < one.length; i++) expected.push(expected.at(-offset) ?? 0);
      }
      const block = Uint8Array.from([...varint(expected.length), ...stream]);
      assert.equal(snappyLength(block), expected.length);
      assert.deepEqual(snappyDecompressed(block), Uint8Array.from(expected));
    }),
    { numRuns: 500 },
  );
});

test("a long copy that does not overlap is whole", () => {
  const text = ascii("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
  const block = Uint8Array.of(104, 51 << 2, ...text, (51 << 2) | 2, 52, 0);
  assert.deepEqual([...snappyDecompressed(block)], [...text, ...text]);
});

/** What is no block, and what is said. */
const faults: readonly (readonly [readonly number[], RegExp])[] = [
  [[], /begin with a length/],
  [[255, 255, 255, 255], /begin with a length/],
  [[255, 255, 255, 255, 127, 0], /begin with a length/],
  [[1], /1 bytes were declared, 0 are there/],
  [[0, 0, 65], /a literal of 1 bytes does not fit/],
  [[2, 4, 65], /a literal of 2 bytes does not fit/],
  [[1, 60 << 2], /byte 2: an element ends too early/],
  [[1, 63 << 2, 0, 0, 0], /ends too early/],
  // A length that a signed number would take for one below zero.
  [[1, 63 << 2, 0xfa, 255, 255, 255, 0, 0, 0, 0], /a literal of 4294967291 bytes does not fit/],
  [[8, 0, 65, 1], /ends too early/],
  [[8, 0, 65, 2, 1], /ends too early/],
  [[8, 0, 65, 3, 1, 0, 0], /ends too early/],
  [[8, 0, 65, 1, 0], /a copy of 4 bytes from 0 before/],
  [[8, 0, 65, 1, 2], /a copy of 4 bytes from 2 before/],
  [[8, 0, 65, 3, 255, 255, 255, 255], /from 4294967295 before/],
  [[4, 0, 65, 1, 1], /a copy of 4 bytes from 1 before does not fit/],
  [[9, 0, 65, 1, 1], /9 bytes were declared, 5 are there/],
];
for (const [bytes, message] of faults) {
  test(`${bytes.join(" ")} is refused: ${message.source}`, () => {
    assert.throws(() => snappyDecompressed(Uint8Array.from(bytes)), {
      name: "InputError",
      kind: "remote-write",
      message,
    });
  });
}

test("the declared length is known before anything is decompressed", () => {
  assert.equal(snappyLength(Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x04)), 2 ** 30);
  assert.equal(snappyLength(Uint8Array.of(0x80)), undefined);
});
