import assert from "node:assert/strict";
import test from "node:test";
import { parseYaml } from "../../../naruko/src/config/parse-yaml.ts";
import { answerTo, callOf, setupOf } from "../judge/testing/judged-calls.ts";
import type { Effect, EngineSetup, InputBody } from "../model/engine-io.ts";
import type { Ask, JudgeAnswer, JudgeSetup } from "../model/judge.ts";
import { formatLabels } from "../model/labels.ts";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import { DAY_MS, epochMs, HOUR_MS } from "../model/time.ts";
import { Engine, type EngineOptions } from "./engine.ts";

const INTERVAL_MS = 60_000;
const START = 20_780 * DAY_MS;
const RUBRIC = "---\nname: faithfulness\n---\nIs it borne out?\n";

/** Forty golden answers, every other one bad. */
const GOLDEN = Array.from({ length: 40 }, (_, i) =>
  JSON.stringify({
    input: `golden question ${i}`,
    output: `golden answer ${i}`,
    labels: { faithfulness: i % 2 === 0 },
  }),
).join("\n");

const OPTIONS: EngineOptions = {
  intervalMs: INTERVAL_MS,
  limits: DEFAULT_LIMITS,
  parseYaml: (name, text) => parseYaml(name, text, "rule-file"),
  goldenText: (set) => (set === "set-1" ? GOLDEN : undefined),
};

function engineSetup(over: Partial<JudgeSetup> = {}): EngineSetup {
  return {
    ruleFiles: [],
    alertmanagers: [],
    externalUrl: "http://127.0.0.1:4320",
    sources: {},
    capture: "judge",
    judge: setupOf({
      rate: 1,
      rubricFiles: [{ name: "faithfulness.md", text: RUBRIC }],
      golden: { set: "set-1", everyMs: DAY_MS },
      ...over,
    }),
  };
}

const isGolden = ({ user }: Ask): boolean => user.includes("golden question");

/** Right about every golden item, and content with every call. */
function right(ask: Ask): JudgeAnswer {
  const number = Number(/golden question (\d+)/.exec(ask.user)?.[1] ?? 0);
  return answerTo(ask, number % 2 === 0 ? 1 : 0);
}

class Run {
  engine = new Engine(OPTIONS);
  readonly effects: Effect[] = [];
  readonly asks: Ask[] = [];
  /** Restarts after every input. */
  readonly restarts: boolean;
  answer: (ask: Ask) => JudgeAnswer | undefined = right;
  #seq = 0;
  #at = START;

  constructor(setup: EngineSetup, { restarts = false } = {}) {
    this.restarts = restarts;
    this.take({ kind: "reload", setup });
  }

  take(body: InputBody): void {
    const input = { seq: ++this.#seq, at: epochMs((this.#at += 1)), ...body };
    this.#note(this.engine.apply(input));
  }

  call(number: number): void {
    const call = { ...callOf(number), startAt: epochMs(this.#at - 10), endAt: epochMs(this.#at) };
    this.take({ kind: "telemetry", telemetry: { calls: [call], points: [], evaluations: [] } });
  }

  runTo(ms: number): void {
    for (const end = START + ms; this.#at + INTERVAL_MS <= end;) {
      this.#at = Math.ceil((this.#at + 1) / INTERVAL_MS) * INTERVAL_MS;
      const steps = this.engine.advance({ seq: ++this.#seq, at: epochMs(this.#at), kind: "tick" });
      let step = steps.next();
      while (step.done !== true) step = steps.next();
      this.#note(step.value);
    }
  }

  /** The last samples of a metric, by their labels. */
  shown(name: string): readonly string[] {
    const at = epochMs(this.#at);
    return this.engine
      .readerAt(at)
      .select([{ name: "__name__", op: "=", value: name }], epochMs(at - INTERVAL_MS), at)
      .map(({ labels, values }) => `${formatLabels(labels).slice(name.length)} ${values.at(-1)}`);
  }

  #note(effects: readonly Effect[]): void {
    this.effects.push(...effects);
    if (this.restarts) this.engine = Engine.load(this.engine.save(), OPTIONS);
    for (const effect of effects) {
      if (effect.kind !== "ask") continue;
      this.asks.push(effect.ask);
      const answer = this.answer(effect.ask);
      if (answer !== undefined) this.take({ kind: "judged", ask: effect.ask.key, answer });
    }
  }
}

void test("golden items are judged daily, seen as series, and count with no call", () => {
  const run = new Run(engineSetup());
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
  const run = new Run(engineSetup());
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
  const [straight, stopped] = [new Run(engineSetup()), new Run(engineSetup(), { restarts: true })];
  for (const run of [straight, stopped]) {
    run.call(1);
    run.runTo(HOUR_MS);
    run.engine.judging.requestGolden(epochMs(START + HOUR_MS));
    run.call(2);
    run.runTo(3 * HOUR_MS);
  }
  assert.deepEqual(stopped.effects, straight.effects);
  assert.equal(stopped.engine.save().state, straight.engine.save().state);
});

void test("golden items keep to their part of the day's money", () => {
  const usdPerDay = 0.05;
  const run = new Run(engineSetup({ usdPerDay }));
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

void test("before a page the set is judged at once, and the page waits two minutes at most", () => {
  const run = new Run(engineSetup({ concurrency: 64 }));
  run.runTo(DAY_MS);
  run.answer = (ask) => (isGolden(ask) ? undefined : right(ask));
  const at = DAY_MS + 1;
  run.engine.judging.requestGolden(epochMs(START + at));
  const before = run.asks.length;
  run.call(1);
  // Half of the places are left to calls.
  assert.equal(run.asks.slice(before).filter(isGolden).length, 32);
  assert.equal(run.engine.judging.requestedGolden(epochMs(START + at)).standing, "under-way");
  run.runTo(at + 3 * INTERVAL_MS);
  assert.equal(run.engine.judging.requestedGolden(epochMs(START + at + 120_000)).standing, "ended");
  assert.equal(run.engine.counters().get("judge_golden_missing_expired"), 8);
});

void test("where nothing can be judged, the judge is not tried either", () => {
  const run = new Run({ ...engineSetup(), capture: "off" });
  run.runTo(2 * HOUR_MS);
  assert.deepEqual(run.asks, []);
  run.take({ kind: "reload", setup: engineSetup() });
  run.runTo(4 * HOUR_MS);
  assert.ok(run.asks.some(isGolden));
});

void test("a set whose text is gone is not judged, and that is counted", () => {
  const run = new Run(engineSetup({ golden: { set: "set-2", everyMs: DAY_MS } }));
  run.runTo(HOUR_MS);
  assert.equal(run.asks.length, 0);
  assert.equal(run.engine.counters().get("judge_golden_sets_unknown"), 1);
  assert.deepEqual(run.shown("naruko_judge_golden_items"), []);
});

void test("what labels say of the running judge is shown, and of no other", () => {
  const counts = { caught: 9, missed: 1, accused: 5, cleared: 95, missing: 0 };
  const run = new Run(engineSetup());
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
  const run = new Run(engineSetup({ golden: { set: "none", everyMs: DAY_MS } }));
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
