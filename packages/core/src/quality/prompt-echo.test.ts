import assert from "node:assert/strict";
import test from "node:test";
import type { Call } from "../model/call.ts";
import { inference } from "../testing/calls.ts";
import { isPromptEcho } from "./prompt-echo.ts";

const rows: readonly (readonly [name: string, call: Partial<Call>, raised: boolean])[] = [
  [
    "the input",
    {
      text: {
        input: "What is the difference between a cat and a dog?",
        output: "What is the difference between a cat and a dog?",
      },
    },
    true,
  ],
  [
    "the input, and then an answer",
    {
      text: {
        input: "What is the difference between a cat and a dog?",
        output: "What is the difference between a cat and a dog? Cats purr.",
      },
    },
    true,
  ],
  [
    "in quotes, in capitals",
    {
      text: {
        input: "What is the difference between a cat and a dog?",
        output: '"WHAT IS THE DIFFERENCE BETWEEN A CAT AND A DOG?"',
      },
    },
    true,
  ],
  [
    "behind a role",
    {
      text: {
        input: "What is the difference between a cat and a dog?",
        output: "User: What is the difference between a cat and a dog?",
      },
    },
    true,
  ],
  [
    "the system prompt",
    {
      text: {
        system: "You are a friendly assistant of a pet shop in Leeds. Be brief.",
        input: "Hi",
        output: "Sure: You are a friendly assistant of a pet shop in Leeds. Be brief.",
      },
    },
    true,
  ],
  [
    "in Japanese",
    {
      text: {
        input: "犬と猫の違いを三つ挙げて説明してください。",
        output: "犬と猫の違いを三つ挙げて説明してください。",
      },
    },
    true,
  ],
  [
    "words of the input",
    {
      text: {
        input: "What is the difference between a cat and a dog?",
        output: "The difference between a cat and a dog is size.",
      },
    },
    false,
  ],
  ["a short input", { text: { input: "Yes, why?", output: "Yes, why?" } }, false],
  [
    "not at the beginning",
    {
      text: {
        input: "What is the difference between a cat and a dog?",
        output: "You ask: What is the difference between a cat and a dog?",
      },
    },
    false,
  ],
  [
    "nothing to correct",
    {
      text: {
        system: "Correct the text.",
        input: "It rains cats and dogs in this town.",
        output: "It rains cats and dogs in this town.",
      },
    },
    false,
  ],
  [
    "code completed",
    { text: { input: "def f(a, b, c, d, e):\n", output: "def f(a, b, c, d, e):\n    return a" } },
    false,
  ],
  [
    "a completion",
    {
      text: {
        input: "What is the difference between a cat and a dog?",
        output: "What is the difference between a cat and a dog?",
      },
      operation: "text_completion",
    },
    false,
  ],
  ["no text", {}, false],
];

for (const [name, call, raised] of rows) {
  test(`prompt echo: ${name}`, () => {
    assert.equal(isPromptEcho(inference(call)), raised);
  });
}
