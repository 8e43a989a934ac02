import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { Call, type CallStart } from "./call.ts";
import { withContext } from "./context.ts";
import type { Generation } from "./conventions.ts";
import { type Choices, setSettings, settingsFrom } from "./settings.ts";
import { Recorder } from "./testing/recorder.ts";

const OPT_IN = { OTEL_SEMCONV_STABILITY_OPT_IN: "gen_ai_latest_experimental" };

afterEach(() => {
  setSettings(settingsFrom({}, {}));
});

const START: CallStart = {
  operation: "chat",
  provider: "p",
  model: "m",
  stream: false,
  request: {},
  content: () => ({
    input: [{ role: "user", parts: [{ type: "text", content: "four words are here" }] }],
  }),
};

function called(
  choices: Choices,
  generation: Generation = "released",
  start: Partial<CallStart> = {},
): { readonly call: Call; readonly recorder: Recorder } {
  setSettings(settingsFrom(choices, generation === "latest" ? OPT_IN : {}));
  const recorder = new Recorder();
  return { call: new Call({ ...START, ...start }, recorder.telemetry(generation)), recorder };
}

const output = () => [
  { role: "assistant", parts: [{ type: "text", content: "two words" }], finish_reason: "stop" },
];
const words = (text: string): number => text.split(/\s+/).length;

test("usage that is not told is missing, and never zero", () => {
  const { call, recorder } = called({});
  call.begin();
  call.answer.finishReasons = ["stop"];
  call.finish({ how: "answered" });
  const { attributes = {} } = recorder.spans[0] ?? {};
  assert.equal(attributes["naruko.usage.source"], "missing");
  assert.ok(!("gen_ai.usage.input_tokens" in attributes));
  assert.ok(!("gen_ai.client.token.usage" in recorder.metrics()));
});

test("usage is estimated on request, is marked, and stays out of metrics", () => {
  const { call, recorder } = called({ estimateTokens: words });
  call.begin();
  call.answer.output = output;
  call.finish({ how: "cut" });
  const { attributes = {} } = recorder.spans[0] ?? {};
  assert.equal(attributes["naruko.usage.source"], "estimated");
  assert.equal(attributes["gen_ai.usage.input_tokens"], 4);
  assert.equal(attributes["gen_ai.usage.output_tokens"], 2);
  assert.ok(!("gen_ai.input.messages" in attributes));
  assert.ok(!("gen_ai.client.token.usage" in recorder.metrics()));
});

test("of a usage that is told by half, the other half is estimated", () => {
  const { call, recorder } = called({ estimateTokens: words });
  call.begin();
  call.answer.output = output;
  call.answer.usage = { inputTokens: 77 };
  call.finish({ how: "cut" });
  const { attributes = {} } = recorder.spans[0] ?? {};
  assert.equal(attributes["gen_ai.usage.input_tokens"], 77);
  assert.equal(attributes["gen_ai.usage.output_tokens"], 2);
  assert.equal(attributes["naruko.usage.source"], "estimated");
});

test("what the provider told is not estimated", () => {
  const { call, recorder } = called({ estimateTokens: () => 99 });
  call.begin();
  call.answer.usage = { inputTokens: 3, outputTokens: 1 };
  call.finish({ how: "answered" });
  assert.equal(recorder.spans[0]?.attributes["gen_ai.usage.input_tokens"], 3);
  assert.ok(!("naruko.usage.source" in recorder.spans[0].attributes));
});

/** what an estimator returns · the output tokens that are told, or none */
const estimates: readonly (readonly [unknown, number | undefined])[] = [
  [2.6, 3],
  [0, 0],
  [-1, undefined],
  [Number.NaN, undefined],
  ["7", undefined],
  [Promise.resolve(7), undefined],
];

for (const [estimate, tokens] of estimates) {
  test(`an estimate of ${String(estimate)} is ${String(tokens)} tokens`, () => {
    const { call, recorder } = called({ estimateTokens: () => estimate as number });
    call.begin();
    call.answer.output = output;
    call.finish({ how: "cut" });
    const { attributes = {} } = recorder.spans[0] ?? {};
    assert.equal(attributes["gen_ai.usage.output_tokens"], tokens);
    const source = tokens === undefined ? "missing" : "estimated";
    assert.equal(attributes["naruko.usage.source"], source);
  });
}

