import assert from "node:assert/strict";
import test from "node:test";
import { MINUTE_MS, epochMs } from "../model/time.ts";
import { togetherOnce, TraceContexts } from "./trace-contexts.ts";

const at = (minutes: number) => epochMs(minutes * MINUTE_MS);

void test("a trace's contexts are there in the order in which they came, each once", () => {
  const contexts = new TraceContexts(1000);
  contexts.add({ traceId: "a", text: "first" }, at(0));
  contexts.add({ traceId: "b", text: "other" }, at(1));
  contexts.add({ traceId: "a", text: "second" }, at(2));
  contexts.add({ traceId: "a", text: "first" }, at(2));
  assert.deepEqual(contexts.find("a", at(2)), ["first", "second"]);
});

void test("a context is held for 15 minutes", () => {
  const contexts = new TraceContexts(1000);
  contexts.add({ traceId: "a", text: "first" }, at(0));
  assert.deepEqual(contexts.find("a", epochMs(at(15) - 1)), ["first"]);
  assert.deepEqual(contexts.find("a", at(15)), []);
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
    ["a", "b", "c"].map((id) => contexts.find(id, at(0))[0]?.length),
    [undefined, undefined, 107],
  );
  assert.equal(contexts.add({ traceId: "d", text: "1".repeat(111) }, at(0)), 2);
});

void test("what is held survives a restart, and its bound with it", () => {
  const before = new TraceContexts(210);
  before.add({ traceId: "a", text: "12345" }, at(0));
  const contexts = new TraceContexts(210);
  contexts.load(before.save());
  assert.deepEqual(contexts.find("a", at(1)), ["12345"]);
  assert.equal(contexts.add({ traceId: "b", text: "123456" }, at(1)), 1);
});

void test("several texts of a trace count with what stands between them, also after a restart", () => {
  const before = new TraceContexts(112);
  before.add({ traceId: "a", text: "12345" }, at(0));
  before.add({ traceId: "a", text: "6789" }, at(0));
  const contexts = new TraceContexts(112);
  contexts.load(before.save());
  assert.equal(before.add({ traceId: "a", text: "0" }, at(0)), 1);
  assert.equal(contexts.add({ traceId: "a", text: "0" }, at(0)), 1);
});

void test("a state that has a trace's contexts as one is read", () => {
  const contexts = new TraceContexts(1000);
  contexts.load([["a", "first\n\nsecond", at(15)]]);
  assert.deepEqual(contexts.find("a", at(1)), ["first\n\nsecond"]);
});

const WEATHER = '{"city": "Oslo", "temperature": 4, "sky": "grey", "wind": "west"}';
for (const [what, own, ofTrace, together] of [
  ["neither", undefined, [], undefined],
  ["a call's own alone", "a", [], "a"],
  ["its trace's alone", undefined, ["a", "b"], "a\n\nb"],
  ["both", "a", ["b", "c"], "a\n\nb\n\nc"],
  ["one that is in both", `x\n${WEATHER}\ny`, ["b", WEATHER], `x\n${WEATHER}\ny\n\nb`],
  ["spaced otherwise", WEATHER.replaceAll(" ", ""), [WEATHER], WEATHER.replaceAll(" ", "")],
  ["on several lines", WEATHER, [WEATHER.replaceAll(",", ",\n ")], WEATHER],
  ["JSON in JSON", WEATHER, [JSON.stringify(WEATHER)], WEATHER],
  [
    "with line ends in JSON",
    JSON.stringify("a long text\nof more than forty\nletters"),
    ["a long text\nof more than forty\nletters"],
    JSON.stringify("a long text\nof more than forty\nletters"),
  ],
  ["a short one that is a line", "4\nsunny", ['"sunny"'], "4\nsunny"],
  ["a short one within another", "it is 14 degrees", ["4"], "it is 14 degrees\n\n4"],
  ["one that says more", WEATHER, [`${WEATHER} and rain`], `${WEATHER}\n\n${WEATHER} and rain`],
] as const) {
  void test(`what a call and its trace have is said once: ${what}`, () => {
    assert.equal(togetherOnce(own, ofTrace), together);
  });
}
