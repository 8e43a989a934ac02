import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { calcPrice } from "@pydantic/genai-prices";
import type { Usage } from "@naruko/core/model/call";
import { epochMs, type EpochMs } from "@naruko/core/model/time";
import type { PriceEntry } from "../config/config.ts";
import { priceTable } from "./price-table.ts";

const MILLION: Usage = { inputTokens: 1_000_000, outputTokens: 1_000_000 };
const CACHED: Usage = {
  inputTokens: 100_000,
  outputTokens: 1000,
  cacheReadTokens: 60_000,
  cacheWriteTokens: 10_000,
};

function on(day: string): EpochMs {
  return epochMs(Date.parse(day));
}

function close(found: number | "unknown-model", usd: number): void {
  assert.ok(found !== "unknown-model" && Math.abs(found - usd) < 1e-9, `${found}, not ${usd}`);
}

type Row = readonly [
  provider: string | undefined,
  model: string,
  usage: Usage,
  day: string,
  usd: number | "unknown-model",
];

const listed: readonly Row[] = [
  // OpenAI cut o3's price on 10 June 2025 from 10 and 40 dollars to 2 and 8.
  ["openai", "o3", MILLION, "2025-06-09", 50],
  ["openai", "o3", MILLION, "2025-06-10", 10],
  ["openai", "gpt-4o-2024-08-06", MILLION, "2026-11-02", 12.5],
  ["azure.ai.openai", "gpt-4o", MILLION, "2026-11-02", 12.5],
  [undefined, "gpt-4o", MILLION, "2026-11-02", 12.5],
  ["anthropic", "claude-sonnet-4-20250514", MILLION, "2026-11-02", 18],
  // 30,000 at 3, 60,000 read at 0.30, 10,000 written at 3.75, 1,000 out at 15.
  ["anthropic", "claude-sonnet-4-20250514", CACHED, "2026-11-02", 0.1605],
  // No price for writing: 40,000 at 2.50, 60,000 read at 1.25, 1,000 out at 10.
  ["openai", "gpt-4o", CACHED, "2026-11-02", 0.185],
  // Above 200,000 tokens of input the whole call costs more.
  ["gcp.gemini", "gemini-2.5-pro", { inputTokens: 200_000, outputTokens: 0 }, "2026-11-02", 0.25],
  [
    "gcp.gemini",
    "gemini-2.5-pro",
    { inputTokens: 200_001, outputTokens: 0 },
    "2026-11-02",
    0.5000025,
  ],
  ["gcp.vertex_ai", "gemini-2.5-flash", MILLION, "2026-11-02", 2.8],
  [
    "aws.bedrock",
    "us.anthropic.claude-sonnet-4-20250514-v1:0",
    { inputTokens: 1_000_000 },
    "2026-11-02",
    3,
  ],
  ["openai", "text-embedding-3-small", { inputTokens: 1_000_000 }, "2026-11-02", 0.02],
  // Cheaper between 16:30 and 00:30 UTC.
  ["deepseek", "deepseek-chat", MILLION, "2026-11-02T16:29:59Z", 1.37],
  ["deepseek", "deepseek-chat", MILLION, "2026-11-02T16:30:00Z", 0.685],
  ["x_ai", "grok-4", MILLION, "2026-11-02", 18],
  ["openai", "my-llama", MILLION, "2026-11-02", "unknown-model"],
  // Somebody's own server is not billed as the provider whose model it runs.
  ["ollama", "gpt-4o", MILLION, "2026-11-02", "unknown-model"],
  ["ibm.watsonx.ai", "granite-3", MILLION, "2026-11-02", "unknown-model"],
  [undefined, "nope", MILLION, "2026-11-02", "unknown-model"],
  ["openai", "constructor", MILLION, "2026-11-02", "unknown-model"],
  ["openai", "", MILLION, "2026-11-02", "unknown-model"],
];
for (const [provider, model, usage, day, usd] of listed) {
  test(`list: ${provider ?? "any"} ${model} on ${day} costs ${usd}`, () => {
    const ask = { model, usage, at: on(day), ...(provider !== undefined && { provider }) };
    const found = priceTable([])(ask);
    if (usd === "unknown-model") assert.equal(found, usd);
    else close(found, usd);
  });
}

