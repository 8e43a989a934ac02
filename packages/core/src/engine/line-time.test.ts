import assert from "node:assert/strict";
import test from "node:test";
import { DAY_MS, epochMs } from "../model/time.ts";
import { lineTime } from "./line-time.ts";

const NOON = Date.UTC(2026, 10, 2, 12);
const WEEK_MS = 7 * DAY_MS;

/** Offsets to noon in ms; `undefined` where there is no time. */
const cases: readonly (readonly [
  string,
  readonly number[],
  number | undefined,
  number[] | null,
])[] = [
  ["the first line's latest record", [5, 9, 7], undefined, [9, 7 + WEEK_MS]],
  ["a line that is earlier does not go back", [-5], 3, [3, 3 + WEEK_MS]],
  ["a later one moves time", [8, 4], 3, [8, 3 + WEEK_MS]],
  ["a week ahead is just possible", [WEEK_MS], 0, [WEEK_MS, WEEK_MS]],
  ["more than a week ahead is not", [WEEK_MS + 1, 2], 0, [2, WEEK_MS]],
  ["one wrong clock on the first line", [4e12, 1, 2], undefined, [2, 2 + WEEK_MS]],
  ["one in 1970 on the first line", [-NOON + 5, 1, 2], undefined, [2, 1 + WEEK_MS]],
  ["nothing usable on the first line", [-NOON], undefined, null],
  ["nothing at all on the first line", [], undefined, null],
  ["nothing at all later", [], 3, [3, 3 + WEEK_MS]],
];

for (const [name, offsets, before, expected] of cases) {
  test(name, () => {
    const at = (offset: number) => epochMs(NOON + offset);
    const time = lineTime(offsets.map(at), before === undefined ? undefined : at(before));
    const found = time === undefined ? null : [time.at - NOON, time.until - NOON];
    assert.deepEqual(found, expected);
  });
}
