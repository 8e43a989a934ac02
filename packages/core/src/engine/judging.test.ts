import assert from "node:assert/strict";
import test from "node:test";
import { parseYaml } from "../../../naruko/src/config/parse-yaml.ts";
import { answerTo, callOf, setupOf } from "../judge/testing/judged-calls.ts";
import type { Call } from "../model/call.ts";
import type { Effect, EngineSetup, InputBody } from "../model/engine-io.ts";
import type { Ask } from "../model/judge.ts";
import { formatLabels } from "../model/labels.ts";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import { epochMs } from "../model/time.ts";
import { Engine, type EngineOptions } from "./engine.ts";

const INTERVAL_MS = 15_000;
const START = 1_800_000_000_000;

const OPTIONS: EngineOptions = {
  intervalMs: INTERVAL_MS,
  limits: DEFAULT_LIMITS,
  parseYaml: (name, text) => parseYaml(name, text, "rule-file"),
};

const RUBRIC = `---
name: faithfulness
---
Is it borne out?
`;

function engineSetup(over: Partial<EngineSetup> = {}): EngineSetup {
  return {
    ruleFiles: [],
    alertmanagers: [],
    externalUrl: "http://127.0.0.1:4320",
    sources: {},
    capture: "judge",
    judge: setupOf({ rate: 1, rubricFiles: [{ name: "faithfulness.md", text: RUBRIC }] }),
    ...over,
  };
}

/** An engine with the effects that came of each input. */
class Run {
  engine = new Engine(OPTIONS);
  #seq = 0;
  #at = START;
  readonly asks: Ask[] = [];
  readonly effects: Effect[] = [];

  constructor(setup: EngineSetup) {
    this.take({ kind: "reload", setup });
  }

