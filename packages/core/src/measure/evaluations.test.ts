import assert from "node:assert/strict";
import test from "node:test";
import type { Evaluation } from "../model/evaluation.ts";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import { Measure } from "./measure.ts";
import { type CallFields, Recorder, call, s } from "./recorder.test.ts";

const TRACE = "a".repeat(32);
const SPAN = "b".repeat(16);
const ofSpan = { traceId: TRACE, spanId: SPAN };

type EvaluationFields = { readonly [Name in keyof Evaluation]?: Evaluation[Name] };

function verdict(fields: EvaluationFields): Evaluation {
  return { name: "faithfulness", at: s(1), score: 0.8, service: "judge", ...fields };
}

/** Each step at a second: a call, a noted call, or an evaluation. */
type Step =
  | readonly [second: number, kind: "call" | "note", fields: CallFields]
  | readonly [second: number, kind: "evaluation", fields: EvaluationFields];

function run(steps: readonly Step[], untilS: number, limits = DEFAULT_LIMITS) {
  const measure = new Measure(limits, 15_000);
  const recorder = new Recorder();
  const waiting = [...steps];
  for (let tick = 15; tick <= untilS; tick += 15) {
    for (let step = waiting[0]; step !== undefined && step[0] <= tick; step = waiting[0]) {
      waiting.shift();
      const [second, kind, fields] = step;
      if (kind === "evaluation") measure.countEvaluation(verdict(fields), s(second));
      else if (kind === "call") measure.countCall(call({ ...ofSpan, ...fields }), s(second));
      else measure.noteCall(call({ ...ofSpan, ...fields }), s(second));
    }
    measure.sampleAt(s(tick), recorder.append);
  }
  return { measure, recorder };
}

const QUALITY = 'llm_quality_score{metric="faithfulness", model="m", service_name="shop"}';
const UNKNOWN = 'llm_quality_score{metric="faithfulness", model="_unknown", service_name="judge"}';

const joins: readonly (readonly [string, readonly Step[], number, readonly string[]])[] = [
  [
    "an evaluation after its call has the call's labels",
    [
      [1, "call", {}],
      [2, "evaluation", ofSpan],
    ],
    15,
    [`15 ${QUALITY} 0.8`],
  ],
  [
    "an evaluation before its call waits for it",
    [
      [1, "evaluation", ofSpan],
      [20, "call", {}],
    ],
    30,
    [`30 ${QUALITY} 0.8`],
  ],
  [
    "a response's id finds the call where the span is another one",
    [
      [1, "call", { responseId: "resp-1" }],
      [2, "evaluation", { traceId: TRACE, spanId: "c".repeat(16), responseId: "resp-1" }],
    ],
    15,
    [`15 ${QUALITY} 0.8`],
  ],
  [
    "a waiting evaluation is found by the response's id too",
    [
      [1, "evaluation", { responseId: "resp-1" }],
      [2, "call", { responseId: "resp-1" }],
    ],
    15,
    [`15 ${QUALITY} 0.8`],
  ],
  [
    "a span's id wins over a response's",
    [
      [1, "call", { responseId: "resp-1", requestModel: "other", spanId: "c".repeat(16) }],
      [1, "call", {}],
      [2, "evaluation", { ...ofSpan, responseId: "resp-1" }],
    ],
    15,
    [`15 ${QUALITY} 0.8`],
  ],
  [
    "a call that is only noted is enough",
    [
      [1, "note", {}],
      [2, "evaluation", ofSpan],
    ],
    15,
    [`15 ${QUALITY} 0.8`],
  ],
  [
    "a call 15 minutes ago is known",
    [
      [1, "call", {}],
      [901, "evaluation", ofSpan],
    ],
    915,
    [`915 ${QUALITY} 0.8`],
  ],
  [
    "a call longer ago is not, and its evaluation waits in vain",
    [
      [1, "call", {}],
      [902, "evaluation", ofSpan],
    ],
    1215,
    [`1215 ${UNKNOWN} 0.8`],
  ],
  [
    "an evaluation of an unseen call waits five minutes",
    [[1, "evaluation", ofSpan]],
    315,
    [`315 ${UNKNOWN} 0.8`],
  ],
  [
    "a call after the wait changes nothing",
    [
      [1, "evaluation", ofSpan],
      [301, "call", {}],
    ],
    315,
    [`315 ${UNKNOWN} 0.8`],
  ],
  [
    "a call within the wait does, though a tick comes first",
    [
      [1, "evaluation", ofSpan],
      [300.5, "call", {}],
    ],
    315,
    [`315 ${QUALITY} 0.8`],
  ],
  ["an evaluation without ids does not wait", [[1, "evaluation", {}]], 15, [`15 ${UNKNOWN} 0.8`]],
  [
    "the score is the mean",
    [
      [1, "call", {}],
      [2, "evaluation", ofSpan],
      [3, "evaluation", { ...ofSpan, score: 0.4 }],
    ],
    15,
    [`15 ${QUALITY} 0.6000000000000001`],
  ],
  [
    "the same verdict sent twice counts once",
    [
      [1, "call", {}],
      [2, "evaluation", ofSpan],
      [3, "evaluation", ofSpan],
      [4, "evaluation", { ...ofSpan, score: 0.4 }],
    ],
    15,
    [`15 ${QUALITY} 0.6000000000000001`],
  ],
  [
    "a second verdict of another time counts",
    [
      [1, "call", {}],
      [2, "evaluation", ofSpan],
      [3, "evaluation", { ...ofSpan, at: s(3) }],
      [4, "evaluation", { ...ofSpan, score: 0.5 }],
    ],
    15,
    [`15 ${QUALITY} 0.7000000000000001`],
  ],
  [
    "a window that empties ends stale",
    [
      [1, "call", {}],
      [2, "evaluation", ofSpan],
      [302, "evaluation", { ...ofSpan, score: 0 }],
    ],
    1230,
    [`900 ${QUALITY} 0.4`, `915 ${QUALITY} 0`, `1200 ${QUALITY} 0`, `1215 ${QUALITY} stale`],
  ],
];
for (const [name, steps, untilS, expected] of joins) {
  test(name, () => {
    const lines = run(steps, untilS).recorder.take("llm_quality_score");
    const from = expected[0]?.split(" ")[0] ?? "";
    const shown =
      expected.length === 1 ? lines.filter((line) => line.startsWith(`${from} `)) : lines;
    if (expected.length === 1) assert.deepEqual(shown, expected);
    else for (const line of expected) assert.ok(shown.includes(line), shown.slice(-5).join("\n"));
    assert.ok(!lines.some((line) => line.startsWith(`${untilS} `) && !expected.includes(line)));
  });
}

