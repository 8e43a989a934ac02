import assert from "node:assert/strict";
import test from "node:test";
import type { Call } from "../model/call.ts";
import { inference } from "../testing/calls.ts";
import { hasLeakedMarkup } from "./leaked-markup.ts";

const rows: readonly (readonly [name: string, call: Partial<Call>, raised: boolean])[] = [
  ["ChatML", { text: { input: "Hi", output: "Hi!<|im_end|>" } }, true],
  ["Llama", { text: { input: "Hi", output: "[/INST] Hi" } }, true],
  ["DeepSeek", { text: { input: "Hi", output: "Hi<｜end▁of▁sentence｜>" } }, true],
  ["reasoning", { text: { input: "Hi", output: "<think>Hm.</think>Hi" } }, true],
  ["an end of text", { text: { input: "Hi", output: "Hi</s>" } }, true],
  ["a placeholder", { text: { input: "Hi", output: "Dear {{ user.name }}, hi" } }, true],
  ["a placeholder in Japanese", { text: { input: "こんにちは", output: "{{顧客名}}様" } }, true],
  ["a statement", { text: { input: "Hi", output: "{% if a %}Hi{% endif %}" } }, true],
  ["a role", { text: { input: "Hi", output: "Assistant: Hi" } }, true],
  ["the next turns", { text: { input: "Hi", output: "Hi\nUser: And?\nAssistant: Hi" } }, true],
  ["a heading of instructions", { text: { input: "Hi", output: "### Response:\nHi" } }, true],
  ["in code", { text: { input: "How does it end?", output: "`<|im_end|>` ends it" } }, false],
  ["in a fence", { text: { input: "How?", output: "```\n{{ a_name }}\n```" } }, false],
  ["asked about", { text: { input: "What is <|im_end|>?", output: "<|im_end|> ends it" } }, false],
  ["a template asked for", { text: { input: "Write a template", output: "{{ name }}" } }, false],
  ["LaTeX", { text: { input: "Formula?", output: "x^{{nn}} and \\frac{{aa}}{{bb}}" } }, false],
  ["secrets of a workflow", { text: { input: "Key?", output: "${{ secrets.KEY }}" } }, false],
  [
    "a dialogue asked for",
    { text: { input: "Write a dialogue", output: "User: Hi\nAssistant: Hi" } },
    false,
  ],
  ["a label", { text: { input: "What car?", output: "Model: T" } }, false],
  ["comparison", { text: { input: "Hi", output: "a < b | c > d" } }, false],
  ["strike-through", { text: { input: "Hi", output: "<s>1</s> 2" } }, false],
  ["no text", {}, false],
];

for (const [name, call, raised] of rows) {
  test(`leaked markup: ${name}`, () => {
    assert.equal(hasLeakedMarkup(inference(call)), raised);
  });
}