  take(body: InputBody, afterMs = 100): readonly Effect[] {
    this.#at += afterMs;
    const input = { seq: ++this.#seq, at: epochMs(this.#at), ...body };
    return this.#note(this.engine.apply(input));
  }

  tick(): readonly Effect[] {
    this.#at = Math.ceil((this.#at + 1) / INTERVAL_MS) * INTERVAL_MS;
    const input = { seq: ++this.#seq, at: epochMs(this.#at), kind: "tick" as const };
    const steps = this.engine.advance(input);
    for (;;) {
      const step = steps.next();
      if (step.done === true) return this.#note(step.value);
    }
  }

  calls(...calls: readonly Call[]): readonly Effect[] {
    const times = { startAt: epochMs(this.#at - 1000), endAt: epochMs(this.#at) };
    const ended = calls.map((call) => ({ ...call, ...times }));
    const telemetry = { calls: ended, points: [], evaluations: [] };
    return this.take({ kind: "telemetry", telemetry });
  }

  answer(score: number): readonly Effect[] {
    const ask = this.asks.shift();
    assert.ok(ask, "something was asked");
    return this.take({ kind: "judged", ask: ask.key, answer: answerTo(ask, score) });
  }

  /** The last samples of a metric, by their labels but for its name. */
  shown(name: string): readonly string[] {
    const reader = this.engine.readerAt(epochMs(this.#at));
    const from = epochMs(this.#at - INTERVAL_MS);
    const matchers = [{ name: "__name__", op: "=" as const, value: name }];
    return reader
      .select(matchers, from, epochMs(this.#at))
      .map(({ labels, values }) => `${formatLabels(labels)} ${values.at(-1)}`);
  }

  #note(effects: readonly Effect[]): readonly Effect[] {
    this.effects.push(...effects);
    for (const effect of effects) if (effect.kind === "ask") this.asks.push(effect.ask);
    return effects;
  }
}

void test("a verdict is kept beside its call, counted under its labels, and shown", () => {
  const run = new Run(engineSetup());
  run.calls(callOf(1));
  run.answer(0.75);
  run.tick();
  const kept = run.effects.flatMap((effect) => (effect.kind === "keep" ? [effect.telemetry] : []));
  assert.deepEqual(
    kept.map(({ calls, evaluations }) => [calls.length, evaluations.map(({ score }) => score)]),
    [
      [1, []],
      [0, [0.75]],
    ],
  );
  assert.deepEqual(run.shown("llm_quality_score"), [
    'llm_quality_score{metric="faithfulness", model="gpt-4o", service_name="shop"} 0.75',
  ]);
  const draws = run.effects.flatMap((effect) => (effect.kind === "keep-draws" ? effect.draws : []));
  assert.deepEqual(
    draws.map(({ inclusion, rubrics }) => [inclusion, rubrics[0]?.score]),
    [[1, 0.75]],
  );
});

for (const [capture, isKept] of [
  ["judge", false],
  ["store", true],
] as const) {
  void test(`capture: ${capture} ${isKept ? "keeps" : "does not keep"} what was said`, () => {
    const run = new Run(engineSetup({ capture }));
    run.calls(callOf(1));
    run.answer(1);
    assert.equal(
      JSON.stringify(run.effects.filter(({ kind }) => kind === "keep")).includes("answer 1"),
      isKept,
    );
    // Nothing waits any more, so that no snapshot has it either.
    assert.ok(!run.engine.save().state.includes("answer 1"));
  });
}

void test("without a verdict there is an interval, and no score", () => {
  const run = new Run(engineSetup());
  run.calls(callOf(1));
  run.tick();
  const ends = () =>
    ["", "_lower", "_upper"].map((end) => run.shown(`naruko_quality_score${end}`).length);
  assert.deepEqual(ends(), [0, 3, 3]);
  run.answer(0.75);
  run.tick();
  assert.deepEqual(ends(), [3, 3, 3]);
});

void test("series of a judge that is switched off after a restart end", () => {
  const run = new Run(engineSetup());
  run.tick();
  assert.equal(run.shown("naruko_judge_waiting").length, 1);
  run.engine = Engine.load(run.engine.save(), OPTIONS);
  const { judge: _, ...unjudged } = engineSetup();
  run.take({ kind: "reload", setup: unjudged });
  run.tick();
  assert.deepEqual(run.shown("naruko_judge_waiting"), ["naruko_judge_waiting NaN"]);
});

void test("a restart in between changes nothing", () => {
  const straight = new Run(engineSetup());
  const stopped = new Run(engineSetup());
  for (const run of [straight, stopped]) {
    const restart = (): void => {
      if (run === stopped) run.engine = Engine.load(run.engine.save(), OPTIONS);
    };
    run.calls(callOf(1), callOf(2), callOf(3));
    restart();
    run.answer(0.1);
    restart();
    run.tick();
    restart();
    run.answer(1);
    run.answer(0.2);
    run.tick();
    restart();
    run.answer(0.9);
  }
  assert.deepEqual(stopped.effects, straight.effects);
  assert.equal(stopped.engine.save().state, straight.engine.save().state);
});

void test("an engine without a judge asks nothing, and one whose judge was taken away stops", () => {
  const run = new Run(engineSetup());
  run.calls(callOf(1));
  const { judge: _judge, ...without } = engineSetup();
  run.take({ kind: "reload", setup: without });
  run.calls(callOf(2));
  assert.equal(run.asks.length, 1);
  run.tick();
  assert.deepEqual(run.shown("naruko_judge_waiting"), []);
  const missing = run.effects.flatMap((effect) =>
    effect.kind === "keep" ? effect.telemetry.evaluations.map(({ errorType }) => errorType) : [],
  );
  assert.deepEqual(missing, ["reloaded"]);
});

void test("a rubric that cannot be read is refused before it is committed", () => {
  const broken = setupOf({ rubricFiles: [{ name: "bad.md", text: "no head" }] });
  assert.throws(
    () => new Engine(OPTIONS).prepare(engineSetup({ judge: broken })),
    /bad\.md:1:1: a rubric in Markdown begins with/,
  );
});

void test("the sampler's limits are counted where they are reached", () => {
  const run = new Run(engineSetup());
  const limits = {
    ...DEFAULT_LIMITS,
    judgedConversations: 2,
    judgedSegments: 2,
    awaitedVerdicts: 1,
  };
  run.engine = new Engine({ ...OPTIONS, limits });
  run.take({ kind: "reload", setup: engineSetup() });
  run.calls(callOf(1), callOf(2), callOf(3, { requestModel: "other" }));
  const counters = run.engine.counters();
  assert.equal(counters.get("judge_conversations_forgotten_early"), 1);
  assert.equal(counters.get("judge_segments_folded"), 1);
  assert.equal(counters.get("judge_verdicts_not_awaited"), 2);
  assert.equal(counters.get("judge_flags_left_out"), undefined);
});

void test("the share of bad answers is shown, and corrected where labels are enough", () => {
  const run = new Run(engineSetup());
  const calls = Array.from({ length: 40 }, (_, i) => callOf(i + 1));
  run.calls(...calls);
  // Every fifth is bad, and its second look says so too.
  const bad = new Set<string>();
  for (let i = 0; run.asks.length > 0; i++) {
    const about = run.asks[0]?.about ?? "";
    if (i % 5 === 0) bad.add(about);
    run.answer(bad.has(about) ? 0.1 : 0.9);
  }
  run.tick();
  const share = bad.size / calls.length;
  const shown = run.shown("naruko_quality_bad_share");
  assert.equal(shown.length, 3);
  for (const line of shown)
    assert.ok(Math.abs(Number(line.split(" ").at(-1)) - share) < 1e-9, line);
  assert.deepEqual(run.shown("naruko_quality_bad_share_corrected"), []);

  const setup = engineSetup();
  const { judge } = setup;
  assert.ok(judge);
  const version = run.effects.flatMap((effect) =>
    effect.kind === "keep" ? effect.telemetry.evaluations.flatMap((one) => one.judge ?? []) : [],
  )[0];
  const calibration = {
    judge: version ?? "",
    rubric: "faithfulness",
    language: "en",
    at: epochMs(START),
    caught: 900,
    missed: 100,
    accused: 50,
    cleared: 950,
    missing: 0,
  };
  run.take({
    kind: "reload",
    setup: { ...setup, judge: { ...judge, calibrations: [calibration] } },
  });
  run.tick();
  const [corrected] = run.shown("naruko_quality_bad_share_corrected");
  // (q + specificity − 1) / (sensitivity + specificity − 1)
  const expected = (share + 0.95 - 1) / (0.9 + 0.95 - 1);
  assert.ok(Math.abs(Number(corrected?.split(" ").at(-1)) - expected) < 1e-9, corrected);
});
