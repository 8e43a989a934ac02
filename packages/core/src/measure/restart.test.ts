import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import type { Evaluation } from "../model/evaluation.ts";
import { InputError } from "../model/input-error.ts";
import { labels } from "../model/labels.ts";
import { DEFAULT_LIMITS, type Limits } from "../model/limits.ts";
import type { MetricPoint } from "../model/metric-point.ts";
import type { NativeHistogram } from "../model/sample.ts";
import { Measure } from "./measure.ts";
import { type CallFields, Recorder, call, s } from "./recorder.test.ts";

const limits: Limits = {
  ...DEFAULT_LIMITS,
  valuesPerLabel: 3,
  derivedSeries: 250,
  series: 40,
  rememberedCallIds: 64,
  waitingEvaluations: 4,
};

type Step =
  | { readonly kind: "call" | "note"; readonly fields: CallFields }
  | { readonly kind: "evaluation"; readonly evaluation: Omit<Evaluation, "at"> }
  | { readonly kind: "points"; readonly point: (at: number) => MetricPoint }
  | { readonly kind: "wait"; readonly seconds: number };

const spanId = fc.integer({ min: 0, max: 30 }).map((id) => id.toString(16).padStart(16, "0"));
const responseId = fc.constantFrom("r1", "r2", "r3");
const name = fc.constantFrom("a", "b", "c", "d", "e");

const callStep: fc.Arbitrary<Step> = fc
  .record({
    spanId,
    responseId,
    requestModel: name,
    service: name,
    errorType: fc.option(name, { nil: undefined }),
    weight: fc.constantFrom(1, 1, 2.5),
    durationS: fc.double({ min: 0, max: 100, noNaN: true }),
    kind: fc.constantFrom("inference", "tool", "agent"),
    finishReasons: fc.array(name, { maxLength: 2 }),
    costUsd: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
  })
  .chain((fields) =>
    fc.constantFrom("call", "call", "call", "note").map((kind) => ({ kind, fields }) as const),
  );

const evaluationStep: fc.Arbitrary<Step> = fc
  .record({
    name,
    spanId,
    responseId: fc.option(responseId, { nil: undefined }),
    score: fc.option(fc.double({ min: 0, max: 1 }), { nil: undefined }),
    errorType: fc.option(name, { nil: undefined }),
  })
  .map((fields) => {
    const present = Object.fromEntries(
      Object.entries(fields).filter(([, value]) => value !== undefined),
    );
    const evaluation = { service: "judge", traceId: "0".repeat(32), ...present };
    return { kind: "evaluation", evaluation: evaluation as Omit<Evaluation, "at"> };
  });

const pointStep: fc.Arbitrary<Step> = fc
  .record({
    service: name,
    temporality: fc.constantFrom("cumulative", "delta"),
    type: fc.constantFrom("gauge", "sum", "histogram", "exponential-histogram", "end"),
    late: fc.constantFrom(0, 0, 0, 20_000, 400_000),
    count: fc.integer({ min: 0, max: 9 }),
    bound: fc.constantFrom(1, 1, 1, 2),
    startS: fc.integer({ min: 1, max: 300 }),
  })
  .map((one) => ({ kind: "points", point: (at: number) => pointOf(one, at) }));

function pointOf(
  one: {
    readonly service: string;
    readonly temporality: "cumulative" | "delta";
    readonly type: "gauge" | "sum" | "histogram" | "exponential-histogram" | "end";
    readonly late: number;
    readonly count: number;
    readonly bound: number;
    readonly startS: number;
  },
  at: number,
): MetricPoint {
  const { service, temporality, count, bound, type } = one;
  const metric = "gen_ai_client_operation_duration_seconds";
  const base = {
    service,
    labels: labels({ __name__: type === "gauge" ? "g" : metric, job: service }),
    at: s(Math.max(0, at - one.late) / 1000),
    startAt: s(Math.floor(at / 1000 / one.startS) * one.startS),
  };
  const value = count === 9 ? NaN : count;
  if (type === "gauge") return { ...base, type, value };
  if (type === "end") return { ...base, type, of: "histogram" };
  if (type === "sum") return { ...base, type, temporality, monotonic: true, value };
  if (type === "exponential-histogram") {
    const histogram: NativeHistogram = {
      counterReset: "unknown",
      schema: bound,
      zeroThreshold: 0,
      zeroCount: 0,
      count,
      sum: value,
      positiveSpans: [{ offset: count, length: 1 }],
      positiveBuckets: [count],
      negativeSpans: [],
      negativeBuckets: [],
      customBounds: [],
    };
    return { ...base, type, temporality, histogram };
  }
  const buckets = { bounds: [bound], counts: [count, 1], count: count + 1 };
  return { ...base, type, temporality, buckets };
}

