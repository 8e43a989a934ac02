import assert from "node:assert/strict";
import test from "node:test";
import type { Evaluation } from "@naruko/core/model/evaluation";
import type { Ask } from "@naruko/core/model/judge";
import { epochMs } from "@naruko/core/model/time";
import { aCall, telemetryOf } from "../testing/any-input.ts";
import { RecordedVerdicts } from "./recorded-verdicts.ts";

const TRACE = "0123456789abcdef0123456789abcdef";

function evaluation(fields: Partial<Evaluation>): Evaluation {
  return { name: "safety", at: epochMs(1), service: "shop", ...fields };
}

function askAbout(about: string, ...names: readonly string[]): Ask {
  return {
    key: "judge-1",
    at: epochMs(2),
    about,
    provider: "openai",
    model: "m",
    system: "12345",
    user: "1234567",
    schema: {},
    maxOutputTokens: 100,
    timeoutMs: 1000,
    expect: {
      boundary: "b".repeat(16),
      rubrics: names.map((name) => ({ name, min: 0, max: 1, labels: [] })),
    },
  };
}

const OPTIONS = {
  rubrics: ["safety", "relevance"],
  /** A character is a token. */
  tokensOf: (text: string): number => text.length,
  shownMax: 24_000,
  heldMax: 100,
};

function recorded(...evaluations: readonly Evaluation[]): RecordedVerdicts {
  const verdicts = new RecordedVerdicts(OPTIONS);
  verdicts.note(telemetryOf([], evaluations));
  return verdicts;
}

test("a verdict is found by the span that it is about, with the request's tokens", () => {
  const verdicts = recorded(
    evaluation({ traceId: TRACE, spanId: "a", score: 0.25, label: "bad", explanation: "why" }),
  );
  const said = { name: "safety", score: 0.25, label: "bad", explanation: "why" };
  assert.deepEqual(verdicts.answer(askAbout(`${TRACE}a`, "safety", "relevance")), {
    ok: true,
    final: true,
    verdicts: [said],
    // The five of the system, the two of the schema, the seven of the user.
    usage: { inputTokens: 14, outputTokens: JSON.stringify({ verdicts: [said] }).length },
  });
});

test("by the response's id, once the call is seen, and its tokens where its text is not there", () => {
  const verdicts = recorded(evaluation({ responseId: "r1", score: 1 }));
  const ask = askAbout(`${TRACE}b`, "safety");
  assert.equal(verdicts.answer(ask).ok, false);
  const call = { traceId: TRACE, spanId: "b", responseId: "r1" };
  verdicts.withoutVerdicts(telemetryOf([aCall({ ...call, usage: { inputTokens: 100 } })]));
  const answer = verdicts.answer(ask);
  assert.equal(answer.ok && answer.usage?.inputTokens, 114);
});

test("a text that is in the input is in the request, and is not paid for twice", () => {
  const verdicts = recorded(evaluation({ traceId: TRACE, spanId: "a", score: 1 }));
  const call = { traceId: TRACE, spanId: "a", usage: { inputTokens: 100 } };
  verdicts.withoutVerdicts(telemetryOf([aCall({ ...call, text: { output: "yes" } })]));
  const answer = verdicts.answer(askAbout(`${TRACE}a`, "safety"));
  assert.equal(answer.ok && answer.usage?.inputTokens, 14);
});

test("the latest verdict by a rubric is the one", () => {
  const about = { traceId: TRACE, spanId: "a" };
  const verdicts = recorded(
    evaluation({ ...about, score: 0 }),
    evaluation({ ...about, score: 1 }),
    evaluation({ ...about, name: "relevance", score: 0.5 }),
  );
  const answer = verdicts.answer(askAbout(`${TRACE}a`, "relevance", "safety"));
  assert.deepEqual(answer.ok && answer.verdicts.map(({ name, score }) => [name, score]), [
    ["relevance", 0.5],
    ["safety", 1],
  ]);
});

const missing: readonly (readonly [what: string, Partial<Evaluation>, reason: string])[] = [
  ["nothing", { traceId: TRACE, spanId: "other", score: 1 }, "rejected"],
  ["another rubric", { traceId: TRACE, spanId: "a", name: "relevance", score: 1 }, "rejected"],
  [
    "a failure of a judge of ours",
    { traceId: TRACE, spanId: "a", errorType: "timeout" },
    "timeout",
  ],
  ["a failure by another name", { traceId: TRACE, spanId: "a", errorType: "Oops" }, "rejected"],
  ["a name of every object", { traceId: TRACE, spanId: "a", errorType: "toString" }, "rejected"],
];
for (const [what, fields, reason] of missing) {
  test(`missing, final and free where the input has ${what}`, () => {
    const answer = recorded(evaluation(fields)).answer(askAbout(`${TRACE}a`, "safety"));
    assert.ok(!answer.ok);
    assert.deepEqual([answer.reason, answer.retry], [reason, false]);
    assert.deepEqual(answer.usage, { inputTokens: 0, outputTokens: 0 });
  });
}

test("what is of no use is counted", () => {
  const about = { traceId: TRACE, spanId: "a" };
  const verdicts = recorded(
    evaluation({ ...about, score: 5 }),
    evaluation({ ...about, score: -0.1 }),
    evaluation({ ...about, label: "good" }),
    evaluation({ score: 1 }),
    evaluation({ ...about, name: "toxicity", score: 5 }),
  );
  assert.deepEqual(verdicts.counts, { usable: 0, unusable: 4 });
  assert.equal(verdicts.names.size, 0);
});

test("evaluations of other names stay users' own; the judge's, of whatever name, do not", () => {
  const own = evaluation({ name: "toxicity", score: 1 });
  const shown = recorded().withoutVerdicts(
    telemetryOf([], [own, evaluation({ score: 1 }), { ...own, judge: "gpt-4o-mini/1" }]),
  );
  assert.deepEqual(shown.evaluations, [own]);
});

test("more verdicts than may be held are refused by the limit's name", () => {
  const verdicts = new RecordedVerdicts({ ...OPTIONS, heldMax: 2 });
  const said = (spanId: string, name = "safety"): Evaluation =>
    evaluation({ traceId: TRACE, spanId, name, score: 1 });
  verdicts.note(telemetryOf([], [said("a"), said("b"), said("b", "tone")]));
  assert.throws(
    () => {
      verdicts.note(telemetryOf([], [said("c")]));
    },
    { name: "InputError", message: /more than 2 verdicts.*\(limit recordedVerdicts\)/ },
  );
});
