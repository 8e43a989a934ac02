// What endpoints say that a request used, as the budget takes it: never less than they charge.
import assert from "node:assert/strict";
import test from "node:test";
import { type Provider, raw, VERDICT, worldOf } from "./judge-world.ts";

/** An answer as short as servers make it. */
function body(provider: Provider, usage: object | undefined): object {
  return provider === "openai"
    ? { choices: [{ message: { content: VERDICT }, finish_reason: "stop" }], usage }
    : { content: [{ type: "text", text: VERDICT }], stop_reason: "end_turn", usage };
}

for (const [what, provider, usage, taken] of [
  [
    "reasoning stands in the total alone",
    "openai",
    { prompt_tokens: 900, completion_tokens: 80, total_tokens: 1700 },
    { inputTokens: 900, outputTokens: 800 },
  ],
  [
    "the total is left out",
    "openai",
    { prompt_tokens: 900, completion_tokens: 80 },
    { inputTokens: 900, outputTokens: 80 },
  ],
  [
    "the total is less than its parts",
    "openai",
    { prompt_tokens: 900, completion_tokens: 80, total_tokens: 0 },
    { inputTokens: 900, outputTokens: 80 },
  ],
  [
    "a request of no tokens is none that was counted",
    "openai",
    { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
    { outputTokens: 0 },
  ],
  [
    "a request of no tokens is none that was counted",
    "anthropic",
    { input_tokens: 0, output_tokens: 0 },
    { outputTokens: 0 },
  ],
  [
    "what was read from a cache is input",
    "anthropic",
    { input_tokens: 0, cache_read_input_tokens: 900, output_tokens: 80 },
    { inputTokens: 900, outputTokens: 80, cacheReadTokens: 900 },
  ],
  ["counts are texts", "openai", { prompt_tokens: "900", completion_tokens: "80" }, undefined],
  ["nothing is told", "openai", undefined, undefined],
] as const) {
  test(`${provider}: ${what}`, async (t) => {
    const answer = raw(200, JSON.stringify(body(provider, usage)));
    const { ask } = await worldOf(t, provider, [answer]);
    const answered = await ask();
    assert.ok(answered.ok);
    assert.deepEqual(answered.usage, taken);
  });
}

for (const [what, status, error] of [
  ["an error of the server", 500, { message: "the model behind it broke off" }],
  ["an error in an answer of 200", 200, { code: 502, message: "the model behind it broke off" }],
] as const) {
  test(`${what} that says what was used is paid for`, async (t) => {
    const usage = { prompt_tokens: 900, completion_tokens: 80 };
    const { ask } = await worldOf(t, "openai", [raw(status, JSON.stringify({ error, usage }))]);
    const answered = await ask();
    assert.ok(!answered.ok);
    assert.equal(answered.reason, "server-error");
    assert.deepEqual(answered.usage, { inputTokens: 900, outputTokens: 80 });
  });
}

test("a byte order mark is no part of the answer", async (t) => {
  const answer = raw(200, `\uFEFF${JSON.stringify(body("openai", undefined))}`);
  const { ask } = await worldOf(t, "openai", [answer]);
  assert.ok((await ask()).ok);
});
