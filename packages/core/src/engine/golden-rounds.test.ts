import assert from "node:assert/strict";
import test from "node:test";
import { answerTo } from "../judge/testing/judged-calls.ts";
import { DAY_MS, epochMs, HOUR_MS } from "../model/time.ts";
import { engineSetup, INTERVAL_MS, isGolden, JudgedRun, START } from "./testing/judged-run.ts";

void test("golden items are judged daily, seen as series, and count with no call", () => {
  const run = new JudgedRun(engineSetup());
  run.call(1);
  run.runTo(2 * DAY_MS + INTERVAL_MS);
  assert.equal(run.asks.filter(isGolden).length, 2 * (40 + 20), "bad ones are looked at twice");
  assert.deepEqual(run.shown("naruko_judge_golden_agreement"), ['{rubric="faithfulness"} 1']);
  assert.deepEqual(run.shown("naruko_judge_golden_items"), [
    '{rubric="faithfulness", state="judged"} 40',
    '{rubric="faithfulness", state="labelled"} 40',
  ]);
  assert.deepEqual(run.shown("naruko_judge_drift"), [
    '{direction="bad", rubric="faithfulness"} 0',
    '{direction="good", rubric="faithfulness"} 0',
  ]);
  assert.deepEqual(run.shown("naruko_judge_verdicts_total"), [" 1"]);
  assert.deepEqual(
    run.effects.flatMap((effect) => (effect.kind === "keep-draws" ? effect.draws : [])).length,
    1,
  );
  const evaluations = run.effects.flatMap((effect) =>
    effect.kind === "keep" ? effect.telemetry.evaluations : [],
  );
  assert.equal(evaluations.length, 1);
  assert.ok(!JSON.stringify(run.engine.save().state).includes("golden question"));
});

void test("a judge that turns lenient shows as drift while calls look as ever", () => {
  const run = new JudgedRun(engineSetup());
  run.runTo(3 * DAY_MS);
  run.answer = (ask) => answerTo(ask, 1);
  run.runTo(4.3 * DAY_MS);
  assert.deepEqual(run.shown("naruko_judge_drift"), [
    '{direction="bad", rubric="faithfulness"} 0',
    '{direction="good", rubric="faithfulness"} 0.5',
  ]);
  const [pValue = ""] = run.shown("naruko_judge_drift_p_value");
  assert.ok(Number(pValue.split(" ").at(-1)) < 1e-6, pValue);
  assert.deepEqual(run.shown("naruko_judge_golden_agreement"), ['{rubric="faithfulness"} 0.5']);
});

void test("restarts change nothing", () => {
  const [straight, stopped] = [
    new JudgedRun(engineSetup()),
    new JudgedRun(engineSetup(), { restarts: true }),
  ];
  for (const run of [straight, stopped]) {
    run.call(1);
    run.runTo(HOUR_MS);
    run.call(2);
    run.runTo(3 * HOUR_MS);
  }
  assert.deepEqual(stopped.effects, straight.effects);
  assert.equal(stopped.engine.save().state, straight.engine.save().state);
});

void test("golden items keep to their part of the day's money", () => {
  const usdPerDay = 0.05;
  const run = new JudgedRun(engineSetup({ usdPerDay }));
  run.runTo(DAY_MS);
  const counters = run.engine.counters();
  assert.ok((counters.get("judge_golden_verdicts") ?? 0) > 5);
  const [spent = ""] = run.shown("naruko_judge_golden_spent_usd_total");
  assert.ok(Number(spent) <= 0.05 * usdPerDay, spent);
  run.runTo(2 * DAY_MS);
  const asked = new Set(
    run.asks.filter(isGolden).map(({ user }) => /question \d+/.exec(user)?.[0]),
  );
  assert.ok(asked.size > (counters.get("judge_golden_verdicts") ?? 0), "others have their turn");
});

void test("where nothing can be judged, the judge is not tried either", () => {
  const run = new JudgedRun({ ...engineSetup(), capture: "off" });
  run.runTo(2 * HOUR_MS);
  assert.deepEqual(run.asks, []);
  run.take({ kind: "reload", setup: engineSetup() });
  run.runTo(4 * HOUR_MS);
  assert.ok(run.asks.some(isGolden));
});

void test("a set whose text is gone is not judged, and that is counted", () => {
  const run = new JudgedRun(engineSetup({ golden: { set: "set-2", everyMs: DAY_MS } }));
  run.runTo(HOUR_MS);
  assert.equal(run.asks.length, 0);
  assert.equal(run.engine.counters().get("judge_golden_sets_unknown"), 1);
  assert.deepEqual(run.shown("naruko_judge_golden_items"), []);
});

void test("what labels say of the running judge is shown, and of no other", () => {
  const counts = { caught: 9, missed: 1, accused: 5, cleared: 95, missing: 0 };
  const run = new JudgedRun(engineSetup());
  run.call(1);
  const version = run.effects.flatMap((effect) =>
    effect.kind === "keep-draws" ? effect.draws.flatMap(({ rubrics }) => rubrics) : [],
  )[0]?.judge;
  assert.ok(version);
  const row = { rubric: "faithfulness", at: epochMs(START), ...counts };
  const calibrations = [
    { ...row, judge: version, language: "en" },
    { ...row, judge: "another/judge", language: "ja" },
  ];
  run.take({ kind: "reload", setup: engineSetup({ calibrations }) });
  run.runTo(2 * INTERVAL_MS);
  const own = 'language="en", rubric="faithfulness"';
  assert.deepEqual(run.shown("naruko_judge_sensitivity"), [`{${own}} 0.9`]);
  assert.deepEqual(run.shown("naruko_judge_specificity"), [`{${own}} 0.95`]);
});

void test("missing verdicts are counted beside the others, by length and flag", () => {
  const run = new JudgedRun(engineSetup({ golden: { set: "none", everyMs: DAY_MS } }));
  run.call(1);
  run.answer = () => ({ ok: false, reason: "rejected", retry: false, detail: "" });
  run.call(2);
  run.runTo(2 * INTERVAL_MS);
  const short = (name: string): readonly string[] =>
    run.shown(name).filter((line) => /"(?:0-999|none)"/.test(line));
  assert.deepEqual(short("naruko_judge_outcomes_by_length_total"), [
    '{length="0-999", outcome="missing"} 1',
    '{length="0-999", outcome="verdict"} 1',
  ]);
  assert.deepEqual(short("naruko_judge_outcomes_by_flag_total"), [
    '{flag="none", outcome="missing"} 1',
    '{flag="none", outcome="verdict"} 1',
  ]);
});
