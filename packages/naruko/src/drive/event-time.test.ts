import assert from "node:assert/strict";
import test from "node:test";
import { epochMs } from "@naruko/core/model/time";
import { EventTime } from "./event-time.ts";

type Step = { mono: number; wall: number; now: number; skew?: number };
const rows: readonly { name: string; last: number; steps: readonly Step[] }[] = [
  {
    name: "follows the monotonic clock",
    last: 0,
    steps: [
      { mono: 0, wall: 1000, now: 1000 },
      { mono: 500.7, wall: 1500, now: 1500 },
      { mono: 500.8, wall: 1501, now: 1500 },
    ],
  },
  {
    name: "a wall clock set back is skew, not time",
    last: 0,
    steps: [
      { mono: 0, wall: 100_000, now: 100_000 },
      { mono: 1000, wall: 41_000, now: 101_000, skew: 60_000 },
    ],
  },
  {
    name: "a leap forward is followed",
    last: 0,
    steps: [
      { mono: 0, wall: 1000, now: 1000 },
      { mono: 10, wall: 901_000, now: 901_000 },
      { mono: 20, wall: 901_010, now: 901_010 },
    ],
  },
  {
    name: "a restart on a clock that was set back goes on where it stopped",
    last: 50_000,
    steps: [
      { mono: 0, wall: 20_000, now: 50_000, skew: 30_000 },
      { mono: 10, wall: 20_010, now: 50_010, skew: 30_000 },
    ],
  },
];

for (const { name, last, steps } of rows) {
  test(name, () => {
    let mono = steps[0]?.mono ?? 0;
    let wall = steps[0]?.wall ?? 0;
    const clock = { wallMs: () => wall, monotonicMs: () => mono, after: () => () => undefined };
    const time = new EventTime(clock, epochMs(last));
    for (const step of steps) {
      ({ mono, wall } = step);
      assert.equal(time.now(), step.now);
      if (step.skew !== undefined) assert.equal(time.skewMs(), step.skew);
    }
  });
}
