import assert from "node:assert/strict";
import test from "node:test";
import { durationParam, limitParam, readDuration, readTime, timeParam } from "./api-params.ts";

for (const [text, expected] of [
  ["1435781451.781", 1_435_781_451_781],
  ["0", 0],
  ["-1.5", -1500],
  ["1e3", 1_000_000],
  ["2026-11-02T10:04:00Z", 1_793_613_840_000],
  ["2026-11-02T10:04:00.5+01:00", 1_793_610_240_500],
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
  ["-5", undefined],
  ["5x", undefined],
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
