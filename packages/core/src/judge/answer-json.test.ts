import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { findObjects, type AnswerValue } from "./answer-json.ts";

/** As JSON.parse would give it; what is no value is told as `?`. */
function plain(value: AnswerValue): unknown {
  if (typeof value !== "object" || value === null) return value;
  if ("kind" in value) {
    return value.kind === "word"
      ? "?"
      : Object.fromEntries(value.entries.map(([key, inner]) => [key, plain(inner)]));
  }
  return value.map(plain);
}

const found: readonly (readonly [text: string, objects: readonly unknown[]])[] = [
  [`{}`, [{}]],
  [` {"a": 1} `, [{ a: 1 }]],
  ['```json\n{"a": 1}\n```', [{ a: 1 }]],
  [`Here you are: {"a": 1}. Anything else?`, [{ a: 1 }]],
  [`{"a": {"b": [1, {"c": null}]}}`, [{ a: { b: [1, { c: null }] } }]],
  [`{"a": 1,}`, [{ a: 1 }]],
  [`{"a": [1, 2,],}`, [{ a: [1, 2] }]],
  [`{"a": "two\nlines"}`, [{ a: "two\nlines" }]],
  [`{"a": "\\"{}\\u00e9\\n\\\\"}`, [{ a: `"{}é\n\\` }]],
  [`{"a": 1} {"b": 2}`, [{ a: 1 }, { b: 2 }]],
  [`[{"a": 1}]`, [{ a: 1 }]],
  [`{ not JSON } {"a": true}`, [{ a: true }]],
  [`{"a": NaN, "b": None, "c": -Infinity, "d": False}`, [{ a: "?", b: "?", c: "?", d: "?" }]],
  [`{"a": -1.5e-3}`, [{ a: -0.0015 }]],
];
for (const [text, objects] of found) {
  test(`found in ${JSON.stringify(text)}`, () =>
    assert.deepEqual(findObjects(text).objects.map(plain), objects));
}

const faults: readonly (readonly [string, "truncated" | "malformed" | undefined])[] = [
  ["", undefined],
  ["no JSON at all", undefined],
  ["{", "truncated"],
  [`{"a`, "truncated"],
  [`{"a"`, "truncated"],
  [`{"a":`, "truncated"],
  [`{"a": 1`, "truncated"],
  [`{"a": 1,`, "truncated"],
  [`{"a": "\\`, "truncated"],
  [`{"a": "\\u00`, "truncated"],
  [`{"a": [1`, "truncated"],
  [`{"a": {"b": 1}`, "truncated"],
  [`{a: 1}`, "malformed"],
  [`{'a': 1}`, "malformed"],
  [`{"a" 1}`, "malformed"],
  [`{"a": }`, "malformed"],
  [`{,}`, "malformed"],
  [`{"a": 1 "b": 2}`, "malformed"],
  [`{"a": 01}`, "malformed"],
  [`{"a": 1.}`, "malformed"],
  [`{"a": 1,,}`, "malformed"],
  [`{"a": "\\x"}`, "malformed"],
  [`{"a": "\\uZZZZ"}`, "malformed"],
  [`{"a": [1}`, "malformed"],
  [`{"a": …}`, "malformed"],
  [`{"a":`.repeat(50), "malformed"],
];
for (const [text, fault] of faults) {
  test(`${fault ?? "no"} fault in ${JSON.stringify(text.slice(0, 40))}`, () =>
    assert.equal(findObjects(text).fault, fault));
}

test("a key that is there twice is told, at any depth", () => {
  const repeated = (text: string) => findObjects(text).objects[0]?.repeatedKey;
  assert.equal(repeated(`{"a": 1, "b": 2}`), false);
  assert.equal(repeated(`{"a": 1, "a": 1}`), true);
  assert.equal(repeated(`{"a": 1, "\\u0061": 1}`), true);
  assert.equal(repeated(`{"x": [{"y": {"a": 1, "a": 2}}]}`), true);
});

test("every JSON object is read as JSON.parse reads it", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })), (object) => {
      const text = JSON.stringify(object);
      const { objects, fault } = findObjects(text);
      assert.equal(fault, undefined);
      assert.deepEqual(objects.map(plain), [JSON.parse(text)]);
    }),
  );
});

test("a strict object that is cut off anywhere is truncated, and gives no object of its own", () => {
  const text = `{"boundary": "b", "verdicts": {"x": {"score": 0.5, "label": "\\u00e9\\n"}}}`;
  for (let length = 1; length < text.length; length++) {
    const { objects, fault } = findObjects(text.slice(0, length));
    assert.equal(fault, "truncated", text.slice(0, length));
    assert.ok(!objects.some((object) => object.entries.some(([key]) => key === "boundary")));
  }
});

const floods = [`{"a":`, `{"`, `{"\\"`, "{", `{"a":[`, `{"a":1,`, `{"a{`, `[{"a":[1,1,1,1,1,1,1,`];
for (const flood of floods) {
  test(`a flood of ${flood} ends`, () => {
    const text = flood.repeat(200_000 / flood.length);
    assert.deepEqual(findObjects(text).objects, []);
  });
}
