import assert from "node:assert/strict";
import test from "node:test";
import { RecordQueue } from "./record-queue.ts";

test("records wait in order, and leave from the front", () => {
  const queue = new RecordQueue();
  for (const record of ["a", "b", "c"]) queue.add(record);
  assert.deepEqual(queue.batch(), ["a", "b", "c"]);
  queue.add("d");
  queue.remove(3);
  assert.deepEqual(queue.batch(), ["d"]);
  assert.equal(queue.dropped, 0);
});

/** how many records · of which length · how many wait · in the first batch */
const sizes: readonly (readonly [number, number, number, number])[] = [
  [10_000, 10, 4096, 512],
  [100, 1_000_000, 16, 2],
  [3, 10_000_000, 1, 1],
  [1, 20_000_000, 0, 0],
];

for (const [count, length, waiting, first] of sizes) {
  test(`${count} records of ${length}: ${waiting} wait, the rest is counted`, () => {
    const queue = new RecordQueue();
    const record = "x".repeat(length);
    for (let n = 0; n < count; n += 1) queue.add(record);
    assert.equal(queue.size, waiting);
    assert.equal(queue.dropped, count - waiting);
    assert.equal(queue.batch().length, first);
    queue.remove(queue.size);
    // What was taken away makes room.
    queue.add("small");
    assert.equal(queue.size, 1);
  });
}
