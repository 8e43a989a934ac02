// The program with a judge that has bad days, over real sockets and in the formats of both providers.
import assert from "node:assert/strict";
import test from "node:test";
import { eventually } from "naruko/testing/stored-samples";
import { billedUsd, judgedBy, RUBRICS } from "./judged-server.ts";
import { type Fault, RETRY_AFTER_MS } from "./scripted-judge.ts";

/** Of each call: what goes wrong at its first requests, what comes of it, and after how many requests. */
const CALLS: readonly (readonly [faults: readonly Fault[], end: string, requests: number])[] = [
  [["none"], "0.75", 1],
  [["error"], "0.75", 2],
  [["silent"], "0.75", 2],
  [["cut"], "0.75", 2],
  [["broken-json"], "0.75", 2],
  [["wrong-schema"], "0.75", 2],
  [["another-boundary"], "0.75", 2],
  [["unasked"], "0.75", 1],
  // Once more, by another prompt: both looks are bad.
  [["bad-answer", "bad-answer"], "0.25", 2],
  [["bad-answer", "none"], "0.75", 2],
  [["refusal", "refusal"], "refused", 2],
  [["refusal", "none"], "0.75", 2],
  [["no-token-left", "no-token-left"], "truncated", 2],
  [["no-token-left", "none"], "0.75", 2],
];

for (const provider of ["openai", "anthropic"] as const) {
  test(`${provider}: every call ends once, whatever its judge does`, async (t) => {
    const script = (call: number, before: number): Fault => CALLS[call - 1]?.[0][before] ?? "none";
    const { judge, server } = await judgedBy(t, { provider, script });
    server.configure({ concurrency: 3, timeout: "5s" });
    await server.start();
    const numbers = CALLS.map((_, i) => i + 1);
    assert.equal((await server.send(numbers)).status, 200);
    await server.settled(CALLS.length * RUBRICS.length);

    const scores = await server.query(
      "sum by (gen_ai_evaluation_name) (naruko_evaluation_score_count)",
    );
    const judged = CALLS.filter(([, end]) => Number(end) >= 0).map(([, end]) => Number(end));
    const mean = judged.reduce((sum, score) => sum + score, 0) / judged.length;
    assert.deepEqual(scores, new Map(RUBRICS.map((name) => [name, judged.length])));
    const shown = await server.query("llm_quality_score");
    assert.deepEqual(
      [...shown.keys()].toSorted(),
      RUBRICS.map((name) => `${name} gpt-4o shop`),
    );
    for (const value of shown.values()) assert.ok(Math.abs(value - mean) < 1e-9, `${value}`);
    assert.equal(await server.value('naruko_judge_missing_total{reason="refused"}'), 3);
    assert.equal(await server.value("naruko_judge_unasked_verdicts_total"), 1);
    assert.equal(await server.value("naruko_judge_waiting + naruko_judge_under_way"), 0);
    const counted = await server.value("naruko_judge_spent_usd_total");
    await server.end("SIGTERM");

    const draws = await server.draws();
    const ends = draws.map(({ call, rubrics }) => [
      call,
      rubrics.map(({ name }) => name).toSorted(),
    ]);
    assert.deepEqual(
      ends.toSorted(([a], [b]) => Number(a) - Number(b)),
      numbers.map((call) => [call, RUBRICS]),
    );
    for (const { call, rubrics } of draws) {
      for (const { score, reason } of rubrics)
        assert.equal(String(score ?? reason), CALLS[call - 1]?.[1], `call ${call}`);
    }
    const asked = numbers.map((call) => judge.askedAbout(call));
    assert.deepEqual(
      asked,
      CALLS.map(([, , requests]) => requests),
    );
    const keys = new Set(judge.booked.map(({ key }) => key));
    assert.equal(keys.size, judge.booked.length);
    assert.ok(judge.mostAtOnce <= 3);
    const billed = billedUsd(judge);
    // Of what came to nothing nobody tells the cost: it is counted at the most it can have.
    assert.ok(billed <= counted && counted < billed + 4, `${billed} billed, ${counted} counted`);
  });

  test(`${provider}: nobody is asked before the end of Retry-After`, async (t) => {
    const script = (call: number, before: number): Fault =>
      call === 2 && before === 0 ? "rate-limited" : "none";
    const { judge, server } = await judgedBy(t, { provider, script });
    server.configure({ concurrency: 1 });
    await server.start();
    await server.send([1, 2, 3, 4, 5]);
    await server.settled(5 * RUBRICS.length);
    const refused = judge.booked.findIndex(({ fault }) => fault === "rate-limited");
    const [before, after] = [judge.booked[refused], judge.booked[refused + 1]];
    assert.ok(before !== undefined && after !== undefined);
    assert.ok(after.atMs - before.atMs >= RETRY_AFTER_MS, `${after.atMs - before.atMs} ms`);
    assert.equal(await server.value('naruko_judge_requests_total{outcome="rate-limited"}'), 1);
    assert.equal(judge.booked.length, 6);
  });
}

