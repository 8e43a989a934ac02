import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import type { Evaluation } from "../model/evaluation.ts";
import type { Ask, JudgeAnswer, JudgeSetup, MissingReason } from "../model/judge.ts";
import { Tally } from "../model/tally.ts";
import { DAY_MS, MINUTE_MS, epochMs } from "../model/time.ts";
import { Judge, type JudgeOutput, type SavedJudge } from "./judge.ts";
import { promptVersion } from "./prompt.ts";
import type { Rubric } from "./rubric.ts";
import { answerTo, callOf, drawAll, rubricOf, setupOf } from "./testing/judged-calls.ts";

const START = 20_780 * DAY_MS;
const after = (ms: number) => epochMs(START + ms);
const RUBRICS = [rubricOf("faithfulness"), rubricOf("safety")];

function judgeOf(
  over: Partial<JudgeSetup> = {},
  judgeTextLength = 100_000,
  counts = new Tally(),
): Judge {
  const limits = { judgeTextLength };
  const judge = new Judge({ limits, counts });
  judge.reload(setupOf(over), RUBRICS, after(0));
  return judge;
}

const failed = (reason: MissingReason, retry = true): JudgeAnswer => ({
  ok: false,
  reason,
  retry,
  detail: "",
});

const shown = ({ name, score, errorType, weight }: Evaluation): readonly unknown[] => [
  name,
  score ?? errorType,
  weight,
];

void test("a call that is drawn is asked about at once, and its verdicts come with its weight", () => {
  const judge = judgeOf();
  judge.offer(callOf(1), drawAll(0.05), after(0));
  const [ask] = judge.take().asks;
  assert.ok(ask);
  assert.match(ask.user, /question 1/);
  assert.equal(ask.model, "judge-1");
  judge.answer(ask.key, answerTo(ask, 0.9), after(1000));
  const { judged, draws, asks } = judge.take();
  assert.deepEqual(
    judged.map(({ evaluation }) => shown(evaluation)),
    [
      ["faithfulness", 0.9, 20],
      ["safety", 0.9, 20],
    ],
  );
  assert.equal(judged[0]?.call.text, undefined);
  assert.deepEqual(asks, []);
  assert.deepEqual(
    draws.map(({ inclusion, costUsd, rubrics }) => [inclusion, costUsd, rubrics.length]),
    [[0.05, 500 * 0.15e-6 + 80 * 0.6e-6, 2]],
  );
});

void test("a bad verdict is asked for a second time, of the second model and otherwise", () => {
  const judge = judgeOf({ secondModel: "judge-2" });
  judge.offer(callOf(1), drawAll(), after(0));
  const [first] = judge.take().asks;
  assert.ok(first);
  judge.answer(first.key, answerTo(first, 0.1), after(1000));
  const { asks, judged } = judge.take();
  assert.deepEqual(judged, []);
  const [second] = asks;
  assert.equal(second?.model, "judge-2");
  assert.notEqual(second.user, first.user);
  assert.notEqual(second.key, first.key);
});

for (const [what, call] of [
  ["failed", callOf(1, { errorType: "timeout" })],
  ["called off by its application", callOf(1, { ending: "cancelled" })],
  ["an embedding", callOf(1, { kind: "embeddings" })],
  ["without its text", callOf(1, { text: { input: "a" } })],
  ["of blanks", callOf(1, { text: { input: "a", output: " \n" } })],
] as const) {
  void test(`a call is not judged: ${what}`, () => {
    const judge = judgeOf();
    judge.offer(call, drawAll(), after(0));
    assert.deepEqual(judge.take().asks, []);
  });
}

void test("what the trace retrieved is put before the judge", () => {
  const judge = judgeOf();
  const { traceId } = callOf(1);
  judge.takeContext({ traceId, text: "the shop opens at nine" }, after(0));
  judge.offer(callOf(1), drawAll(), after(0));
  assert.match(judge.take().asks[0]?.user ?? "", /opens at nine/);
});

