import assert from "node:assert/strict";
import test from "node:test";
import { utf8Bytes } from "../model/text.ts";
import { xxhash64 } from "./xxhash64.ts";

// Lengths below and above each of the blocks that the hash works in: 4, 8 and 32 bytes. The values
// are those of the reference implementation (`xxhsum -H1`).
const hashes: readonly (readonly [string, bigint])[] = [
  ["", 0xef46db3751d8e999n],
  ["a", 0xd24ec4f1a98c6e5bn],
  ["asd", 0x631c37ce72a97393n],
  ["asdf", 0x415872f599cea71en],
  ["abc", 0x44bc2cf5ad770999n],
  ["Call me Ishmael. Some years ago--never mind how long precisely-", 0x02a2e85470d6fd96n],
];
for (const [text, hash] of hashes) {
  test(`the hash of ${JSON.stringify(text)}`, () => assert.equal(xxhash64(utf8Bytes(text)), hash));
}
