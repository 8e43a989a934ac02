import assert from "node:assert/strict";
import test from "node:test";
import type { Call } from "@naruko/core/model/call";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import { epochMs } from "@naruko/core/model/time";
import { ToldServices } from "./told-services.ts";

const AT = epochMs(1_793_613_600_000);

const CALL: Call = {
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  kind: "inference",
  operation: "chat",
  startAt: AT,
  endAt: AT,
  durationS: 1,
  service: "shop",
  stream: false,
  finishReasons: [],
  usage: {},
  usageSource: "missing",
  weight: 1,
  dialect: "otel-genai",
};

test("what is told is counted by service, dialect and generation; tools and agents are not", () => {
  const told = new ToldServices(DEFAULT_LIMITS);
  const first: Call = { ...CALL, stream: true, usageSource: "provider", text: { input: "hi" } };
  const second: Call = { ...CALL, stream: true, usageSource: "estimated", conversationId: "c" };
  const failed: Call = { ...CALL, stream: true, errorType: "429", serviceVersion: "1" };
  const calledOff: Call = { ...CALL, stream: true, ending: "closed" };
  const tool: Call = { ...CALL, kind: "tool" };
  told.note(
    [first, second, failed, calledOff, tool],
    new Map([
      [first, 2],
      [second, 2],
      [failed, 2],
      [calledOff, 2],
    ]),
    AT,
  );
  told.note([{ ...CALL, dialect: "openlit" }], undefined, AT);
  const common = { service: "shop", lastAt: AT };
  assert.deepEqual(told.list(), [
    {
      ...common,
      dialect: "otel-genai",
      generation: 2,
      calls: 4,
      failed: 1,
      calledOff: 1,
      answered: 2,
      withUsage: 1,
      streams: 2,
      streamsWithUsage: 1,
      withText: 1,
      withConversation: 1,
      withVersion: 1,
    },
    {
      ...common,
      dialect: "openlit",
      calls: 1,
      failed: 0,
      calledOff: 0,
      answered: 1,
      withUsage: 0,
      streams: 0,
      streamsWithUsage: 0,
      withText: 0,
      withConversation: 0,
      withVersion: 0,
    },
  ]);
});

test("past the limit services are told together", () => {
  const told = new ToldServices({ ...DEFAULT_LIMITS, valuesPerLabel: 2 });
  for (const service of ["a", "b", "c", "d", "a"]) told.note([{ ...CALL, service }], undefined, AT);
  assert.deepEqual(
    told.list().map(({ service, calls }) => [service, calls]),
    [
      ["_other", 2],
      ["a", 2],
      ["b", 1],
    ],
  );
});
