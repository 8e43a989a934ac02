import assert from "node:assert/strict";
import test from "node:test";
import { isDataLike } from "./data-like.ts";

const rows: readonly (readonly [text: string, isLike: boolean])[] = [
  ["It works, doesn't it? Yes (it does), and nearly always: on all the machines here.", false],
  ["これは文章です。（注）", false],
  ["", false],
  ["   ", false],
  ['{"id": 1, "name": "a"}', true],
  ["for (const x of y) { f(x); }", true],
  ['<li class="a">b</li>', true],
  ["| a | b |\n| --- | --- |", true],
];

for (const [text, isLike] of rows) {
  test(JSON.stringify(text), () => {
    assert.equal(isDataLike(text), isLike);
  });
}
