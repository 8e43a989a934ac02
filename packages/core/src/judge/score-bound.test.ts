import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import {
  addUnknown,
  BET_COUNT,
  bestBet,
  type DeficitSums,
  deficitBound,
  expectDeficit,
  firstBet,
  lossOf,
  noDeficit,
  showDeficit,
} from "./score-bound.ts";

const inclusions = fc.double({ min: 0.002, max: 0.999, noNaN: true });
const deficits = fc.double({ min: -1, max: 1, noNaN: true });

test("what a bet wins and loses on one call is 1 in the mean, whatever its deficit", () => {
  fc.assert(
    fc.property(inclusions, deficits, fc.nat(BET_COUNT - 1), (inclusion, deficit, bet) => {
      fc.pre(bet >= firstBet(inclusion, Math.max(deficit, 0)));
      const stake = deficit / 1.5 ** bet;
      const judged = Math.exp(stake - lossOf(bet, deficit, inclusion));
      const mean = inclusion * judged + (1 - inclusion) * Math.exp(stake);
      assert.ok(Math.abs(mean - 1) < 1e-9, String(mean));
    }),
  );
});

test("losses are finite for every call that a bet takes, also for one that stands for thousands", () => {
  for (const weight of [1, 1000, 1e6])
    for (const inclusion of [0.002, 0.3, 0.999])
      for (const deficit of [-1, -0.5, 0, 0.5, 1]) {
        for (let bet = firstBet(inclusion, weight); bet < BET_COUNT; bet++)
          assert.ok(Number.isFinite(lossOf(bet, weight * deficit, inclusion)));
      }
});

for (const [what, inclusion, most, expected] of [
  ["a call that is judged for sure: no bet", 1, 1, BET_COUNT],
  ["one that cannot be worse than forecast: all bets", 0.002, 0, 0],
  ["one that is likely to be judged", 0.6, 1, 1],
  ["one that is not", 0.01, 1, 12],
  ["the same, that can be little worse", 0.01, 0.25, 9],
] as const) {
  test(`bets: ${what}`, () => assert.equal(firstBet(inclusion, most), expected));
}

/** Calls that are judged by turns, the first of each turn bad where it says so. */
function sumsOf(
  calls: number,
  every: number,
  { bad = 0, inclusion = 1 / every } = {},
): DeficitSums {
  const sums = noDeficit();
  for (let i = 0; i < calls; i++) {
    expectDeficit(sums, 1, inclusion);
    if (i % every === 0)
      showDeficit(sums, { most: 1, deficit: i < bad * every ? 1 : 0, inclusion });
  }
  return sums;
}

const boundOf = (sums: DeficitSums, part = 1): number =>
  deficitBound(sums, { favourite: bestBet(sums, part), scale: 1, withUnknown: false });

for (const [what, sums, least, most] of [
  ["all are judged", sumsOf(100, 1, { bad: 7 }), 7, 7],
  ["none is judged", sumsOf(100, 1000, { inclusion: 0.001 }), 99, 100],
  ["there is no call", noDeficit(), 0, 0],
  // No bad one among 100: the exact bound of a binomial is 72 of 2,000.
  ["none of 100 verdicts is bad", sumsOf(2000, 20), 72, 125],
  // 10 of 100: it is 353.
  ["ten of 100 are bad", sumsOf(2000, 20, { bad: 10 }), 353, 470],
] as const) {
  test(`bound: ${what}`, () => {
    const bound = boundOf(sums);
    assert.ok(bound >= least - 1e-9 && bound <= most + 1e-9, String(bound));
  });
}

test("the favourite decides how close a bound is, not whether it holds", () => {
  const sums = sumsOf(2000, 20, { bad: 3 });
  const bounds = Array.from({ length: BET_COUNT }, (_, favourite) =>
    deficitBound(sums, { favourite, scale: 1, withUnknown: false }),
  );
  assert.ok(boundOf(sums) <= Math.min(...bounds) * 1.05);
  assert.ok(bounds.every((bound) => bound > 60 && bound <= 2000));
});

test("a drawn call without a verdict counts as bad where it has to", () => {
  const sums = sumsOf(2000, 20);
  const bound = (withUnknown: boolean): number =>
    deficitBound(sums, { favourite: 7, scale: 1, withUnknown });
  const before = bound(true);
  expectDeficit(sums, 1, 0.05);
  addUnknown(sums, 1, 0.05, 1);
  assert.ok(bound(true) > before + 20 && bound(false) < before + 1.5);
  addUnknown(sums, 1, 0.05, -1);
  assert.ok(Math.abs(bound(true) - bound(false)) < 1e-9);
});
