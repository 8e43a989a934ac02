import assert from "node:assert/strict";
import test from "node:test";
import type { Call } from "../model/call.ts";
import { inference } from "../testing/calls.ts";
import { isWrongLanguage } from "./wrong-language.ts";

const rows: readonly (readonly [name: string, call: Partial<Call>, raised: boolean])[] = [
  [
    "English for German",
    {
      text: {
        input: "Welche Unterlagen brauche ich denn für die Steuer?",
        output: "You need the papers that the bank has sent to you in the spring.",
      },
    },
    true,
  ],
  [
    "Spanish for English",
    {
      text: {
        input: "How can I pay for the things that I have ordered?",
        output: "Puede pagar con tarjeta o en la tienda cuando quiera.",
      },
    },
    true,
  ],
  [
    "English for Japanese",
    {
      text: {
        input: "支払い方法を教えてください。",
        output: "You can pay by card or in the shop when you are there.",
      },
    },
    true,
  ],
  [
    "Chinese for Japanese",
    {
      text: {
        input: "支払い方法を教えてください。",
        output: "您可以使用信用卡支付，也可以到店里付款。",
      },
    },
    true,
  ],
  [
    "Russian for English",
    {
      text: {
        input: "How can I pay for the things that I have ordered?",
        output: "Вы можете заплатить картой или наличными.",
      },
    },
    true,
  ],
  [
    "the same",
    {
      text: {
        input: "How can I pay for the things that I have ordered?",
        output: "You can pay by card or in the shop when you are there.",
      },
    },
    false,
  ],
  [
    "a translation",
    {
      text: {
        input: "Translate: you can pay by card or in cash, as you like.",
        output: "Sie können mit der Karte oder bar bezahlen, wie Sie es wollen.",
      },
    },
    false,
  ],
  [
    "a language named",
    {
      text: {
        input: "How would a German shop say that I can pay by card?",
        output: "Sie können mit der Karte oder bar bezahlen, wie Sie es wollen.",
      },
    },
    false,
  ],
  [
    "a short input",
    {
      text: {
        input: "ok",
        output: "Sie können mit der Karte oder bar bezahlen, wie Sie es wollen.",
      },
    },
    false,
  ],
  [
    "a short answer",
    { text: { input: "How can I pay for the things that I have ordered?", output: "Ja." } },
    false,
  ],
  [
    "a question about a quote",
    {
      text: {
        input: "Was heißt „it is raining cats and dogs“ und woher kommt das?",
        output: "Es heißt, dass es in Strömen regnet, und das ist nicht wörtlich.",
      },
    },
    false,
  ],
  [
    "code",
    { text: { input: "日本語で答えを出すコードは？", output: "```js\nconst theAnswer = 1;\n```" } },
    false,
  ],
  [
    "data",
    {
      text: {
        input: "データを返してください。",
        output: '{"the": "answer is in the data that we have"}',
      },
    },
    false,
  ],
  [
    "Han alone",
    { text: { input: "東京都庁の所在地はどこですか", output: "東京都庁所在地新宿区" } },
    false,
  ],
  ["half a pair", { text: { input: "支払い方法を教えてください。", output: "\ud83d" } }, false],
  [
    "the system names a language",
    {
      text: {
        system: "常に英語で答える。",
        input: "支払い方法を教えてください。",
        output: "You can pay by card or in the shop when you are there.",
      },
    },
    false,
  ],
  ["no text", {}, false],
  [
    "called off",
    {
      text: {
        input: "支払い方法を教えてください。",
        output: "You can pay by card or in the shop when you are there.",
      },
      ending: "closed",
    },
    false,
  ],
];

for (const [name, call, raised] of rows) {
  test(`wrong language: ${name}`, () => {
    assert.equal(isWrongLanguage(inference(call)), raised);
  });
}
