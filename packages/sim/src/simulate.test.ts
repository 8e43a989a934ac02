import assert from "node:assert/strict";
import test from "node:test";
import { simulate } from "./simulate.ts";

/** Hours of the simulated world; together they die in every way there is. */
const SEEDS: readonly (readonly [seed: number, days: number])[] = [
  [12, 0.06],
  [14, 0.06],
  [15, 0.06],
];

for (const [seed, days] of SEEDS) {
  test(`nothing is lost or doubled: npm run sim -- --seed ${seed} --days ${days}`, async () => {
    const report = await simulate({ seed, days });
    // An invariant that saw nothing shows nothing.
    assert.ok(report.starts > 5 && report.gaps > 0 && report.reloads > 0);
    assert.ok(report.calls > 500 && report.firings > 5 && report.deliveries > 5);
    assert.ok(report.chunkRestarts > 0);
  });
}
