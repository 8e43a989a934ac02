import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { isUtf8, quote, unquote } from "./go-string.ts";

const bytes: readonly (readonly [string, string])[] = [
  ['"\\xe3\\x81\\x82"', "あ"],
  ['"\\343\\201\\202"', "あ"],
  ['"\\xf0\\x9f\\x98\\x80"', "😀"],
  ['"\\U0001F600"', "😀"],
  ['"\\xe3\\x81"', "\udce3\udc81"],
  ['"\\xc0\\x80"', "\udcc0\udc80"],
  ['"\\xed\\xa0\\x80"', "\udced\udca0\udc80"],
  ['"\\xf4\\x90\\x80\\x80"', "\udcf4\udc90\udc80\udc80"],
  ['"\\a\\b\\f\\n\\r\\t\\v\\\\\\""', '\u0007\b\f\n\r\t\v\\"'],
  ["`\\n\r\n`", "\\n\n"],
];
for (const [literal, value] of bytes) {
  test(`${literal} is ${JSON.stringify(value)}`, () => assert.equal(unquote(literal), value));
}

test("a string that is quoted unquotes to itself", () => {
  const lone = fc
    .integer({ min: 0x80, max: 0xff })
    .map((byte) => String.fromCharCode(0xdc00 + byte));
  const text = fc
    .array(fc.oneof(fc.string({ unit: "binary", maxLength: 5 }), lone), { maxLength: 5 })
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, (value) => {
      // Lone bytes side by side may happen to be UTF-8, and then become its character.
      const once = unquote(quote(value));
      assert.ok(typeof once === "string");
      assert.equal(unquote(quote(once)), once);
      if (isUtf8(value)) assert.equal(once, value);
    }),
  );
});
