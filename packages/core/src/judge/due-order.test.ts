import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { DueOrder } from "./due-order.ts";

test("what is due comes out, the earliest first, and nothing else", () => {
  const aStep = fc.record({ add: fc.array(fc.nat(50), { maxLength: 8 }), at: fc.nat(50) });
  fc.assert(
    fc.property(fc.array(aStep, { maxLength: 20 }), (steps) => {
      const order = new DueOrder();
      let held: number[] = [];
      for (const { add, at } of steps) {
        for (const dueAt of add) order.add(`due ${dueAt}`, dueAt);
        held.push(...add);
        const taken: number[] = [];
        for (let one = order.take(at); one !== undefined; one = order.take(at)) {
          assert.equal(one.id, `due ${one.dueAt}`);
          taken.push(one.dueAt);
        }
        const due = held.filter((dueAt) => dueAt <= at);
        assert.deepEqual(
          taken,
          due.toSorted((a, b) => a - b),
        );
        held = held.filter((dueAt) => dueAt > at);
      }
      order.clear();
      assert.equal(order.take(Infinity), undefined);
    }),
  );
});
