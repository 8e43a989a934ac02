import assert from "node:assert/strict";
import test from "node:test";
import { type Missing, studyCoverage } from "./coverage-study.ts";
import { POLICIES, type Policy } from "./rate-policies.ts";

const NONE: Missing = { good: 0, bad: 0 };
const WORLD = { seed: 1, runs: 40, calls: 300, badShare: 0.05, graded: false, missing: NONE };

const policyOf = (name: string): Policy => {
  const policy = POLICIES.find((one) => one.name === name);
  assert.ok(policy);
  return policy;
};

for (const policy of POLICIES) {
  test(`rates that are ${policy.name}: the interval holds, and nothing is biased`, () => {
    const { covered, bias, biasError } = studyCoverage(policy, WORLD);
    assert.ok(covered >= 0.95, `holds ${covered}`);
    assert.ok(Math.abs(bias) <= 3.5 * biasError, `${bias}, with an error of ${biasError}`);
  });
}

test("the usual interval does not hold where rates follow the error", () => {
  const { covered, coveredByNormal } = studyCoverage(policyOf("freezing"), WORLD);
  assert.ok(coveredByNormal < 0.8, `holds ${coveredByNormal}`);
  assert.ok(covered >= 0.95);
});

test("the plain mean of verdicts is biased by flags and by suspicion", () => {
  const { plainBias, biasError } = studyCoverage(policyOf("steady"), { ...WORLD, badShare: 0.1 });
  assert.ok(plainBias < -3 * biasError, String(plainBias));
});

for (const [what, missing] of [
  ["some verdicts are missing", { good: 0.03, bad: 0.03 }],
  ["bad ones are missing most", { good: 0.1, bad: 0.6 }],
] as const) {
  test(`the interval holds where ${what}`, () => {
    const { covered } = studyCoverage(policyOf("suspicious"), { ...WORLD, missing });
    assert.ok(covered >= 0.95, `holds ${covered}`);
  });
}

test("equal seeds give equal figures", () => {
  const study = (seed: number) =>
    studyCoverage(policyOf("suspicious"), { ...WORLD, seed, runs: 3 });
  assert.deepEqual(study(2), study(2));
  assert.notDeepEqual(study(2), study(3));
});
