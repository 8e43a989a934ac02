import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import type { Confusion } from "./calibration.ts";
import { labelsNeeded, reportedRate } from "./corrected-rate.ts";

function judgeOf(sensitivity: number, specificity: number, bad: number, good: number): Confusion {
  return {
    caught: bad * sensitivity,
    missed: bad * (1 - sensitivity),
    accused: good * (1 - specificity),
    cleared: good * specificity,
  };
}

test("a rate is corrected as by hand", () => {
  // (0.25 + 0.9 - 1) / (0.8 + 0.9 - 1) = 0.15 / 0.7.
  const reported = reportedRate({ rate: 0.25, verdicts: 1000 }, judgeOf(0.8, 0.9, 1000, 1000));
  assert.ok(reported.kind === "corrected");
  assert.ok(Math.abs(reported.rate - 0.15 / 0.7) < 1e-12);
  /*
   * Lang and Reiczigel's formula by hand, z² = 3.841459: q = 251.920729 / 1003.841459 = 0.250957,
   * s = 801 / 1002 = 0.799401, c = 901 / 1002 = 0.899202, J = 0.698603, p = 0.150158 / 0.698603 =
   * 0.214941; s(1-s)/m = 1.60040e-4, c(1-c)/m = 9.04577e-5; shift = 7.682918 · (3.43992e-5 -
   * 7.10147e-5) = -2.81314e-4; variance = 1.87258e-4 + 7.39366e-6 + 5.57506e-5 = 2.50402e-4;
   * half = 1.959964 · 0.0158241 / 0.698603 = 0.0443956.
   */
  assert.ok(Math.abs(reported.low - (0.214941 - 0.000281 - 0.0443956)) < 2e-6);
  assert.ok(Math.abs(reported.high - (0.214941 - 0.000281 + 0.0443956)) < 2e-6);
});

test("a judge without faults, known well, leaves a rate as it is", () => {
  const reported = reportedRate({ rate: 0.1, verdicts: Infinity }, judgeOf(1, 1, 1e6, 1e6));
  assert.ok(reported.kind === "corrected");
  assert.ok(Math.abs(reported.rate - 0.1) < 1e-12);
  assert.ok(reported.high - reported.low < 1e-4);
});

for (const [what, rate, confusion, reason] of [
  ["no bad label", 0.1, judgeOf(1, 1, 0, 100), "no-labels"],
  ["no good label", 0.1, judgeOf(1, 1, 100, 0), "no-labels"],
  ["a judge that throws a coin", 0.1, judgeOf(0.5, 0.5, 100, 100), "no-better-than-chance"],
  ["a judge that is mostly wrong", 0.1, judgeOf(0.2, 0.3, 100, 100), "no-better-than-chance"],
  ["a judge that found none of two bad ones", 0.1, judgeOf(0, 1, 2, 100), "no-better-than-chance"],
  ["a rare fault and few labels", 0.08, judgeOf(0.9, 0.95, 100, 100), "too-wide"],
  ["a rate below the judge's own false alarms", 0.04, judgeOf(0.9, 0.95, 5000, 5000), "too-wide"],
  ["few verdicts", 0.0755, judgeOf(0.9, 0.95, 5000, 5000), "too-wide"],
] as const) {
  test(`a rate is left raw: ${what}`, () => {
    assert.deepEqual(reportedRate({ rate, verdicts: 100 }, confusion), {
      kind: "raw",
      rate,
      reason,
    });
  });
}

/** The probability of each count from 0 to total. */
function binomial(total: number, share: number): readonly number[] {
  const all = [(1 - share) ** total];
  for (let i = 1; i <= total; i++)
    all.push(((all[i - 1] ?? 0) * (total - i + 1) * share) / (i * (1 - share)));
  return all;
}

