// One call of a model, told by a framework, by what it is built on and by the provider's client, each
// in its dialect: it counts once, however its spans are spread over requests.
import assert from "node:assert/strict";
import test from "node:test";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import { normalizeSpans } from "../normalize/normalize-spans.ts";
import type { AttributeValue, SpanRecord } from "../receive/records.ts";
import { origin, span, START } from "../testing/records.ts";
import { Admissions } from "./admission.ts";
import { AwaitedSpans } from "./awaited-spans.ts";

type Values = Readonly<Record<string, AttributeValue>>;

const idOf = (depth: number): string => (depth + 1).toString(16).padStart(16, "0");

/** Spans one within the other, the outermost first. */
function stack(...spans: readonly (readonly [scope: string, Values, kind?: number])[]) {
  return spans.map(([scope, values, kind = 1], depth) =>
    span(values, {
      spanId: idOf(depth),
      parentSpanId: depth === 0 ? "" : idOf(depth - 1),
      origin: origin({ "service.name": "shop" }, scope),
      kind,
    }),
  );
}

const LANGCHAIN_OPENAI = {
  "openinference.span.kind": "LLM",
  "llm.model_name": "gpt-4o",
  "llm.token_count.prompt": 9,
  "llm.token_count.completion": 4,
  metadata: '{"ls_provider":"openai"}',
};
const LANGCHAIN_ANTHROPIC = {
  ...LANGCHAIN_OPENAI,
  "llm.model_name": "claude-4-sonnet",
  metadata: '{"ls_provider":"anthropic"}',
};
const CHAIN = { "openinference.span.kind": "CHAIN" };
const OPENLLMETRY_OPENAI = {
  "gen_ai.system": "OpenAI",
  "llm.request.type": "chat",
  "gen_ai.request.model": "gpt-4o",
  "gen_ai.response.model": "gpt-4o-2024-08-06",
  "gen_ai.response.id": "chatcmpl-1",
};
const AI_SDK = (id: string): Values => ({
  "ai.operationId": id,
  "ai.model.id": "gpt-4o",
  "ai.model.provider": "openai.chat",
});
const CONTRIB_OPENAI = {
  "gen_ai.operation.name": "chat",
  "gen_ai.system": "openai",
  "gen_ai.request.model": "gpt-4o",
  "gen_ai.response.id": "chatcmpl-1",
};
const ANTHROPIC_OWN = {
  "gen_ai.operation.name": "chat",
  "gen_ai.provider.name": "anthropic",
  "gen_ai.request.model": "claude-4-sonnet-20260101",
  "gen_ai.response.id": "msg_1",
};
const OPENLLMETRY_ANTHROPIC = {
  "gen_ai.provider.name": "anthropic",
  "gen_ai.operation.name": "chat",
  "gen_ai.request.model": "claude-4-sonnet",
  "gen_ai.response.id": "msg_1",
};
const HTTP = { "http.request.method": "POST", "server.address": "api.openai.com" };

const stacks: readonly (readonly [string, readonly SpanRecord[]])[] = [
  [
    "LangChain around OpenAI's client",
    stack(
      ["@arizeai/openinference-instrumentation-langchain", CHAIN],
      ["@arizeai/openinference-instrumentation-langchain", LANGCHAIN_OPENAI],
      ["@traceloop/instrumentation-openai", OPENLLMETRY_OPENAI, 3],
      ["@opentelemetry/instrumentation-undici", HTTP, 3],
    ),
  ],
  [
    "LangChain, its steps, and OpenAI's client",
    stack(
      ["@arizeai/openinference-instrumentation-langchain", LANGCHAIN_OPENAI],
      ["@arizeai/openinference-instrumentation-langchain", CHAIN],
      ["app", {}],
      ["@opentelemetry/instrumentation-openai", CONTRIB_OPENAI, 3],
    ),
  ],
  [
    "the AI SDK around OpenAI's client",
    stack(
      ["ai", AI_SDK("ai.streamText")],
      ["ai", AI_SDK("ai.streamText.doStream")],
      ["app", {}],
      ["@opentelemetry/instrumentation-openai", CONTRIB_OPENAI, 3],
      ["@opentelemetry/instrumentation-undici", HTTP, 3],
    ),
  ],
  [
    "LangChain, OpenLLMetry and the spans of Anthropic's own client",
    stack(
      ["@arizeai/openinference-instrumentation-langchain", LANGCHAIN_ANTHROPIC],
      ["@traceloop/instrumentation-anthropic", OPENLLMETRY_ANTHROPIC, 3],
      ["app", {}],
      ["@anthropic-ai/sdk", ANTHROPIC_OWN, 3],
    ),
  ],
];

/** What became of the calls in spans that come in these requests, with a restart before each. */
function admitted(requests: readonly (readonly SpanRecord[])[]): readonly string[] {
  const awaited = new AwaitedSpans(DEFAULT_LIMITS);
  let admissions = new Admissions(DEFAULT_LIMITS);
  return requests.flatMap((records) => {
    const { telemetry } = normalizeSpans(records, {
      at: START,
      maxAheadMs: 600_000,
      limits: DEFAULT_LIMITS,
      isAwaited: (traceId, spanId) => awaited.has(traceId, spanId),
    });
    awaited.note(telemetry, START);
    admissions = Admissions.load(admissions.save(), DEFAULT_LIMITS);
    const links = admissions.noteLinks(telemetry.links ?? [], START);
    return telemetry.calls.map((call) => admissions.admit(call, START, links));
  });
}

function counted(requests: readonly (readonly SpanRecord[])[]): number {
  return admitted(requests).filter((admission) => admission === "first").length;
}

for (const [name, spans] of stacks) {
  test(`${name}: one call`, () => {
    const ended = spans.toReversed();
    assert.ok(admitted([ended]).length > 1, "it is told more than once");
    assert.equal(counted([spans]), 1, "all at once, as they began");
    assert.equal(counted([ended]), 1, "all at once, as they ended");
    assert.equal(counted(ended.map((one) => [one])), 1, "each by itself");
    for (let cut = 1; cut < spans.length; cut++) {
      const parts = [ended.slice(0, cut), ended.slice(cut)];
      assert.equal(counted(parts), 1, `${cut} in the first request`);
    }
  });
}

test("a server between two calls makes them two", () => {
  const spans = stack(
    ["app", CONTRIB_OPENAI, 3],
    ["http", HTTP, 3],
    ["http", HTTP, 2],
    ["app", CONTRIB_OPENAI, 3],
  );
  assert.equal(counted([spans.toReversed()]), 2);
});

test("of spans that lie between no calls nothing is committed", () => {
  const [first, , ...rest] = stack(
    ["app", {}],
    ["app", {}],
    ["app", CONTRIB_OPENAI, 3],
    ["app", HTTP],
  );
  assert.ok(first);
  const { telemetry } = normalizeSpans([first, ...rest], {
    at: START,
    maxAheadMs: 600_000,
    limits: DEFAULT_LIMITS,
  });
  assert.equal(telemetry.links, undefined);
});
