import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { formatFloat, parseFloatText } from "./go-float.ts";

/** Value, and its shortest form by the verbs `g`, `f` and `e`: what Go prints. */
const written: readonly (readonly [number, string, string, string])[] = [
  [0, "0", "0", "0e+00"],
  [-0, "-0", "-0", "-0e+00"],
  [1, "1", "1", "1e+00"],
  [1.5, "1.5", "1.5", "1.5e+00"],
  [-2.5, "-2.5", "-2.5", "-2.5e+00"],
  [123456, "123456", "123456", "1.23456e+05"],
  [100_000, "100000", "100000", "1e+05"],
  [1_000_000, "1e+06", "1000000", "1e+06"],
  [1_234_567, "1.234567e+06", "1234567", "1.234567e+06"],
  [67_108_864, "6.7108864e+07", "67108864", "6.7108864e+07"],
  [0.0001, "0.0001", "0.0001", "1e-04"],
  [0.00001, "1e-05", "0.00001", "1e-05"],
  [1.25e-7, "1.25e-07", "0.000000125", "1.25e-07"],
  [1e20, "1e+20", "100000000000000000000", "1e+20"],
  [1e21, "1e+21", "1000000000000000000000", "1e+21"],
  [1.5e22, "1.5e+22", "15000000000000000000000", "1.5e+22"],
  [-1.5e300, "-1.5e+300", `-15${"0".repeat(299)}`, "-1.5e+300"],
  [5e-324, "5e-324", `0.${"0".repeat(323)}5`, "5e-324"],
  [Infinity, "+Inf", "+Inf", "+Inf"],
  [-Infinity, "-Inf", "-Inf", "-Inf"],
  [NaN, "NaN", "NaN", "NaN"],
];
for (const [value, general, decimal, scientific] of written) {
  test(`${general} is written as Go writes it`, () => {
    assert.equal(formatFloat(value, "g", -1), general);
    assert.equal(formatFloat(value, "f", -1), decimal);
    assert.equal(formatFloat(value, "e", -1), scientific);
  });
}

test("the shortest form of a number reads back as the same number", () => {
  fc.assert(
    fc.property(fc.double(), (value) => {
      for (const verb of ["e", "f", "g"] as const) {
        assert.equal(parseFloatText(formatFloat(value, verb, -1)), value);
      }
      if (Number.isFinite(value)) {
        assert.match(formatFloat(value, "f", -1), /^-?\d+(\.\d+)?$/);
        assert.equal(Number(formatFloat(value, "e", -1)), value);
      }
    }),
  );
});

for (const text of ["", " 1", "1 ", "0x1", "1e", "e1", ".", "+-1", "one", "1e400", "+nan", "1,5"]) {
  test(`"${text}" is no number`, () => assert.equal(parseFloatText(text), undefined));
}
