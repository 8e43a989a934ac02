import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { InputError } from "./input-error.ts";
import { compilePattern, expand, replaceMatches } from "./pattern.ts";

/** Pattern, a text that it matches as a whole, a text that it does not. */
const anchored: readonly (readonly [string, string, string])[] = [
  ["gpt-4", "gpt-4", "gpt-4o"],
  ["gpt-4|gpt-4o", "gpt-4o", "gpt-4o-mini"],
  ["gpt-(4|5)(o|)", "gpt-5", "gpt-o"],
  ["^gpt$", "gpt", "gpts"],
  ["", "", "a"],
  [".+", "\n", ""],
  ["gpt.*", "gpt\n4", "a gpt"],
  [".*gpt", "a gpt", "gpt4"],
  [".*gpt.*", "a gpt 4", "g p t"],
  ["a.c", "a\nc", "ac"],
  ["(?-s)a.c", "abc", "a\nc"],
  ["(?-s:a.)b", "axb", "a\nb"],
  ["a?b*c+", "bbc", "ab"],
  ["a{2}", "aa", "aaa"],
  ["a{2,}", "aaaa", "a"],
  ["a{1,3}", "aaa", "aaaa"],
  ["a{0}", "", "a"],
  ["a{,2}", "a{,2}", "aa"],
  ["x{a}", "x{a}", "xa"],
  ["(ab){2,3}", "ababab", "abababab"],
  ["(a*)*", "aaa", "b"],
  ["(|a)+", "aa", "b"],
  ["[a-c]+", "abc", "abd"],
  ["[^a-c]+", "xyz\n", "xaz"],
  ["[]a]+", "a]", "["],
  ["[^]a]+", "b", "]"],
  ["[a-]+", "a-", "b"],
  ["[\\d-z]+", "5-z", "y"],
  ["[\\]\\\\]+", "]\\", "["],
  ["[[:alpha:]_]+", "ab_", "a1"],
  ["[[:^digit:]]+", "ab", "a1"],
  ["[[:word:]]+", "a_1", "a-1"],
  ["[\\pL\\d]+", "aé語9", "a b"],
  ["\\pL+", "héllo", "hé1"],
  ["\\PL+", "12 -", "a"],
  ["\\p{Greek}+", "αβγ", "abc"],
  ["\\p{^Greek}+", "abc", "αβγ"],
  ["\\p{Lu}\\p{Ll}+", "Élan", "élan"],
  ["\\d\\D\\s\\S\\w\\W", "1a b_-", "11 b_-"],
  ["\\s", "\f", "\v"],
  ["[[:space:]]", "\v", "a"],
  ["(?i)GPT-4", "gpt-4", "gpt_4"],
  ["(?i)[k-m]+", "KLM\u212a", "n"],
  ["(?i)[^k]", "x", "K"],
  ["(?i)straße", "STRAẞE", "STRASSE"],
  ["(?i:a)b", "Ab", "AB"],
  ["(?i)a(?-i)b", "Ab", "AB"],
  ["(?i)a(?-i:b)c", "AbC", "ABC"],
  ["(?i)\\w", "ſ", "ß"],
  ["\\Qa.b*\\E+", "a.b**", "axb*"],
  ["\\Qa|b", "a|b", "a"],
  ["\\x41\\x{1F600}\\101", "A😀A", "A😀B"],
  ["\\0", "\u0000", "0"],
  ["\\a\\f\\t\\n\\r\\v", "\u0007\f\t\n\r\v", "aftnrv"],
  ["\\.\\-\\_\\/", ".-_/", "x-_/"],
  [".", "😀", "ab"],
  ["[😀-😂]", "😁", "😃"],
  ["\\bfoo\\b.*", "foo bar", "food"],
  ["fo\\Bo", "foo", "fo o"],
  ["(?m)a$\n^b", "a\nb", "a\n b"],
  ["\\Aa\\z", "a", "ba"],
  ["(?P<x>a)(?<y>b)", "ab", "a"],
  ["(?U)a+", "aaa", "b"],
];
for (const [pattern, yes, no] of anchored) {
  test(`/${JSON.stringify(pattern)}/ as a whole`, () => {
    const { matches, captures } = compilePattern(pattern, { anchored: true, dotAll: true });
    assert.deepEqual([matches(yes), matches(no)], [true, false]);
    assert.deepEqual([captures(yes)?.[0], captures(no)?.[0]], [yes, undefined]);
  });
}

