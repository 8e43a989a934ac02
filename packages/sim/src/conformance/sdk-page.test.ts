// The programs of `docs/send/sdk.md`, against a stub of the provider: two of them as the SDK sends
// their calls, the recipes as Naruko measures them.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { type TestContext } from "node:test";
import { completion, failure } from "../provider-stubs/openai-wire.ts";
import { ProviderStub, type ScriptedAnswer } from "../provider-stubs/provider-stub.ts";
import { query, serve } from "../senders/serve.ts";
import { OtlpSink } from "./otlp-sink.ts";
import { runApplication } from "./run-application.ts";
import { isInstalled } from "./run-client.ts";
import { telemetryText } from "./telemetry-text.ts";

const installed = isInstalled("openai") || process.env["NARUKO_REQUIRE_PEERS"] === "1";
const skip = installed ? false : "npm test installs the packages of senders/openai";
const TEXT = "鳴子 の音🦊 is heard – señor.";

async function stubbed(
  t: TestContext,
  answers: readonly ScriptedAnswer[],
): Promise<{ readonly stub: ProviderStub; readonly environment: Record<string, string> }> {
  const stub = new ProviderStub(new Map([["shop", answers]]));
  const url = await stub.start();
  t.after(() => stub.stop());
  const environment = { OPENAI_BASE_URL: `${url}/shop/v1`, OPENAI_API_KEY: "none" };
  return { stub, environment };
}

async function sinkFor(t: TestContext): Promise<{ sink: OtlpSink; otlpUrl: string }> {
  const sink = new OtlpSink();
  const otlpUrl = await sink.start();
  t.after(() => sink.stop());
  return { sink, otlpUrl };
}

test("two lines, a context, a verdict and a user's opinion", { skip }, async (t) => {
  const { environment } = await stubbed(t, [completion({ id: "shop_1" })]);
  const { sink, otlpUrl } = await sinkFor(t);
  const told = { ...environment, OTEL_EXPORTER_OTLP_ENDPOINT: otlpUrl };
  const ended = await runApplication("openai", ["shop.mjs"], told);
  assert.deepEqual(ended, { code: 0, signal: null, printed: "", told: "" });
  const text = telemetryText(sink.delivered, "shop");
  assert.match(text, /^ {2}gen_ai\.conversation\.id = "c-1"$/m);
  assert.match(text, /^ {2}user\.id = "u-1"$/m);
  assert.match(text, /^ {2}naruko\.feature = "search"$/m);
  assert.doesNotMatch(text, /What is heard|鳴子/);
  const logs = sink.delivered.filter((delivered) => delivered.path === "/v1/logs");
  assert.equal(JSON.stringify(logs).split("gen_ai.evaluation.result").length - 1, 2);
});

test("content is redacted, and sent before the process ends by a signal", { skip }, async (t) => {
  const { environment } = await stubbed(t, [completion({ id: "shop_1" })]);
  const { sink, otlpUrl } = await sinkFor(t);
  const told = { ...environment, OTEL_EXPORTER_OTLP_ENDPOINT: otlpUrl };
  const ended = await runApplication("openai", ["redacted.mjs"], told);
  assert.deepEqual(ended, { code: null, signal: "SIGTERM", printed: "", told: "" });
  const text = telemetryText(sink.delivered, "shop");
  assert.match(text, /Who is <mail>\?/);
  assert.doesNotMatch(text, /taro/);
});

/** What the judge replies. */
const verdict = (content: string): ScriptedAnswer =>
  completion({ id: "verdict", message: { content } });
const scores = (faithfulness: unknown, relevance: unknown, safety: unknown): ScriptedAnswer =>
  verdict(JSON.stringify({ faithfulness, relevance, safety }));
const answer = (id: string): ScriptedAnswer => completion({ id });
/** The client asks three times before it gives up. */
const thrice = (status: 429 | 500, code: string): readonly ScriptedAnswer[] =>
  Array.from({ length: 3 }, () => failure(status, code));

test("the recipes give the article's metrics, and a judge that fails gives none", async (t) => {
  if (skip !== false) {
    t.skip(skip);
    return;
  }
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-recipes-"));
  const server = await serve(folder);
  t.after(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const { stub, environment } = await stubbed(t, [
    answer("a1"),
    scores(0.9, 0.8, 1),
    answer("a2"),
    verdict("It is fine."),
    answer("a3"),
    scores(0.5, 7, "safe"),
    answer("a4"),
    verdict("null"),
    answer("a5"),
    ...thrice(500, "server_error"),
    answer("a6"),
    scores(0.25, 0.5, 1),
    ...thrice(429, "rate_limit_exceeded"),
  ]);
  const told = { ...environment, OTEL_EXPORTER_OTLP_ENDPOINT: server.otlp };
  const ended = await runApplication("openai", ["run-recipes.mjs"], told);
  const quiet = Array.from({ length: 6 }, () => "undefined\n").join("");
  const printed = `${TEXT}\n${quiet}RateLimitError 429\n`;
  assert.deepEqual(ended, { code: 0, signal: null, printed, told: "" });

  const models = stub.asked.map(({ body }) => ("model" in body ? body.model : undefined));
  assert.equal(models.filter((model) => model === "gpt-5.1-mini").length, 1);

  const table = async (expr: string, ...by: readonly string[]): Promise<object> => {
    const rows = await query(server, `sum by (${by.join(", ")}) (${expr}{service_name="shop"})`);
    const entries = rows.map(({ labels, value }): [string, number] => [
      by.map((name) => labels[name]).join(" "),
      value,
    ]);
    return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  };
  assert.deepEqual(await table("llm_operation_duration_seconds_count", "model", "status"), {
    "gpt-4o-mini error": 1,
    "gpt-4o-mini success": 5,
    "gpt-5.1 error": 1,
    "gpt-5.1 success": 5,
    "gpt-5.1-mini success": 1,
  });
  assert.deepEqual(await table("llm_token_usage_total", "model", "token_type"), {
    "gpt-4o-mini input": 5 * 19,
    "gpt-4o-mini output": 5 * 12,
    "gpt-5.1 input": 5 * 19,
    "gpt-5.1 output": 5 * 12,
    "gpt-5.1-mini input": 19,
    "gpt-5.1-mini output": 12,
  });
  assert.deepEqual(await table("llm_errors_total", "model", "error_type"), {
    "gpt-4o-mini 500": 1,
    "gpt-5.1 429": 1,
  });
  assert.deepEqual(await table("llm_quality_score", "model", "metric"), {
    "gpt-4o-mini faithfulness": 0.25,
    "gpt-4o-mini relevance": 0.5,
    "gpt-4o-mini safety": 1,
    "gpt-5.1 faithfulness": 0.7,
    "gpt-5.1 relevance": 0.8,
    "gpt-5.1 safety": 1,
  });
  const missing = ["gen_ai_evaluation_name", "error_type"];
  assert.deepEqual(await table("naruko_evaluation_missing_total", ...missing), {
    "faithfulness InternalServerError": 1,
    "faithfulness InvalidScore": 1,
    "faithfulness SyntaxError": 1,
    "relevance InternalServerError": 1,
    "relevance InvalidScore": 2,
    "relevance SyntaxError": 1,
    "safety InternalServerError": 1,
    "safety InvalidScore": 2,
    "safety SyntaxError": 1,
  });
});
