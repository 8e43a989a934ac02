import assert from "node:assert/strict";
import test from "node:test";
import {
  durationParam,
  flagParam,
  limitParam,
  readDuration,
  readTime,
  timeParam,
} from "./api-params.ts";

for (const [text, expected] of [
  ["1435781451.781", 1_435_781_451_781],
  ["0", 0],
  ["-1.5", -1500],
  ["1e3", 1_000_000],
  ["2026-11-02T10:04:00Z", 1_793_613_840_000],
  ["2026-11-02T10:04:00.5+01:00", 1_793_610_240_500],
  ["1_000", 1_000_000],
  ["2026-11-02T10:04:00,5Z", 1_793_613_840_500],
  ["2028-02-29T00:00:00Z", 1_835_395_200_000],
  ["2026-02-29T00:00:00Z", undefined],
  ["2026-13-02T00:00:00Z", undefined],
  ["2026-11-02T24:00:00Z", undefined],
  ["2026-11-02T10:04:00+24:00", undefined],
  ["2026-11-02t10:04:00z", undefined],
  ["2026-11-02T10:04:00", undefined],
  ["2026-11-02", undefined],
  ["now", undefined],
  ["", undefined],
  ["NaN", undefined],
  ["1e300", undefined],
] as const) {
  test(`time ${text}`, () => assert.equal(readTime(text), expected));
}

for (const [text, expected] of [
  ["15", 15_000],
  ["0.5", 500],
  ["5m", 300_000],
  ["1h30m", 5_400_000],
  ["-5", -5000],
  ["+.5e1", 5000],
  ["1e-9", 0],
  ["5x", undefined],
  ["-5m", undefined],
  ["NaN", undefined],
  ["Inf", undefined],
  ["1e10", undefined],
  ["293y", undefined],
] as const) {
  test(`duration ${text}`, () => assert.equal(readDuration(text), expected));
}

test("a missing time is an error unless it has a fallback", () => {
  assert.throws(() => timeParam(new URLSearchParams(), "start"), /missing parameter "start"/);
  assert.throws(() => timeParam(new URLSearchParams("start=x"), "start"), /cannot parse "x"/);
  assert.throws(() => durationParam(new URLSearchParams("step=x"), "step"), /valid duration/);
});

test("a limit is a whole number, and 0 is none", () => {
  assert.equal(limitParam(new URLSearchParams("limit=5")), 5);
  assert.equal(limitParam(new URLSearchParams("limit=0")), Infinity);
  assert.equal(limitParam(new URLSearchParams()), Infinity);
  assert.throws(() => limitParam(new URLSearchParams("limit=-1")), /whole number/);
});

for (const [text, expected] of [
  ["", false],
  ["x=", false],
  ["x=1", true],
  ["x=True", true],
  ["x=f", false],
  ["x=yes", undefined],
  ["x=tRUE", undefined],
] as const) {
  test(`flag ${text}`, () => {
    const read = (): boolean => flagParam(new URLSearchParams(text), "x");
    if (expected === undefined)
      assert.throws(read, /invalid parameter "x": expected true or false/);
    else assert.equal(read(), expected);
  });
}
