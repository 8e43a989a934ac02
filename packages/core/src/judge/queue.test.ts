import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import type { JudgeAnswer, MissingReason, RubricVerdict } from "../model/judge.ts";
import { DAY_MS, MINUTE_MS, SECOND_MS, epochMs } from "../model/time.ts";
import { JudgeQueue, type SavedQueue } from "./queue.ts";
import { type Lane, LANES, type Settled } from "./queue-item.ts";

const START = 1_800_000_000_000;
const after = (ms: number) => epochMs(START + ms);

const RUBRICS = [
  { name: "faithfulness", threshold: 0.5 },
  { name: "safety", threshold: 0.5 },
];

type Queue = JudgeQueue<string>;

function queueOf(lengthMax = 1000): Queue {
  return new JudgeQueue({ lengthMax, jitter: () => 0 });
}

function added(queue: Queue, id = "a", rubrics = RUBRICS): Queue {
  assert.equal(queue.add(id, `subject ${id}`, { rubrics, length: 10, at: after(0) }), "added");
  return queue;
}

const verdict = (name: string, score: number): RubricVerdict => ({ name, score, label: "" });
const said = (...scores: readonly (readonly [string, number])[]): JudgeAnswer => ({
  ok: true,
  verdicts: scores.map(([name, score]) => verdict(name, score)),
});
const failed = (reason: MissingReason, retry = true, pauseMs?: number): JudgeAnswer => ({
  ok: false,
  reason,
  retry,
  detail: "",
  ...(pauseMs === undefined ? {} : { pauseMs }),
});

/** Asks for the first item and answers at once. */
function answered(
  queue: Queue,
  answer: JudgeAnswer,
  atMs = 0,
  key = "k",
): Settled<string> | undefined {
  queue.ask(key);
  return queue.answer(key, answer, after(atMs));
}

void test("good verdicts settle at the first look", () => {
  const queue = added(queueOf());
  const settled = answered(queue, said(["faithfulness", 0.9], ["safety", 0.5]));
  assert.deepEqual(settled?.verdicts, [verdict("faithfulness", 0.9), verdict("safety", 0.5)]);
  assert.deepEqual(settled.missing, []);
  assert.equal(queue.length, 0);
});

for (const [name, second, score] of [
  ["both looks say bad: the better one stands", 0.3, 0.3],
  ["the first one was the better of two bad ones", 0.1, 0.2],
  ["the second look finds it good", 0.8, 0.8],
] as const) {
  void test(`what is bad is looked at a second time: ${name}`, () => {
    const queue = added(queueOf());
    assert.equal(answered(queue, said(["faithfulness", 0.2], ["safety", 1])), undefined);
    assert.deepEqual(queue.next(after(0)), {
      subject: "subject a",
      id: "a",
      look: 2,
      request: 2,
      rubrics: ["faithfulness"],
    });
    const settled = answered(queue, said(["faithfulness", second]));
    assert.deepEqual(
      settled?.verdicts.map((one) => [one.name, one.score]),
      [
        ["safety", 1],
        ["faithfulness", score],
      ],
    );
  });
}

void test("a bad verdict whose second look fails is missing, and not bad", () => {
  const queue = added(queueOf());
  answered(queue, said(["faithfulness", 0.2], ["safety", 1]));
  const settled = answered(queue, failed("refused", false));
  const missed = { name: "faithfulness", reason: "refused", doubted: true };
  assert.deepEqual(settled?.missing, [missed]);
  assert.deepEqual(settled.verdicts, [verdict("safety", 1)]);
});

void test("a judge that refused is asked once more", () => {
  const queue = added(queueOf());
  assert.equal(answered(queue, failed("refused", true)), undefined);
  queue.wake(after(3 * SECOND_MS));
  const settled = answered(queue, failed("refused", true));
  assert.deepEqual(
    settled?.missing.map(({ reason }) => reason),
    ["refused", "refused"],
  );
});

for (const [what, reasons, left] of [
  ["429 takes no other fault's second try", ["rate-limited", "rate-limited", "malformed"], true],
  ["each reason has its own limit", ["malformed", "timeout", "malformed", "malformed"], false],
  [
    "all of them together have one, too",
    [...Array<"rate-limited">(5).fill("rate-limited"), "timeout", "malformed", "connection"],
    false,
  ],
] as const) {
  void test(`failures of several kinds: ${what}`, () => {
    const queue = added(queueOf());
    const last = reasons.length - 1;
    for (const [i, reason] of reasons.entries()) {
      queue.wake(after((i + 1) * 10 * MINUTE_MS));
      const settled = answered(queue, failed(reason), (i + 1) * 10 * MINUTE_MS, `k${i}`);
      assert.equal(settled === undefined, i < last || left, `after ${i + 1}`);
    }
  });
}