test("what is always or never true", () => {
  assert.equal(compilePattern(".*", { anchored: true, dotAll: true }).matches("a\nb"), true);
  assert.equal(compilePattern(".*", { anchored: true }).matches("a\nb"), false);
  assert.equal(compilePattern("a$b", { anchored: true }).matches("ab"), false);
});

/** Pattern, text, the match and its groups: which of several matches RE2 prefers. */
const captured: readonly (readonly [string, string, readonly string[]])[] = [
  ["(a+)(a*)", "xaaay", ["aaa", "aaa", ""]],
  ["(a+?)(a*)", "aaa", ["aaa", "a", "aa"]],
  ["(?U)(a+)(a*?)", "aaa", ["aaa", "a", "aa"]],
  ["a|ab", "ab", ["a"]],
  ["(a|ab)(c|bcd)(d*)", "abcd", ["abcd", "a", "bcd", ""]],
  ["(a)|(b)", "b", ["b", "", "b"]],
  ["(?:(a)|b)*", "ab", ["ab", "a"]],
  ["(a*)*", "b", ["", ""]],
  ["(a*)+", "b", ["", ""]],
  ["(a|b)*", "ab", ["ab", "b"]],
  // The empty branch comes first, and a round that takes nothing ends the repetition.
  ["(|a)*", "aa", ["", ""]],
  ["(|a)+", "aa", ["", ""]],
  ["(\\w+)-(\\d+)$", "gpt-4 opus-3", ["opus-3", "opus", "3"]],
  ["x*", "aaa", [""]],
  ["(a{2}){2}", "aaaa", ["aaaa", "aa"]],
  ["😀(.)", "a😀😂", ["😀😂", "😂"]],
];
for (const [pattern, text, groups] of captured) {
  test(`/${pattern}/ captures in "${text}"`, () => {
    assert.deepEqual(compilePattern(pattern).captures(text), groups);
  });
}

test("an anchored capture takes the groups of the match that spans the text", () => {
  const { captures, names } = compilePattern("(?P<first>a|ab)(c|bcd)?", { anchored: true });
  assert.deepEqual(captures("ab"), ["ab", "ab", ""]);
  assert.deepEqual(names, ["", "first", ""]);
});

test("find goes on from an offset", () => {
  const { find } = compilePattern("\\bb(c)?");
  assert.deepEqual(find("b bc", 1), [2, 4, 3, 4]);
  assert.deepEqual(find("b ab", 1), undefined);
});

