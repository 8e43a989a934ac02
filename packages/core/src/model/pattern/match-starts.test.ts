import assert from "node:assert/strict";
import test from "node:test";
import { MatchStarts } from "./match-starts.ts";
import { parsePattern } from "./parse.ts";
import { compileProgram } from "./program.ts";

/** Pattern, text, and where a match can begin first; nothing where it can be empty. */
const rows: readonly (readonly [pattern: string, text: string, next: number | undefined])[] = [
  ["b+", "aab", 2],
  ["b|c", "aac", 2],
  ["b?c", "aac", 2],
  ["b?c", "aab", 2],
  ["(b)", "aab", 2],
  ["\\bb", "ab", 1],
  ["^b", "ab", 1],
  ["[^a]", "aaé", 2],
  ["\\pL", "1é", 1],
  ["é", "êé", 1],
  ["😀", "😁a😀", 3],
  ["b", "aaa", 3],
  ["b", "", 0],
  ["b*", "ab", undefined],
  ["b|", "ab", undefined],
  ["\\b", "ab", undefined],
];

for (const [pattern, text, next] of rows) {
  test(`where a match of /${pattern}/ can begin in "${text}"`, () => {
    const { root, names } = parsePattern(pattern, false, "promql");
    const starts = MatchStarts.of(compileProgram(root, names.length, "promql"));
    assert.equal(starts?.next(text, 0), next);
  });
}
