import assert from "node:assert/strict";
import test from "node:test";
import type { CallText } from "../model/call.ts";
import type { JudgeSetup } from "../model/judge.ts";
import { Tally } from "../model/tally.ts";
import { DAY_MS, epochMs } from "../model/time.ts";
import { Judge, type SavedJudge } from "./judge.ts";
import { answerTo, callOf, drawAll, rubricOf, setupOf } from "./testing/judged-calls.ts";

const START = 20_780 * DAY_MS;
const after = (ms: number) => epochMs(START + ms);
const RUBRICS = [rubricOf("faithfulness"), rubricOf("safety")];

type World = {
  readonly judge: Judge;
  readonly counts: Tally;
  readonly texts: Map<string, CallText>;
};

function worldOf(over: Partial<JudgeSetup> = {}): World {
  const counts = new Tally();
  const texts = new Map<string, CallText>();
  for (let i = 1; i <= 9; i++) texts.set(`item ${i}`, { input: `probe ${i}`, output: "yes" });
  const ports = { limits: { judgeTextLength: 10_000 }, counts };
  const judge = new Judge({ ...ports, textOfItem: (id) => texts.get(id) });
  judge.reload(setupOf(over), RUBRICS, after(0));
  return { judge, counts, texts };
}

const spare = { rubrics: ["safety"], lane: "spare", at: after(0) } as const;

test("an item is judged as a call is, second look and all, and is no call", () => {
  const { judge, counts } = worldOf({ secondModel: "judge-2" });
  assert.equal(judge.offerItem("item 1", spare), "added");
  assert.equal(judge.offerItem("item 1", spare), "known");
  const [first] = judge.take().asks;
  assert.ok(first);
  assert.match(first.user, /probe 1/);
  assert.deepEqual(
    first.expect.rubrics.map(({ name }) => name),
    ["safety"],
  );
  judge.answer(first.key, answerTo(first, 0.1), after(1));
  const [second] = judge.take().asks;
  assert.equal(second?.model, "judge-2");
  judge.answer(second.key, answerTo(second, 0.2), after(2));
  const { items, judged, draws } = judge.take();
  assert.deepEqual(
    items.map(({ id, verdicts, costNano }) => [id, verdicts[0]?.score, costNano]),
    [["item 1", 0.2, 2 * (500 * 150 + 80 * 600)]],
  );
  assert.deepEqual([judged, draws], [[], []]);
  assert.deepEqual(
    [...counts.counts].filter(([, count]) => count > 0),
    [["judge_requests_answered", 2]],
  );
  assert.equal(judge.affordablePerDay(after(3)), undefined);
});

test("items take half of the places at most, and leave the rest to calls", () => {
  const { judge } = worldOf({ concurrency: 4 });
  for (let i = 1; i <= 5; i++) judge.offerItem(`item ${i}`, { ...spare, lane: "urgent" });
  assert.equal(judge.take().asks.length, 2);
  for (let i = 1; i <= 3; i++) judge.offer(callOf(i), drawAll(), after(0));
  const { asks } = judge.take();
  assert.deepEqual(
    asks.map(({ user }) => /question \d/.test(user)),
    [true, true],
  );
  assert.equal(judge.view(after(0)).waiting, 1);
});

test("where one request at a time is allowed, items have their turn too", () => {
  const { judge } = worldOf({ concurrency: 1 });
  judge.offerItem("item 1", spare);
  assert.equal(judge.take().asks.length, 1);
});

test("an item that a cap leaves no money for is missing, and says nothing of calls", () => {
  const { judge } = worldOf({ usdPerDay: 0.0001 });
  judge.offerItem("item 1", spare);
  const { items } = judge.take();
  assert.deepEqual(items[0]?.missing, [{ name: "safety", reason: "budget" }]);
  assert.equal(judge.view(after(0)).isOutOfMoney, false);
});

test("an item by rubrics that nobody has is not asked about", () => {
  const { judge } = worldOf();
  assert.equal(judge.offerItem("item 1", { ...spare, rubrics: ["tone"] }), "no-rubric");
});

test("an item whose text is gone ends as missing, also after a restart", () => {
  const { judge, texts } = worldOf({ concurrency: 1 });
  judge.offerItem("item 1", spare);
  judge.offerItem("item 2", spare);
  const [ask] = judge.take().asks;
  assert.ok(ask);
  const text = JSON.stringify(judge.save());
  assert.doesNotMatch(text, /probe/);
  const saved = JSON.parse(text) as SavedJudge;
  texts.delete("item 2");
  const ports = { limits: { judgeTextLength: 10_000 }, counts: new Tally() };
  const again = new Judge({ ...ports, textOfItem: (id) => texts.get(id) });
  again.load(saved, setupOf({ concurrency: 1 }), RUBRICS);
  again.answer(ask.key, answerTo(ask, 1), after(1));
  assert.deepEqual(
    again.take().items.map(({ id, missing }) => [id, missing.map(({ reason }) => reason)]),
    [
      ["item 1", []],
      ["item 2", ["reloaded"]],
    ],
  );
});

test("items that are withdrawn are missing, but for those under way", () => {
  const { judge } = worldOf({ concurrency: 1 });
  for (const id of ["item 1", "item 2"]) judge.offerItem(id, spare);
  const [ask] = judge.take().asks;
  assert.ok(ask);
  judge.withdrawItems(["item 1", "item 2"], after(1));
  assert.deepEqual(
    judge.take().items.map(({ id }) => id),
    ["item 2"],
  );
  judge.answer(ask.key, answerTo(ask, 1), after(2));
  assert.equal(judge.take().items[0]?.verdicts.length, 1);
});