void test("rubrics without a verdict are asked for again, alone", () => {
  const queue = added(queueOf());
  assert.equal(answered(queue, said(["safety", 1])), undefined);
  assert.equal(queue.next(after(0)), undefined);
  queue.wake(after(3 * SECOND_MS));
  assert.deepEqual(queue.next(after(3 * SECOND_MS))?.rubrics, ["faithfulness"]);
});

void test("a final answer is not asked to be completed, and what it found bad is looked at again", () => {
  const queue = added(queueOf());
  assert.equal(
    answered(queue, { ...said(["safety", 0.2]), final: true } as JudgeAnswer),
    undefined,
  );
  assert.deepEqual(queue.next(after(0))?.rubrics, ["safety"]);
  const settled = answered(queue, { ...said(["safety", 0.2]), final: true } as JudgeAnswer);
  assert.deepEqual(settled?.verdicts, [verdict("safety", 0.2)]);
  assert.deepEqual(settled.missing, [{ name: "faithfulness", reason: "partial" }]);
});

void test("a failure that a repeat does not change is missing at once", () => {
  const settled = answered(added(queueOf()), failed("rejected", false));
  assert.deepEqual(
    settled?.missing.map(({ reason }) => reason),
    ["rejected", "rejected"],
  );
});

void test("failures are tried again, later each time, and then missing", () => {
  const queue = added(queueOf());
  const waits: number[] = [];
  let now = 0;
  let settled: Settled<string> | undefined;
  while (settled === undefined) {
    settled = answered(queue, failed("server-error"), now);
    if (settled !== undefined) break;
    const from = now;
    while (queue.next(after(now)) === undefined) queue.wake(after((now += SECOND_MS)));
    waits.push(now - from);
  }
  assert.deepEqual(
    waits.map((ms) => ms / SECOND_MS),
    [2, 4, 8, 16],
  );
  assert.equal(settled.missing.length, 2);
});

void test("a rate limit holds every item back, as long as it says", () => {
  const queue = added(added(queueOf()), "b");
  assert.equal(answered(queue, failed("rate-limited", true, 30_000)), undefined);
  queue.wake(after(29_999));
  assert.equal(queue.next(after(29_999)), undefined);
  assert.equal(queue.next(after(30_000))?.id, "b");
});

void test("an answer may ask for a pause, too", () => {
  const queue = added(added(queueOf()), "b");
  answered(queue, { ...said(["faithfulness", 1], ["safety", 1]), pauseMs: 5000 });
  assert.equal(queue.next(after(4999)), undefined);
  assert.equal(queue.next(after(5000))?.id, "b");
});

void test("a stop of ours is nobody's failure: it is asked again, however often", () => {
  const queue = added(queueOf());
  for (let stop = 0; stop < 100; stop++) {
    assert.equal(answered(queue, failed("interrupted")), undefined);
  }
  assert.equal(queue.next(after(0))?.request, 101);
});

void test("text is let go after a day, also of what waits for its second look", () => {
  const queue = added(queueOf());
  answered(queue, said(["faithfulness", 0.1], ["safety", 1]));
  assert.deepEqual(queue.wake(after(DAY_MS - 1)), []);
  const [settled] = queue.wake(after(DAY_MS));
  assert.deepEqual(settled?.missing, [{ name: "faithfulness", reason: "expired", doubted: true }]);
  assert.deepEqual(settled.verdicts, [verdict("safety", 1)]);
  assert.equal(queue.waiting + queue.length, 0);
});

void test("the queue holds so much text and says when it is full", () => {
  const queue = added(queueOf(15));
  assert.equal(queue.add("b", "b", { rubrics: RUBRICS, length: 10, at: after(0) }), "full");
});

void test("answers to nobody, and verdicts that nobody asked for, change nothing", () => {
  const queue = added(queueOf());
  assert.equal(queue.answer("unknown", said(["safety", 1]), after(0)), undefined);
  const settled = answered(
    queue,
    said(["other", 0], ["safety", 1], ["safety", 0], ["faithfulness", 1]),
  );
  assert.deepEqual(
    settled?.verdicts.map(({ name, score }) => [name, score]),
    [
      ["safety", 1],
      ["faithfulness", 1],
    ],
  );
});

const REASONS: readonly MissingReason[] = [
  "rate-limited",
  "server-error",
  "timeout",
  "connection",
  "rejected",
  "refused",
  "truncated",
  "malformed",
  "foreign",
  "interrupted",
];

