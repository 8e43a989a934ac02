import assert from "node:assert/strict";
import test from "node:test";
import { InputError } from "./input-error.ts";
import { labels } from "./labels.ts";
import { compileMatcher, compileMatchers, PatternCache } from "./matcher.ts";
import type { Matcher } from "./reader.ts";

/** Operator, its value, the label's value ("" is an absent label), whether it holds. */
const cases: readonly (readonly [Matcher["op"], string, string, boolean])[] = [
  ["=", "a", "a", true],
  ["=", "a", "b", false],
  ["=", "", "", true],
  ["=", "", "a", false],
  ["!=", "a", "", true],
  ["!=", "a", "a", false],
  ["!=", "", "", false],
  ["=~", "a|b", "b", true],
  ["=~", "a", "ab", false],
  ["=~", "a.*", "a\nb", true],
  ["=~", "a.*", "ba", false],
  ["=~", ".*", "", true],
  ["=~", ".+", "", false],
  ["=~", "a?", "", true],
  ["!~", "a|b", "b", false],
  ["!~", "a", "ab", true],
  ["!~", ".+", "", true],
  ["!~", "", "", false],
];
for (const [op, value, own, holds] of cases) {
  test(`"${own}" ${op} "${value}" is ${holds}`, () => {
    assert.equal(compileMatcher({ name: "x", op, value })(own), holds);
  });
}

test("all matchers must hold, over absent labels too", () => {
  const up = labels({ __name__: "up", job: "api" });
  const job: Matcher = { name: "job", op: "=~", value: "api|web" };
  assert.equal(compileMatchers([job, { name: "zone", op: "=", value: "" }])(up), true);
  assert.equal(compileMatchers([job, { name: "zone", op: "!=", value: "" }])(up), false);
  assert.equal(compileMatchers([])(up), true);
});

test("a broken expression is refused", () => {
  assert.throws(() => compileMatcher({ name: "x", op: "!~", value: "(" }), InputError);
});

test("the cache gives back what it has and stays bounded", () => {
  const cache = new PatternCache();
  const kept = cache.pattern("kept");
  const lost = cache.pattern("lost");
  for (let i = 0; i < 999; i++) {
    cache.pattern(`p${i}`);
    assert.equal(cache.pattern("kept"), kept);
  }
  assert.notEqual(cache.pattern("lost"), lost);
});