test("any usage costs what the list's own arithmetic says", () => {
  const tokens = fc.nat(400_000);
  const models = fc.constantFrom(
    ["openai", "gpt-4o"],
    ["anthropic", "claude-sonnet-4-5"],
    ["google", "gemini-2.5-pro"],
    ["perplexity", "sonar-deep-research"],
    ["deepseek", "deepseek-chat"],
  );
  const price = priceTable([]);
  fc.assert(
    fc.property(models, fc.tuple(tokens, tokens, tokens), fc.tuple(tokens, tokens), (of, i, o) => {
      const [provider = "", model = ""] = of;
      const [fresh, read, written] = i;
      const [spoken, reasoning] = o;
      const at = on("2026-11-02T12:00:00Z");
      const found = price({
        provider: provider === "google" ? "gcp.gemini" : provider,
        model,
        at,
        usage: {
          inputTokens: fresh + read + written,
          outputTokens: spoken + reasoning,
          cacheReadTokens: read,
          cacheWriteTokens: written,
          reasoningTokens: reasoning,
        },
      });
      const expected = calcPrice(
        {
          input_tokens: fresh + read + written,
          output_tokens: spoken + reasoning,
          cache_read_tokens: read,
          cache_write_tokens: written,
          output_reasoning_tokens: reasoning,
        },
        model,
        { providerId: provider, timestamp: new Date(at) },
      );
      close(found, expected?.total_price ?? Number.NaN);
    }),
  );
});

const ENTRIES: readonly PriceEntry[] = [
  { model: "own-*", input: 3, output: 4, from: "2026-06-01" },
  { model: "own-*", input: 1, output: 2 },
  { model: "gpt-4o", provider: "azure", input: 5, output: 5 },
  { model: "own-7b", input: 0, output: 0, from: "2026-09-01" },
  { model: "own-cache", input: 10, output: 0, cache_read: 1, cache_write: 20, from: "2026-09-01" },
];
const own: readonly Row[] = [
  ["vllm", "own-13b", MILLION, "2026-05-31T23:59:59Z", 3],
  ["vllm", "own-13b", MILLION, "2026-06-01", 7],
  [undefined, "OWN-13B", MILLION, "2026-06-01", 7],
  ["azure.ai.openai", "gpt-4o", MILLION, "2026-06-01", 10],
  ["openai", "gpt-4o", MILLION, "2026-06-01", 12.5],
  // Free is a price too: it was said.
  ["vllm", "own-7b", MILLION, "2026-09-01", 0],
  // 30,000 at 10, 60,000 read at 1, 10,000 written at 20.
  ["vllm", "own-cache", CACHED, "2026-09-01", 0.56],
  ["vllm", "my-own-13b", MILLION, "2026-06-01", "unknown-model"],
];
for (const [provider, model, usage, day, usd] of own) {
  test(`configured: ${provider ?? "any"} ${model} on ${day} costs ${usd}`, () => {
    const ask = { model, usage, at: on(day), ...(provider !== undefined && { provider }) };
    const found = priceTable(ENTRIES)(ask);
    if (usd === "unknown-model") assert.equal(found, usd);
    else close(found, usd);
  });
}

test("one table tells the prices before and after a change apart, in any order", () => {
  const price = priceTable(ENTRIES);
  for (const [day, usd] of [
    ["2026-06-01", 7],
    ["2026-05-31", 3],
    ["2026-06-01", 7],
  ] as const) {
    close(price({ model: "own-13b", usage: MILLION, at: on(day) }), usd);
  }
});

test("a pattern's other characters stand for themselves", () => {
  const price = priceTable([{ model: "a.b+(c)", input: 1, output: 1 }]);
  close(price({ model: "a.b+(c)", usage: MILLION, at: on("2026-01-01") }), 2);
  assert.equal(price({ model: "axb+(c)", usage: MILLION, at: on("2026-01-01") }), "unknown-model");
});
