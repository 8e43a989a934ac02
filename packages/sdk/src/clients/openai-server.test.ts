import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { type IncludeUsage, setSettings, settingsFrom } from "../settings.ts";
import { destinationOf, mayAskUsage } from "./openai-server.ts";

afterEach(() => {
  setSettings(settingsFrom({}, {}));
});

const partAt = (baseURL: string, apiVersion?: string): object => ({
  _client: { baseURL, ...(apiVersion !== undefined && { apiVersion }) },
});

/** base address · provider · server · whether its streams are asked for usage where nothing is said */
const hosts: readonly (readonly [string, string, string | undefined, boolean])[] = [
  ["https://api.openai.com/v1", "openai", "api.openai.com:443", true],
  ["https://eu.api.openai.com/v1", "openai", "eu.api.openai.com:443", true],
  ["https://openrouter.ai/api/v1", "openai", "openrouter.ai:443", true],
  ["https://api.deepseek.com", "deepseek", "api.deepseek.com:443", true],
  ["https://api.groq.com/openai/v1", "groq", "api.groq.com:443", true],
  ["https://api.x.ai/v1", "x_ai", "api.x.ai:443", true],
  ["https://api.mistral.ai/v1", "mistral_ai", "api.mistral.ai:443", false],
  ["https://api.perplexity.ai", "perplexity", "api.perplexity.ai:443", false],
  [
    "https://generativelanguage.googleapis.com/v1beta/openai",
    "gcp.gemini",
    "generativelanguage.googleapis.com:443",
    false,
  ],
  ["https://notopenai.com/v1", "openai", "notopenai.com:443", false],
  ["https://openai.com.evil.test/v1", "openai", "openai.com.evil.test:443", false],
  ["http://localhost:11434/v1", "openai", "localhost:11434", false],
  ["http://[::1]:8000/v1", "openai", "::1:8000", false],
  ["http://vllm/v1", "openai", "vllm:80", false],
  ["no address", "openai", undefined, false],
];

for (const [baseUrl, provider, server, asks] of hosts) {
  test(baseUrl, () => {
    const destination = destinationOf(partAt(baseUrl));
    assert.equal(destination.provider, provider);
    const { address, port } = destination.server ?? {};
    assert.equal(address === undefined ? undefined : `${address}:${port}`, server);
    assert.equal(mayAskUsage(partAt(baseUrl), {}), asks);
  });
}

const AZURE = "https://shop.openai.azure.com/openai";

/** Azure's version · further fields of the request · whether it may be asked */
const azure: readonly (readonly [string | undefined, object, boolean])[] = [
  ["2024-06-01", {}, false],
  ["2024-09-01-preview", {}, true],
  ["2025-04-01-preview", {}, true],
  ["2025-04-01-preview", { data_sources: [] }, false],
  [undefined, {}, false],
];

for (const [version, body, asks] of azure) {
  test(`Azure ${version ?? "without a version"} ${JSON.stringify(body)}`, () => {
    assert.equal(destinationOf(partAt(AZURE, version)).provider, "azure.ai.openai");
    assert.equal(mayAskUsage(partAt(AZURE, version), { ...body }), asks);
  });
}

/** choice · at a host that is known · at one that is not */
const choices: readonly (readonly [IncludeUsage, boolean, boolean])[] = [
  ["known", true, false],
  ["always", true, true],
  ["never", false, false],
];

for (const [includeUsage, known, other] of choices) {
  test(`includeUsage ${includeUsage}`, () => {
    setSettings(settingsFrom({ includeUsage }, {}));
    assert.equal(mayAskUsage(partAt("https://api.openai.com/v1"), {}), known);
    assert.equal(mayAskUsage(partAt("http://localhost:8000/v1"), {}), other);
  });
}

test("a part without a client is at OpenAI, and not asked", () => {
  assert.deepEqual(destinationOf({}), { provider: "openai" });
  assert.equal(mayAskUsage(undefined, {}), false);
});
