import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Call } from "./call.ts";
import { withContext } from "./context.ts";
import { type EvaluationResult, recordEvaluation, recordFeedback } from "./evaluation.ts";
import { setOwnEvents } from "./events.ts";
import { setSettings, settingsFrom } from "./settings.ts";
import { Recorder } from "./testing/recorder.ts";
import { fieldsOf, listOf } from "./unknown.ts";

const events: string[] = [];

beforeEach(() => {
  events.length = 0;
  setOwnEvents((event) => events.push(event));
});

afterEach(() => {
  setOwnEvents(undefined);
  setSettings(settingsFrom({}, {}));
});

function told(): Readonly<Record<string, unknown>> {
  assert.equal(events.length, 1);
  const { eventName, traceId, spanId, attributes } = fieldsOf(JSON.parse(events[0] ?? ""));
  const pairs = listOf(attributes).map((pair): [string, unknown] => [
    String(fieldsOf(pair)["key"]).replace("gen_ai.evaluation.", ""),
    Object.values(fieldsOf(fieldsOf(pair)["value"]))[0],
  ]);
  assert.equal(eventName, "gen_ai.evaluation.result");
  const place = traceId === undefined ? {} : { traceId, spanId };
  return { ...place, ...Object.fromEntries(pairs) };
}

const span = { traceId: "a".repeat(32), spanId: "b".repeat(16), traceFlags: 1 };

/** what is recorded · what is told of it; `undefined` for what says nothing */
const cases: readonly (readonly [EvaluationResult, object | undefined])[] = [
  [
    { name: "relevance", score: 0.5 },
    { name: "relevance", "score.value": 0.5 },
  ],
  [
    { name: "relevance", score: 0 },
    { name: "relevance", "score.value": "0" },
  ],
  [
    { name: "safety", label: "pass" },
    { name: "safety", "score.label": "pass" },
  ],
  [
    { name: "safety", errorType: "timeout" },
    { name: "safety", "error.type": "timeout" },
  ],
  [
    { name: "a", score: 1, explanation: "why", callId: "resp_1" },
    { name: "a", "score.value": "1", explanation: "why", "gen_ai.response.id": "resp_1" },
  ],
  [
    { name: "a", score: 1, span },
    { name: "a", "score.value": "1", traceId: span.traceId, spanId: span.spanId },
  ],
  [{ name: "", score: 1 }, undefined],
  [{ name: "a" }, undefined],
  [{ name: "a", score: NaN }, undefined],
  [{ name: "a", label: "" }, undefined],
  [{ name: "a", explanation: "why" }, undefined],
];

for (const [result, expected] of cases) {
  test(JSON.stringify(result), () => {
    assert.equal(recordEvaluation(result), expected !== undefined);
    if (expected === undefined) assert.deepEqual(events, []);
    else assert.deepEqual(told(), expected);
  });
}

test("a verdict finds the span of its response, and the context it is recorded in", () => {
  const recorder = new Recorder();
  const start = { operation: "chat", provider: "p", stream: false } as const;
  const call = new Call({ ...start, request: {}, content: () => ({}) }, recorder.telemetry());
  call.answer.responseId = "resp_2";
  call.finish({ how: "answered" });
  withContext({ conversationId: "c", userId: "u" }, () => {
    recordEvaluation({ name: "a", score: 2, callId: "resp_2" });
  });
  const { spanId, ...rest } = told();
  assert.match(String(spanId), /^[0-9a-f]{16}$/);
  assert.equal(rest["gen_ai.conversation.id"], "c");
  assert.equal(rest["user.id"], "u");
});

test("what is no verdict at all is not told", () => {
  for (const none of [undefined, null, 1, "up", { rating: "good" }, { rating: undefined }]) {
    assert.equal(Reflect.apply(recordEvaluation, undefined, [none]), false);
    assert.equal(Reflect.apply(recordFeedback, undefined, [none]), false);
  }
  assert.deepEqual(events, []);
});

/** rating · score · label */
const ratings: readonly (readonly ["up" | "down" | number, string, string | undefined])[] = [
  ["up", "1", "positive"],
  ["down", "0", "negative"],
  [4, "4", undefined],
];

for (const [rating, score, label] of ratings) {
  test(`feedback ${rating}`, () => {
    assert.equal(recordFeedback({ rating, comment: "hm", callId: "resp_1" }), true);
    const event = told();
    assert.equal(event["name"], "user_feedback");
    assert.equal(event["score.value"], score);
    assert.equal(event["score.label"], label);
    assert.equal(event["explanation"], "hm");
  });
}

test("explanations are redacted; where that fails, nothing is told", () => {
  setSettings(settingsFrom({ redact: () => "gone" }, {}));
  assert.equal(recordEvaluation({ name: "a", score: 1, explanation: "secret" }), true);
  assert.equal(told()["explanation"], "gone");
  const redact = (): string => {
    throw new Error("the hook's");
  };
  setSettings(settingsFrom({ redact }, {}));
  assert.equal(recordEvaluation({ name: "a", score: 1, explanation: "secret" }), false);
  assert.equal(events.length, 1);
});

test("without anybody who listens, nothing is told", () => {
  setOwnEvents(undefined);
  assert.equal(recordEvaluation({ name: "a", score: 1 }), false);
});