void test("whatever the judge does, every rubric of every item ends once", () => {
  const anAnswer: fc.Arbitrary<JudgeAnswer> = fc.oneof(
    fc
      .array(fc.tuple(fc.constantFrom("faithfulness", "safety", "other"), fc.constantFrom(0, 1)))
      .map((scores) => said(...scores)),
    fc
      .record({ reason: fc.constantFrom(...REASONS), retry: fc.boolean() })
      .map(({ reason, retry }) => failed(reason, retry)),
  );
  fc.assert(
    fc.property(
      fc.array(anAnswer, { maxLength: 80 }),
      fc.integer({ min: 1, max: 4 }),
      (answers, concurrency) => {
        let queue = queueOf();
        const ends: Settled<string>[] = [];
        const end = (settled: Settled<string> | undefined) => {
          if (settled !== undefined) ends.push(settled);
        };
        for (const id of ["a", "b", "c", "d"]) added(queue, id);
        let now = 0;
        let asked = 0;
        for (const answer of answers) {
          while (queue.underWay < concurrency && queue.next(after(now)) !== undefined)
            queue.ask(String(++asked));
          const [key] = queue.askedKeys();
          if (key !== undefined) end(queue.answer(key, answer, after(now)));
          now += MINUTE_MS;
          ends.push(...queue.wake(after(now)));
          const loaded = queueOf();
          loaded.load(JSON.parse(JSON.stringify(queue.save())) as ReturnType<Queue["save"]>);
          assert.deepEqual(loaded.save(), queue.save());
          queue = loaded;
        }
        // A judge that is well again answers what is left.
        while (queue.underWay + queue.waiting > 0) {
          now += MINUTE_MS;
          ends.push(...queue.wake(after(now)));
          while (queue.next(after(now)) !== undefined) queue.ask(String(++asked));
          for (const key of queue.askedKeys())
            end(queue.answer(key, said(["faithfulness", 1], ["safety", 1]), after(now)));
        }
        assert.deepEqual(ends.map(({ id }) => id).toSorted(), ["a", "b", "c", "d"]);
        for (const { verdicts, missing } of ends) {
          const names = [...verdicts, ...missing].map(({ name }) => name);
          assert.deepEqual(names.toSorted(), ["faithfulness", "safety"]);
        }
        assert.equal(queue.length, 0);
      },
    ),
  );
});

void test("others are asked about before calls, or when none waits, and are counted apart", () => {
  const queue = queueOf();
  const add = (id: string, lane: Lane): void => {
    queue.add(id, id, { rubrics: RUBRICS, length: 0, at: after(0), lane });
  };
  add("late", "spare");
  add("call", "calls");
  add("soon", "urgent");
  assert.equal(queue.waiting, 1);
  const order: unknown[] = [];
  for (const key of ["k1", "k2", "k3"]) {
    order.push(queue.next(after(0))?.subject);
    queue.ask(key);
  }
  assert.deepEqual(order, ["soon", "call", "late"]);
  // A second look, and what is tried again, keeps its lane.
  queue.answer("k3", said(["faithfulness", 0], ["safety", 0]), after(0));
  queue.answer("k1", failed("timeout"), after(0));
  assert.equal(queue.waiting, 0);
  queue.wake(after(MINUTE_MS));
  assert.equal(queue.next(after(MINUTE_MS), ["calls"]), undefined);
  assert.equal(queue.next(after(MINUTE_MS), ["spare"])?.look, 2);
  assert.equal(queue.next(after(MINUTE_MS))?.subject, "soon");
  const loaded = queueOf();
  loaded.load(queue.save());
  assert.equal(loaded.next(after(MINUTE_MS), ["spare"])?.subject, "late");
});

void test("second looks come before first ones, also from a snapshot: what is bad is not what money ends at", () => {
  const queue = added(added(added(queueOf(), "bad"), "b"), "c");
  answered(queue, said(["faithfulness", 0.1], ["safety", 1]));
  const loaded = queueOf();
  loaded.load(queue.save());
  for (const one of [queue, loaded]) {
    const { subject, look } = one.next(after(0)) ?? {};
    assert.deepEqual([subject, look], ["subject bad", 2]);
    answered(one, failed("timeout"));
    assert.equal(one.next(after(0))?.subject, "subject b");
    one.wake(after(MINUTE_MS));
    assert.equal(one.next(after(MINUTE_MS))?.subject, "subject bad");
  }
});

void test("what nobody wants any more ends as missing, but for what is under way", () => {
  const queue = added(added(queueOf(), "a"), "b");
  queue.ask("k");
  assert.equal(queue.withdraw("a", "expired"), undefined);
  const names = queue.withdraw("b", "expired")?.missing.map(({ name }) => name);
  assert.deepEqual(names, ["faithfulness", "safety"]);
  assert.equal(queue.length, 10);
  assert.ok(queue.answer("k", said(["faithfulness", 1], ["safety", 1]), after(0)));
});

