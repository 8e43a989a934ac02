import assert from "node:assert/strict";
import test from "node:test";
import { DAY_MS, epochMs, HOUR_MS, MINUTE_MS, SECOND_MS } from "../model/time.ts";
import { Golden, type GoldenPlan, type SavedGolden } from "./golden.ts";
import { rubricOf, KEY } from "./testing/judged-calls.ts";

const START = 20_780 * DAY_MS;
const after = (ms: number) => epochMs(START + ms);
const TICK_MS = 15 * SECOND_MS;
const COST_NANO = 200_000;

/** Items of which the even ones are good by both rubrics; none has a label for the third. */
function planOf(over: Partial<GoldenPlan> = {}, count = 48): GoldenPlan {
  const items = Array.from({ length: count }, (_, i) => ({
    line: i + 1,
    text: { input: `question ${i}`, output: `answer ${i}` },
    bad: new Map([
      ["faithfulness", i % 2 === 1],
      ["safety", i % 2 === 1],
    ]),
  }));
  const versions = new Map(
    ["faithfulness", "safety", "tone"].map((name) => [name, `judge/${name}`]),
  );
  const rubrics = ["faithfulness", "safety", "tone"].map((name) => rubricOf(name));
  return { items, everyMs: DAY_MS, rubrics, versions, key: KEY, ...over };
}

/** What the judge says of an item's number: its scores by rubric. */
type Judging = (number: number) => Readonly<Record<string, number>>;

const right: Judging = (number) => {
  const score = number % 2 === 1 ? 0 : 1;
  return { faithfulness: score, safety: score };
};

class World {
  golden = new Golden();
  readonly asked: { readonly number: number; readonly at: number }[] = [];
  now = 0;

  constructor(plan: GoldenPlan = planOf()) {
    this.golden.reload(plan);
    // The first item is due a 48th of a day after the first tick: at 0.
    assert.deepEqual(this.golden.due(after(-30 * MINUTE_MS), undefined), []);
  }

  /** Runs ticks for so long, answering everything at once. */
  run(ms: number, judge: Judging = right, usdPerDay?: number): void {
    for (const end = this.now + ms; this.now < end; this.now += TICK_MS)
      for (const { id } of this.golden.due(after(this.now), usdPerDay)) this.answer(id, judge);
  }

  answer(id: string, judge: Judging): void {
    const number = this.numberOf(id);
    this.asked.push({ number, at: this.now });
    const verdicts = Object.entries(judge(number)).map(([name, score]) => ({
      name,
      score,
      label: "",
    }));
    this.golden.settle({ id, verdicts, missing: [], costNano: COST_NANO }, after(this.now));
  }

  numberOf(id: string): number {
    return Number(/\d+$/.exec(this.golden.textOf(id)?.input ?? "")?.[0]);
  }

  view(rubric = "faithfulness") {
    const view = this.golden.views(after(this.now)).find((one) => one.rubric === rubric);
    assert.ok(view);
    return view;
  }
}

test("every item has its turn once a round, evenly over the day and well mixed", () => {
  const world = new World();
  world.run(DAY_MS);
  const numbers = world.asked.map(({ number }) => number);
  assert.deepEqual(
    numbers.toSorted((a, b) => a - b),
    Array.from({ length: 48 }, (_, i) => i),
  );
  for (const [i, { at }] of world.asked.entries()) assert.equal(at, i * 30 * MINUTE_MS);
  const early = numbers.slice(0, 24).filter((number) => number % 2 === 1).length;
  assert.ok(early > 6 && early < 18, "half a round has good and bad ones");
  const view = world.view();
  assert.deepEqual([view.items, view.judged, view.agreement], [48, 48, 1]);
  assert.deepEqual(view.flips, { compared: 0, toBad: 0, toGood: 0, pValue: 1 });
  assert.deepEqual(
    world.golden.views(after(world.now)).map(({ rubric }) => rubric),
    ["faithfulness", "safety"],
  );
});

