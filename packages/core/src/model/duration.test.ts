import assert from "node:assert/strict";
import test from "node:test";
import { formatDuration, parseDuration } from "./duration.ts";

const readable: readonly (readonly [string, number, string])[] = [
  ["0", 0, "0s"],
  ["15s", 15_000, "15s"],
  ["1h30m", 5_400_000, "1h30m"],
  ["250ms", 250, "250ms"],
  ["90m", 5_400_000, "1h30m"],
  ["1d", 86_400_000, "1d"],
  ["25h", 90_000_000, "25h"],
  ["14d", 1_209_600_000, "2w"],
  ["1y", 31_536_000_000, "1y"],
  ["292y", 9_208_512_000_000, "292y"],
];
for (const [text, ms, written] of readable) {
  test(`${text} is ${ms} ms`, () => {
    assert.equal(parseDuration(text), ms);
    assert.equal(formatDuration(ms), written);
  });
}

for (const text of [
  "",
  "5",
  "m",
  "5x",
  "30m1h",
  "1h1h",
  "-5m",
  "1.5h",
  " 5m",
  "99999999999999y",
  "293y",
]) {
  test(`"${text}" is no duration`, () => assert.equal(parseDuration(text), undefined));
}