/** What is woken, and what has waited too long, by a walk over all that waits. */
function walked({ ready, delayed }: SavedQueue<string>, at: number) {
  const list = ({ lane, look }: { lane: Lane; look: 1 | 2 }): number =>
    2 * LANES.indexOf(lane) + (look === 2 ? 0 : 1);
  const woken = delayed.filter(({ notBefore }) => notBefore <= at);
  const awake = [...ready, ...woken].toSorted((one, other) => list(one) - list(other));
  const asleep = delayed.filter(({ notBefore }) => notBefore > at);
  const isOld = ({ since }: { since: number }): boolean => at - since >= DAY_MS;
  return {
    old: [...awake, ...asleep].filter(isOld).map(({ id }) => id),
    ready: awake.filter((item) => !isOld(item)).map(({ id }) => id),
    delayed: asleep.filter((item) => !isOld(item)).map(({ id }) => id),
  };
}

void test("what is due, what is too old and how many wait is what a walk over all of them finds", () => {
  const step = fc.record({
    afterMs: fc.constantFrom(0, 500, 3 * SECOND_MS, 5 * MINUTE_MS, DAY_MS / 3),
    adds: fc.array(fc.tuple(fc.nat(30), fc.constantFrom(...LANES)), { maxLength: 4 }),
    asks: fc.nat(4),
    answers: fc.array(
      fc.constantFrom(
        said(["faithfulness", 1], ["safety", 1]),
        said(["faithfulness", 0], ["safety", 1]),
        said(["safety", 1]),
        failed("server-error"),
        failed("timeout"),
        failed("interrupted"),
      ),
      { maxLength: 4 },
    ),
    other: fc.constantFrom("none", "none", "none", "none", "load", "give-up", "withdraw", "clear"),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const jitter = (text: string): number => ((text.codePointAt(0) ?? 0) % 7) / 7;
      const fresh = (): Queue => new JudgeQueue({ lengthMax: 1000, jitter });
      let queue = fresh();
      let now = 0;
      let asked = 0;
      for (const { afterMs, adds, asks, answers, other } of steps) {
        now += afterMs;
        for (const [number, lane] of adds) {
          const id = String.fromCharCode(97 + number);
          const { ready, delayed, asked: open } = queue.save();
          const items = [...ready, ...delayed, ...open.map(([, item]) => item)];
          const outcome = items.some((item) => item.id === id) ? "known" : "added";
          const options = { rubrics: RUBRICS, length: 10, at: after(now), lane };
          assert.equal(queue.add(id, id, options), outcome);
        }
        for (let i = 0; i < asks; i++) queue.ask(String(++asked));
        for (const [i, key] of queue.askedKeys().slice(0, answers.length).entries()) {
          const answer = answers[i];
          if (answer !== undefined) queue.answer(key, answer, after(now));
        }
        if (other === "give-up") queue.giveUp("budget");
        if (other === "withdraw") queue.withdraw("c", "expired");
        if (other === "clear") queue.clear("reloaded");
        if (other === "load") {
          const loaded = fresh();
          loaded.load(queue.save());
          queue = loaded;
        }
        const expected = walked(queue.save(), after(now));
        const old = queue.wake(after(now)).map(({ id }) => id);
        const { ready, delayed, asked: underWay } = queue.save();
        const ids = (items: readonly { readonly id: string }[]) => items.map(({ id }) => id);
        assert.deepEqual({ old, ready: ids(ready), delayed: ids(delayed) }, expected);
        const waiting = [...ready, ...delayed].filter(({ lane }) => lane === "calls").length;
        assert.deepEqual([queue.waiting, queue.underWay], [waiting, underWay.length]);
        assert.equal(queue.length, 10 * (ready.length + delayed.length + underWay.length));
      }
    }),
  );
});

void test("what was asked about before others came is the oldest one also after a restart", () => {
  const queue = added(queueOf());
  queue.ask("k");
  queue.add("b", "b", { rubrics: RUBRICS, length: 10, at: after(MINUTE_MS) });
  const loaded = queueOf();
  loaded.load(queue.save());
  loaded.answer("k", failed("interrupted"), after(MINUTE_MS));
  assert.deepEqual(
    loaded.wake(after(DAY_MS)).map(({ id }) => id),
    ["a"],
  );
});

void test("an item that comes again waits as long as its own failures say", () => {
  const queue = added(queueOf());
  answered(queue, failed("server-error"));
  queue.withdraw("a", "expired");
  added(queue);
  answered(queue, failed("server-error"), SECOND_MS);
  queue.wake(after(2 * SECOND_MS));
  assert.equal(queue.next(after(2 * SECOND_MS)), undefined);
  queue.wake(after(3 * SECOND_MS));
  assert.equal(queue.next(after(3 * SECOND_MS))?.id, "a");
});