test("a judge that turns lenient by one rubric is seen, by its own history alone", () => {
  const world = new World();
  // Always wrong about item 4: that is no drift.
  const before: Judging = (number) =>
    number === 4 ? { faithfulness: 0, safety: 1 } : right(number);
  world.run(3 * DAY_MS, before);
  assert.equal(world.view().flips.toBad, 0);
  assert.equal(world.view().agreement, 47 / 48);
  const lenient: Judging = (number) => ({ ...before(number), safety: 1 });
  world.run(DAY_MS, lenient);
  assert.deepEqual(world.view().flips, { compared: 48, toBad: 0, toGood: 0, pValue: 1 });
  const { flips, byLabel } = world.view("safety");
  assert.deepEqual([flips.compared, flips.toBad, flips.toGood], [48, 0, 24]);
  assert.ok(flips.pValue < 1e-9);
  assert.equal(byLabel.sensitivity?.value, 0);
});

test("another version begins with an empty history, by its rubric alone", () => {
  const world = new World();
  world.run(2 * DAY_MS);
  const versions = new Map([...planOf().versions, ["safety", "other/safety"]]);
  world.golden.reload(planOf({ versions }));
  assert.equal(world.view("safety").judged, 0);
  assert.equal(world.view("faithfulness").judged, 48);
  assert.equal(world.view("faithfulness").flips.compared, 48);
});

test("an item that stays as it is keeps its history when the set changes", () => {
  const world = new World();
  world.run(2 * DAY_MS);
  const { items } = planOf();
  const other = { line: 1, text: { output: "other" }, bad: new Map([["safety", false]]) };
  world.golden.reload(planOf({ items: [...items.slice(0, 10), other] }));
  const view = world.view("safety");
  assert.deepEqual([view.items, view.judged, view.flips.compared], [11, 10, 10]);
  assert.equal(world.golden.save().rows.length, 10);
});

test("items that are gone hold no place of those that came", () => {
  const golden = new Golden();
  golden.reload(planOf({ everyMs: HOUR_MS }));
  for (let ms = 0; ms < DAY_MS; ms += TICK_MS) golden.due(after(ms), undefined);
  assert.equal(golden.save().open.length, 20);
  const other = { line: 1, text: { output: "other" }, bad: new Map([["safety", false]]) };
  golden.reload(planOf({ items: [other] }));
  assert.equal(golden.due(after(2 * DAY_MS), undefined).length, 1);
});

test("what is on its way is paid for before more is added", () => {
  const usdPerDay = (12 * COST_NANO) / 1e9 / 0.04;
  const day = (golden: Golden): number => {
    let due = 0;
    for (let ms = 0; ms < DAY_MS; ms += TICK_MS) due += golden.due(after(ms), usdPerDay).length;
    return due;
  };
  // Nothing is known of what one costs, until one is answered.
  const golden = new Golden();
  golden.reload(planOf());
  assert.equal(day(golden), 1);
  const [id = ""] = golden.save().open;
  golden.settle({ id, verdicts: [], missing: [], costNano: COST_NANO }, after(DAY_MS));
  let due = 0;
  for (let ms = DAY_MS; ms < 2 * DAY_MS; ms += TICK_MS)
    due += golden.due(after(ms), usdPerDay).length;
  assert.ok(due >= 10 && due <= 11, String(due));
  // Another version costs otherwise: again one goes alone.
  const versions = new Map([["safety", "other/safety"]]);
  golden.reload(planOf({ versions, items: planOf({}, 60).items.slice(48) }));
  assert.equal(golden.request(after(3 * DAY_MS), usdPerDay).length, 1);
});

test("a cap leaves the set four parts in a hundred of a day, and turns come round all the same", () => {
  const world = new World();
  // 0.05 · 0.8 of a cap that pays for twelve items a day.
  const usdPerDay = (12 * COST_NANO) / 1e9 / 0.04;
  world.run(DAY_MS, right, usdPerDay);
  assert.ok(world.asked.length <= 12 && world.asked.length >= 10, String(world.asked.length));
  world.run(4 * DAY_MS, right, usdPerDay);
  assert.equal(new Set(world.asked.map(({ number }) => number)).size, 48);
  assert.ok(world.asked.length <= 60);
  assert.ok(world.golden.totalSpent <= 5 * 0.04 * usdPerDay * 1e9 + 1);
});

