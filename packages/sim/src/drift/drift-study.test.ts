import assert from "node:assert/strict";
import test from "node:test";
import { JUDGE_KINDS, studyDrift } from "./drift-study.ts";

const options = { seed: 7, items: 120, rounds: 60, share: 0.03, pValues: [1e-5] };

for (const kind of JUDGE_KINDS) {
  test(`a judge that does not change is not said to drift in two months: ${kind.name}`, () => {
    const { alarms, flipped } = studyDrift(kind, options);
    assert.deepEqual(alarms, [[]]);
    assert.ok(flipped > 0);
  });

  test(`a judge that lets a half of the bad ones pass is seen within a day: ${kind.name}`, () => {
    const change = { round: 20, share: 0.5 };
    const { alarms } = studyDrift(kind, { ...options, rounds: 22, change });
    const [first = Infinity] = alarms[0] ?? [];
    assert.ok(first >= 20 && first < 21, String(first));
  });
}

test("a bound that one look a day would keep is broken by looking at every verdict", () => {
  const noisy = JUDGE_KINDS.find(({ name }) => name === "wild");
  assert.ok(noisy);
  const { alarms } = studyDrift(noisy, { ...options, rounds: 200, pValues: [0.002, 1e-5] });
  const [often = [], never] = alarms;
  assert.ok(often.length > 2, String(often.length));
  assert.deepEqual(never, []);
});
