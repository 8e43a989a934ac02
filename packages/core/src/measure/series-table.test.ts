import assert from "node:assert/strict";
import test from "node:test";
import { DEFAULT_LIMITS, type Limits } from "../model/limits.ts";
import { Measure } from "./measure.ts";
import { type CallFields, Recorder, call, s } from "./recorder.test.ts";

const TICK_S = 15;

/** Runs calls (by second) through ticks up to `until`, and returns the lines of one series' name. */
function run(
  options: {
    readonly until: number;
    readonly limits?: Partial<Limits>;
    readonly skip?: readonly [number, number];
  },
  calls: readonly (readonly [number, CallFields])[],
): { readonly recorder: Recorder; readonly measure: Measure } {
  const measure = new Measure({ ...DEFAULT_LIMITS, ...options.limits }, TICK_S * 1000);
  const recorder = new Recorder();
  const waiting = [...calls];
  for (let tick = TICK_S; tick <= options.until; tick += TICK_S) {
    while (waiting[0] !== undefined && waiting[0][0] <= tick) {
      const [at, fields] = waiting[0];
      waiting.shift();
      measure.countCall(call(fields), s(at));
    }
    const [from, to] = options.skip ?? [0, 0];
    if (tick < from || tick >= to) measure.sampleAt(s(tick), recorder.append);
  }
  return { recorder, measure };
}

const ERRORS = 'llm_errors_total{error_type="500", model="m", service_name="shop"}';

test("a new series is born with 0 one interval before its first sample", () => {
  const { recorder } = run({ until: 60 }, [[31, { errorType: "500" }]]);
  assert.deepEqual(recorder.take(ERRORS), [`30 ${ERRORS} 0`, `45 ${ERRORS} 1`, `60 ${ERRORS} 1`]);
});

test("every part of a histogram is born", () => {
  const { recorder } = run({ until: 15 }, [[1, {}]]);
  const born = recorder.lines.filter((line) => line.startsWith("0 llm_operation_duration"));
  assert.equal(born.length, 9);
  assert.ok(born.every((line) => line.endsWith(" 0")));
});

test("after an hour without calls a series ends with one stale marker", () => {
  const { recorder } = run({ until: 3700 }, [[15, { errorType: "500" }]]);
  assert.deepEqual(recorder.take(ERRORS).slice(-2), [`3600 ${ERRORS} 1`, `3615 ${ERRORS} stale`]);
});

test("a call right before an hour without ticks is sampled before its series ends", () => {
  const { recorder } = run({ until: 3900, skip: [150, 3810] }, [
    [120, { errorType: "500" }],
    [140, { errorType: "500" }],
  ]);
  assert.deepEqual(recorder.take(ERRORS).slice(1), [
    `120 ${ERRORS} 1`,
    `135 ${ERRORS} 1`,
    `3795 ${ERRORS} 1`,
    `3810 ${ERRORS} 2`,
    `3825 ${ERRORS} stale`,
  ]);
});

test("each label set ends by its own calls", () => {
  const { recorder } = run({ until: 3630 }, [
    [15, { errorType: "500" }],
    [600, {}],
  ]);
  const last = recorder.lines.filter((line) => line.startsWith("3630 "));
  assert.ok(last.length > 0);
  assert.ok(last.every((line) => !line.includes("500")));
});

test("a resumed series is born with its last value", () => {
  const { recorder } = run({ until: 4020 }, [
    [15, { errorType: "500" }],
    [4001, { errorType: "500" }],
  ]);
  assert.deepEqual(recorder.take(ERRORS).slice(-4), [
    `3615 ${ERRORS} stale`,
    `3990 ${ERRORS} 1`,
    `4005 ${ERRORS} 2`,
    `4020 ${ERRORS} 2`,
  ]);
});

test("a call right after the end does not overwrite the stale marker", () => {
  const { recorder } = run({ until: 3630 }, [
    [15, { errorType: "500" }],
    [3616, { errorType: "500" }],
  ]);
  assert.deepEqual(recorder.take(ERRORS).slice(-3), [
    `3600 ${ERRORS} 1`,
    `3615 ${ERRORS} stale`,
    `3630 ${ERRORS} 2`,
  ]);
});

test("a gap's first samples follow the value from before it", () => {
  const { recorder } = run({ until: 615, skip: [45, 615] }, [
    [15, { errorType: "500" }],
    [610, { errorType: "500" }],
  ]);
  assert.deepEqual(recorder.take(ERRORS).slice(-3), [
    `30 ${ERRORS} 1`,
    `600 ${ERRORS} 1`,
    `615 ${ERRORS} 2`,
  ]);
});

test("a series forgotten after a day without calls begins at 0", () => {
  const { recorder } = run({ until: 91_020 }, [
    [15, { errorType: "500" }],
    [91_005, { errorType: "500" }],
  ]);
  assert.deepEqual(recorder.take(ERRORS).slice(-3), [
    `90990 ${ERRORS} 0`,
    `91005 ${ERRORS} 1`,
    `91020 ${ERRORS} 1`,
  ]);
});

