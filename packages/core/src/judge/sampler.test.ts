import assert from "node:assert/strict";
import test from "node:test";
import type { Call } from "../model/call.ts";
import { DAY_MS, type EpochMs, epochMs, HOUR_MS, MINUTE_MS } from "../model/time.ts";
import { inference } from "../testing/calls.ts";
import { candidateProbability, type Draw, type DrawKind, inclusionOf } from "./draw.ts";
import type { RateSetup } from "./rates.ts";
import { Sampler } from "./sampler.ts";
import { segmentPath } from "./segment-path.ts";

const KEY = "5f1c0e7ba2d94386b1f0c2d3e4a59687";
const START = epochMs(20_000 * DAY_MS);
const LIMITS = { judgedConversations: 1_000_000, judgedSegments: 100 };
const SETUP: RateSetup = { rate: 0.05, serviceRates: {}, rubricRates: {} };

const samplerOf = (setup: Partial<RateSetup> = {}, limits = LIMITS): Sampler =>
  new Sampler({ setup: { ...SETUP, ...setup }, key: KEY, limits, at: START });

const callOf = (number: number, fields: Partial<Call> = {}): Call =>
  inference({
    traceId: number.toString(16).padStart(32, "0"),
    spanId: number.toString(16).padStart(16, "0"),
    ...fields,
  });

/** Offers a call a `stepMs` from one time to another; what comes of each. */
function drive(
  sampler: Sampler,
  { from, to, stepMs }: { from: number; to: number; stepMs: number },
  fields: (number: number) => Partial<Call> = () => ({}),
): Draw[] {
  const draws: Draw[] = [];
  for (let at = START + from; at < START + to; at += stepMs) {
    const number = (at - START) / stepMs + 1;
    draws.push(sampler.offer(callOf(number, fields(number)), ["faithfulness"], epochMs(at)));
  }
  return draws;
}

const judged = (draws: readonly Draw[]): number =>
  draws.filter(({ kinds }) => kinds.length > 0).length;
const burst = (draws: readonly Draw[]): number => draws.filter((draw) => draw.burst).length;
const shareOf = (draws: readonly Draw[]): number => judged(draws) / draws.length;
const near = (found: number, expected: number, tolerance: number): void =>
  assert.ok(Math.abs(found - expected) <= tolerance * expected, `${found}, not ${expected}`);

const DAY = { from: 0, to: DAY_MS, stepMs: 6000 };

for (const [what, fields] of [
  ["without conversations", () => ({})],
  ["in conversations of four", (i: number) => ({ conversationId: `c${i >> 2}` })],
  ["in conversations of a hundred", (i: number) => ({ conversationId: `c${Math.floor(i / 100)}` })],
  [
    "in traces of three",
    (i: number) => ({
      traceId: Math.floor(i / 3)
        .toString(16)
        .padStart(32, "0"),
    }),
  ],
  ["with flags", (i: number) => ({ flags: i % 50 === 0 ? ["refusal"] : [] })],
] as const) {
  test(`5 % are judged on the average, ${what}`, () => {
    const draws = drive(samplerOf(), DAY, fields);
    near(shareOf(draws.slice(2000)), 0.05, 0.12);
  });
}

test("evidence gets at least half of the verdicts, and coverage leaves no call out", () => {
  const draws = drive(samplerOf(), DAY, (i) => ({ conversationId: `c${i >> 3}` }));
  const kinds = (kind: DrawKind): number =>
    draws.filter(({ kinds: all }) => all.includes(kind)).length;
  assert.ok(kinds("evidence") > 0.45 * judged(draws));
  assert.ok(draws.every(({ inclusion }) => inclusion >= 0.002));
  assert.ok(draws.every((draw) => draw.inclusion === inclusionOf(draw)));
});

test("a small segment is not blind", () => {
  const draws = drive(samplerOf(), { from: 0, to: 3 * DAY_MS, stepMs: HOUR_MS / 2 });
  // 48 calls a day, of which 5 % would be two or three.
  near(judged(draws.slice(48)), 2 * 20, 0.3);
});