/** Pattern, the place of the fault, a word of the message. */
const refused: readonly (readonly [string, number, number, RegExp])[] = [
  ["a(b", 1, 2, /\( without its \)/],
  ["ab)", 2, 3, /\) without its \(/],
  ["a[bc", 1, 2, /\[ without its \]/],
  ["[]", 0, 1, /\[ without/],
  ["[b-a]", 1, 4, /wrong order/],
  ["[a-\\d]", 3, 5, /escape/],
  ["[[:alfa:]]", 1, 9, /POSIX/],
  ["*a", 0, 1, /nothing stands before/],
  ["a|*", 2, 3, /nothing stands before/],
  ["(+a)", 1, 2, /nothing stands before/],
  ["a**", 2, 3, /repetition of a repetition/],
  ["a+?+", 3, 4, /repetition of a repetition/],
  ["a{2}{3}", 4, 7, /repetition of a repetition/],
  ["a{1001}", 1, 7, /1000 at most/],
  ["a{2,1}", 1, 6, /wrong order/],
  ["(a{100}){100}", 8, 13, /multiply/],
  ["((a{10}){10,}){11}", 14, 18, /multiply/],
  ["(a)\\1", 3, 5, /backreferences/],
  ["(?P<n>a)(?P=n)", 8, 12, /backreferences/],
  ["a(?=b)", 1, 4, /lookaround/],
  ["a(?!b)", 1, 4, /lookaround/],
  ["(?<=a)b", 0, 4, /lookaround/],
  ["(?<!a)b", 0, 4, /lookaround/],
  ["(?>a)", 0, 3, /groups begin with/],
  ["(?x)a", 0, 3, /groups begin with/],
  ["(?i-)a", 0, 3, /groups begin with/],
  ["(?P<n>a)(?P<n>b)", 8, 14, /twice/],
  ["(?P<n-1>a)", 0, 8, /letters, digits/],
  ["(?P<n", 0, 3, /no >/],
  ["\\", 0, 1, /at the end/],
  ["\\y", 0, 2, /escape/],
  ["\\Z", 0, 2, /escape/],
  ["\\C", 0, 2, /escape/],
  ["\\é", 0, 2, /escape/],
  ["\\pX", 0, 3, /category/],
  ["\\p{Martian}", 0, 11, /category/],
  ["\\p", 0, 2, /without its name/],
  ["\\x{110000}", 0, 10, /code point/],
  ["\\xg", 0, 2, /escape/],
  ["(".repeat(1001), 1000, 1001, /nest deeper/],
];
for (const [pattern, from, to, message] of refused) {
  test(`/${pattern.slice(0, 20)}/ is refused`, () => {
    assert.throws(
      () => compilePattern(pattern, { kind: "routing" }),
      (error) => {
        assert.ok(error instanceof InputError);
        assert.equal(error.kind, "routing");
        assert.deepEqual(error.place, { from, to });
        assert.match(error.message, message);
        return true;
      },
    );
  });
}

test("a pattern too large to be written out is refused", () => {
  const large = "[a-z]{1000}".repeat(201);
  assert.throws(() => compilePattern(large), /larger than 200000 steps/);
});

test("what makes others backtrack for ever takes one walk", () => {
  const text = "a".repeat(10_000);
  for (const pattern of ["(a+)+b", "(a|aa)+b", "(.*)*x\\b", "(a?){1000}b"]) {
    const { matches, captures } = compilePattern(pattern, { anchored: true, dotAll: true });
    assert.equal(matches(text), false);
    assert.equal(captures(text.slice(0, 200)), undefined);
  }
});

test("an automaton that outgrows its cache goes on right", () => {
  // Remembers which of the last 14 characters were an a: 16,384 states.
  const { matches } = compilePattern("(a|b)*a(a|b){13}", { anchored: true });
  let seed = 1;
  let text = "";
  for (let i = 0; i < 30_000; i++) {
    seed = (seed * 48_271) % 0x7fffffff;
    text += seed % 2 === 0 ? "a" : "b";
  }
  for (const length of [20_000, 25_000, 30_000]) {
    const cut = text.slice(0, length);
    assert.equal(matches(cut), cut.at(-14) === "a");
  }
});

/** Patterns whose meaning is the same here and in JavaScript. */
const { pattern: commonPattern } = fc.letrec<{ pattern: string; term: string; atom: string }>(
  (tie) => ({
    atom: fc.oneof(
      { maxDepth: 2 },
      fc.constantFrom("a", "b", "c", ".", "\\d", "\\w", "[ab]", "[^a]", "[a-c]", "\\b", "^", "$"),
      tie("pattern").map((inner) => `(${inner})`),
      tie("pattern").map((inner) => `(?:${inner})`),
    ),
    term: fc
      .tuple(tie("atom"), fc.constantFrom("", "", "", "*", "+", "?", "{2}", "{0,2}", "*?", "+?"))
      .map(([atom, suffix]) => (/^(?:\\b|\^|\$)$/.test(atom) ? atom : atom + suffix)),
    pattern: fc
      .array(fc.array(tie("term"), { maxLength: 4 }), { minLength: 1, maxLength: 3 })
      .map((branches) => branches.map((terms) => terms.join("")).join("|")),
  }),
);
const shortText = fc.string({ unit: fc.constantFrom("a", "b", "c", "1", "\n"), maxLength: 6 });

test("agrees with JavaScript on what both understand", () => {
  fc.assert(
    fc.property(commonPattern, shortText, (pattern, text) => {
      const whole = compilePattern(pattern, { anchored: true, dotAll: true });
      const expected = new RegExp(`^(?:${pattern})$`, "s").test(text);
      assert.equal(whole.matches(text), expected);
      assert.equal(whole.captures(text) !== undefined, expected);
      assert.equal(compilePattern(pattern).matches(text), new RegExp(pattern).test(text));
    }),
    { numRuns: 1000 },
  );
});

test("finds the match that JavaScript finds where no group repeats", () => {
  const flat = commonPattern.filter((pattern) => !/\)[*+?{]/.test(pattern));
  fc.assert(
    fc.property(flat, shortText, (pattern, text) => {
      const match = new RegExp(pattern).exec(text);
      const found = compilePattern(pattern).captures(text);
      assert.deepEqual(
        found,
        match === null ? undefined : Array.from(match, (group?: string) => group ?? ""),
      );
    }),
    { numRuns: 1000 },
  );
});

test("any text is a pattern or is refused with its place", () => {
  const text = fc.string({
    unit: fc.constantFrom(..."ab(){}[]\\|*+?^$.,-:<>=!PQEpLd1x"),
    maxLength: 12,
  });
  fc.assert(
    fc.property(text, (pattern) => {
      try {
        compilePattern(pattern, { anchored: true }).captures("ab1");
      } catch (error) {
        assert.ok(error instanceof InputError && error.place);
        assert.ok(error.place.from < error.place.to && error.place.to <= pattern.length);
      }
    }),
    { numRuns: 5000 },
  );
});

/** Template, what it becomes for the match ["ab", "a", "b"] with the second group called `last`. */
const expanded: readonly (readonly [string, string])[] = [
  ["$1-$2", "a-b"],
  ["${1}x", "ax"],
  ["$1x", ""],
  ["$last", "b"],
  ["${last}s", "bs"],
  ["$0", "ab"],
  ["$3", ""],
  ["$$1", "$1"],
  ["$", "$"],
  ["$-", "$-"],
  ["${1", "${1"],
  ["${}", "${}"],
  ["plain", "plain"],
];
for (const [template, text] of expanded) {
  test(`template ${template}`, () => {
    assert.equal(expand(template, ["ab", "a", "b"], ["", "", "last"]), text);
  });
}

/** Pattern, text, and what Go makes of it where every match becomes its own text in brackets. */
const replaced: readonly (readonly [string, string, string])[] = [
  ["b", "abcb", "a[b]c[b]"],
  ["x", "abc", "abc"],
  ["[a-c]*", "日", "[]日[]"],
  ["[a-c]*", "", "[]"],
  ["[a-c]*", "abcbcdcdedef", "[abcbc]d[c]d[]e[]d[]e[]f[]"],
  ["[a-c]*", "defabcdef", "[]d[]e[]f[abc]d[]e[]f[]"],
  ["y*", "😀y", "[]😀[y]"],
];
for (const [source, text, expected] of replaced) {
  test(`${source} in "${text}" gives ${expected}`, () => {
    const pattern = compilePattern(source);
    assert.equal(
      replaceMatches(pattern, text, ([match]) => `[${match}]`),
      expected,
    );
  });
}

test("groups are handed over", () => {
  const pattern = compilePattern("(a)|(b)");
  assert.equal(
    replaceMatches(pattern, "abc", (captures) => JSON.stringify(captures)),
    '["a","a",""]["b","","b"]c',
  );
});