test("of an answer that the application reads by itself nothing is estimated", () => {
  const { call, recorder } = called({ estimateTokens: words });
  call.begin();
  call.finish({ how: "raw" });
  const { attributes = {} } = recorder.spans[0] ?? {};
  assert.equal(attributes["naruko.usage.source"], "missing");
  assert.ok(!("gen_ai.usage.output_tokens" in attributes));
});

test("content is written where it is asked for, after redaction", () => {
  const { call, recorder } = called({ captureContent: true, redact: (text) => text.toUpperCase() });
  call.answer.output = output;
  call.finish({ how: "answered" });
  const { attributes = {} } = recorder.spans[0] ?? {};
  assert.match(String(attributes["gen_ai.input.messages"]), /"content":"FOUR WORDS ARE HERE"/);
  assert.match(String(attributes["gen_ai.output.messages"]), /"content":"TWO WORDS"/);
});

/** the hook · what it hands back instead of text */
const hooks: readonly (readonly [string, Choices])[] = [
  [
    "redact throws",
    {
      captureContent: true,
      redact: () => {
        throw new Error("the hook's");
      },
    },
  ],
  [
    "estimateTokens throws",
    {
      estimateTokens: () => {
        throw new Error("the hook's");
      },
    },
  ],
];

for (const [name, choices] of hooks) {
  test(`a call is told without its content where ${name}`, () => {
    const { call, recorder } = called(choices);
    call.begin();
    call.answer.finishReasons = ["stop"];
    call.answer.output = output;
    call.finish({ how: "answered" });
    const { attributes = {} } = recorder.spans[0] ?? {};
    assert.deepEqual(attributes["gen_ai.response.finish_reasons"], ["stop"]);
    assert.ok(!("gen_ai.input.messages" in attributes));
    assert.ok(!("gen_ai.output.messages" in attributes));
    assert.equal(recorder.metrics()["gen_ai.client.operation.duration"], 1);
  });
}

test("the context that a call is made in is told, the inner values first", () => {
  const { recorder } = called({});
  const make = (): Call => new Call(START, recorder.telemetry());
  const call = withContext({ conversationId: "c", userId: "u", feature: "f" }, () =>
    withContext({ userId: "v", promptName: "greet", promptVersion: "2" }, make),
  );
  call.finish({ how: "answered" });
  const { attributes = {} } = recorder.spans[0] ?? {};
  assert.equal(attributes["gen_ai.conversation.id"], "c");
  assert.equal(attributes["user.id"], "v");
  assert.equal(attributes["naruko.feature"], "f");
  assert.equal(attributes["gen_ai.prompt.name"], "greet");
  assert.equal(attributes["gen_ai.prompt.version"], "2");
});

/** generation · what was written to a cache is told as */
const cacheWrites: readonly (readonly [Generation, string])[] = [
  ["released", "gen_ai.usage.cache_creation.input_tokens"],
  ["latest", "gen_ai.usage.cache_write.input_tokens"],
];

for (const [generation, name] of cacheWrites) {
  test(`${generation}: ${name}`, () => {
    const { call, recorder } = called({}, generation);
    call.answer.usage = { inputTokens: 9, outputTokens: 1, cacheWriteTokens: 4 };
    call.finish({ how: "answered" });
    assert.equal(recorder.spans[0]?.attributes[name], 4);
  });
}

test("sound and pictures are told apart from text, by the latest names", () => {
  const { call, recorder } = called({}, "latest");
  const modalities = { input: { audio: 30, image: 20 }, output: { audio: 5 } };
  call.answer.usage = { inputTokens: 60, outputTokens: 8, modalities };
  call.finish({ how: "answered" });
  const { attributes = {} } = recorder.spans[0] ?? {};
  assert.equal(attributes["gen_ai.usage.audio.input_tokens"], 30);
  assert.equal(attributes["gen_ai.usage.image.input_tokens"], 20);
  assert.equal(attributes["gen_ai.usage.audio.output_tokens"], 5);
  const input = recorder.meter.collect().find((text) => text.includes("usage.input_tokens"));
  const values = [...(input ?? "").matchAll(/"asDouble":(\d+)/g)].map(([, value]) => value);
  assert.deepEqual(values, ["30", "20", "10"]);
});

test("chunks after the end are no chunks", () => {
  const { call, recorder } = called({}, "released", { stream: true });
  call.begin();
  call.chunk();
  call.finish({ how: "closed" });
  call.chunk();
  call.chunk();
  assert.ok(!("gen_ai.client.operation.time_per_output_chunk" in recorder.metrics()));
});
