import { LANGUAGE_WORDS } from "./language-words.ts";

export const LANGUAGES: readonly string[] = Object.keys(LANGUAGE_WORDS);

/** Letters of ASCII, of Latin-1 and of both Latin Extended blocks. */
const LATIN: readonly (readonly [first: number, last: number])[] = [
  [0x41, 0x5a],
  [0x61, 0x7a],
  [0xc0, 0xd6],
  [0xd8, 0xf6],
  [0xf8, 0x24f],
];

/** Letters that no small word has. */
const OTHER_LETTER = 1;
/** In a word, but not its first sign. */
const APOSTROPHE = 2;

/** The number of each sign of the small words. */
const NUMBERS = new Map([["'", APOSTROPHE]]);
for (const sign of Object.values(LANGUAGE_WORDS).join("").replaceAll(" ", ""))
  if (!NUMBERS.has(sign)) NUMBERS.set(sign, NUMBERS.size + APOSTROPHE);

/** The number of each code unit within a word, equal for both cases; 0 where it is in no word. */
const SIGNS = new Uint8Array(0x10000);
SIGNS["'".charCodeAt(0)] = APOSTROPHE;
for (const [first, last] of LATIN) {
  for (let unit = first; unit <= last; unit++)
    SIGNS[unit] = NUMBERS.get(String.fromCharCode(unit).toLowerCase()) ?? OTHER_LETTER;
}

/** The number of a code unit within a word of Latin script; 0 where it is in none. */
export function signOf(unit: number): number {
  return SIGNS[unit] ?? 0;
}

/** Whether a word begins with a sign, by its number. */
export function beginsWord(sign: number): boolean {
  return sign !== 0 && sign !== APOSTROPHE;
}

/**
 * The small words as a tree that is gone down sign by sign, so that no word is cut out of its text. A
 * place in it is where its entries begin: first the languages of the word that ends there, as bits in
 * the order of `LANGUAGES`, then for each sign by its number the place where it leads. Place 0 is for all
 * words that are not small.
 */
const WIDTH = NUMBERS.size + APOSTROPHE;
export const FIRST_PLACE: number = WIDTH;
const TREE = Int32Array.from(treeEntries());

function treeEntries(): readonly number[] {
  const entries: number[] = [];
  const addPlace = (): number => {
    for (let i = 0; i < WIDTH; i++) entries.push(0);
    return entries.length - WIDTH;
  };
  addPlace();
  addPlace();
  for (const [i, language] of LANGUAGES.entries()) {
    for (const word of (LANGUAGE_WORDS[language] ?? "").split(" ")) {
      let place = FIRST_PLACE;
      for (const sign of word) {
        const entry = place + (NUMBERS.get(sign) ?? OTHER_LETTER);
        place = entries[entry] || addPlace();
        entries[entry] = place;
      }
      entries[place] = (entries[place] ?? 0) | (1 << i);
    }
  }
  return entries;
}

/** Where a sign leads from a place. */
export function nextPlace(place: number, sign: number): number {
  return TREE[place + sign] ?? 0;
}

/** The languages that have the word which ends at a place, as bits in the order of `LANGUAGES`. */
export function languagesAt(place: number): number {
  return TREE[place] ?? 0;
}
