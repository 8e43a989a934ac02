import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { type Load, type PlannedSegment, sharesOf, splitShare } from "./share-plan.ts";

const segment = (calls: number, share = 0.05): PlannedSegment => ({
  calls,
  candidates: calls,
  flagged: 0,
  share,
});

for (const [what, segments, options, shares] of [
  ["what is asked for, where no cap decides", [segment(10_000)], { part: 1 }, [0.05]],
  ["a floor for a small segment", [segment(10_000), segment(80)], { part: 1 }, [0.05, 0.25]],
  ["all of a tiny segment", [segment(7)], { part: 1 }, [1]],
  ["no floor where nothing is asked for", [segment(100, 0)], { part: 1 }, [0]],
  ["a part, while bursts are saved up for", [segment(10_000)], { part: 0.6 }, [0.03]],
  ["floors whole all the same", [segment(80)], { part: 0.6 }, [0.25]],
  ["all of it whatever is saved up for", [segment(10_000, 1)], { part: 0.6 }, [1]],
  ["what a cap leaves", [segment(10_000)], { part: 1, verdictsPerDay: 100 }, [0.01]],
  ["more than asked for, up to a cap", [segment(10_000)], { part: 1, verdictsPerDay: 2000 }, [0.2]],
  [
    "everything, under a cap above all traffic",
    [segment(90)],
    { part: 0.6, verdictsPerDay: 90 },
    [1],
  ],
  [
    "shares in proportion, under a cap",
    [segment(10_000, 0.1), segment(10_000, 0.05)],
    { part: 1, verdictsPerDay: 300 },
    [0.02, 0.01],
  ],
  [
    "what one cannot use for the other",
    [segment(100, 1), segment(10_000, 0.01)],
    { part: 1, verdictsPerDay: 1100 },
    [1, 0.1],
  ],
  [
    "no more than half of a cap for floors",
    [segment(5), segment(40)],
    { part: 0, verdictsPerDay: 8 },
    [0.16, 0.08],
  ],
  ["nothing, where nothing is left", [segment(100)], { part: 1, verdictsPerDay: 0 }, [0]],
] as const) {
  test(`shares: ${what}`, () => {
    const found = sharesOf(segments, options);
    assert.equal(found.length, shares.length);
    for (const [i, share] of shares.entries())
      assert.ok(Math.abs((found[i] ?? NaN) - share) < 1e-9, found.join(" "));
  });
}

test("shares never come to more verdicts than a cap leaves", () => {
  const load = fc.record({
    calls: fc.double({ min: 0, max: 1e6, noNaN: true }),
    candidates: fc.constant(1),
    flagged: fc.constant(0),
    share: fc.integer({ min: 0, max: 1000 }).map((thousandths) => thousandths / 1000),
  });
  const cap = fc.double({ min: 0, max: 1e5, noNaN: true });
  fc.assert(
    fc.property(fc.array(load, { maxLength: 8 }), cap, (segments, verdictsPerDay) => {
      const shares = sharesOf(segments, { part: 1, verdictsPerDay });
      const verdicts = shares.reduce((sum, share, i) => sum + share * (segments[i]?.calls ?? 0), 0);
      assert.ok(verdicts <= verdictsPerDay * (1 + 1e-9) + 1e-9, `${verdicts} of ${verdictsPerDay}`);
    }),
  );
});

const load = (candidates: number, flagged = 0): Load => ({ calls: 1000, candidates, flagged });

for (const [what, share, brought, min, expected] of [
  ["nothing", 0, load(1000), 0.002, [0, 0, 0]],
  ["everything", 1, load(300, 10), 0.002, [1, 1, 1]],
  ["every call a candidate", 0.05, load(1000), 0.002, [0.05, 0.025, 1]],
  ["a quarter are candidates", 0.04, load(250), 0.002, [0.1, 0.02, 1]],
  ["few are candidates", 0.2, load(100), 0.002, [1, 0.1 / 0.9, 1]],
  ["some are flagged", 0.05, load(1000, 100), 0.002, [0.04, 0.02, 0.1]],
  ["flags are rare", 0.05, load(1000, 1), 0.002, [0.049, 0.0245, 1]],
  ["less than the least", 0.001, load(1000), 0.002, [0.002, 0.002, 1]],
  ["nothing is known", 0.05, { calls: 0, candidates: 0, flagged: 0 }, 0.002, [0.05, 0.025, 1]],
] as const) {
  test(`split: ${what}`, () => {
    const { candidate, coverage, flag } = splitShare(share, brought, min);
    for (const [i, rate] of [candidate, coverage, flag].entries())
      assert.ok(Math.abs(rate - (expected[i] ?? NaN)) < 1e-12, `${candidate} ${coverage} ${flag}`);
  });
}

test("a split spends its share, where the least for every call leaves room", () => {
  const part = fc.double({ min: 0.01, max: 1, noNaN: true });
  fc.assert(
    fc.property(
      part,
      part,
      fc.double({ min: 0, max: 1, noNaN: true }),
      (share, candidates, flagged) => {
        const parts = { calls: 1, candidates, flagged: flagged * candidates };
        const { candidate, coverage, flag } = splitShare(share, parts, 0);
        const spent = candidates * candidate + (1 - candidates) * coverage + parts.flagged * flag;
        assert.ok(candidate >= coverage && candidate <= 1 && flag <= 1);
        assert.ok(
          Math.abs(Math.min(spent, 1) - share) < 1e-9 || share === 1,
          `${spent} of ${share}`,
        );
      },
    ),
  );
});