test("a cap in dollars decides the share, in proportion to what is asked for", () => {
  const sampler = samplerOf({ serviceRates: { shop: 0.1 } });
  sampler.setVerdictsPerDay(600);
  const draws = drive(sampler, DAY, (i) => ({ service: i % 2 === 0 ? "shop" : "desk" }));
  const of = (name: string): Draw[] => draws.filter(({ segment }) => segment.startsWith(name));
  near(judged(draws.slice(2000)), 600 * (12_400 / 14_400), 0.15);
  near(judged(of("shop").slice(1000)) / judged(of("desk").slice(1000)), 2, 0.25);
});

test("a cap above all traffic judges all of it", () => {
  const sampler = samplerOf();
  sampler.setVerdictsPerDay(100_000);
  assert.equal(shareOf(drive(sampler, { from: 0, to: HOUR_MS, stepMs: 6000 })), 1);
});

test("a service with a rate of its own has it, and one with none is not judged", () => {
  const sampler = samplerOf({ serviceRates: { shop: 0.2, desk: 0 } });
  const draws = drive(sampler, DAY, (i) => ({ service: i % 2 === 0 ? "shop" : "desk" }));
  const [shop, desk] = ["shop", "desk"].map((name) =>
    draws.filter(({ segment }) => segment.startsWith(name)),
  );
  near(shareOf(shop ?? []), 0.2, 0.1);
  assert.equal(judged(desk ?? []), 0);
  assert.ok(desk?.every(({ inclusion }) => inclusion === 0));
});

test("names that every object has are names of services and rubrics like any other", () => {
  const sampler = samplerOf({ serviceRates: { shop: 0 }, rubricRates: { safety: 0.05 } });
  for (const service of ["constructor", "__proto__", "toString", "hasOwnProperty"]) {
    const draws: Draw[] = [];
    for (let i = 1; i <= 20; i++)
      draws.push(sampler.offer(callOf(i, { service }), ["constructor"], epochMs(START + i)));
    assert.ok(draws.every(({ inclusion }) => inclusion > 0 && inclusion <= 1));
    assert.ok(draws.every(({ inclusion, rubrics }) => rubrics[0]?.inclusion === inclusion));
  }
});

test("a rubric with a rate of its own is asked about less often, with a probability of at least 0.2 %", () => {
  const sampler = samplerOf({ rubricRates: { safety: 0.0001 } });
  const draws: Draw[] = [];
  for (let i = 1; i <= 40_000; i++)
    draws.push(sampler.offer(callOf(i), ["faithfulness", "safety"], epochMs(START + i * 1000)));
  const by = (index: number): number => draws.filter(({ rubrics }) => rubrics[index]?.drawn).length;
  near(by(0) / draws.length, 0.05, 0.1);
  near(by(1) / draws.length, 0.002, 0.3);
  assert.ok(draws.every(({ rubrics }) => (rubrics[1]?.inclusion ?? 0) >= 0.002 - 1e-12));
});

const SHOP = segmentPath(callOf(1));

test("suspicion counts from the next call on, as an epoch of its own, until it ends", () => {
  const sampler = samplerOf();
  drive(sampler, DAY);
  const before = sampler.offer(callOf(1e6), ["faithfulness"], epochMs(START + DAY_MS));
  sampler.setSuspicion(SHOP[2], { rate: 1 });
  const raised = sampler.offer(callOf(1e6 + 1), ["faithfulness"], epochMs(START + DAY_MS));
  assert.deepEqual([raised.rates.candidate, raised.inclusion, raised.kinds], [1, 1, ["evidence"]]);
  assert.ok(raised.rates.epoch > before.rates.epoch);
  sampler.setSuspicion(SHOP[2], undefined);
  const calm = sampler.offer(callOf(1e6 + 2), ["faithfulness"], epochMs(START + DAY_MS));
  assert.equal(calm.rates.candidate, calm.rates.calm);
  assert.ok(calm.rates.epoch > raised.rates.epoch);
});

