import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { formatMatchers, readMatchers } from "./matcher-syntax.ts";

const readable: readonly (readonly [string, string])[] = [
  ["", "{}"],
  ["{}", "{}"],
  ['foo="bar"', '{foo="bar"}'],
  ["foo=bar", '{foo="bar"}'],
  ["  foo  =  bar  ", '{foo="bar"}'],
  ['foo=~"a|b"', '{foo=~"a|b"}'],
  ["foo=~a|b", '{foo=~"a|b"}'],
  ['{a="b",c!="d"}', '{a="b",c!="d"}'],
  ['{c!~"d", a="b",}', '{a="b",c!~"d"}'],
  ['a="b",', '{a="b"}'],
  ['a=""', '{a=""}'],
  ["a=", '{a=""}'],
  ['a="x,y"', '{a="x,y"}'],
  ['a="say \\"hi\\""', '{a="say \\"hi\\""}'],
  ['a="line\\nbreak"', '{a="line\\nbreak"}'],
  // Only the classic syntax keeps a backslash that escapes nothing.
  ['path=~"/v\\d+/.*"', '{path=~"/v\\\\d+/.*"}'],
  ["path=~/v\\d+", '{path=~"/v\\\\d+"}'],
  // The two syntaxes read \t differently: the classic reading holds.
  ['a="\\t"', '{a="\\\\t"}'],
  // Only the UTF-8 syntax knows other names, and quoted ones.
  ['モデル="gpt"', '{モデル="gpt"}'],
  ['"gen_ai.model"="x"', '{gen_ai.model="x"}'],
  ['gen_ai.model=~"gpt.*"', '{gen_ai.model=~"gpt.*"}'],
  ['"a b"="\\u3042"', '{"a b"="あ"}'],
  ['"a\\x21b"="c"', '{"a!b"="c"}'],
  ['"a b"="\\xe3\\201\\x82"', '{"a b"="あ"}'],
  ["foo:bar=1", '{foo:bar="1"}'],
];
for (const [text, written] of readable) {
  test(`${text} means ${written}`, () => {
    const read = readMatchers(text);
    assert.equal(read.ok ? formatMatchers(read.matchers) : read.reason, written);
  });
}

const refused: readonly (readonly [string, string])[] = [
  ["foo", "expected an operator (=, !=, =~ or !~), found the end of the text"],
  ["=x", 'expected a label name, found "="'],
  ["a.b==c", 'expected a label value, found "="'],
  ['a.b="c" d="e"', 'expected a comma, found "d"'],
  ['{a.b="c"', 'expected a comma or "}", found the end of the text'],
  ['a.b="c"}', 'expected a comma, found "}"'],
  ['a.b="c",,', 'expected a label name, found ","'],
  [",", 'expected a label name, found ","'],
  ['"a b"="c', 'a quoted text lacks its closing "'],
  ["a.b='c'", "' must stand inside a double-quoted text"],
  ["a.b~c", "~ must stand inside a double-quoted text"],
  ['"a b"="\\d"', 'unknown escape "\\d"; write \\\\ for a backslash'],
  ['"a b"="\\xff"', "the bytes of a quoted text are not UTF-8"],
  ['"a b"="\\ud800"', "escape of no character; write \\\\ for a backslash"],
  ['"a b"="\\400"', "octal escape above \\377; write \\\\ for a backslash"],
  ['"a b"="x\ny"', "a quoted text holds a line break; write \\n"],
];
for (const [text, reason] of refused) {
  test(`${JSON.stringify(text)} is refused`, () =>
    assert.deepEqual(readMatchers(text), { ok: false, reason }));
}

test("matchers that were written are read back", () => {
  const matcher = fc.record({
    name: fc.string({ unit: "binary", minLength: 1 }),
    op: fc.constantFrom("=" as const, "!=" as const, "=~" as const, "!~" as const),
    value: fc.string({ unit: "binary" }),
  });
  fc.assert(
    fc.property(fc.array(matcher, { maxLength: 3 }), (matchers) => {
      const written = formatMatchers(matchers);
      const read = readMatchers(written);
      assert.ok(read.ok, written);
      assert.equal(formatMatchers(read.matchers), written);
    }),
  );
});