test("the current value is seen past the last tick, with its birth, and is not kept", () => {
  const { measure } = run({ until: 30 }, []);
  measure.countCall(call({ errorType: "500" }), s(31));
  const now = new Recorder();
  measure.current(s(32), now.append);
  assert.deepEqual(now.take(ERRORS), [`17 ${ERRORS} 0`, `32 ${ERRORS} 1`]);
  measure.sampleAt(s(45), now.append);
  assert.deepEqual(now.take(ERRORS), [`30 ${ERRORS} 0`, `45 ${ERRORS} 1`]);
});

function folded(model: string, count: number): string {
  return `15 llm_operation_duration_seconds_count{model="${model}", service_name="shop", status="success"} ${count}`;
}

test("values of a label past the limit fold into _other, and totals stay right", () => {
  const calls = Array.from({ length: 100 }, (_, i) => [1, { requestModel: `m${i}` }] as const);
  const { recorder, measure } = run({ until: 15, limits: { valuesPerLabel: 3 } }, calls);
  const counts = recorder.take("15 llm_operation_duration_seconds_count");
  assert.deepEqual(counts, [
    folded("m0", 1),
    folded("m1", 1),
    folded("m2", 1),
    folded("_other", 97),
  ]);
  assert.equal(measure.counters().get("folded-label-values"), 97);
});

test("label sets past the limit on series fold wholly, but keep what is few", () => {
  const calls = Array.from({ length: 50 }, (_, i) => [1, { requestModel: `m${i}` }] as const);
  const { recorder, measure } = run({ until: 15, limits: { derivedSeries: 120 } }, calls);
  const tokens = recorder.lines.filter((line) => line.startsWith("15 llm_token_usage_total"));
  assert.ok(
    tokens.includes(
      '15 llm_token_usage_total{model="_other", service_name="_other", token_type="input"} 490',
    ),
    tokens.join("\n"),
  );
  assert.equal(measure.counters().get("folded-series"), 49);
});

test("100,000 model names are held by few series", () => {
  const measure = new Measure(DEFAULT_LIMITS, TICK_S * 1000);
  for (let i = 0; i < 100_000; i++) measure.countCall(call({ requestModel: `m${i}` }), s(1));
  const recorder = new Recorder();
  measure.sampleAt(s(15), recorder.append);
  assert.ok(recorder.lines.length < 3 * DEFAULT_LIMITS.derivedSeries);
  let total = 0;
  for (const line of recorder.take("15 llm_operation_duration_seconds_count"))
    total += Number(line.split(" ").at(-1));
  assert.equal(total, 100_000);
});

test("ended series make room when the limit is reached", () => {
  const calls: (readonly [number, CallFields])[] = [[15, { requestModel: "old" }]];
  calls.push([3700, { requestModel: "young" }]);
  const { recorder, measure } = run({ until: 3705, limits: { derivedSeries: 63 } }, calls);
  assert.equal(recorder.take("3705 llm_token_usage_total", '"young"').length, 2);
  assert.ok((measure.counters().get("ended-series-forgotten") ?? 0) > 0);
  assert.equal(measure.counters().get("folded-series"), undefined);
});

test("long label values are cut, and never through a surrogate pair", () => {
  const { recorder } = run({ until: 15, limits: { labelLength: 4 } }, [
    [1, { requestModel: "abc😀" }],
    [1, { requestModel: "abcdefgh" }],
  ]);
  const models = recorder
    .take("15 llm_token_usage_total", "input")
    .map((line) => line.split('"')[1]);
  assert.deepEqual(models, ["abc", "abcd"]);
});

test("a folded value gets its own series once room is made", () => {
  const calls: (readonly [number, CallFields])[] = [[15, { requestModel: "first" }]];
  for (let second = 30; second < 91_200; second += 900)
    calls.push([second, { requestModel: "second" }]);
  const { recorder } = run({ until: 91_200, limits: { valuesPerLabel: 1 } }, calls);
  const lines = recorder.take("llm_token_usage_total", "input");
  assert.match(lines.find((line) => line.startsWith("900 ")) ?? "", /"first"/);
  const last = lines.filter((line) => line.startsWith("91200 "));
  assert.deepEqual(
    last.map((line) => line.split('"')[1]),
    ["_other", "second"],
  );
});

test("labels with few values never fold", () => {
  const { recorder } = run({ until: 15, limits: { valuesPerLabel: 1 } }, [[1, {}]]);
  const lines = recorder.take("15 llm_token_usage_total");
  assert.deepEqual(
    lines.map((line) => line.split('token_type="')[1]),
    ['input"} 10', 'output"} 5'],
  );
});
