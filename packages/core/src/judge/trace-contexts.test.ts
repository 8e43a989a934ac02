import assert from "node:assert/strict";
import test from "node:test";
import { MINUTE_MS, epochMs } from "../model/time.ts";
import { TraceContexts } from "./trace-contexts.ts";

const at = (minutes: number) => epochMs(minutes * MINUTE_MS);

void test("a trace's contexts are one text, in the order in which they came", () => {
  const contexts = new TraceContexts(1000);
  contexts.add({ traceId: "a", text: "first" }, at(0));
  contexts.add({ traceId: "b", text: "other" }, at(1));
  contexts.add({ traceId: "a", text: "second" }, at(2));
  assert.equal(contexts.find("a", at(2)), "first\n\nsecond");
});

void test("a context is held for 15 minutes", () => {
  const contexts = new TraceContexts(1000);
  contexts.add({ traceId: "a", text: "first" }, at(0));
  assert.equal(contexts.find("a", epochMs(at(15) - 1)), "first");
  assert.equal(contexts.find("a", at(15)), undefined);
});

void test("where no more calls come, no text is held on", () => {
  const contexts = new TraceContexts(1000);
  contexts.add({ traceId: "a", text: "first" }, at(0));
  contexts.expire(at(15));
  assert.deepEqual(contexts.save(), []);
});

void test("the oldest make room, and are counted", () => {
  const contexts = new TraceContexts(210);
  assert.equal(contexts.add({ traceId: "a", text: "12345" }, at(0)), 0);
  assert.equal(contexts.add({ traceId: "b", text: "12345" }, at(0)), 0);
  assert.equal(contexts.add({ traceId: "c", text: "1".repeat(107) }, at(0)), 2);
  assert.deepEqual(
    ["a", "b", "c"].map((id) => contexts.find(id, at(0))?.length),
    [undefined, undefined, 107],
  );
  assert.equal(contexts.add({ traceId: "d", text: "1".repeat(111) }, at(0)), 2);
});

void test("what is held survives a restart, and its bound with it", () => {
  const before = new TraceContexts(210);
  before.add({ traceId: "a", text: "12345" }, at(0));
  const contexts = new TraceContexts(210);
  contexts.load(before.save());
  assert.equal(contexts.find("a", at(1)), "12345");
  assert.equal(contexts.add({ traceId: "b", text: "123456" }, at(1)), 1);
});
