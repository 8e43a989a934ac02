import assert from "node:assert/strict";
import test from "node:test";
import { parsePattern } from "./parse.ts";
import { requiredText } from "./required-text.ts";

const rows: readonly (readonly [pattern: string, required: string])[] = [
  ["abc", "abc"],
  ["sk-[a-z]+", "sk-"],
  ["[a-z]+@[a-z]+\\.", "@"],
  ["a[bc]defg?", "def"],
  ["(abc)d", "abc"],
  ["ab(c)+", "ab"],
  ["a(?:bcd){2,}", "bcd"],
  ["a(?:bcd)*", "a"],
  ["a(?:bcd)?e", "a"],
  ["abc|abd", ""],
  ["a\\bbc", "bc"],
  ["(?i)abc1", "1"],
  ["😀+", "😀"],
  [".*", ""],
  ["", ""],
];

for (const [pattern, required] of rows) {
  test(`every match of /${pattern}/ has "${required}"`, () => {
    assert.equal(requiredText(parsePattern(pattern, false, "promql").root), required);
  });
}
