import assert from "node:assert/strict";
import test from "node:test";
import type { Endpoint } from "./endpoint.ts";
import { firstShape } from "./request-shape.ts";

for (const [baseUrl, limit] of [
  ["https://api.openai.com/v1", "max_completion_tokens"],
  ["https://eu.api.openai.com/v1", "max_completion_tokens"],
  ["https://ours.openai.azure.com/openai/deployments/judge", "max_completion_tokens"],
  ["http://127.0.0.1:11434/v1", "max_tokens"],
  ["https://notopenai.com/v1", "max_tokens"],
  ["https://api.openai.com.example.org/v1", "max_tokens"],
] as const) {
  test(`the limit of ${baseUrl} is ${limit}`, () => {
    const endpoint: Endpoint = { provider: "openai", baseUrl, headers: {}, query: {} };
    assert.equal(firstShape(endpoint).limit, limit);
  });
}
