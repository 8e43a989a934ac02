import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { maxOf, minOf } from "./reductions.ts";
import { slidingExtreme } from "./sliding-extremes.ts";
import { NO_LABELS } from "../model/labels.ts";

const value = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(NaN, Infinity, -Infinity, -0),
);
const KINDS = [
  [slidingExtreme((a, b) => a < b), minOf],
  [slidingExtreme((a, b) => a > b), maxOf],
] as const;

test("every window has the extreme that looking at all of it gives", () => {
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 40 }),
      fc.array(fc.tuple(fc.nat(6), fc.nat(6)), { minLength: 1, maxLength: 30 }),
      (list, moves) => {
        const values = Float64Array.from(list);
        const times = values.map((_, i) => i);
        for (const [prepare, naive] of KINDS) {
          const ask = prepare({ labels: NO_LABELS, times, values, start: 0, end: values.length });
          let [lo, hi] = [0, 0];
          for (const [byLo, byHi] of moves) {
            hi = Math.min(values.length, hi + byHi);
            lo = Math.min(hi, lo + byLo);
            if (lo === hi) continue;
            const window = { lo, hi, fromMs: lo - 1, toMs: hi - 1, atMs: hi - 1, step: 0 };
            assert.ok(Object.is(ask(window), naive(values, lo, hi)));
          }
        }
      },
    ),
  );
});
