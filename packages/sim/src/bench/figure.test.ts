import assert from "node:assert/strict";
import test from "node:test";
import { median, quantile, shown, verdict, type Aim } from "./figure.ts";

test("the median stands in the middle, or between the two there", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.ok(Number.isNaN(median([])));
});

test("a quantile is a value that was measured", () => {
  const sorted = Array.from({ length: 100 }, (_, n) => n + 1);
  assert.equal(quantile(sorted, 0.5), 50);
  assert.equal(quantile(sorted, 0.99), 99);
  assert.equal(quantile(sorted, 1), 100);
  assert.ok(Number.isNaN(quantile([], 0.5)));
});

const rows: readonly (readonly [Aim | undefined, number, string])[] = [
  [undefined, 1, ""],
  [{ atMost: 50 }, 50, "met"],
  [{ atMost: 50 }, 50.1, "MISSED"],
  [{ atLeast: 40, floor: 20 }, 40, "met"],
  [{ atLeast: 40, floor: 20 }, 39, "MISSED (floor met)"],
  [{ atLeast: 40, floor: 20 }, 19, "MISSED (floor too)"],
  [{ atMost: 50 }, Number.NaN, "MISSED"],
];
for (const [aim, value, expected] of rows) {
  test(`${JSON.stringify(aim)} with ${value} is "${expected}"`, () => {
    const figure = { bench: "b", what: "w", unit: "u", values: [value] };
    assert.equal(verdict(aim === undefined ? figure : { ...figure, aim }), expected);
  });
}

test("numbers are shown with the digits that matter", () => {
  assert.deepEqual([1234.5, 12.34, 1.234].map(shown), ["1,235", "12.3", "1.23"]);
});
