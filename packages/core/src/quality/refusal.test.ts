import assert from "node:assert/strict";
import test from "node:test";
import type { Call } from "../model/call.ts";
import { inference } from "../testing/calls.ts";
import { isRefusal } from "./refusal.ts";

const rows: readonly (readonly [name: string, call: Partial<Call>, raised: boolean])[] = [
  ["English", { text: { output: "I'm sorry, but I can't help with that." } }, true],
  ["a curly apostrophe", { text: { output: "I can’t share that." } }, true],
  [
    "an AI without opinions",
    { text: { output: "As an AI language model, I do not have personal opinions." } },
    true,
  ],
  [
    "after sympathy",
    {
      text: {
        output: "I understand that this is hard. However, I'm unable to give medical advice.",
      },
    },
    true,
  ],
  ["Japanese", { text: { output: "申し訳ございませんが、その質問にはお答えできません。" } }, true],
  ["Chinese", { text: { output: "抱歉，我无法回答这个问题。" } }, true],
  ["Spanish", { text: { output: "Lo siento, no puedo ayudarte con eso." } }, true],
  ["German", { text: { output: "Tut mir leid, dabei kann ich nicht helfen." } }, true],
  ["French", { text: { output: "Désolé, je ne peux pas répondre à cette question." } }, true],
  [
    "with an offer",
    { text: { output: "I can't help with that, but I can recommend a book." } },
    true,
  ],
  [
    "a disclaimer before an answer",
    {
      text: {
        output: `I can't give legal advice, but here is what the law says. ${"It says a lot. ".repeat(40)}`,
      },
    },
    false,
  ],
  ["sympathy", { text: { output: "I'm sorry to hear that. Try to restart it." } }, false],
  ["praise", { text: { output: "I can't recommend it enough." } }, false],
  ["a quote", { text: { output: "\"I'm sorry, I can't help with that,\" said the bot." } }, false],
  [
    "a letter",
    { text: { output: "Dear Ann,\nI am sorry, but I cannot help with the party." } },
    false,
  ],
  [
    "a translation",
    { text: { input: "Translate: 助けられません", output: "I cannot help you." } },
    false,
  ],
  ["a feature", { text: { output: "海外ではご利用いただけません。" } }, false],
  [
    "far behind the beginning",
    { text: { output: `${"It rains. ".repeat(100)}I can't help with that.` } },
    false,
  ],
  ["a failed call", { text: { output: "I can't help with that." }, errorType: "x" }, false],
  ["no text", {}, false],
];

for (const [name, call, raised] of rows) {
  test(`refusal: ${name}`, () => {
    assert.equal(isRefusal(inference(call)), raised);
  });
}