for (const [what, node, suspicion, rate] of [
  ["the service", SHOP[1], { rate: 0.6 }, 0.6],
  ["everything", SHOP[0], { factor: 4 }, 0.2],
  ["another service", "desk", { rate: 1 }, 0.05],
  ["less than calm", SHOP[2], { rate: 0.001 }, 0.05],
  ["more than all", SHOP[2], { factor: 100 }, 1],
  ["after an alert", SHOP[2], { alerted: true }, 0.1],
] as const) {
  test(`suspicion: ${what}`, () => {
    const sampler = samplerOf();
    drive(sampler, DAY);
    sampler.setSuspicion(node, suspicion);
    const { rates } = sampler.offer(callOf(1e6), ["faithfulness"], epochMs(START + DAY_MS));
    near(rates.candidate, rate, 0.06);
    near(rates.calm, 0.05, 0.06);
  });
}

test("an episode ends after 1,500 verdicts, and the calm rate makes up for what it took", () => {
  const sampler = samplerOf();
  drive(sampler, DAY);
  sampler.setSuspicion(SHOP[2], { rate: 1 });
  const episode = drive(sampler, { from: DAY_MS, to: DAY_MS + 4 * HOUR_MS, stepMs: 6000 });
  // 2,400 calls, of which the calm rate would have judged some too.
  const last = episode.findLastIndex((draw) => draw.rates.candidate === 1);
  assert.equal(burst(episode.slice(0, last + 1)), 1500);
  const after = episode.at(-1);
  near(after?.rates.calm ?? NaN, 0.6 * 0.05, 0.06);
  near(after?.rates.candidate ?? NaN, 2 * 0.6 * 0.05, 0.06);
});

test("what is saved up for bursts bounds them, and they are thinned by one factor", () => {
  const sampler = samplerOf({ rate: 0.02 });
  sampler.setVerdictsPerDay(40);
  const fields = (i: number): Partial<Call> => ({ service: i % 2 === 0 ? "shop" : "desk" });
  drive(sampler, DAY, fields);
  sampler.setSuspicion("shop", { rate: 1 });
  sampler.setSuspicion("desk", { rate: 0.5 });
  const draws = drive(sampler, { from: DAY_MS, to: 2 * DAY_MS, stepMs: 6000 }, fields);
  // Three days' verdicts at most, on one day.
  assert.ok(burst(draws) > 60 && burst(draws) <= 130, String(burst(draws)));
  const rates = (name: string) =>
    draws.slice(200).find(({ segment }) => segment.startsWith(name))?.rates;
  const [shop, desk] = [rates("shop"), rates("desk")];
  assert.ok(shop && desk && shop.candidate < 0.9);
  const thinned = (shop.candidate - shop.calm) / (1 - shop.calm);
  near((desk.candidate - desk.calm) / (0.5 - desk.calm), thinned, 0.15);
});

test("a segment whose first calls are all flagged is not judged whole for a minute", () => {
  const flags = ["refusal"];
  const draws = drive(samplerOf(), { from: 0, to: 2000, stepMs: 1 }, () => ({ flags }));
  assert.ok(shareOf(draws) < 0.15, String(shareOf(draws)));
});

test("bursts fall to the widest node that is suspicious", () => {
  const sampler = samplerOf();
  drive(sampler, DAY);
  sampler.setSuspicion(SHOP[1], { rate: 1 });
  sampler.setSuspicion(SHOP[2], { rate: 1 });
  const draws = drive(sampler, { from: DAY_MS, to: DAY_MS + HOUR_MS, stepMs: 6000 });
  assert.deepEqual(sampler.save().rates.bucket.episodes, [
    ["shop", burst(draws)],
    [SHOP[2], 0],
  ]);
});