const waitStep: fc.Arbitrary<Step> = fc
  .constantFrom(1, 5, 15, 40, 300, 4000, 100_000)
  .map((seconds) => ({ kind: "wait", seconds }));

/** Runs the steps, through a restart after each one that `restarts` names. */
function run(steps: readonly Step[], restarts: ReadonlySet<number>): readonly string[] {
  let measure = new Measure(limits, 15_000);
  measure.setSources({ e: "metrics" });
  const recorder = new Recorder();
  let now = 1000;
  let tick = 15_000;
  for (const [i, step] of steps.entries()) {
    if (step.kind === "wait") now += step.seconds * 1000;
    // Long waits are gaps: at most ten ticks run, the last ones.
    tick = Math.max(tick, Math.ceil((now - 150_000) / 15_000) * 15_000);
    for (; tick <= now; tick += 15_000) measure.sampleAt(s(tick / 1000), recorder.append);
    const at = s(now / 1000);
    if (step.kind === "call") measure.countCall(call(step.fields), at);
    if (step.kind === "note") measure.noteCall(call(step.fields), at);
    if (step.kind === "evaluation") measure.countEvaluation({ ...step.evaluation, at }, at);
    if (step.kind === "points") measure.countPoints([step.point(now)], at, recorder.append);
    measure.current(s(now / 1000), recorder.append);
    if (!restarts.has(i)) continue;
    const state: unknown = JSON.parse(JSON.stringify(measure.save()));
    measure = Measure.load({ state, ids: measure.saveIds() }, limits, 15_000);
  }
  const counters = [...measure.counters()].map(([reason, count]) => `${reason} ${count}`);
  return [...recorder.lines, ...counters, JSON.stringify(measure.sources())];
}

test("a restart anywhere changes nothing, and equal inputs give equal outputs", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(callStep, callStep, evaluationStep, pointStep, waitStep), {
        minLength: 20,
        maxLength: 150,
      }),
      fc.array(fc.integer({ min: 0, max: 149 }), { maxLength: 10 }),
      (steps, restarts) => {
        const whole = run(steps, new Set());
        const restarted = run(steps, new Set(restarts));
        const first = whole.findIndex((line, i) => line !== restarted[i]);
        assert.deepEqual([first, restarted[first]], [-1, undefined], whole[first]);
        assert.equal(restarted.length, whole.length);
      },
    ),
    { numRuns: 40 },
  );
});

test("a snapshot of another version is refused by its number", () => {
  const state = { ...(new Measure(limits, 15_000).save() as object), version: 2 };
  assert.throws(
    () => Measure.load({ state, ids: new Uint32Array() }, limits, 15_000),
    (error) => error instanceof InputError && /version 2/.test(error.message),
  );
});

test("ids that are fewer or more than the state says are refused", () => {
  const measure = new Measure(limits, 15_000);
  measure.countCall(call({}), s(0));
  const state = measure.save();
  const ids = measure.saveIds();
  assert.ok(ids.length > 0);
  for (const wrong of [ids.subarray(4), Uint32Array.of(...ids, 0, 0, 0, 0)]) {
    assert.throws(
      () => Measure.load({ state, ids: wrong }, limits, 15_000),
      (error) => error instanceof InputError && /ids of calls/.test(error.message),
    );
  }
});