test("the score's histogram has the labels of the call and of the verdict", () => {
  const { recorder } = run(
    [
      [1, "call", { environment: "prod" }],
      [2, "evaluation", ofSpan],
    ],
    15,
  );
  const lines = recorder.take("15 naruko_evaluation_score_bucket", 'le="0.8"');
  assert.deepEqual(lines, [
    '15 naruko_evaluation_score_bucket{deployment_environment_name="prod", gen_ai_evaluation_name="faithfulness", ' +
      'gen_ai_operation_name="chat", gen_ai_provider_name="openai", gen_ai_request_model="m", le="0.8", service_name="shop"} 1',
  ]);
});

test("a failed evaluator is missing, never 0", () => {
  const failed = {
    name: "faithfulness",
    at: s(1),
    service: "judge",
    errorType: "timeout",
    ...ofSpan,
  };
  const measure = new Measure(DEFAULT_LIMITS, 15_000);
  measure.countCall(call(ofSpan), s(1));
  measure.countEvaluation(failed, s(2));
  const recorder = new Recorder();
  measure.sampleAt(s(15), recorder.append);
  assert.equal(recorder.lines.filter((line) => line.includes("score")).length, 0);
  const [born, counted] = recorder.take("naruko_evaluation_missing_total", 'error_type="timeout"');
  assert.ok(born?.endsWith(" 0") && counted?.endsWith(" 1"));
});

const uncounted: readonly (readonly [string, Partial<Evaluation>, string])[] = [
  ["a verdict that is only a label", { label: "good" }, "evaluation-without-score"],
  ["a score that is no number", { score: NaN }, "evaluation-without-score"],
  ["an infinite score", { score: Infinity }, "evaluation-without-score"],
];
for (const [name, fields, reason] of uncounted) {
  test(`${name} makes no score, and is counted`, () => {
    const measure = new Measure(DEFAULT_LIMITS, 15_000);
    measure.countEvaluation({ name: "n", at: s(1), service: "judge", ...fields }, s(1));
    const recorder = new Recorder();
    measure.sampleAt(s(15), recorder.append);
    assert.deepEqual(recorder.lines, []);
    assert.equal(measure.counters().get(reason), 1);
  });
}

test("past the limit the evaluation that waits longest stops waiting", () => {
  const steps: Step[] = ["1", "2", "3"].map((id) => [1, "evaluation", { responseId: id }] as const);
  const { measure, recorder } = run(steps, 15, { ...DEFAULT_LIMITS, waitingEvaluations: 2 });
  assert.deepEqual(recorder.take("llm_quality_score"), [`15 ${UNKNOWN} 0.8`]);
  assert.equal(measure.counters().get("evaluation-not-waited"), 1);
});

test("past the limit the oldest calls are forgotten, and counted", () => {
  const measure = new Measure({ ...DEFAULT_LIMITS, rememberedCallIds: 400 }, 15_000);
  for (let i = 0; i < 1000; i++)
    measure.countCall(call({ traceId: TRACE, spanId: String(i).padStart(16, "0") }), s(1));
  for (const i of [0, 999]) {
    const spanId = String(i).padStart(16, "0");
    measure.countEvaluation(verdict({ traceId: TRACE, spanId }), s(2));
  }
  const recorder = new Recorder();
  measure.sampleAt(s(15), recorder.append);
  assert.deepEqual(recorder.take("naruko_evaluation_score_count", "15 ").length, 1);
  assert.ok((measure.counters().get("call-ids-forgotten-early") ?? 0) >= 600);
});