test("a queue that ran over halves what is drawn, and it comes back", () => {
  const sampler = samplerOf();
  drive(sampler, DAY);
  const rate = (number: number, at: EpochMs): number =>
    sampler.offer(callOf(1e6 + number), ["faithfulness"], at).rates.candidate;
  const at = epochMs(START + DAY_MS);
  sampler.backOff(at);
  sampler.backOff(at);
  near(rate(1, at), 0.025, 0.06);
  sampler.backOff(epochMs(at + MINUTE_MS));
  near(rate(2, epochMs(at + MINUTE_MS)), 0.0125, 0.06);
  assert.equal(sampler.rates.room, 0.25);
  near(rate(3, epochMs(at + 6 * MINUTE_MS)), 0.025, 0.06);
  near(rate(4, epochMs(at + 11 * MINUTE_MS)), 0.05, 0.06);
});

test("segments beyond the limit are drawn together, and counted", () => {
  const sampler = samplerOf({}, { ...LIMITS, judgedSegments: 3 });
  const draws = drive(sampler, { from: 0, to: HOUR_MS, stepMs: 6000 }, (i) => ({
    requestModel: `m${i % 5}`,
  }));
  const segments = new Set(draws.map(({ segment }) => segment));
  assert.deepEqual([...segments], ["shop|openai|m1", "shop|openai|m2", "_other"]);
  assert.equal(sampler.foldedCalls, (600 * 3) / 5);
});

test("a segment that was silent for a day is forgotten", () => {
  const sampler = samplerOf();
  drive(sampler, { from: 0, to: HOUR_MS, stepMs: 6000 });
  const fields = { requestModel: "other" };
  sampler.offer(callOf(1e6, fields), ["faithfulness"], epochMs(START + 26 * HOUR_MS));
  assert.deepEqual(
    sampler.rates.segments.map(({ segment }) => segment),
    ["shop|openai|other"],
  );
});

test("rates are set before a call: its own flags do not move them", () => {
  const offer = (flags: readonly string[]): Draw => {
    const sampler = samplerOf();
    drive(sampler, { from: 0, to: HOUR_MS, stepMs: 6000 });
    return sampler.offer(callOf(1e6, { flags }), ["faithfulness"], epochMs(START + HOUR_MS));
  };
  assert.deepEqual(offer(["refusal", "empty"]).rates, offer([]).rates);
});

test("a restart at any call changes no draw and no rate", () => {
  const fields = (i: number): Partial<Call> => ({
    ...(i % 3 === 0 ? {} : { conversationId: `c${i >> 2}` }),
    requestModel: `m${i % 4}`,
    flags: i % 9 === 0 ? ["refusal"] : [],
  });
  const limits = { judgedConversations: 40, judgedSegments: 4 };
  const run = (restarts: boolean): Draw[] => {
    let sampler = samplerOf({}, limits);
    const draws: Draw[] = [];
    for (let i = 1; i <= 500; i++) {
      const at = epochMs(START + i * 200_000);
      if (i === 200) sampler.setSuspicion("shop", { rate: 1 });
      if (i === 300) sampler.backOff(at);
      if (i === 350) sampler.setVerdictsPerDay(90);
      if (restarts) {
        const next = samplerOf({}, limits);
        next.load(JSON.parse(JSON.stringify(sampler.save())), sampler.saveWords().slice());
        sampler = next;
      }
      draws.push(sampler.offer(callOf(i, fields(i)), ["faithfulness"], at));
    }
    assert.ok(sampler.forgottenEarly > 0 && sampler.foldedCalls > 0);
    return draws;
  };
  assert.deepEqual(run(true), run(false));
});

test("of a trace's calls the first is the candidate, with probability one", () => {
  const sampler = samplerOf();
  const traceId = "f".repeat(32);
  const [first, second] = [1, 2].map((i) =>
    sampler.offer(callOf(i, { traceId }), ["faithfulness"], START),
  );
  assert.deepEqual(
    [first, second].map((draw) => draw && candidateProbability(draw)),
    [1, 0],
  );
});
