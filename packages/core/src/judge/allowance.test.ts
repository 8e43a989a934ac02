import assert from "node:assert/strict";
import test from "node:test";
import { DAY_MS, epochMs } from "../model/time.ts";
import { verdictsPerDay } from "./allowance.ts";

/** 2026-11-21: ten days of November are left. */
const DAY = 20_778;
const view = (dayUsd: number, monthUsd = dayUsd, reservedUsd = 0) => ({
  dayUsd,
  monthUsd,
  reservedUsd,
});

for (const [what, caps, spent, usd, hours, verdicts] of [
  ["no cap", {}, view(3), 0.01, 0, undefined],
  ["a judge that is free", { usdPerDay: 5 }, view(0), 0, 0, undefined],
  ["a day's cap", { usdPerDay: 5 }, view(0), 0.01, 0, 500],
  ["a month's cap", { usdPerMonth: 150 }, view(0, 50), 0.01, 0, 1000],
  ["the lower one", { usdPerDay: 5, usdPerMonth: 150 }, view(0, 50), 0.01, 0, 500],
  ["what was spent too fast", { usdPerDay: 5 }, view(4), 0.01, 12, 200],
  ["what was spent too slowly", { usdPerDay: 5 }, view(1), 0.01, 12, 500],
  ["what is under way", { usdPerDay: 5 }, view(3, 3, 1), 0.01, 12, 200],
  ["a cap that is used up", { usdPerDay: 5 }, view(5), 0.01, 12, 0],
  ["a month's that is used up", { usdPerMonth: 150 }, view(0, 151), 0.01, 0, 0],
  ["the last minutes of a day", { usdPerDay: 5 }, view(4.9), 0.01, 23.99, 240],
] as const) {
  test(`verdicts a day: ${what}`, () => {
    const at = epochMs(DAY * DAY_MS + hours * (DAY_MS / 24));
    const found = verdictsPerDay(caps, spent, usd, at);
    if (verdicts === undefined) assert.equal(found, undefined);
    else assert.ok(Math.abs((found ?? NaN) - verdicts) < 1e-6, String(found));
  });
}
