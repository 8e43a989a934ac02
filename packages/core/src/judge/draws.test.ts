import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { DAY_MS, epochMs, type EpochMs } from "../model/time.ts";
import { candidateProbability, type Draw, type DrawRates, inclusionOf } from "./draw.ts";
import { Draws, type OfferedCall } from "./draws.ts";

const KEY = "5f1c0e7ba2d94386b1f0c2d3e4a59687";
const START = epochMs(20_000 * DAY_MS);

const ratesOf = (rates: Partial<DrawRates> = {}): DrawRates => ({
  epoch: 1,
  candidate: 0.3,
  calm: 0.3,
  coverage: 0.1,
  flag: 0.4,
  rubrics: { safety: 0.5 },
  ...rates,
});

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");

function call(number: number, rest: Partial<OfferedCall> = {}): OfferedCall {
  return {
    traceId: hex(number, 32),
    spanId: hex(number, 16),
    flags: [],
    rubrics: ["faithfulness", "safety"],
    weight: 1,
    ...rest,
  };
}

/** Calls of conversations of one to eight calls and of none, some flagged, in an order that mixes them. */
function mixedCalls(count: number): readonly OfferedCall[] {
  return Array.from({ length: count }, (_, i) => {
    const conversation = `c${(i * 7919) % Math.ceil(count / 6)}`;
    const flags = [...(i % 5 === 0 ? ["refusal"] : []), ...(i % 7 === 0 ? ["empty"] : [])];
    return call(i, i % 3 === 0 ? { flags } : { flags, conversationId: conversation });
  });
}

const drawAll = (
  draws: Draws,
  calls: readonly OfferedCall[],
  rates: DrawRates,
  at: EpochMs = START,
): readonly Draw[] => calls.map((one) => draws.draw(one, "s", rates, at));

test("equal inputs have equal draws, another key has others", () => {
  const calls = mixedCalls(2000);
  const first = drawAll(new Draws(KEY, 1000), calls, ratesOf());
  assert.deepEqual(drawAll(new Draws(KEY, 1000), calls, ratesOf()), first);
  const other = drawAll(new Draws(KEY.replace("5f", "5e"), 1000), calls, ratesOf());
  assert.notDeepEqual(
    other.map(({ kinds }) => kinds),
    first.map(({ kinds }) => kinds),
  );
});

test("whoever is drawn at one rate is drawn at every higher one, by the same rubrics at least", () => {
  const rate = fc.double({ min: 0, max: 1, noNaN: true });
  const calls = mixedCalls(300);
  fc.assert(
    fc.property(
      fc.tuple(rate, rate, rate),
      fc.tuple(rate, rate, rate),
      rate,
      (one, other, share) => {
        const build = (pick: (...pair: number[]) => number): DrawRates => {
          const [coverage = 0, more = 0, flag = 0] = one.map((x, i) => pick(x, other[i] ?? 0));
          const candidate = Math.max(coverage, more);
          return ratesOf({ coverage, candidate, flag, rubrics: { safety: share } });
        };
        const low = drawAll(new Draws(KEY, 1000), calls, build(Math.min));
        const high = drawAll(new Draws(KEY, 1000), calls, build(Math.max));
        for (const [i, draw] of low.entries()) {
          const above = high[i];
          assert.ok(above && draw.kinds.every((kind) => above.kinds.includes(kind)));
          assert.ok(draw.rubrics.every(({ drawn }, k) => !drawn || above.rubrics[k]?.drawn));
          assert.equal(draw.heads, above.heads);
        }
      },
    ),
    { numRuns: 30 },
  );
});

test("a conversation has one candidate a day, and one for each flag", () => {
  const all = ratesOf({ candidate: 1, coverage: 0, flag: 1, rubrics: {} });
  const calls = Array.from({ length: 600 }, (_, i) =>
    call(i, { conversationId: `c${i % 10}`, flags: i % 2 === 0 ? ["refusal"] : [] }),
  );
  const draws = new Draws(KEY, 1000);
  for (const day of [0, 1]) {
    const drawn = drawAll(draws, calls, all, epochMs(START + day * DAY_MS));
    const evidence = drawn.filter(({ kinds }) => kinds.includes("evidence"));
    assert.equal(evidence.length, 10);
    assert.equal(new Set(evidence.map(({ conversation }) => conversation)).size, 10);
    const flagged = drawn.filter(({ flagDraws }) => flagDraws.length > 0);
    // Half of the conversations have flagged calls only.
    assert.equal(flagged.length, 5);
    // The coin keeps it from always being the conversation's first call.
    assert.ok(evidence.some(({ spanId }) => spanId > hex(9, 16)));
  }
});

