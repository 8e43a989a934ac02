import assert from "node:assert/strict";
import test from "node:test";
import { Random } from "./random.ts";

function draws(random: Random): number[] {
  return Array.from({ length: 1000 }, () => random.next());
}

test("equal seeds give equal draws; another seed or stream gives others", () => {
  const first = draws(new Random(7, "a"));
  assert.deepEqual(draws(new Random(7, "a")), first);
  for (const other of [new Random(8, "a"), new Random(7, "b"), new Random(7 + 2 ** 32, "a")]) {
    const same = draws(other).filter((draw, i) => draw === first[i]);
    assert.equal(same.length, 0);
  }
});

test("draws fill [0, 1) evenly, and those made from them their own ranges", () => {
  const random = new Random(1);
  const tenths = new Set(draws(random).map((draw) => Math.floor(draw * 10)));
  assert.deepEqual(
    [...tenths].toSorted((a, b) => a - b),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
  for (let i = 0; i < 1000; i++) {
    assert.ok([0, 1, 2].includes(random.int(3)));
    const between = random.between(5, 6);
    assert.ok(between >= 5 && between < 6);
    assert.match(random.hex(16), /^[0-9a-f]{15}[1-9a-f]$/);
  }
  const waits = Array.from({ length: 20_000 }, () => random.exponential(10));
  const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
  assert.ok(Math.abs(mean - 10) < 0.5);
});
