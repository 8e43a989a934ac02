import assert from "node:assert/strict";
import test from "node:test";
import type { Evaluation } from "../model/evaluation.ts";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import { epochMs } from "../model/time.ts";
import type { AttributeValue, LogRecord } from "../receive/records.ts";
import { attributes, origin, START } from "../testing/records.ts";
import type { Normalized } from "./context.ts";
import { normalizeLogs } from "./normalize-logs.ts";

const AT = epochMs(START + 5000);

function normalize(
  values: Readonly<Record<string, AttributeValue>>,
  fields: Partial<LogRecord> = {},
): Normalized {
  const record: LogRecord = {
    origin: origin({ "service.name": "shop", "deployment.environment.name": "prod" }),
    at: START,
    eventName: "gen_ai.evaluation.result",
    severityNumber: 9,
    body: null,
    attributes: attributes(values),
    traceId: "",
    spanId: "",
    ...fields,
  };
  return normalizeLogs([record], { at: AT, maxAheadMs: 600_000, limits: DEFAULT_LIMITS });
}

const SCORED = {
  "gen_ai.evaluation.name": "faithfulness",
  "gen_ai.evaluation.score.value": 0.9,
};
const EXPECTED: Evaluation = {
  name: "faithfulness",
  at: START,
  score: 0.9,
  service: "shop",
  environment: "prod",
};

test("a scored evaluation with all that it may carry", () => {
  const { telemetry } = normalize(
    {
      ...SCORED,
      "gen_ai.evaluation.score.label": "pass",
      "gen_ai.evaluation.explanation": "Every claim is in the source.",
      "gen_ai.response.id": "chatcmpl-1",
    },
    { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" },
  );
  assert.deepEqual(telemetry.evaluations, [
    {
      ...EXPECTED,
      label: "pass",
      explanation: "Every claim is in the source.",
      responseId: "chatcmpl-1",
      traceId: "0af7651916cd43dd8448eb211c80319c",
      spanId: "b7ad6b7169203331",
    },
  ]);
});

const accepted: readonly (readonly [string, Normalized, Partial<Evaluation>])[] = [
  [
    "event.name as an attribute",
    normalize({ ...SCORED, "event.name": "gen_ai.evaluation.result" }, { eventName: "" }),
    {},
  ],
  ["without a time it counts when it arrives", normalize(SCORED, { at: epochMs(0) }), { at: AT }],
  [
    "a score as text",
    normalize({ ...SCORED, "gen_ai.evaluation.score.value": "0.25" }),
    { score: 0.25 },
  ],
  [
    "a user's own scale",
    normalize({ ...SCORED, "gen_ai.evaluation.score.value": 4 }),
    { score: 4 },
  ],
];
for (const [name, { telemetry }, differs] of accepted) {
  test(name, () => assert.deepEqual(telemetry.evaluations, [{ ...EXPECTED, ...differs }]));
}

test("a label or the evaluator's own failure is a result too", () => {
  for (const [key, field] of [
    ["gen_ai.evaluation.score.label", "label"],
    ["error.type", "errorType"],
  ] as const) {
    const [found] = normalize({ "gen_ai.evaluation.name": "tone", [key]: "x" }).telemetry
      .evaluations;
    assert.equal(found?.[field], "x");
    assert.equal(found.score, undefined);
  }
});

const refused: readonly (readonly [string, Normalized, string])[] = [
  ["no name", normalize({ "gen_ai.evaluation.score.value": 1 }), "evaluation-without-name"],
  ["no result", normalize({ "gen_ai.evaluation.name": "x" }), "evaluation-without-result"],
  [
    "NaN",
    normalize({ ...SCORED, "gen_ai.evaluation.score.value": Number.NaN }),
    "evaluation-without-result",
  ],
  ["1970", normalize(SCORED, { at: epochMs(1000) }), "year-1970"],
  ["2100", normalize(SCORED, { at: epochMs(4_102_444_800_000) }), "far-future"],
];
for (const [name, { telemetry, rejections }, reason] of refused) {
  test(`${name}: ${reason}`, () => {
    assert.deepEqual([...rejections], [[reason, 1]]);
    assert.deepEqual(telemetry.evaluations, []);
  });
}

test("every other log record is none of ours", () => {
  const { ignored } = normalize(SCORED, { eventName: "gen_ai.client.operation.exception" });
  assert.deepEqual([...ignored], [["not-an-evaluation", 1]]);
});