test("many calls are found again", () => {
  const measure = new Measure(DEFAULT_LIMITS, 15_000);
  for (let i = 0; i < 5000; i++)
    measure.countCall(
      call({ traceId: TRACE, spanId: String(i).padStart(16, "0"), requestModel: `m${i % 7}` }),
      s(i / 10),
    );
  for (let i = 0; i < 5000; i++) {
    const spanId = String(i).padStart(16, "0");
    measure.countEvaluation(verdict({ traceId: TRACE, spanId, score: (i % 7) / 10 }), s(500));
  }
  const recorder = new Recorder();
  measure.sampleAt(s(510), recorder.append);
  for (let model = 0; model < 7; model++) {
    const [line] = recorder.lines.filter(
      (one) => one.startsWith("510 llm_quality_score") && one.includes(`"m${model}"`),
    );
    assert.ok(Math.abs(Number(line?.split(" ").at(-1)) - model / 10) < 1e-9);
  }
});

test("the same verdict counts again after 15 minutes", () => {
  const again = { ...ofSpan, at: s(2) };
  const steps: Step[] = [
    [1, "call", {}],
    [2, "evaluation", again],
    [901, "evaluation", again],
    [903, "evaluation", again],
  ];
  const { measure } = run(steps, 915);
  assert.equal(measure.counters().get("evaluation-repeated"), 1);
});

test("a window that was never seen leaves no marker", () => {
  const measure = new Measure(DEFAULT_LIMITS, 15_000);
  measure.countEvaluation(verdict({}), s(1));
  const recorder = new Recorder();
  measure.sampleAt(s(915), recorder.append);
  assert.deepEqual(recorder.take("llm_quality_score"), []);
});

test("the current mean leaves out what is older than 15 minutes", () => {
  const measure = new Measure(DEFAULT_LIMITS, 15_000);
  measure.countEvaluation(verdict({}), s(1));
  measure.countEvaluation(verdict({ score: 0.2 }), s(31));
  const recorder = new Recorder();
  measure.sampleAt(s(45), recorder.append);
  for (const second of [46, 916, 946]) measure.current(s(second), recorder.append);
  assert.deepEqual(recorder.take("llm_quality_score"), [
    `45 ${UNKNOWN} 0.5`,
    `46 ${UNKNOWN} 0.5`,
    `916 ${UNKNOWN} 0.2`,
    `946 ${UNKNOWN} stale`,
  ]);
});

test("a verdict of the judge is its call's however old that is, and stands for its weight", () => {
  const measure = new Measure(DEFAULT_LIMITS, 15_000);
  const recorder = new Recorder();
  const old = call(ofSpan);
  const at = 3600;
  measure.countJudged(verdict({ ...ofSpan, score: 1, weight: 30 }), old, s(at));
  measure.countJudged(verdict({ ...ofSpan, score: 0, weight: 10 }), old, s(at));
  measure.countJudged(verdict({ ...ofSpan, errorType: "timeout", weight: 500 }), old, s(at));
  measure.sampleAt(s(at), recorder.append);
  const lines = recorder.take();
  const withName = (name: string) => lines.filter((line) => line.includes(name));
  assert.deepEqual(withName("llm_quality_score"), [`${at} ${QUALITY} 0.75`]);
  assert.deepEqual(
    withName("naruko_evaluation_score_count").map((line) => line.split(" ").at(-1)),
    ["0", "2"],
  );
});

test("scores of two versions of the judge are never in one mean, also after a restart", () => {
  const recorder = new Recorder();
  let measure = new Measure(DEFAULT_LIMITS, 15_000);
  const judged = (judge: string, score: number, at: number) =>
    measure.countJudged(verdict({ ...ofSpan, judge, score, weight: 0.1 }), call(ofSpan), s(at));
  const shown = (at: number) => {
    const saved = JSON.parse(JSON.stringify(measure.save())) as ReturnType<Measure["save"]>;
    measure = Measure.load({ state: saved, ids: measure.saveIds() }, DEFAULT_LIMITS, 15_000);
    measure.sampleAt(s(at), recorder.append);
    return recorder.take().filter((line) => line.includes("llm_quality_score"));
  };
  judged("one/1", 0, 0);
  judged("one/1", 0, 20);
  assert.deepEqual(shown(30), [`30 ${QUALITY} 0`]);
  judged("two/2", 1, 40);
  assert.deepEqual(shown(45), [`45 ${QUALITY} 1`]);
  // What others say is of no version.
  measure.countJudged(verdict({ ...ofSpan, score: 0, weight: 0.1 }), call(ofSpan), s(50));
  assert.deepEqual(shown(60), [`60 ${QUALITY} 0.5`]);
  judged("one/1", 0.5, 70);
  assert.deepEqual(shown(75), [`75 ${QUALITY} 0.25`]);
});