void test("what a tool gave is put before the judge once, in messages or not", () => {
  const judge = judgeOf();
  const { traceId, text } = callOf(1);
  const opening = "the shop opens at nine and closes at six, on Sundays at four";
  judge.takeContext({ traceId, text: opening }, after(0));
  judge.takeContext({ traceId, text: "it rains" }, after(0));
  judge.offer(callOf(1, { text: { ...text, context: opening } }), drawAll(), after(0));
  const { user = "" } = judge.take().asks[0] ?? {};
  assert.equal(user.split("opens at nine").length, 2);
  assert.match(user, /it rains/);
});

void test("of a longer text than the judge is shown the middle is left out, and that is counted", () => {
  const counts = new Tally();
  const judge = judgeOf({ shownTextLength: 50 }, 100_000, counts);
  for (const [number, length] of [50, 51].entries())
    judge.offer(callOf(number + 1, { text: { output: "x".repeat(length) } }), drawAll(), after(0));
  const [whole, cut] = judge.take().asks;
  assert.match(whole?.user ?? "", /\nx{50}\n/);
  assert.match(cut?.user ?? "", /\nx{30}\n\[… 1 characters left out …\]\nx{20}\n/);
  assert.ok(cut !== undefined && !("leftOut" in cut));
  assert.equal(counts.counts.get("judge_requests_cut"), 1);
});

void test("a judge that is shown another length of texts is another version", () => {
  const judge = judgeOf();
  const setup = setupOf({ shownTextLength: 24_001 });
  const same = judge.reload(setupOf({ shownTextLength: 24_000 }), RUBRICS, after(1));
  assert.deepEqual([...same], []);
  assert.deepEqual([...judge.reload(setup, RUBRICS, after(1))], ["faithfulness", "safety"]);
});

void test("a program that words its requests otherwise is another version, also after a restart", () => {
  const [before, now] = [setupOf({ promptVersion: "0123456789abcdef" }), setupOf()];
  const judge = judgeOf({ promptVersion: "0123456789abcdef" });
  const restarted = judgeOf();
  restarted.load(judge.save(), before, RUBRICS);
  assert.equal(restarted.reload(now, RUBRICS, after(1)).size, 2);
  const same = setupOf({ promptVersion: promptVersion() });
  assert.equal(restarted.reload(same, RUBRICS, after(2)).size, 0);
});

void test("a rubric that is changed, added or left out is another version of that rubric alone", () => {
  const judge = judgeOf();
  const [faithfulness, safety] = RUBRICS;
  assert.ok(faithfulness && safety);
  const changed = (...rubrics: readonly Rubric[]): readonly string[] => [
    ...judge.reload(setupOf(), rubrics, after(1)),
  ];
  assert.deepEqual(changed(faithfulness, { ...safety, version: "other" }), ["safety"]);
  assert.deepEqual(changed(faithfulness), ["safety"]);
  assert.deepEqual(changed(faithfulness, rubricOf("tone")), ["tone"]);
  assert.deepEqual([...judge.reload(undefined, [], after(2))], ["faithfulness", "tone"]);
});

void test("so many requests are under way at once, and the next leaves when one is back", () => {
  const judge = judgeOf();
  for (let i = 1; i <= 5; i++) judge.offer(callOf(i), drawAll(), after(0));
  const { asks } = judge.take();
  assert.equal(asks.length, 2);
  const [ask] = asks;
  assert.ok(ask);
  judge.answer(ask.key, answerTo(ask, 1), after(1));
  assert.equal(judge.take().asks.length, 1);
  assert.equal(judge.view(after(1)).waiting, 2);
});

