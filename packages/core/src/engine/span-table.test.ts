import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { InputError } from "../model/input-error.ts";
import { SpanTable, spanKey } from "./span-table.ts";

const key = (n: number): ReturnType<typeof spanKey> => spanKey("a".repeat(32), n.toString(16));
const note = (seenS: number, n = 0): { seenS: number; first: number; second: number } => ({
  seenS,
  first: n,
  second: n,
});

test("a table remembers what a Map would, saved and loaded as well", () => {
  const steps = fc.array(fc.record({ n: fc.nat(300), seenS: fc.nat(50) }), { maxLength: 400 });
  fc.assert(
    fc.property(steps, fc.nat(50), (sets, sweepS) => {
      let table = new SpanTable(1000);
      const twin = new Map<number, ReturnType<typeof note>>();
      for (const { n, seenS } of sets) {
        table.set(key(n), note(seenS, n));
        twin.set(n, note(seenS, n));
      }
      table.sweep(sweepS);
      table = SpanTable.load(table.save(), 1000);
      const kept = [...twin].filter(([, { seenS }]) => seenS >= sweepS);
      assert.equal(table.size, kept.length);
      for (const n of twin.keys()) {
        const known = new Map(kept).get(n);
        assert.deepEqual(table.get(key(n)), known);
      }
    }),
  );
});

test("a large table is swept in parts, all of it in as many sweeps as it has", () => {
  const table = new SpanTable(400_000);
  assert.equal(table.sweeps, 8);
  for (let n = 0; n < 10_000; n++) table.set(key(n), note(n < 5000 ? 10 : 20));
  table.sweep(15);
  assert.ok(table.size > 8000 && table.size < 9800, `${table.size} after one`);
  for (let i = 1; i < table.sweeps; i++) table.sweep(15);
  assert.equal(table.size, 5000);
  assert.equal(table.get(key(4999)), undefined);
  assert.deepEqual(table.get(key(5000)), note(20));
  assert.equal(table.forgottenEarly, 0);
});

const full: readonly (readonly [string, readonly number[], kept: readonly number[]])[] = [
  ["the older half of the time goes", [1, 2, 3, 4, 5], [3, 4, 5]],
  ["however many that are", [1, 1, 1, 5, 6], [5, 6]],
  ["all of one second", [7, 7, 7, 7, 8], [8]],
  ["a late one makes room by the newest of the others", [3, 4, 5, 6, 2], [5, 6, 2]],
];
for (const [name, seen, kept] of full) {
  test(`at the limit ${name}`, () => {
    const table = new SpanTable(4);
    for (const [n, seenS] of seen.entries()) table.set(key(n), note(seenS));
    const left = seen.flatMap((_, n) => table.get(key(n))?.seenS ?? []);
    assert.deepEqual(left, kept);
    assert.equal(table.size, kept.length);
    assert.equal(table.forgottenEarly, seen.length - kept.length);
  });
}

test("loading under a smaller limit forgets the oldest", () => {
  const table = new SpanTable(100);
  for (let n = 0; n < 100; n++) table.set(key(n), note(n));
  const small = SpanTable.load(table.save(), 10);
  assert.ok(small.size <= 10 && small.size > 0);
  assert.throws(() => SpanTable.load(new Uint32Array(4), 10), InputError);
});
