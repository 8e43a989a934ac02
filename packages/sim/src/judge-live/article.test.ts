// A judge on a small share of the traffic, as many write it by hand, without what goes wrong with that.
import assert from "node:assert/strict";
import test from "node:test";
import { eventually } from "naruko/testing/stored-samples";
import { judgedBy, RUBRICS } from "./judged-server.ts";
import type { Fault } from "./scripted-judge.ts";

const CALLS = 4000;
const CALLS_A_REQUEST = 500;
const KEY = "5f1c0e7ba2d94386b1f0c2d3e4a59687";

test("5 % of the calls get three scores, as JSON, at temperature 0, shown by model and metric", async (t) => {
  const kinds: readonly Fault[] = ["none", "bad-answer", "unasked"];
  const { judge, server } = await judgedBy(t, {
    provider: "openai",
    // Bad at both looks.
    script: (call) => kinds[call % kinds.length] ?? "none",
  });
  server.configure({ rate: undefined, concurrency: 16 });
  server.keepKey(KEY);
  await server.start();
  for (let first = 1; first <= CALLS; first += CALLS_A_REQUEST) {
    const calls = Array.from({ length: CALLS_A_REQUEST }, (_, i) => first + i);
    assert.equal((await server.send(calls)).status, 200);
  }
  const drawn = 'naruko_judge_calls_total{state="drawn"}';
  await eventually("all calls", async () => {
    const eligible = await server.value('naruko_judge_calls_total{state="eligible"}');
    return eligible === CALLS;
  });
  await server.settled((await server.value(drawn)) * RUBRICS.length);

  // Four standard deviations of 4000 tosses at 5 %.
  const share = (await server.value(drawn)) / CALLS;
  assert.ok(Math.abs(share - 0.05) < 4 * Math.sqrt((0.05 * 0.95) / CALLS), `${share}`);
  for (const { body } of judge.booked) {
    assert.equal(body["temperature"], 0);
    const format = JSON.stringify(body["response_format"]);
    assert.match(format, /^\{"type":"json_schema",.*"strict":true/);
    for (const name of RUBRICS) assert.ok(format.includes(`"${name}":{"type":"object"`), name);
  }

  const shown = await server.query("llm_quality_score");
  assert.equal(await server.value('naruko_judge_missing_total{reason="malformed"}'), 0);
  // A judge that is down is no matter of those who send their telemetry, and scores nothing with 0.
  await judge.stop();
  const later = Array.from({ length: CALLS_A_REQUEST }, (_, i) => CALLS + 1 + i);
  const answer = await server.send(later);
  assert.equal(answer.status, 200);
  assert.deepEqual(await answer.json(), {});
  const failed = 'naruko_judge_requests_total{outcome="connection"}';
  await eventually("failed requests", async () => (await server.value(failed)) > 0);
  assert.deepEqual(await server.query("llm_quality_score"), shown);
  await server.end("SIGTERM");

  // The mean of all that was judged, each for as many calls as it stands for; not the last of them.
  const rows = (await server.draws()).filter(({ call }) => call <= CALLS);
  for (const name of RUBRICS) {
    const verdicts = rows.flatMap(({ rubrics }) => rubrics.filter((one) => one.name === name));
    const weight = verdicts.reduce((sum, { inclusion }) => sum + 1 / inclusion, 0);
    const sum = verdicts.reduce((all, { score = NaN, inclusion }) => all + score / inclusion, 0);
    const value = shown.get(`${name} gpt-4o shop`) ?? NaN;
    assert.ok(Math.abs(value - sum / weight) < 1e-9, `${name}: ${value}, not ${sum / weight}`);
    assert.ok(verdicts.every(({ score }) => score !== value));
  }
  // Names that nobody asked about are no scores.
  assert.deepEqual(
    [...shown.keys()].toSorted(),
    RUBRICS.map((name) => `${name} gpt-4o shop`),
  );
  assert.ok(judge.booked.some(({ fault }) => fault === "unasked"));
});