void test("when the money is used up, what was drawn is missing, until the next day", () => {
  const judge = judgeOf({ usdPerDay: 0.0012 });
  judge.offer(callOf(1), drawAll(), after(0));
  const [ask] = judge.take().asks;
  assert.ok(ask);
  // Twice as much as one request can cost at most is not left.
  judge.answer(ask.key, answerTo(ask, 1, { inputTokens: 5000, outputTokens: 100 }), after(1));
  judge.offer(callOf(2), drawAll(), after(2));
  const { asks, judged } = judge.take();
  assert.deepEqual(asks, []);
  assert.deepEqual(
    judged.slice(2).map(({ evaluation }) => shown(evaluation)),
    [
      ["faithfulness", "budget", 1],
      ["safety", "budget", 1],
    ],
  );
  assert.equal(judge.view(after(2)).isOutOfMoney, true);
  assert.equal(judge.view(after(DAY_MS)).isOutOfMoney, false);
  judge.offer(callOf(3), drawAll(), after(DAY_MS));
  assert.equal(judge.take().asks.length, 1);
  assert.equal(judge.view(after(DAY_MS)).isOutOfMoney, false);
});

void test("a queue without room says so", () => {
  const judge = judgeOf({}, 1030);
  judge.offer(callOf(1), drawAll(), after(0));
  judge.offer(callOf(2), drawAll(), after(0));
  const { judged } = judge.take();
  assert.deepEqual(
    judged.map(({ evaluation }) => evaluation.errorType),
    ["queue-full", "queue-full"],
  );
});

void test("short texts fill the queue, too: a snapshot holds more of a call than its text", () => {
  const judge = judgeOf({}, 3500);
  for (let i = 1; i <= 5; i++) judge.offer(callOf(i), drawAll(), after(0));
  const { asks, judged } = judge.take();
  assert.deepEqual([asks.length, judge.view(after(0)).waiting], [2, 1]);
  assert.deepEqual(
    new Set(judged.map(({ evaluation }) => evaluation.errorType)),
    new Set(["queue-full"]),
  );
});

void test("a cap that is lowered below what was spent is used up before anything is asked", () => {
  const judge = judgeOf({ usdPerDay: 1 });
  judge.offer(callOf(1), drawAll(), after(0));
  const [ask] = judge.take().asks;
  assert.ok(ask);
  judge.answer(ask.key, answerTo(ask, 1), after(1));
  assert.equal(judge.view(after(1)).isOutOfMoney, false);
  judge.reload(setupOf({ usdPerDay: 1e-6 }), RUBRICS, after(2));
  assert.equal(judge.view(after(2)).isOutOfMoney, true);
  assert.equal(judge.view(after(DAY_MS)).isOutOfMoney, false);
});

void test("another judge begins a new version: what was asked of the old one is given up", () => {
  const judge = judgeOf();
  judge.offer(callOf(1), drawAll(), after(0));
  const [ask] = judge.take().asks;
  assert.ok(ask);
  judge.reload(setupOf({ model: "judge-2" }), RUBRICS, after(1));
  assert.deepEqual(
    judge
      .take()
      .judged.map(({ evaluation }) => [evaluation.errorType, evaluation.judge?.slice(0, 8)]),
    [
      ["reloaded", "judge-1/"],
      ["reloaded", "judge-1/"],
    ],
  );
  // It is paid for all the same.
  judge.answer(ask.key, answerTo(ask, 0), after(2));
  assert.deepEqual(judge.take(), { asks: [], judged: [], draws: [], items: [] });
  assert.ok(judge.view(after(2)).dayUsd > 0);
  assert.equal(judge.view(after(2)).reservedUsd, 0);
});

void test("a reload that changes no verdict's meaning disturbs nothing", () => {
  const judge = judgeOf();
  judge.offer(callOf(1), drawAll(), after(0));
  const [ask] = judge.take().asks;
  assert.ok(ask);
  judge.reload(setupOf({ concurrency: 7, usdPerDay: 9 }), RUBRICS, after(1));
  judge.answer(ask.key, answerTo(ask, 1), after(2));
  assert.equal(judge.take().judged.length, 2);
});

void test("a request is charged at the price that it left at, also where nobody judges any more", () => {
  const judge = judgeOf();
  for (const number of [1, 2]) judge.offer(callOf(number), drawAll(), after(0));
  const [first, second] = judge.take().asks;
  assert.ok(first && second);
  const price = { inputUsdPerMillion: 0, outputUsdPerMillion: 0 };
  judge.reload(setupOf({ price }), RUBRICS, after(1));
  judge.answer(first.key, answerTo(first, 1), after(2));
  judge.reload(undefined, [], after(3));
  judge.answer(second.key, answerTo(second, 1), after(4));
  assert.equal(judge.view(after(4)).totalUsd, 2 * (500 * 0.15e-6 + 80 * 0.6e-6));
});

