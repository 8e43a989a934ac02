import assert from "node:assert/strict";
import test from "node:test";
import { codeFree } from "./code-free.ts";

const rows: readonly (readonly [name: string, text: string, left: string])[] = [
  ["no code", "a\nb", "a\nb"],
  ["a span", "a `b` c", "a   c"],
  ["a span with a backtick", "a `` b ` c `` d", "a   c   d"],
  ["a backtick alone", "it`s", "it s"],
  ["a fence", "a\n```js\nb\n```\nc", "a\nc"],
  ["a fence inside of a longer one", "a\n````\n```\nb\n```\n````\nc", "a\nc"],
  ["an open fence", "a\n```\nb", "a"],
  ["tildes", "~~~\nb\n~~~\nc", "c"],
  ["a fence in a list", "- a\n  ```\n  b\n  ```\n- c", "- a\n- c"],
  ["backticks do not close tildes", "~~~\n```\nb\n~~~\nc", "c"],
];

for (const [name, text, left] of rows) {
  test(name, () => {
    assert.equal(codeFree(text), left);
  });
}
