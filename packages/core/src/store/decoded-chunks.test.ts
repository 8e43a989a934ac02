import assert from "node:assert/strict";
import test from "node:test";
import { epochMs } from "../model/time.ts";
import { ChunkList, ChunkPages } from "./chunk-list.ts";
import { decoded } from "./chunk-samples.ts";
import { decodedChunks } from "./decoded-chunks.ts";
import { SampleEncoder, XOR_SAMPLES } from "./xor-samples.ts";

test("more chunks than are kept come back right, in any order", () => {
  const pages = new ChunkPages();
  const encoder = new SampleEncoder();
  const list = new ChunkList();
  for (let n = 0; n < 10_000; n++) {
    const times = Float64Array.of(n * 10, n * 10 + 5);
    const bytes = encoder.encode(times, Float64Array.of(n, -n), 0, 2);
    const [from, to] = [epochMs(n * 10), epochMs(n * 10 + 5)];
    list.push(from, to, pages.write({ from, to, count: 2, encoding: XOR_SAMPLES, bytes }));
  }
  for (let pass = 0; pass < 3; pass++) {
    for (let n = 0; n < list.length; n++) {
      const index = (n * 7919) % list.length;
      assert.deepEqual(decodedChunks.of(list, index), decoded(list, index));
    }
  }
  const [first, again] = [decodedChunks.of(list, 5), decodedChunks.of(list, 5)];
  assert.equal(first, again);
});
