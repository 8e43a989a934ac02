import assert from "node:assert/strict";
import test from "node:test";
import { simulate } from "./simulate.ts";

/** Hours of the simulated world. What a seed found first is said; together they die in every way. */
const SEEDS: readonly (readonly [seed: number, days: number, found: string])[] = [
  [2, 0.06, "an end whose answer was lost, and the alert fired again"],
  [11, 0.06, "outcomes that wait for a full disk"],
  [15, 0.06, "a gap after a gap"],
  [401, 0.15, "a rule that looks back further than memory, after a restart"],
];

for (const [seed, days, found] of SEEDS) {
  test(`nothing is lost or doubled: sim --seed ${seed} --days ${days}: ${found}`, async () => {
    const report = await simulate({ seed, days, isJudged: false });
    // An invariant that saw nothing shows nothing.
    assert.ok(report.starts > 5 && report.gaps > 0);
    assert.ok(report.calls > 500 && report.firings > 5 && report.deliveries > 5);
    assert.ok(report.chunkRestarts > 0);
  });
}

/** Worlds with a judge, over the end of a day and of a month; what each seed finds is said. */
const JUDGED_SEEDS: readonly (readonly [seed: number, days: number, found: string])[] = [
  [22, 0.08, "a cap that is reached, and prices that change under way"],
  [5, 0.08, "a start that takes what it sent itself for what a death interrupted"],
  [16, 0.08, "many deaths, and requests whose cost nobody tells"],
  [17, 0.08, "series of a judge that a reload takes away, after a restart"],
];

for (const [seed, days, found] of JUDGED_SEEDS) {
  test(`no verdict is lost or doubled, no cap passed: sim --seed ${seed} --days ${days}: ${found}`, async () => {
    const { starts, judge, pagesWithCheck } = await simulate({ seed, days, isJudged: true });
    assert.ok(starts > 5 && judge.draws > 50 && judge.verdicts > 50);
    assert.ok(judge.missing.size > 0 && judge.requests > judge.draws);
    assert.ok(judge.billedUsd > 0 && judge.itemRequests > 0 && pagesWithCheck > 0);
  });
}