test("the first call of a trace without a conversation is its candidate", () => {
  const draws = new Draws(KEY, 1000);
  const rates = ratesOf({ candidate: 1, coverage: 0 });
  const traceId = hex(1, 32);
  const kinds = [1, 2, 3].map(
    (span) => draws.draw(call(1, { traceId, spanId: hex(span, 16) }), "s", rates, START).kinds,
  );
  assert.deepEqual(kinds, [["evidence"], [], []]);
  // The same letters as the id of a conversation are another conversation.
  const named = draws.draw(call(9, { conversationId: traceId }), "s", rates, START);
  assert.equal(named.open, true);
  assert.equal(named.coin, 1 / 4);
});

/** How far the share of what was drawn lies from its probabilities, in standard deviations. */
function deviations(
  draws: readonly Draw[],
  judged: (draw: Draw) => number,
  rate: (draw: Draw) => number,
) {
  const distance = draws.reduce((sum, draw) => sum + judged(draw) - rate(draw), 0);
  const variance = draws.reduce((sum, draw) => sum + rate(draw) * (1 - rate(draw)), 0);
  return Math.abs(distance) / Math.sqrt(variance);
}

test("calls are judged as often as their inclusion says, in every stratum that the past makes", () => {
  const draws = drawAll(new Draws(KEY, 1_000_000), mixedCalls(60_000), ratesOf());
  const safety = (draw: Draw) => draw.rubrics[1] ?? { inclusion: 0, drawn: false };
  const strata: readonly (readonly [string, (draw: Draw) => boolean])[] = [
    ["all", () => true],
    ["open in a conversation", ({ open, coin }) => open && coin < 1],
    ["closed", ({ open }) => !open],
    ["without a conversation", ({ coin }) => coin === 1],
    ["flagged", ({ flags }) => flags.length === 1],
    ["flagged, flag seen before", ({ flags, openFlags }) => flags.length > openFlags.length],
    ["flagged twice", ({ openFlags }) => openFlags.length === 2],
    ["late in the day's order", ({ spanId }) => spanId > hex(50_000, 16)],
  ];
  for (const [name, belongs] of strata) {
    const some = draws.filter(belongs);
    assert.ok(some.length > 500, `${name}: ${some.length}`);
    const judged = deviations(
      some,
      ({ kinds }) => (kinds.length > 0 ? 1 : 0),
      (draw) => draw.inclusion,
    );
    assert.ok(judged < 3.5, `${name}: ${judged} standard deviations`);
    const rubric = deviations(
      some,
      (draw) => (safety(draw).drawn ? 1 : 0),
      (draw) => safety(draw).inclusion,
    );
    assert.ok(rubric < 3.5, `${name}, safety: ${rubric} standard deviations`);
  }
  const evidence = deviations(
    draws,
    ({ kinds }) => (kinds.includes("evidence") ? 1 : 0),
    (draw) => candidateProbability(draw) * draw.rates.candidate,
  );
  assert.ok(evidence < 3.5);
});

test("tosses are independent of one another", () => {
  // All outcomes that can be told apart of the four tosses, by a chi-square.
  const half = ratesOf({ candidate: 0.5, coverage: 0.5, flag: 0.5, rubrics: { a: 0.5, b: 1 } });
  const draws = new Draws(KEY, 100_000);
  const counts = new Map<string, number>();
  const calls = 32_000;
  for (let i = 0; i < calls; i++) {
    // Every conversation has one call, so that all are open.
    const one = call(i, { conversationId: `c${i}`, flags: ["f"], rubrics: ["a", "b"] });
    const { heads, kinds, flagDraws, rubrics } = draws.draw(one, "s", half, START);
    const judged = kinds.some((kind) => kind !== "flag");
    // The flag's toss is seen after heads alone, the rubric's where the call is judged.
    const cell = `${heads} ${judged} ${heads && flagDraws.length > 0} ${kinds.length > 0 && rubrics[0]?.drawn}`;
    counts.set(cell, (counts.get(cell) ?? 0) + 1);
  }
  const expected = new Map<string, number>();
  for (const heads of [true, false])
    for (const judged of [true, false])
      for (const flag of [true, false])
        for (const rubric of [true, false]) {
          const seen = heads && flag;
          const cell = `${heads} ${judged} ${seen} ${(judged || seen) && rubric}`;
          const probability = (heads ? 1 / 4 : 3 / 4) / 8;
          expected.set(cell, (expected.get(cell) ?? 0) + probability * calls);
        }
  assert.deepEqual(new Set(counts.keys()), new Set(expected.keys()));
  let chiSquare = 0;
  for (const [cell, mean] of expected) chiSquare += ((counts.get(cell) ?? 0) - mean) ** 2 / mean;
  // 99.9 % of a chi-square with nine degrees of freedom.
  assert.equal(expected.size, 10);
  assert.ok(chiSquare < 27.9, String(chiSquare));
});

test("what is stored with a draw proves its weights", () => {
  for (const draw of drawAll(new Draws(KEY, 10_000), mixedCalls(3000), ratesOf())) {
    assert.equal(inclusionOf(draw), draw.inclusion);
    assert.deepEqual(
      draw.rubrics.map(({ inclusion }) => inclusion),
      [draw.inclusion, draw.inclusion * 0.5],
    );
    assert.ok(draw.inclusion >= draw.rates.coverage);
  }
});

