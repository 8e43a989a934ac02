import assert from "node:assert/strict";
import test from "node:test";
import { estimateTokens } from "./estimate-tokens.ts";

// Counts of OpenAI's public vocabularies: cl100k for gpt-4 and gpt-3.5, o200k since gpt-4o.
const rows: readonly (readonly [string, string, number])[] = [
  ["", "gpt-5", 0],
  ["hello world", "gpt-5", 2],
  ["hello world", "gpt-4", 2],
  ["お誕生日おめでとう", "gpt-4o", 4],
  ["お誕生日おめでとう", "gpt-4", 9],
];
for (const [text, model, tokens] of rows) {
  test(`"${text}" for ${model}`, () => assert.equal(estimateTokens(text, model), tokens));
}

test("a control token in a text is text", () => {
  assert.ok((estimateTokens("say <|endoftext|> twice", "gpt-5") ?? 0) > 5);
});

test("a long text counts nearly as its parts", () => {
  const sentence = "The quick brown fox jumps over the lazy dog. ";
  const one = estimateTokens(sentence, "gpt-5") ?? 0;
  const many = estimateTokens(sentence.repeat(1000), "gpt-5") ?? 0;
  assert.ok(Math.abs(many / (one * 1000) - 1) < 0.02, `${many} tokens`);
});
