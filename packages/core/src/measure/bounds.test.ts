import assert from "node:assert/strict";
import test from "node:test";
import { bucketOf, formatBound } from "./bounds.ts";

const written: readonly (readonly [number, string])[] = [
  [0.5, "0.5"],
  [1, "1"],
  [10, "10"],
  [67_108_864, "67108864"],
  [0, "0"],
  [-2.5, "-2.5"],
  [1e-7, "0.0000001"],
  [-1.25e-9, "-0.00000000125"],
  [1e21, "1000000000000000000000"],
  [1.5e22, "15000000000000000000000"],
  [Infinity, "+Inf"],
  [-Infinity, "-Inf"],
];
for (const [bound, text] of written) {
  test(`le of ${bound} is ${text}`, () => assert.equal(formatBound(bound), text));
}

test("a value falls into the first bucket that reaches it", () => {
  const cases: readonly (readonly [number, number])[] = [
    [-1, 0],
    [1, 0],
    [1.001, 1],
    [2, 1],
    [2.001, 2],
  ];
  for (const [value, bucket] of cases) assert.equal(bucketOf([1, 2], value), bucket);
});
