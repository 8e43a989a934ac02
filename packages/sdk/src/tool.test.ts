import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { type Choices, setSettings, settingsFrom } from "./settings.ts";
import { setOwnProvider } from "./telemetry.ts";
import { Recorder } from "./testing/recorder.ts";
import { observedTool } from "./tool.ts";
import type { Method } from "./unknown.ts";

const LATEST = { OTEL_SEMCONV_STABILITY_OPT_IN: "gen_ai_latest_experimental" };

afterEach(() => {
  setOwnProvider(undefined);
  setSettings(settingsFrom({}, {}));
});

function recording(choices: Choices = {}, environment: Record<string, string> = {}): Recorder {
  setSettings(settingsFrom(choices, environment));
  const recorder = new Recorder();
  setOwnProvider(recorder);
  return recorder;
}

const OURS = new RangeError("no such city");

/** what the tool does · its span's error type */
const tools: readonly (readonly [string, Method, string | undefined])[] = [
  ["returns", () => "rain", undefined],
  ["resolves", () => Promise.resolve("rain"), undefined],
  [
    "throws",
    () => {
      throw OURS;
    },
    "RangeError",
  ],
  ["rejects", () => Promise.reject(OURS), "RangeError"],
];

for (const [name, run, errorType] of tools) {
  test(`a tool that ${name} is told once, and its outcome stays what it is`, async () => {
    const recorder = recording();
    const tool = observedTool({ name: "weather" }, run);
    const outcome = (async () => tool.call(undefined, { city: "Nara" }))();
    if (errorType === undefined) assert.equal(await outcome, "rain");
    else await assert.rejects(outcome, (error) => error === OURS);
    const [span, ...more] = recorder.spans;
    assert.deepEqual(more, []);
    assert.equal(span?.name, "execute_tool weather");
    assert.equal(span.status, errorType === undefined ? 0 : 2);
    assert.equal(span.attributes["error.type"], errorType);
    assert.ok(!("gen_ai.tool.call.arguments" in span.attributes));
    assert.deepEqual(recorder.metrics(), {});
  });
}

test("what a tool was told and said is written where content is captured", () => {
  const recorder = recording({ captureContent: true, redact: (text) => text.toUpperCase() });
  const tool = observedTool({ name: "weather" }, () => "rain");
  tool.call(undefined, '{"city":"Nara"}');
  const { attributes = {} } = recorder.spans[0] ?? {};
  assert.equal(attributes["gen_ai.tool.call.arguments"], '{"city":"NARA"}');
  assert.equal(attributes["gen_ai.tool.call.result"], "RAIN");
});

test("the latest names have a metric of it", () => {
  const recorder = recording({}, LATEST);
  observedTool({ name: "weather" }, () => "rain").call(undefined);
  assert.deepEqual(recorder.metrics(), { "gen_ai.execute_tool.duration": 1 });
});

test("receiver, arguments and name are passed on, with nobody listening, too", () => {
  const run = function rain(this: unknown, ...args: unknown[]): unknown {
    return [this, ...args];
  };
  const receiver = {};
  assert.deepEqual(observedTool({ name: "w" }, run).call(receiver, 1, 2), [receiver, 1, 2]);
  recording();
  const observed = observedTool({ name: "w" }, run);
  assert.deepEqual(observed.call(receiver, 1, 2), [receiver, 1, 2]);
  assert.equal(observed.name, "rain");
});
