import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import { epochMs } from "../model/time.ts";
import { decodeLogsJson, decodeTracesJson } from "../receive/decode-json.ts";
import type { AttributeValue, LogRecord } from "../receive/records.ts";
import { attributes, origin, span, START } from "../testing/records.ts";
import { EventTexts, type SpanText } from "./event-texts.ts";
import { normalizeLogs } from "./normalize-logs.ts";
import { normalizeSpans } from "./normalize-spans.ts";

const NOW = { at: epochMs(2e12), maxAheadMs: 0, limits: DEFAULT_LIMITS };

test("what @opentelemetry/instrumentation-openai says in log records comes to its calls", () => {
  const file = new URL("dialects/recorded/instrumentation-openai-0.22.0.json", import.meta.url);
  const { logs, traces } = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  const said = normalizeLogs(decodeLogsJson(logs, DEFAULT_LIMITS).records, NOW);
  const texts = new EventTexts(1000);
  assert.deepEqual(texts.add(said.texts ?? [], START), { dropped: 0, expired: 0 });
  const spans = decodeTracesJson(traces, DEFAULT_LIMITS).records;
  const { telemetry } = normalizeSpans(spans, {
    ...NOW,
    saidIn: (traceId, spanId) => texts.find(traceId, spanId),
  });
  const answer = "鳴子 の音🦊 is heard – señor.";
  assert.deepEqual(
    telemetry.calls.map(({ text }) => text),
    [
      { input: "chat", output: answer },
      { input: "chat, streamed", output: answer },
      { input: "chat, 429" },
      { input: "responses", output: answer },
      undefined,
    ],
  );
});

function logRecord(
  eventName: string,
  body: AttributeValue,
  spanId = "b7ad6b7169203331",
): LogRecord {
  return {
    origin: origin(),
    at: START,
    eventName,
    severityNumber: 9,
    body,
    attributes: attributes({}),
    traceId: "0af7651916cd43dd8448eb211c80319c",
    spanId,
  };
}

function saidBy(record: LogRecord): unknown {
  const { texts, ignored } = normalizeLogs([record], NOW);
  return texts?.[0]?.text ?? [...ignored.keys()].join();
}

const message = attributes({ content: "Hello", role: "user" });

const events: readonly (readonly [string, LogRecord, unknown])[] = [
  ["system", logRecord("gen_ai.system.message", message), { system: "Hello" }],
  ["user", logRecord("gen_ai.user.message", message), { input: "Hello" }],
  ["assistant", logRecord("gen_ai.assistant.message", message), { input: "Hello" }],
  ["tool", logRecord("gen_ai.tool.message", message), { context: "Hello" }],
  ["choice", logRecord("gen_ai.choice", attributes({ message, index: 0 })), { output: "Hello" }],
  ["not captured", logRecord("gen_ai.user.message", attributes({})), "event-without-text"],
  ["no body", logRecord("gen_ai.choice", null), "event-without-text"],
  ["no span", logRecord("gen_ai.user.message", message, ""), "event-without-text"],
  ["another event", logRecord("gen_ai.client.operation.exception", message), "not-an-evaluation"],
];

for (const [name, record, expected] of events) {
  test(`message event: ${name}`, () => {
    assert.deepEqual(saidBy(record), expected);
  });
}

test("what was asked for and called is told by log records too, and comes to the call", () => {
  const choice = (name: string): AttributeValue =>
    attributes({
      role: "assistant",
      tool_calls: [attributes({ function: attributes({ name, arguments: "{}" }) })],
    });
  const asked = logRecord("gen_ai.client.inference.operation.details", null);
  const records = [
    logRecord("gen_ai.choice", attributes({ message: choice("weather"), index: 0 })),
    logRecord("gen_ai.choice", attributes({ message: choice("now"), index: 1 })),
    { ...asked, attributes: attributes({ "gen_ai.output.type": "json" }) },
  ];
  const { texts: said = [], ignored } = normalizeLogs(records, NOW);
  assert.deepEqual([...ignored], []);
  const texts = new EventTexts(1000);
  texts.add(said, START);
  const seen: unknown[] = [];
  const ofSpan = span({ "gen_ai.operation.name": "chat", "gen_ai.tool.definitions": "[]" });
  normalizeSpans([ofSpan], {
    ...NOW,
    saidIn: (traceId, spanId) => texts.find(traceId, spanId),
    flagsOf: ({ facts, text }) => {
      seen.push(facts, text);
      return [];
    },
  });
  const toolCalls = ["weather", "now"].map((name) => ({ name, arguments: "{}" }));
  assert.deepEqual(seen, [{ outputType: "json", tools: [], toolCalls }, undefined]);
  // Facts take up room as texts do.
  assert.equal(new EventTexts(100).add(said, START).dropped, 1);
});

const of = (spanId: string, input: string) => ({ traceId: "t", spanId, text: { input } });

test("texts of one span are joined, the oldest make room, and a taken span is forgotten", () => {
  const texts = new EventTexts(10);
  const dropped = (...said: readonly SpanText[]): number => texts.add(said, START).dropped;
  assert.equal(dropped(of("1", "abc"), of("1", "de"), of("2", "fg")), 0);
  assert.deepEqual(texts.find("t", "1"), { text: { input: "abc\nde" } });
  assert.equal(dropped(of("3", "hijk")), 1);
  assert.equal(texts.find("t", "1"), undefined);
  texts.forget("t", "2");
  assert.equal(texts.find("t", "2"), undefined);
  assert.equal(dropped(of("4", "lmnopq")), 0);
  assert.equal(dropped(of("5", "far too long a text")), 3);
  assert.equal(texts.find("t", "5"), undefined);
});

test("texts wait for 15 minutes since their span was first heard of", () => {
  const texts = new EventTexts(1000);
  const after = (minutes: number) => epochMs(START + minutes * 60_000);
  texts.add([of("1", "early")], START);
  assert.equal(texts.add([of("2", "late"), of("1", "more")], after(10)).expired, 0);
  assert.equal(texts.add([], after(14.9)).expired, 0);
  assert.deepEqual(texts.find("t", "1"), { text: { input: "early\nmore" } });
  assert.equal(texts.add([], after(15)).expired, 1);
  assert.equal(texts.find("t", "1"), undefined);
  assert.deepEqual(texts.find("t", "2"), { text: { input: "late" } });
  // The room of what expired is free again.
  assert.deepEqual(texts.add([of("3", "x".repeat(996))], after(16)), { dropped: 0, expired: 0 });
});
