import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { BestValues } from "./best-values.ts";
import { compareValues } from "./pick.ts";

const value = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(NaN, Infinity, -Infinity));

test("the best few are the first of all in order, at each step by itself", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(value, { maxLength: 12 }), { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 0, max: 6 }),
      fc.boolean(),
      (columns, width, most, descending) => {
        const best = new BestValues(columns.length, width, descending);
        for (const [step, values] of columns.entries()) {
          for (const [row, one] of values.entries()) best.offer(step, row, one);
        }
        for (const [step, values] of columns.entries()) {
          const sorted = [...values.keys()].toSorted((a, b) =>
            compareValues(values[a] ?? NaN, values[b] ?? NaN, descending),
          );
          assert.deepEqual([...best.at(step, most)], sorted.slice(0, Math.min(width, most)));
        }
      },
    ),
  );
});
