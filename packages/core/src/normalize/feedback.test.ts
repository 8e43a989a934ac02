import assert from "node:assert/strict";
import test from "node:test";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import { epochMs } from "../model/time.ts";
import type { AttributeValue } from "../receive/records.ts";
import { span, START } from "../testing/records.ts";
import { normalizeSpans } from "./normalize-spans.ts";

type Values = Readonly<Record<string, AttributeValue>>;

const LLM: Values = { "openinference.span.kind": "LLM", "llm.model_name": "gpt-4o" };
const EVALUATION: Values = {
  "evaluations.0.evaluation.name": "correctness",
  "evaluations.0.evaluation.score": 0.5,
};

/** what a span has · its verdicts, name by name with score or label */
const cases: readonly (readonly [string, Values, readonly unknown[]])[] = [
  ["none", {}, []],
  ["an evaluation", EVALUATION, [["correctness", 0.5]]],
  [
    "several, of which one says nothing",
    {
      ...EVALUATION,
      "evaluations.1.evaluation.name": "tone",
      "evaluations.1.evaluation.explanation": "hm",
      "evaluations.2.evaluation.name": "safety",
      "evaluations.2.evaluation.label": "safe",
    },
    [
      ["correctness", 0.5],
      ["safety", "safe"],
    ],
  ],
  [
    "an annotation of a person beside that of a model",
    {
      ...EVALUATION,
      "annotations.0.annotation.name": "correctness",
      "annotations.0.annotation.score": 1,
      "annotations.0.annotation.annotator_kind": "HUMAN",
    },
    [
      ["correctness", 0.5],
      ["correctness", 1],
    ],
  ],
  [
    "one verdict in both spellings",
    {
      ...EVALUATION,
      "annotations.0.annotation.name": "correctness",
      "annotations.0.annotation.score": 0.5,
    },
    [["correctness", 0.5]],
  ],
  [
    "beyond a gap",
    { "evaluations.1.evaluation.name": "a", "evaluations.1.evaluation.score": 1 },
    [],
  ],
  ["of a trace", { "trace.evaluations.0.evaluation.name": "a" }, []],
];

for (const [name, values, expected] of cases) {
  test(`feedback: ${name}`, () => {
    const record = span({ ...LLM, ...values });
    const { telemetry } = normalizeSpans([record], {
      at: epochMs(START + 2000),
      maxAheadMs: 0,
      limits: DEFAULT_LIMITS,
    });
    assert.equal(telemetry.calls.length, 1);
    const { evaluations } = telemetry;
    assert.deepEqual(
      evaluations.map((one) => [one.name, one.score ?? one.label]),
      expected,
    );
    for (const { at, spanId } of evaluations) {
      assert.deepEqual([at, spanId], [record.endAt, record.spanId]);
    }
  });
}