test("what a stop missed is not made up for in one burst", () => {
  const world = new World();
  world.run(HOUR_MS);
  world.now += 20 * HOUR_MS;
  const before = world.asked.length;
  world.run(TICK_MS);
  assert.equal(world.asked.length, before + 1);
});

test("while nothing is answered, no more than twenty wait", () => {
  const golden = new Golden();
  golden.reload(planOf({ everyMs: HOUR_MS }));
  let due = 0;
  for (let ms = 0; ms < DAY_MS; ms += TICK_MS) due += golden.due(after(ms), undefined).length;
  assert.equal(due, 20);
});

test("a verdict is told of for a round and a quarter", () => {
  const world = new World();
  world.run(DAY_MS);
  world.now += DAY_MS;
  assert.ok(world.view().judged < 20);
  world.now += DAY_MS;
  assert.equal(world.view().judged, 0);
  assert.equal(world.view().agreement, undefined);
});

test("an answer without one rubric's verdict takes the old one for no new one", () => {
  const world = new World();
  world.run(2 * DAY_MS);
  world.run(DAY_MS, (number) => ({ safety: right(number)["safety"] ?? 1 }));
  assert.equal(world.view("faithfulness").judged, 0);
  assert.equal(world.view("safety").judged, 48);
});

test("a page waits for a request until all is answered, two minutes at most", () => {
  const world = new World();
  world.run(2 * DAY_MS);
  const at = world.now;
  assert.equal(world.golden.requested(after(at)).kind, "none");
  const due = world.golden.request(after(at), undefined);
  assert.equal(due.length, 48);
  assert.equal(world.golden.requested(after(at)).kind, "under-way");
  for (const { id } of due.slice(1)) world.answer(id, right);
  assert.equal(world.golden.requested(after(at + 2 * MINUTE_MS - 1)).kind, "under-way");
  assert.deepEqual(world.golden.overdue(after(at + 2 * MINUTE_MS - 1)), []);
  assert.deepEqual(world.golden.overdue(after(at + 2 * MINUTE_MS)), [due[0]?.id]);
  const standing = world.golden.requested(after(at + 2 * MINUTE_MS));
  assert.ok(standing.kind === "ended");
  const [view] = standing.views;
  assert.deepEqual([standing.asked, standing.ageMs], [48, 2 * MINUTE_MS]);
  assert.deepEqual([view?.judged, view?.flips.compared], [47, 47]);
  // Pages of the same hour share it.
  assert.deepEqual(world.golden.request(after(at + 59 * MINUTE_MS), undefined), []);
  assert.equal(world.golden.request(after(at + HOUR_MS), undefined).length, 47);
});

test("a request has what is left of its part of a day's money", () => {
  const world = new World();
  const usdPerDay = (12 * COST_NANO) / 1e9 / 0.04;
  world.run(DAY_MS - TICK_MS, right, usdPerDay);
  const due = world.golden.request(after(world.now), usdPerDay);
  assert.ok(due.length >= 3 && due.length <= 5, String(due.length));
});

test("what is saved has no text, and goes on as if nothing had been", () => {
  const whole = new World();
  const stopped = new World();
  const noisy: Judging = (number) => ({ ...right(number), safety: number % 5 === 0 ? 0.2 : 0.9 });
  for (let part = 0; part < 7; part++) {
    for (const world of [whole, stopped]) world.run(7 * HOUR_MS, part % 2 === 0 ? right : noisy);
    const text = JSON.stringify(stopped.golden.save());
    assert.doesNotMatch(text, /question/);
    const golden = new Golden();
    golden.load(JSON.parse(text) as SavedGolden, planOf());
    stopped.golden = golden;
  }
  assert.deepEqual(stopped.asked, whole.asked);
  assert.deepEqual(stopped.golden.save(), whole.golden.save());
  assert.deepEqual(stopped.golden.views(after(stopped.now)), whole.golden.views(after(whole.now)));
  assert.ok(JSON.stringify(whole.golden.save()).length < 48 * 70);
});

test("without a set nothing is due, and nothing is told", () => {
  const golden = new Golden();
  golden.reload(undefined);
  assert.deepEqual(golden.due(after(0), undefined), []);
  assert.deepEqual(golden.request(after(0), undefined), []);
  assert.deepEqual(golden.views(after(0)), []);
});