for (const [what, rates, inclusion] of [
  ["a candidate for sure", ratesOf({ flag: 0 }), 0.3],
  ["with a flag", ratesOf(), 1 - 0.7 * 0.6],
  ["all of them", ratesOf({ candidate: 1, coverage: 1 }), 1],
] as const) {
  test(`inclusion of ${what}`, () => {
    const one = call(1, { flags: ["refusal", "refusal"] });
    const found = new Draws(KEY, 10).draw(one, "s", rates, START).inclusion;
    assert.ok(Math.abs(found - inclusion) < 1e-15, String(found));
  });
}

test("inclusion in a conversation is the mean over its coin", () => {
  const one = call(1, { conversationId: "c" });
  const { inclusion } = new Draws(KEY, 10).draw(one, "s", ratesOf(), START);
  assert.equal(inclusion, (1 / 4) * (1 - (1 - 0.3)) + (3 / 4) * 0.1);
});

test("a call that no rubric is asked about is not judged", () => {
  const rates = ratesOf({ candidate: 1, coverage: 1, rubrics: { faithfulness: 0.3, safety: 0.3 } });
  const draws = drawAll(new Draws(KEY, 1000), mixedCalls(500), rates);
  const judged = draws.filter(({ kinds }) => kinds.length > 0);
  assert.ok(judged.length > 100 && judged.length < 200);
  assert.ok(judged.every(({ rubrics }) => rubrics.every(({ drawn }) => drawn)));
});

test("rates that favour others over candidates are refused", () => {
  const rates = ratesOf({ candidate: 0.1, coverage: 0.2 });
  assert.throws(() => new Draws(KEY, 10).draw(call(1), "s", rates, START), /a candidate is drawn/);
});

test("a restart at any call changes no draw", () => {
  const calls = mixedCalls(400);
  const whole = drawAll(new Draws(KEY, 60), calls, ratesOf());
  let draws = new Draws(KEY, 60);
  const restarted = calls.map((one) => {
    const next = new Draws(KEY, 60);
    next.load(JSON.parse(JSON.stringify(draws.save())), draws.saveWords().slice());
    draws = next;
    return draws.draw(one, "s", ratesOf(), START);
  });
  assert.deepEqual(restarted, whole);
  assert.ok(draws.forgottenEarly > 0);
});

test("words that are cut off are refused", () => {
  const draws = new Draws(KEY, 10);
  drawAll(draws, mixedCalls(40), ratesOf());
  const words = draws.saveWords();
  assert.throws(() => new Draws(KEY, 10).load(draws.save(), words.subarray(1)), /cut off/);
  assert.throws(() => new Draws(KEY, 10).load(draws.save(), new Uint32Array(0)), /cut off/);
});

test("conversations are forgotten early only where there is no room, and inclusion follows", () => {
  const rates = ratesOf({ candidate: 1, coverage: 0 });
  const roomy = new Draws(KEY, 1000);
  const tight = new Draws(KEY, 10);
  const traces = (count: number) => Array.from({ length: count }, (_, i) => call(i));
  drawAll(roomy, traces(100), rates);
  drawAll(tight, traces(100), rates);
  assert.equal(roomy.forgottenEarly, 0);
  assert.ok(tight.forgottenEarly >= 90);
  // The first trace again: who remembers it gives it no second candidate, and no probability of one.
  const again = call(0, { spanId: hex(999, 16) });
  const [known, unknown] = [roomy, tight].map((draws) => draws.draw(again, "s", rates, START));
  assert.deepEqual([known?.kinds, known?.inclusion], [[], 0]);
  assert.deepEqual([unknown?.kinds, unknown?.inclusion], [["evidence"], 1]);
});

test("a day's conversations make room for the next day's", () => {
  const draws = new Draws(KEY, 100);
  for (let day = 0; day < 5; day++) {
    const calls = Array.from({ length: 40 }, (_, i) => call(100 * day + i));
    drawAll(draws, calls, ratesOf(), epochMs(START + day * DAY_MS));
    assert.equal(draws.saveWords().length, 3 * 40);
  }
  assert.equal(draws.forgottenEarly, 0);
});

test("flags beyond what can be told apart are counted and not drawn by", () => {
  const draws = new Draws(KEY, 100);
  const flags = Array.from({ length: 33 }, (_, i) => `f${i}`);
  const rates = ratesOf({ candidate: 0, coverage: 0, flag: 1 });
  const { openFlags, flagDraws } = draws.draw(call(1, { flags }), "s", rates, START);
  assert.deepEqual(openFlags, flags.slice(0, 31));
  assert.deepEqual(flagDraws, openFlags);
  assert.equal(draws.flagsLeftOut, 2);
  const again = draws.draw(call(1, { flags, spanId: hex(2, 16) }), "s", rates, START);
  assert.deepEqual(again.openFlags, []);
});
