import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import type { Call } from "../model/call.ts";
import { DAY_MS, epochMs } from "../model/time.ts";
import { inference } from "../testing/calls.ts";
import {
  answerLengthOf,
  LengthHabit,
  type AnswerLength,
  type LengthVerdict,
} from "./length-habit.ts";

const SEGMENTS = 10;
const answered = (length: number): AnswerLength => ({ unit: "characters", length });
const day = (n: number): ReturnType<typeof epochMs> => epochMs(n * DAY_MS);

/** Lengths 100 to 199, in an order that is not sorted, so many of them. */
function learn(habit: LengthHabit, segment: string, n: number, onDay = 1): void {
  for (let i = 0; i < n; i++) habit.observe(segment, answered(100 + ((i * 37) % 100)), day(onDay));
}

test("an answer is held against the answers before it", () => {
  const cases: readonly (readonly [string, number, AnswerLength, LengthVerdict])[] = [
    ["too few to know", 199, answered(5000), "unknown"],
    ["as ever", 200, answered(150), "usual"],
    ["at the edge", 200, answered(199), "usual"],
    ["far longer", 200, answered(400), "longer"],
    ["far shorter", 200, answered(20), "shorter"],
    ["nothing", 200, answered(0), "shorter"],
    ["as long as text can be", 200, answered(2 ** 31), "longer"],
    ["tokens are no characters", 200, { unit: "tokens", length: 5000 }, "unknown"],
  ];
  for (const [name, learned, length, expected] of cases) {
    const habit = new LengthHabit(SEGMENTS);
    learn(habit, "a", learned);
    assert.equal(habit.observe("a", length, day(1)), expected, name);
  }
});

test("an answer's length is that of its text, else of its tokens", () => {
  const usage = { outputTokens: 900, reasoningTokens: 850 };
  const text = { output: "naïve 鳴子" };
  const cases: readonly (readonly [string, Partial<Call>, string])[] = [
    ["text", { text, usage }, "8 characters"],
    ["nothing", { text: { output: "" }, usage }, "0 characters"],
    ["tokens, without reasoning", { usage }, "50 tokens"],
    ["neither", { usage: {} }, "none"],
    ["a failed call", { text, errorType: "timeout" }, "none"],
    ["one called off", { text, ending: "cancelled" }, "none"],
    ["one cut", { text, ending: "cut" }, "none"],
    ["not a model's answer", { text, kind: "tool" }, "none"],
  ];
  for (const [name, fields, expected] of cases) {
    const found = answerLengthOf(inference(fields));
    assert.equal(found === undefined ? "none" : `${found.length} ${found.unit}`, expected, name);
  }
});

test("after the first day, a day's calls change the habit of the days after it only", () => {
  const habit = new LengthHabit(SEGMENTS);
  learn(habit, "a", 1000);
  for (let i = 0; i < 5000; i++) assert.equal(habit.observe("a", answered(1000), day(2)), "longer");
  assert.equal(habit.observe("a", answered(1000), day(3)), "usual");
});

test("what was long ago weighs less, until it is no habit any more", () => {
  const habit = new LengthHabit(SEGMENTS);
  learn(habit, "a", 1000);
  for (let n = 2; n < 80; n++) {
    for (let i = 0; i < 300; i++) habit.observe("a", answered(1000), day(n));
    if (n === 5) assert.equal(habit.observe("a", answered(150), day(n)), "usual");
  }
  assert.equal(habit.observe("a", answered(150), day(80)), "shorter");
});

test("a few odd answers do not become the habit", () => {
  const habit = new LengthHabit(SEGMENTS);
  learn(habit, "a", 1000);
  for (let i = 0; i < 4; i++) habit.observe("a", answered(60_000), day(1));
  assert.equal(habit.observe("a", answered(150), day(2)), "usual");
  assert.equal(habit.observe("a", answered(60_000), day(2)), "longer");
});

test("segments past the limit share a habit, and one without calls for a month is forgotten", () => {
  const habit = new LengthHabit(2);
  learn(habit, "a", 200);
  learn(habit, "b", 200);
  for (const segment of ["c", "d", "e", "f"]) learn(habit, segment, 50);
  assert.equal(habit.observe("g", answered(4000), day(1)), "longer");
  assert.deepEqual(
    habit.save().habits.map(({ key }) => key),
    ["characters a", "characters b", "characters _other"],
  );
  habit.observe("a", answered(150), day(20));
  habit.observe("z", answered(150), day(32));
  assert.deepEqual(
    habit.save().habits.map(({ key }) => key),
    ["characters a", "characters z"],
  );
});

test("a habit goes on from where it was saved", () => {
  const step = fc.record({
    segment: fc.constantFrom("a", "b", "c", "d"),
    length: fc.integer({ min: 0, max: 70_000 }),
    repeats: fc.integer({ min: 1, max: 150 }),
    days: fc.constantFrom(0, 0, 0, 1, 40),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      let today = 1;
      const whole = new LengthHabit(2);
      let resumed = new LengthHabit(2);
      for (const { segment, length, repeats, days } of steps) {
        today += days;
        resumed = LengthHabit.load(JSON.parse(JSON.stringify(resumed.save())), 2);
        for (let i = 0; i < repeats; i++) {
          const expected = whole.observe(segment, answered(length + i), day(today));
          assert.equal(resumed.observe(segment, answered(length + i), day(today)), expected);
        }
      }
      assert.deepEqual(resumed.save(), whole.save());
    }),
  );
});

test("what it holds does not grow with traffic", () => {
  const habit = new LengthHabit(3);
  for (let i = 0; i < 20_000; i++)
    habit.observe(`s${i % 50}`, answered((i * 7919) % 65_536), day(1 + (i % 3)));
  const { habits } = habit.save();
  assert.ok(habits.length <= 4);
  assert.ok(habits.every(({ weights }) => weights.length <= 168));
});
