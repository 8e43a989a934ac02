// kill -9 while the judge is asked: no verdict is lost, and only what had no answer is paid for twice.
import assert from "node:assert/strict";
import test from "node:test";
import { eventually } from "naruko/testing/stored-samples";
import { Random } from "../random.ts";
import { billedUsd, judgedBy, RUBRICS } from "./judged-server.ts";
import type { Fault } from "./scripted-judge.ts";

// More than in the suite: NARUKO_KILL_ROUNDS=50 NARUKO_KILL_SEED=7 node --conditions=source --test …
const ROUNDS = Number(process.env["NARUKO_KILL_ROUNDS"] ?? 4);
const SEED = Number(process.env["NARUKO_KILL_SEED"] ?? 1);
const CONCURRENCY = 4;
const CALLS_A_ROUND = 12;
const CAP_USD = 1000;

test(`killed ${ROUNDS} times while the judge is asked (seed ${SEED}), every call has its verdicts`, async (t) => {
  const random = new Random(SEED, "judged kills");
  const faults = new Random(SEED, "faults");
  const { judge, server } = await judgedBy(t, {
    provider: "openai",
    // At the first request alone: twice would end some calls without a verdict.
    script: (_call, before): Fault =>
      before === 0 && faults.chance(0.2) ? faults.pick(["error", "cut", "broken-json"]) : "none",
    takesMs: () => faults.between(0, 120),
  });
  server.configure({ concurrency: CONCURRENCY, budget: { day_usd: CAP_USD } });
  let sent = 0;
  for (let round = 1; round <= ROUNDS; round++) {
    judge.life = round;
    await server.start();
    const calls = Array.from({ length: CALLS_A_ROUND }, () => ++sent);
    assert.equal((await server.send(calls)).status, 200);
    const asked = judge.booked.length + 1 + random.int(CALLS_A_ROUND);
    await eventually("requests", () =>
      Promise.resolve(judge.booked.length >= asked && judge.underWay > 0),
    );
    await server.end("SIGKILL");
    await eventually("the end of its connections", () => Promise.resolve(judge.underWay === 0));
  }
  judge.life = ROUNDS + 1;
  await server.start();
  await server.settled(sent * RUBRICS.length);
  assert.equal(await server.value("naruko_judge_waiting + naruko_judge_under_way"), 0);
  const counted = await server.value("naruko_judge_spent_usd_total");
  await server.end("SIGTERM");

  const draws = await server.draws();
  const numbers = Array.from({ length: sent }, (_, i) => i + 1);
  assert.deepEqual(
    draws.map(({ call }) => call).toSorted((a, b) => a - b),
    numbers,
  );
  for (const { call, rubrics } of draws) {
    const ends = rubrics.map(({ score, reason }) => score ?? reason);
    assert.deepEqual(ends, [0.75, 0.75, 0.75], `call ${call}`);
  }
  const keys = new Set(judge.booked.map(({ key }) => key));
  assert.equal(keys.size, judge.booked.length, "no request leaves twice");
  checkAskedAgain(judge.booked);
  const billed = billedUsd(judge);
  assert.ok(billed <= counted && counted <= CAP_USD, `${billed} billed, ${counted} counted`);
  t.diagnostic(`${judge.booked.length} requests about ${sent} calls, ${billed} USD billed`);
});

/** After a good answer a call is asked about again only by another life, for a request of each place. */
function checkAskedAgain(booked: readonly { call: number; life: number; fault: Fault }[]): void {
  const latest = new Map<number, { readonly life: number; readonly fault: Fault }>();
  const again = new Map<number, number>();
  for (const { call, life, fault } of booked) {
    const before = latest.get(call);
    latest.set(call, { life, fault });
    if (before === undefined || before.fault !== "none") continue;
    assert.ok(before.life < life, `call ${call} is asked about again in life ${life}`);
    again.set(before.life, (again.get(before.life) ?? 0) + 1);
  }
  for (const [life, count] of again)
    assert.ok(count <= CONCURRENCY, `${count} calls of life ${life} are asked about again`);
}
