import assert from "node:assert/strict";
import test from "node:test";
import { RecordQueue } from "./record-queue.ts";

function batchOf(queue: RecordQueue): readonly [number, string] {
  const { count, json } = queue.batch();
  return [count, Buffer.from(json).toString()];
}

test("records wait in order, and leave from the front", () => {
  const queue = new RecordQueue();
  assert.deepEqual(batchOf(queue), [0, ""]);
  for (const record of ["a", "鳴子", "c"]) queue.add(record);
  assert.deepEqual(batchOf(queue), [3, "a,鳴子,c"]);
  queue.add("d");
  queue.remove(3);
  assert.deepEqual(batchOf(queue), [1, "d"]);
  queue.remove(2);
  assert.deepEqual(batchOf(queue), [0, ""]);
  assert.equal(queue.dropped, 0);
});

test("what moves while others leave stays whole", () => {
  const queue = new RecordQueue();
  const records = Array.from({ length: 3000 }, (_, n) => `${n}${"子".repeat(n % 400)}`);
  for (const record of records) queue.add(record);
  const left: string[] = [];
  while (queue.size > 0) {
    const [count, json] = batchOf(queue);
    queue.remove(count);
    left.push(...json.split(","));
  }
  assert.deepEqual(left, records);
});

/** how many records · of which length · how many wait · in the first batch */
const sizes: readonly (readonly [number, number, number, number])[] = [
  [10_000, 10, 4096, 512],
  [100, 1_000_000, 16, 2],
  [40, 2_097_151, 8, 1],
  [40, 2_097_152, 7, 1],
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
    assert.equal(queue.batch().count, first);
    queue.remove(queue.size);
    // What was taken away makes room.
    queue.add("small");
    assert.equal(queue.size, 1);
  });
}