test("the spend stops at the cap, by the judge's own books, and says so", async (t) => {
  const { judge, server } = await judgedBy(t, { provider: "openai", script: () => "none" });
  const cap = 0.5;
  server.configure({ concurrency: 2, budget: { day_usd: cap } });
  await server.start();
  const calls = Array.from({ length: 60 }, (_, i) => i + 1);
  await server.send(calls);
  await eventually(
    "the end of the money",
    async () => (await server.value("naruko_judge_out_of_budget")) === 1,
  );
  await server.settled(calls.length * RUBRICS.length);
  const counted = await server.value('naruko_judge_spent_usd{window="day"}');
  const billed = billedUsd(judge);
  assert.ok(billed > 0 && billed <= counted && counted <= cap, `${billed}, ${counted}`);
  assert.equal(await server.value('naruko_judge_budget_usd{window="day"}'), cap);
  const missing = await server.value('naruko_judge_missing_total{reason="budget"}');
  assert.equal(missing, (calls.length - judge.booked.length) * RUBRICS.length);
  // A start does not begin a new day.
  await server.end("SIGKILL");
  await server.start();
  await server.send([101, 102, 103]);
  await eventually("nothing waits", async () => (await server.value("naruko_judge_waiting")) === 0);
  assert.ok(billedUsd(judge) <= cap);
});

test("switched off and on by a reload, and stopped with a request under way", async (t) => {
  const script = (call: number, before: number): Fault =>
    call === 9 && before === 0 ? "silent" : "none";
  const { judge, server } = await judgedBy(t, { provider: "openai", script });
  server.configure({ concurrency: 1 });
  await server.start();
  await server.send([1]);
  await server.settled(RUBRICS.length);

  server.configure(undefined);
  await server.reload();
  await server.send([2]);
  await eventually(
    "the judge's series end",
    async () => (await server.query("naruko_judge_verdicts_total")).size === 0,
  );
  assert.equal(judge.askedAbout(2), 0);

  server.configure({ concurrency: 1 });
  await server.reload();
  await server.send([3]);
  await server.settled(2 * RUBRICS.length);

  await server.send([9, 10]);
  await eventually("a request under way", () => Promise.resolve(judge.underWay === 1));
  await server.end("SIGTERM");
  assert.equal(judge.askedAbout(9), 1);
  await server.start();
  await server.settled(4 * RUBRICS.length);
  assert.equal(judge.askedAbout(9), 2);
  // What the stop cut off is counted at the most it can have cost, what it kept from leaving at nothing.
  const uncertain = (await server.value("naruko_judge_spent_usd_total")) - billedUsd(judge);
  assert.ok(uncertain > 0.05 && uncertain < 0.2, `${uncertain} US dollars`);
  await server.end("SIGTERM");
  const drawn = (await server.draws()).map(({ call }) => call);
  assert.deepEqual(
    drawn.toSorted((a, b) => a - b),
    [1, 3, 9, 10],
  );
});