void test("what a call costs is known of those that were paid for whole, until prices change", () => {
  const judge = judgeOf({ usdPerDay: 0.0012 });
  const cost = 500 * 0.15e-6 + 80 * 0.6e-6;
  const costs = (): readonly unknown[] => {
    const { paidCalls, usdPerCall } = judge.view(after(9));
    return [paidCalls, usdPerCall];
  };
  assert.deepEqual(costs(), [0, undefined]);
  for (const [number, answer] of [
    [1, "verdict"],
    [2, "paid in vain"],
    [3, "free"],
  ] as const) {
    judge.offer(callOf(number), drawAll(), after(0));
    const [ask] = judge.take().asks;
    assert.ok(ask);
    const usage = { inputTokens: 500, outputTokens: 80 };
    judge.answer(
      ask.key,
      answer === "verdict"
        ? answerTo(ask, 1)
        : { ...failed("rejected", false), ...(answer === "free" ? {} : { usage }) },
      after(1),
    );
  }
  assert.deepEqual(costs(), [2, cost]);
  // What is bad at the first look costs a second request, which nothing is left for.
  judge.offer(callOf(4), drawAll(), after(2));
  const [ask] = judge.take().asks;
  assert.ok(ask);
  judge.answer(ask.key, answerTo(ask, 0, { inputTokens: 5000, outputTokens: 200 }), after(3));
  assert.equal(judge.take().judged.at(-1)?.evaluation.errorType, "budget");
  assert.deepEqual(costs(), [2, cost]);
  judge.reload(setupOf({ concurrency: 7 }), RUBRICS, after(4));
  assert.deepEqual(costs(), [2, cost]);
  const price = { inputUsdPerMillion: 15, outputUsdPerMillion: 60 };
  judge.reload(setupOf({ price, usdPerDay: 1 }), RUBRICS, after(5));
  const [calls, usd] = costs();
  assert.equal(calls, 1);
  assert.ok(Math.abs(Number(usd) / cost - 100) < 1e-9, "a hundred times as dear");
  assert.ok(Math.abs((judge.affordablePerDay(after(5)) ?? 0) * 100 * cost - 1) < 1e-9);
  judge.reload(setupOf({ model: "judge-2", price, usdPerDay: 1 }), RUBRICS, after(6));
  assert.deepEqual(costs(), [1, usd]);
  const free = { inputUsdPerMillion: 0, outputUsdPerMillion: 0 };
  judge.reload(setupOf({ price: free }), RUBRICS, after(7));
  assert.deepEqual(costs(), [1, 0]);
  judge.reload(setupOf({ price }), RUBRICS, after(8));
  assert.deepEqual(costs(), [0, undefined]);
});

void test("too few verdicts are counted as partial, and those that nobody asked for", () => {
  const counts = new Tally();
  const judge = new Judge({ limits: { judgeTextLength: 100_000 }, counts });
  judge.reload(setupOf(), RUBRICS, after(0));
  judge.offer(callOf(1), drawAll(), after(0));
  const [ask] = judge.take().asks;
  assert.ok(ask);
  const whole = answerTo(ask, 1);
  judge.answer(ask.key, { ...whole, verdicts: whole.verdicts.slice(1), unasked: 2 }, after(1));
  assert.deepEqual(
    ["requests_answered", "requests_partial", "unasked"].map((name) =>
      counts.counts.get(`judge_${name}`),
    ),
    [undefined, 1, 2],
  );
});

void test("what has waited for a day is not asked after a stop, but let go", () => {
  const judge = judgeOf();
  judge.offer(callOf(1), drawAll(), after(0));
  const [ask] = judge.take().asks;
  assert.ok(ask);
  judge.answer(ask.key, failed("interrupted"), after(DAY_MS));
  assert.deepEqual(judge.take().asks, []);
  judge.advance(after(DAY_MS));
  assert.deepEqual(
    judge.take().judged.map(({ evaluation }) => evaluation.errorType),
    ["expired", "expired"],
  );
});

