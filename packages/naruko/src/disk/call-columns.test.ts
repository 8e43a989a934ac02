import assert from "node:assert/strict";
import test from "node:test";
import type { Call } from "@naruko/core/model/call";
import { epochMs } from "@naruko/core/model/time";
import { LIST_FIELDS, SHAPE_FIELDS, fromColumns, toColumns } from "./call-columns.ts";

const CALL: Call = {
  traceId: "0".repeat(32),
  spanId: "1".repeat(16),
  kind: "inference",
  operation: "chat",
  startAt: epochMs(0),
  endAt: epochMs(1000),
  durationS: 1,
  service: "shop",
  stream: false,
  finishReasons: [],
  usage: {},
  usageSource: "missing",
  weight: 1,
  dialect: "otel",
};

for (const field of [...SHAPE_FIELDS, ...LIST_FIELDS]) {
  test(`calls that differ in ${field} alone have two shapes`, () => {
    const others = { stream: true, finishReasons: ["stop"], flags: [] };
    const other = Object.hasOwn(others, field) ? others[field as keyof typeof others] : "another";
    const calls = [CALL, { ...CALL, [field]: other }, CALL];
    const columns = toColumns(calls);
    assert.equal(columns.shapes.length, 2);
    assert.deepEqual(fromColumns(columns), calls);
  });
}

test("more shapes than are compared come back as they were", () => {
  const calls = Array.from({ length: 200 }, (_, n) => ({ ...CALL, errorType: `e${n % 50}` }));
  const columns = toColumns(calls);
  assert.ok(columns.shapes.length >= 50);
  assert.deepEqual(fromColumns(columns), calls);
});
