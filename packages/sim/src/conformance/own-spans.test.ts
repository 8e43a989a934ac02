// Clients that tell their calls by themselves, to an application that has a provider of spans: what
// observes them tells each call too, and Naruko counts it once.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { ProviderStub } from "../provider-stubs/provider-stub.ts";
import { query, serve } from "../senders/serve.ts";
import { ANTHROPIC_ANSWERS } from "./anthropic-answers.ts";
import { OtlpSink } from "./otlp-sink.ts";
import { runApplication } from "./run-application.ts";
import { isInstalled } from "./run-client.ts";
import { telemetryText } from "./telemetry-text.ts";

const installed = isInstalled("anthropic") || process.env["NARUKO_REQUIRE_PEERS"] === "1";
const skip = installed ? false : "npm test installs the packages of senders/anthropic";
const ENDED = { code: 0, signal: null, printed: "", told: "" };

test(
  "spans of Anthropic's client lie within ours, and its tools are told once",
  { skip },
  async (t) => {
    const stub = new ProviderStub(ANTHROPIC_ANSWERS);
    const HOST_URL = await stub.start();
    t.after(() => stub.stop());
    const sink = new OtlpSink();
    const otlpUrl = await sink.start();
    t.after(() => sink.stop());
    const environment = {
      HOST_URL,
      OTEL_EXPORTER_OTLP_ENDPOINT: otlpUrl,
    };
    const ended = await runApplication("anthropic", ["own-spans.mjs"], environment);
    assert.deepEqual(ended, ENDED);
    const heads = telemetryText(sink.delivered, "host").match(/^span .*$/gm);
    assert.deepEqual(heads?.toSorted(), [
      "span anthropic.custom_tool_use weather INTERNAL ok within anthropic.messages.tool_runner",
      "span anthropic.messages.create CLIENT ERROR within chat claude-opus-5-5",
      ...Array.from(
        { length: 4 },
        () => "span anthropic.messages.create CLIENT ok within chat claude-opus-5-5",
      ),
      "span anthropic.messages.tool_runner INTERNAL ok",
      "span chat claude-opus-5-5 CLIENT ERROR",
      "span chat claude-opus-5-5 CLIENT unset",
      "span chat claude-opus-5-5 CLIENT unset",
      "span chat claude-opus-5-5 CLIENT unset within anthropic.messages.tool_runner",
      "span chat claude-opus-5-5 CLIENT unset within anthropic.messages.tool_runner",
    ]);
  },
);

test("a call that is told twice counts once", { skip }, async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-own-spans-"));
  const server = await serve(folder);
  t.after(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const stub = new ProviderStub(ANTHROPIC_ANSWERS);
  const HOST_URL = await stub.start();
  t.after(() => stub.stop());
  const environment = {
    HOST_URL,
    OTEL_EXPORTER_OTLP_ENDPOINT: server.otlp,
  };
  assert.deepEqual(await runApplication("anthropic", ["own-spans.mjs"], environment), ENDED);
  const count = async (expr: string): Promise<number | undefined> =>
    (await query(server, `sum(${expr})`))[0]?.value;
  assert.equal(await count('llm_operation_duration_seconds_count{status="success"}'), 4);
  assert.equal(await count('llm_operation_duration_seconds_count{status="error"}'), 1);
  assert.equal(await count('llm_token_usage_total{token_type="input"}'), 4 * 19);
  assert.equal(await count('llm_token_usage_total{token_type="output"}'), 4 * 12);
});
