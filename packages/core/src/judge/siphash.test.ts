import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { fractionOf, KeyedHash, type Hash64, sipHash24, sipKey } from "./siphash.ts";

const KEY = "000102030405060708090a0b0c0d0e0f";

/** Bytes as the hash takes them. */
function wordsOf(bytes: readonly number[]): number[] {
  const words = Array.from({ length: (bytes.length >> 2) + 3 }, () => 0);
  for (const [i, byte] of bytes.entries())
    words[i >> 2] = (words[i >> 2] ?? 0) | (byte << ((i & 3) * 8));
  return words;
}

const hexOf = ({ low, high }: Hash64): string =>
  ((BigInt(high) << 32n) | BigInt(low)).toString(16).padStart(16, "0");

// The paper's example (15 bytes) and the first vectors of the authors' reference implementation:
// the hash of the bytes 0, 1, 2 … under the key 0, 1, 2 …
for (const [length, expected] of [
  [0, "726fdb47dd0e0e31"],
  [1, "74f839c593dc67fd"],
  [2, "0d6c8009d9a94f5a"],
  [3, "85676696d7fb7e2d"],
  [4, "cf2794e0277187b7"],
  [5, "18765564cd99a68d"],
  [6, "cbc9466e58fee3ce"],
  [7, "ab0200f58b01d137"],
  [8, "93f5f5799a932462"],
  [9, "9e0082df0ba9e4b0"],
  [10, "7a5dbbc594ddb9f3"],
  [11, "f4b32f46226bada7"],
  [12, "751e8fbc860ee5fb"],
  [13, "14ea5627c0843d90"],
  [14, "f723ca908e7af2ee"],
  [15, "a129ca6149be45e5"],
] as const) {
  test(`${length} bytes have the hash of the authors' vectors`, () => {
    const bytes = Array.from({ length }, (_, i) => i);
    assert.equal(hexOf(sipHash24(sipKey(KEY), wordsOf(bytes), length)), expected);
  });
}

/** The same hash by arbitrary-precision arithmetic, straight from its definition. */
function naive(key: readonly number[], message: readonly number[]): string {
  const little = (bytes: readonly number[]): bigint =>
    bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const wrap = (value: bigint): bigint => BigInt.asUintN(64, value);
  const turn = (value: bigint, bits: bigint): bigint =>
    wrap((value << bits) | (value >> (64n - bits)));
  const [k0, k1] = [little(key.slice(0, 8)), little(key.slice(8))];
  let v0 = k0 ^ 0x736f6d6570736575n;
  let v1 = k1 ^ 0x646f72616e646f6dn;
  let v2 = k0 ^ 0x6c7967656e657261n;
  let v3 = k1 ^ 0x7465646279746573n;
  const rounds = (count: number): void => {
    for (let i = 0; i < count; i++) {
      v0 = wrap(v0 + v1);
      v2 = wrap(v2 + v3);
      v1 = turn(v1, 13n) ^ v0;
      v3 = turn(v3, 16n) ^ v2;
      v0 = turn(v0, 32n);
      v2 = wrap(v2 + v1);
      v0 = wrap(v0 + v3);
      v1 = turn(v1, 17n) ^ v2;
      v3 = turn(v3, 21n) ^ v0;
      v2 = turn(v2, 32n);
    }
  };
  const padded = [...message];
  while (padded.length % 8 !== 7) padded.push(0);
  padded.push(message.length & 0xff);
  for (let at = 0; at < padded.length; at += 8) {
    const block = little(padded.slice(at, at + 8));
    v3 ^= block;
    rounds(2);
    v0 ^= block;
  }
  v2 ^= 0xffn;
  rounds(4);
  return (v0 ^ v1 ^ v2 ^ v3).toString(16).padStart(16, "0");
}

test("pairs of words compute what 64 bits would", () => {
  const key = fc.uint8Array({ minLength: 16, maxLength: 16 });
  const message = fc.uint8Array({ maxLength: 300 });
  fc.assert(
    fc.property(key, message, (keyBytes, bytes) => {
      const hex = [...keyBytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      const found = sipHash24(sipKey(hex), wordsOf([...bytes]), bytes.length);
      assert.equal(hexOf(found), naive([...keyBytes], [...bytes]));
    }),
  );
});

for (const key of ["", "00", KEY.toUpperCase(), `${KEY}00`, `${KEY.slice(2)}zz`]) {
  test(`"${key}" is no key`, () => assert.throws(() => new KeyedHash(key)));
}

test("lists of texts have hashes of their own", () => {
  const keyed = new KeyedHash(KEY);
  const lists = [
    [],
    [""],
    ["", ""],
    ["a"],
    ["a", ""],
    ["ab"],
    ["a", "b"],
    ["\0"],
    ["\ud800"],
    ["\ufffd"],
  ];
  const hashes = lists.map((parts) => hexOf(keyed.hash(...parts)));
  assert.equal(new Set(hashes).size, lists.length);
  const other = new KeyedHash(KEY.replace("00", "ff"));
  assert.notEqual(hexOf(other.hash("a")), hexOf(keyed.hash("a")));
});

test("a hash does not depend on what was hashed before", () => {
  const texts = fc.array(fc.string({ unit: "binary", maxLength: 900 }), { maxLength: 6 });
  const used = new KeyedHash(KEY);
  fc.assert(
    fc.property(texts, fc.string({ maxLength: 900 }), (parts, use) => {
      const fresh = new KeyedHash(KEY);
      const hashed = used.hash(...parts);
      assert.deepEqual(hashed, fresh.hash(...parts));
      const derived = new KeyedHash(KEY).derive(hashed, use);
      assert.deepEqual(used.derive(hashed, use), derived);
      assert.notDeepEqual(new KeyedHash(KEY).derive(hashed, `${use}.`), derived);
    }),
  );
});

test("fractions lie below 1", () => {
  const most = 2 ** 32 - 1;
  assert.equal(fractionOf({ low: 0, high: 0 }), 0);
  assert.equal(fractionOf({ low: most, high: most }), 1 - 2 ** -53);
  assert.equal(fractionOf({ low: 0, high: 2 ** 31 }), 0.5);
});
