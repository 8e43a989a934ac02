import assert from "node:assert/strict";
import test from "node:test";
import { LANGUAGE_WORDS } from "./language-words.ts";
import { FIRST_PLACE, LANGUAGES, languagesAt, nextPlace, signOf } from "./small-words.ts";

function languagesOf(word: string): readonly string[] {
  let place = FIRST_PLACE;
  for (let i = 0; i < word.length; i++) place = nextPlace(place, signOf(word.charCodeAt(i)));
  const bits = languagesAt(place);
  return LANGUAGES.filter((_, i) => (bits & (1 << i)) !== 0);
}

test("every small word leads to its languages, in either case", () => {
  const lists = Object.entries(LANGUAGE_WORDS).map(
    ([language, words]) => [language, new Set(words.split(" "))] as const,
  );
  for (const word of lists.flatMap(([, words]) => [...words])) {
    const expected = lists.filter(([, words]) => words.has(word)).map(([language]) => language);
    assert.deepEqual(languagesOf(word), expected, word);
    // The sharp s has no capital in the blocks that are read.
    const capitals = word.replaceAll(/[^ß]/g, (letter) => letter.toUpperCase());
    assert.deepEqual(languagesOf(capitals), expected, capitals);
  }
});

const others = [
  "",
  "t",
  "th",
  "thee",
  "thex",
  "xthe",
  "it'",
  "'it",
  "ÿthe",
  "thé",
  "zzzzzzzzzzzzzzzz",
];

for (const word of others) {
  test(`"${word}" is no small word`, () => {
    assert.deepEqual(languagesOf(word), []);
  });
}
