import assert from "node:assert/strict";
import test from "node:test";
import { readRubrics } from "@naruko/core/judge/rubric-file";
import type { Ask, JudgeAnswer, JudgeSetup } from "@naruko/core/model/judge";
import { parseYaml } from "../config/parse-yaml.ts";
import { systemClock } from "../drive/clock.ts";
import { judgeItems, type JudgeItemsOptions } from "./judge-items.ts";

const RUBRIC = { name: "safety.yml", text: "name: safety\ninstruction: Is it safe?" };
const { rubrics } = readRubrics([RUBRIC], { parseYaml, language: "en" });
const SETUP: JudgeSetup = {
  provider: "openai",
  model: "judge-1",
  language: "en",
  rubricFiles: [RUBRIC],
  rate: 0,
  serviceRates: {},
  rubricRates: {},
  price: { inputUsdPerMillion: 1, outputUsdPerMillion: 1 },
  concurrency: 4,
  timeoutMs: 1000,
  maxOutputTokens: 100,
  key: "0".repeat(32),
  usdPerDay: 1e-9,
};
const ITEMS = Array.from({ length: 50 }, (_, i) => ({
  text: { output: `answer ${i}` },
  rubrics: ["safety"],
}));

function answered(ask: Ask): JudgeAnswer {
  const number = Number(/answer (\d+)/.exec(ask.user)?.[1]);
  const verdicts = [{ name: "safety", score: number / 50, label: "" }];
  return { ok: true, verdicts, usage: { inputTokens: 900, outputTokens: 100 } };
}

function run(over: Partial<JudgeItemsOptions> = {}) {
  const { signal } = new AbortController();
  const ask = (one: Ask): Promise<JudgeAnswer> => Promise.resolve(answered(one));
  const progress = (): void => undefined;
  const plain = { setup: SETUP, rubrics, ask, clock: systemClock, maxUsd: 1, signal, progress };
  return judgeItems(ITEMS, { ...plain, ...over });
}

test("every item has its verdict, in its place, and no more are asked about at once than may be", async () => {
  let [underWay, most, told] = [0, 0, 0];
  const { items, usd, endedEarly } = await run({
    ask: async (ask) => {
      most = Math.max(most, ++underWay);
      await new Promise(setImmediate);
      underWay--;
      return answered(ask);
    },
    progress: (ended) => (told = ended),
  });
  assert.deepEqual(
    items.map((item) => item?.verdicts[0]?.score),
    ITEMS.map((_, i) => i / 50),
  );
  assert.equal(most, 4);
  assert.equal(told, 50);
  assert.equal(endedEarly, undefined);
  // Half of them were bad, and looked at twice; the day's cap of the server is not this one.
  assert.ok(Math.abs(usd - 75 * 0.001) < 1e-9);
});

test("money that runs out leaves the rest missing, and is never passed", async () => {
  const { items, usd } = await run({ maxUsd: 0.02 });
  assert.ok(usd <= 0.02 && usd > 0.01);
  const reasons = new Set(items.flatMap((item) => item?.missing.map(({ reason }) => reason) ?? []));
  assert.deepEqual([...reasons], ["budget"]);
});

test("a stop ends it", async () => {
  const stopping = new AbortController();
  const { items, endedEarly } = await run({
    signal: stopping.signal,
    progress: (ended) => {
      if (ended >= 20) stopping.abort();
    },
  });
  assert.equal(endedEarly, "it was stopped");
  assert.ok(items.includes(undefined));
});