/** A judge in the world: fails as told, is stopped and started again, and counts what it was paid. */
class World {
  judge: Judge;
  readonly over: Partial<JudgeSetup>;
  readonly open: Ask[] = [];
  readonly ends = new Map<string, string[]>();
  billedNano = 0;
  now = 0;

  constructor(over: Partial<JudgeSetup>) {
    this.over = over;
    this.judge = judgeOf(over);
  }

  take({ asks, judged }: JudgeOutput): void {
    this.open.push(...asks);
    for (const { evaluation } of judged) {
      const id = evaluation.spanId ?? "";
      const ends = this.ends.get(id) ?? [];
      ends.push(evaluation.name);
      this.ends.set(id, ends);
    }
  }

  answer(make: (ask: Ask) => JudgeAnswer): void {
    const ask = this.open.shift();
    if (ask === undefined) return;
    const answer = make(ask);
    const { inputTokens = 0, outputTokens = 0 } = answer.usage ?? {};
    this.billedNano += inputTokens * 150 + outputTokens * 600;
    this.judge.answer(ask.key, answer, after(this.now));
    this.take(this.judge.take());
  }

  /** What was answered before the stop was paid for, and nobody knows. */
  restart(): void {
    const saved = JSON.parse(JSON.stringify(this.judge.save())) as SavedJudge;
    this.judge = new Judge({ limits: { judgeTextLength: 100_000 }, counts: new Tally() });
    this.judge.load(saved, setupOf(this.over), RUBRICS);
    this.open.length = 0;
    for (const key of this.judge.askedKeys())
      this.judge.answer(key, failed("interrupted"), after(this.now));
    this.take(this.judge.take());
  }
}

void test("through failures and stops nothing is lost or doubled, and no cap is passed", () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.constant("offer" as const) },
    { weight: 4, arbitrary: fc.constantFrom("good", "bad", "half") },
    {
      weight: 3,
      arbitrary: fc.constantFrom<MissingReason>("rate-limited", "timeout", "malformed", "rejected"),
    },
    { weight: 1, arbitrary: fc.constantFrom("restart", "minute") },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const cap = 0.004;
      const world = new World({ usdPerDay: cap });
      let offered = 0;
      for (const what of steps) {
        world.now += 100;
        if (what === "offer") world.judge.offer(callOf(++offered), drawAll(), after(world.now));
        else if (what === "restart") world.restart();
        else if (what === "minute") world.judge.advance(after((world.now += MINUTE_MS)));
        else if (what === "good") world.answer((ask) => answerTo(ask, 1));
        else if (what === "bad") world.answer((ask) => answerTo(ask, 0));
        else if (what === "half")
          world.answer((ask) => {
            const { verdicts, ...rest } = answerTo(ask, 1);
            return { ...rest, verdicts: verdicts.slice(0, 1) };
          });
        else world.answer(() => failed(what));
        world.take(world.judge.take());
        const { dayUsd, reservedUsd, underWay } = world.judge.view(after(world.now));
        assert.ok(dayUsd + reservedUsd <= cap + 1e-12, "the cap is passed");
        assert.ok(world.billedNano <= dayUsd * 1e9 + 1e-3, "what was billed is not counted");
        assert.ok(underWay <= 2);
        assert.equal(underWay, world.open.length);
      }
      // A judge that is well again, and without a cap, answers what is left.
      world.judge.reload(setupOf(), RUBRICS, after(world.now));
      while (world.judge.view(after(world.now)).waiting + world.open.length > 0) {
        world.judge.advance(after((world.now += MINUTE_MS)));
        world.take(world.judge.take());
        world.answer((ask) => answerTo(ask, 1));
      }
      assert.equal(world.ends.size, offered);
      for (const names of world.ends.values())
        assert.deepEqual(names.toSorted(), ["faithfulness", "safety"]);
      assert.equal(world.judge.view(after(world.now)).reservedUsd, 0);
    }),
  );
});
