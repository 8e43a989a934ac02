// Whom the program asks around a reload: the judge that a request is meant for, or nobody.
import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { Engine } from "@naruko/core/engine/engine";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import type { Config } from "naruko/config/config";
import { readConfig } from "naruko/config/load-config";
import { parseYaml } from "naruko/config/parse-yaml";
import { engineYaml } from "naruko/config/setup";
import { httpSenders } from "naruko/drive/senders";
import { ANSWERING, askOf, HandClock, VERDICT, worldOf } from "./judge-world.ts";

function configOf(judge: object | undefined): Config {
  return readConfig(parseYaml("naruko.yml", JSON.stringify({ ...(judge && { judge }) }))).config;
}

async function sendersOf(
  t: TestContext,
  reloaded: () => Promise<unknown>,
  answers: Parameters<typeof worldOf>[2] = [ANSWERING.openai.said(VERDICT)],
) {
  const failures: string[] = [];
  const { stub, address } = await worldOf(t, "openai", answers);
  const endpoint = { base_url: `${address}/v1`, model: "judge-1", second_model: "judge-2" };
  const judged = configOf({ endpoint, price: { input: 1, output: 1 } });
  const world = { config: judged };
  const senders = httpSenders({
    engine: new Engine({ intervalMs: 1000, limits: DEFAULT_LIMITS, parseYaml: engineYaml({}) }),
    config: () => world.config,
    reloaded,
    signal: new AbortController().signal,
    judge: {
      clock: new HandClock(),
      tell: () => undefined,
      failed: (detail) => failures.push(detail),
    },
  });
  return { stub, senders, world, judged, failures };
}

test("what is asked while a reload goes on waits for its configuration", async (t) => {
  let done = (): void => undefined;
  const reloading = new Promise<void>((resolve) => (done = resolve));
  const { stub, senders, world, judged } = await sendersOf(t, () => reloading);
  world.config = configOf(undefined);
  const answering = senders.ask(askOf("openai"));
  await new Promise(setImmediate);
  assert.equal(stub.asked.length, 0);
  world.config = judged;
  done();
  assert.equal((await answering).ok, true);
});

const now = (): Promise<unknown> => Promise.resolve();

for (const [what, isJudged, model, isAsked] of [
  ["the judge", true, "judge-1", true],
  ["its second model", true, "judge-2", true],
  ["a model that the configuration has no more", true, "judge-0", false],
  ["a judge that was switched off", false, "judge-1", false],
] as const) {
  test(`${what} is ${isAsked ? "" : "not "}asked`, async (t) => {
    const { stub, senders, world } = await sendersOf(t, now);
    if (!isJudged) world.config = configOf(undefined);
    const answer = await senders.ask(askOf("openai", { model }));
    assert.equal(stub.asked.length, isAsked ? 1 : 0);
    if (isAsked) return;
    assert.ok(!answer.ok);
    assert.deepEqual([answer.reason, answer.retry], ["reloaded", false]);
    // Nobody was asked, and nobody is paid.
    assert.deepEqual(answer.usage, { inputTokens: 0, outputTokens: 0 });
  });
}

test("why the judge gave no verdict is told once, and again of another configuration", async (t) => {
  const refusal = {
    kind: "whole",
    status: 401,
    body: { error: { code: "invalid_api_key" } },
  } as const;
  const { senders, world, judged, failures } = await sendersOf(t, now, [refusal, refusal, refusal]);
  await senders.ask(askOf("openai"));
  await senders.ask(askOf("openai"));
  assert.equal(failures.length, 1);
  assert.match(failures[0] ?? "", /answered 401 \(invalid_api_key\)/);
  world.config = { ...judged };
  await senders.ask(askOf("openai"));
  assert.equal(failures.length, 2);
});
