import assert from "node:assert/strict";
import test from "node:test";
import { flipsOf, type ItemVerdicts } from "./flip-test.ts";

const item = (earlierBad: number, earlierGood: number, isBad: boolean): ItemVerdicts => ({
  earlierBad,
  earlierGood,
  isBad,
});
const many = (count: number, one: ItemVerdicts): readonly ItemVerdicts[] =>
  Array.from({ length: count }, () => one);

for (const [what, items, compared, toBad, toGood, pValue] of [
  ["nothing", [], 0, 0, 0, 1],
  ["first verdicts", many(9, item(0, 0, true)), 0, 0, 0, 1],
  [
    "verdicts that never change",
    [...many(5, item(3, 0, true)), ...many(5, item(0, 3, false))],
    10,
    0,
    0,
    1,
  ],
  // McNemar's exact test of 8 and 2 discordant pairs: 2 · (1 + 10 + 45) / 1024.
  [
    "one earlier verdict each",
    [...many(8, item(0, 1, true)), ...many(2, item(1, 0, false)), ...many(50, item(0, 1, false))],
    60,
    8,
    2,
    0.109375,
  ],
  // 2 / 2^10.
  ["ten flips one way", many(10, item(0, 1, true)), 10, 10, 0, 2 / 1024],
  // Three of three to bad, each with one chance in five: 2 / 125.
  ["longer histories", many(3, item(0, 4, true)), 3, 3, 0, 0.016],
  ["as many ties as you like", many(4, item(2, 2, true)), 0, 0, 0, 2 * 0.6 ** 4],
  ["flips both ways", [...many(5, item(0, 1, true)), ...many(5, item(1, 0, false))], 10, 5, 5, 1],
] as const) {
  test(`flips of ${what}`, () => {
    const found = flipsOf(items);
    assert.deepEqual([found.compared, found.toBad, found.toGood], [compared, toBad, toGood]);
    assert.ok(Math.abs(found.pValue - pValue) < 1e-12, String(found.pValue));
  });
}

/** Numbers from 0 to 1, the same at every run (Park and Miller). */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (state * 48_271) % 2_147_483_647;
    yield state / 2_147_483_647;
  }
}

test("a judge that is noisy about good items alone, but as ever, is not said to drift", () => {
  const random = numbers(42);
  const next = (): number => random.next().value;
  let [alarms, days] = [0, 0];
  for (let run = 0; run < 100; run++) {
    const bad = Array.from({ length: 150 }, () => 0);
    for (let day = 0; day < 10; day++) {
      // A hundred good items, of which each is called bad one time in ten, and fifty bad ones.
      const verdicts = bad.map((_, i) => (i < 100 ? next() < 0.1 : true));
      const items = verdicts.map((isBad, i) => item(bad[i] ?? 0, day - (bad[i] ?? 0), isBad));
      const { pValue, toBad, toGood } = flipsOf(items);
      if (day > 0) days++;
      if (day > 0 && pValue <= 0.05) alarms++;
      // The flips themselves go one way: counting them would call this a drift.
      if (day > 5) assert.ok(toBad > toGood);
      for (const [i, isBad] of verdicts.entries()) bad[i] = (bad[i] ?? 0) + (isBad ? 1 : 0);
    }
  }
  assert.ok(alarms / days <= 0.05, String(alarms / days));
});

test("a judge that turns lenient is found on the first day", () => {
  const items = [
    ...many(100, item(0, 6, false)),
    ...many(80, item(6, 0, true)),
    ...many(20, item(6, 0, false)),
  ];
  const { toGood, compared, pValue } = flipsOf(items);
  assert.equal(toGood / compared, 0.1);
  assert.ok(pValue < 1e-12);
});
