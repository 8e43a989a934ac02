import assert from "node:assert/strict";
import test from "node:test";
import { estimateTokens } from "./estimate-tokens.ts";

// Counts of OpenAI's public vocabularies: cl100k for gpt-4 and gpt-3.5, o200k since gpt-4o.
const rows: readonly (readonly [string, string, number])[] = [
  ["", "gpt-5", 0],
  ["hello world", "gpt-5", 2],
  ["hello world", "gpt-4", 2],
  ["お誕生日おめでとう", "gpt-4o", 8],
  ["お誕生日おめでとう", "gpt-4", 9],
];
for (const [text, model, tokens] of rows) {
  test(`"${text}" for ${model}`, () => assert.equal(estimateTokens(text, model), tokens));
}

test("a control token in a text is text", () => {
  assert.ok(estimateTokens("say <|endoftext|> twice", "gpt-5") > 5);
});

test("slices cost at most a token each", () => {
  const words = "word ".repeat(5000);
  const tokens = estimateTokens(words, "gpt-5");
  const slices = Math.ceil(words.length / 2000);
  assert.ok(Math.abs(tokens - 5000) <= slices + 1, `${tokens} tokens in ${slices} slices`);
});