/** How often a rate is corrected, and how often its interval has the truth then; both exactly counted. */
function claimsAt(rate: number, sensitivity: number, specificity: number) {
  const [verdicts, bad, good] = [80, 50, 50];
  const observed = binomial(verdicts, rate * sensitivity + (1 - rate) * (1 - specificity));
  const [caughtBy, clearedBy] = [binomial(bad, sensitivity), binomial(good, specificity)];
  let [covered, corrected] = [0, 0];
  for (const [caught, ofCaught] of caughtBy.entries())
    for (const [cleared, ofCleared] of clearedBy.entries()) {
      if (ofCaught * ofCleared < 1e-7) continue;
      const confusion = { caught, missed: bad - caught, accused: good - cleared, cleared };
      for (const [found, ofFound] of observed.entries()) {
        const reported = reportedRate({ rate: found / verdicts, verdicts }, confusion);
        if (reported.kind !== "corrected") continue;
        const probability = ofCaught * ofCleared * ofFound;
        corrected += probability;
        if (reported.low <= rate && rate <= reported.high) covered += probability;
      }
    }
  return { covered, corrected };
}

for (const [rate, sensitivity, specificity, mostly] of [
  [0.3, 0.9, 0.95, true],
  [0.5, 0.85, 0.9, true],
  // Here a rate is corrected only where it came out high: the claim is rare, and no surer for that.
  [0.3, 0.7, 0.8, false],
  [0.1, 0.9, 0.9, false],
] as const) {
  const judge = `${sensitivity} and ${specificity} at ${rate}`;
  test(`at most one claim in twenty is wrong, exactly counted: ${judge}`, () => {
    const { covered, corrected } = claimsAt(rate, sensitivity, specificity);
    assert.ok(corrected - covered < 0.06, String(corrected - covered));
    assert.equal(corrected > 0.5, mostly);
    if (mostly) assert.ok(covered / corrected > 0.93, String(covered / corrected));
  });
}

test("at 3 %, an ordinary judge needs some 2,000 good answers labelled", () => {
  for (const [sensitivity, specificity] of [
    [0.9, 0.95],
    [0.8, 0.95],
    [0.98, 0.88],
  ] as const) {
    const needed = labelsNeeded(judgeOf(sensitivity, specificity, 100, 100), 0.03);
    assert.ok(needed.kind === "more");
    assert.ok(needed.good > 1000 && needed.good < 3000, JSON.stringify(needed));
    assert.ok(needed.bad < 100);
  }
});

test("a coin needs no labels: they never help", () => {
  assert.deepEqual(labelsNeeded(judgeOf(0.5, 0.5, 100, 100), 0.03), { kind: "never" });
});

test("with the labels that it asks for, the correction helps; with a tenth less, not yet", () => {
  const share = fc.double({ min: 0.7, max: 0.99, noNaN: true });
  const labels = fc.integer({ min: 20, max: 3000 });
  const rates = fc.double({ min: 0.02, max: 0.4, noNaN: true });
  const cases = fc.record({
    caught: share,
    cleared: share,
    bad: labels,
    good: labels,
    rate: rates,
  });
  fc.assert(
    fc.property(cases, ({ caught, cleared, bad, good, rate }) => {
      const known = judgeOf(caught, cleared, bad, good);
      const needed = labelsNeeded(known, rate);
      assert.notEqual(needed.kind, "never");
      const more = needed.kind === "more" ? needed : { bad: 0, good: 0 };
      const sensitivity = (known.caught + 1) / (bad + 2);
      const specificity = (known.cleared + 1) / (good + 2);
      const observed = rate * sensitivity + (1 - rate) * (1 - specificity);
      const helpsWith = (part: number): boolean => {
        const [allBad, allGood] = [bad + more.bad * part, good + more.good * part];
        const all = judgeOf(sensitivity, specificity, allBad, allGood);
        return reportedRate({ rate: observed, verdicts: Infinity }, all).kind === "corrected";
      };
      assert.ok(helpsWith(1));
      if (more.bad + more.good > 100) assert.ok(!helpsWith(0.9));
    }),
  );
});
