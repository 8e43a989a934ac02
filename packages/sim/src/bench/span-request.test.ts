import assert from "node:assert/strict";
import test from "node:test";
import { takeExport } from "@naruko/core/engine/intake";
import type { Call } from "@naruko/core/model/call";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import { epochMs } from "@naruko/core/model/time";
import { SPANS_PER_REQUEST, spanRequest } from "./span-request.ts";

const AT = epochMs(1_790_000_000_000);

function callsOf(bytes: Uint8Array): readonly Call[] {
  const context = { at: AT, maxAheadMs: 600_000, limits: DEFAULT_LIMITS };
  const taken = takeExport("traces", Uint8Array.from(bytes), "protobuf", context);
  assert.deepEqual([...taken.rejected], []);
  assert.deepEqual([...taken.ignored], []);
  return taken.telemetry.calls;
}

test("every request has 500 calls with ids and times of their own", () => {
  const request = spanRequest();
  const calls = [...callsOf(request.next(AT)), ...callsOf(request.next(AT))];
  assert.equal(calls.length, 2 * SPANS_PER_REQUEST);
  for (const field of ["traceId", "spanId"] as const) {
    assert.equal(new Set(calls.map((call) => call[field])).size, calls.length, field);
  }
  const answered = calls.filter(({ errorType }) => errorType === undefined);
  assert.equal(new Set(answered.map(({ responseId }) => responseId)).size, answered.length);
  assert.equal(answered.length, calls.length * 0.98);
  for (const { endAt, durationS } of calls) {
    assert.equal(endAt, AT);
    assert.ok(durationS >= 0.2 && durationS < 5.5, `${durationS}`);
  }
});

test("with text, every call has a prompt and, where it did not fail, an answer of that length", () => {
  const calls = callsOf(spanRequest(1000).next(AT));
  assert.equal(calls.length, SPANS_PER_REQUEST);
  for (const { text, errorType, flags } of calls) {
    assert.equal((text?.system?.length ?? 0) + (text?.input?.length ?? 0), 1000);
    assert.equal(text?.output?.length, errorType === undefined ? 1000 : undefined);
    assert.equal(flags, undefined);
  }
  const answers = calls.flatMap(({ text, errorType }) => (errorType ? [] : [text?.output]));
  assert.ok(new Set(answers).size > 10);
});
