import assert from "node:assert/strict";
import test from "node:test";
import type { Evaluation } from "@naruko/core/model/evaluation";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import { epochMs } from "@naruko/core/model/time";
import { takeExport } from "@naruko/core/engine/intake";
import { JUDGE_SCOPE } from "@naruko/core/normalize/evaluation-from";
import { normalizeLogs } from "@naruko/core/normalize/normalize-logs";
import { decodeLogs } from "@naruko/core/receive/decode";
import * as fc from "fast-check";
import { encodeEvaluations } from "./encode-evaluations.ts";

/** What an OTLP receiver reads of it: ours. */
function readBack(body: string): readonly Evaluation[] {
  const { records } = decodeLogs(Buffer.from(body), "json", DEFAULT_LIMITS);
  const context = {
    at: epochMs(0),
    limits: DEFAULT_LIMITS,
    maxAheadMs: Infinity,
    priceOf: () => "unknown-model" as const,
  };
  return normalizeLogs(records, context).telemetry.evaluations;
}

const hex = (digits: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(..."123456789abcdef"), minLength: digits, maxLength: digits });
const word = fc.stringMatching(/^[a-z一-龠_-]{1,20}$/);
const evaluations: fc.Arbitrary<Evaluation> = fc.record(
  {
    name: word,
    at: fc.integer({ min: 1e12, max: 4e12 }).map(epochMs),
    score: fc.double({ min: 0, max: 1, noNaN: true }).map((score) => score + 0),
    label: word,
    explanation: fc.string({ unit: "grapheme", minLength: 1, maxLength: 50 }),
    errorType: word,
    traceId: hex(32),
    spanId: hex(16),
    responseId: word,
    service: fc.constantFrom("shop", "chat"),
    environment: fc.constantFrom("prod", "test"),
    judge: word,
    weight: fc.double({ min: 1, max: 500, noNaN: true }),
  },
  { requiredKeys: ["name", "at", "service", "score", "judge"], noNullPrototype: true },
);

test("what is exported is read back as it was, resource by resource", () => {
  fc.assert(
    fc.property(fc.array(evaluations, { maxLength: 8 }), (given) => {
      const groups = new Map<string, Evaluation[]>();
      for (const one of given) {
        const resource = `${one.service} ${one.environment}`;
        groups.set(resource, [...(groups.get(resource) ?? []), one]);
      }
      assert.deepEqual(readBack(encodeEvaluations(given, "1")), [...groups.values()].flat());
    }),
  );
});

test("verdicts that come back are counted, and not taken a second time", () => {
  const verdict = { name: "safety", at: epochMs(1e12), score: 1, service: "shop", judge: "m/1" };
  const body = Buffer.from(encodeEvaluations([verdict, verdict], "1"));
  const context = {
    at: epochMs(1e12),
    limits: DEFAULT_LIMITS,
    maxAheadMs: 1000,
    priceOf: () => "unknown-model" as const,
  };
  const { telemetry, ignored } = takeExport("logs", body, "json", context);
  assert.deepEqual(telemetry.evaluations, []);
  assert.deepEqual([...ignored], [["own-verdict", 2]]);
  const users = body.toString().replace(JUDGE_SCOPE, "my.evaluator");
  const taken = takeExport("logs", Buffer.from(users), "json", context).telemetry.evaluations;
  assert.deepEqual(
    taken.map(({ judge }) => judge),
    [undefined, undefined],
  );
});

test("who judged, and for how many calls, is told beside the conventions' names", () => {
  const body = encodeEvaluations(
    [
      {
        name: "safety",
        at: epochMs(1_790_000_000_123),
        score: 0,
        service: "shop",
        judge: "v1",
        weight: 20,
      },
    ],
    "0.1.0",
  );
  assert.deepEqual(JSON.parse(body), {
    resourceLogs: [
      {
        resource: { attributes: [{ key: "service.name", value: { stringValue: "shop" } }] },
        scopeLogs: [
          {
            scope: { name: JUDGE_SCOPE, version: "0.1.0" },
            logRecords: [
              {
                timeUnixNano: "1790000000123000000",
                observedTimeUnixNano: "1790000000123000000",
                eventName: "gen_ai.evaluation.result",
                attributes: [
                  { key: "gen_ai.evaluation.name", value: { stringValue: "safety" } },
                  { key: "gen_ai.evaluation.score.value", value: { doubleValue: 0 } },
                  { key: "naruko.judge.version", value: { stringValue: "v1" } },
                  { key: "naruko.evaluation.weight", value: { doubleValue: 20 } },
                ],
              },
            ],
          },
        ],
      },
    ],
  });
});
