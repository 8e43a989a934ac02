import {
  beginsWord,
  FIRST_PLACE,
  LANGUAGES,
  languagesAt,
  nextPlace,
  signOf,
} from "./small-words.ts";

/** What a text is written in: signs by script, and small words by language for the Latin one. */
export type LanguageCounts = {
  /** Letters of Latin script. */
  readonly latin: number;
  readonly words: number;
  /** Signs of each other script, in the order of `SCRIPTS`. */
  readonly scripts: readonly number[];
  /** Small words of each language, in the order of `LANGUAGES`. */
  readonly smallWords: readonly number[];
  /** Those of them that no other of the languages has. */
  readonly ownWords: readonly number[];
};

/** First and last code unit. Kana and Han are told apart below. */
const SCRIPTS = {
  kana: [0x3041, 0x30ff],
  han: [0x3400, 0x9fff],
  hangul: [0xac00, 0xd7af],
  cyrillic: [0x0400, 0x052f],
  arabic: [0x0600, 0x06ff],
  greek: [0x0370, 0x03ff],
  hebrew: [0x0590, 0x05ff],
  devanagari: [0x0900, 0x097f],
  thai: [0x0e00, 0x0e7f],
} as const;

const SCRIPT_NAMES: readonly string[] = Object.keys(SCRIPTS);

/** The script of each code unit, counted from 1 in the order of `SCRIPTS`; 0 for all others. */
const SCRIPT_OF = new Uint8Array(0x10000);
for (const [i, [first, last]] of Object.values(SCRIPTS).entries())
  SCRIPT_OF.fill(i + 1, first, last + 1);
const FIRST_OF_SCRIPTS = SCRIPT_OF.findIndex((script) => script > 0);

const NO_WORDS: readonly number[] = LANGUAGES.map(() => 0);
const NO_SIGNS: readonly number[] = SCRIPT_NAMES.map(() => 0);

/**
 * Counts what tells languages apart, in one pass.
 *
 * @param end the code unit before which the text ends
 */
export function countLanguages(text: string, end: number = text.length): LanguageCounts {
  const smallWords = NO_WORDS.slice();
  const ownWords = NO_WORDS.slice();
  const scripts = NO_SIGNS.slice();
  let latin = 0;
  let words = 0;
  for (let i = 0; i < end; i++) {
    const unit = text.charCodeAt(i);
    let sign = signOf(unit);
    if (beginsWord(sign)) {
      const from = i;
      let place = FIRST_PLACE;
      while (sign !== 0) {
        place = nextPlace(place, sign);
        sign = ++i < end ? signOf(text.charCodeAt(i)) : 0;
      }
      latin += i - from;
      words += 1;
      const languages = languagesAt(place);
      if (languages !== 0) addLanguages(languages, smallWords, ownWords);
      // What ends a word may be a sign of another script.
      i--;
    } else if (unit >= FIRST_OF_SCRIPTS) {
      const script = SCRIPT_OF[unit] ?? 0;
      if (script > 0) scripts[script - 1] = (scripts[script - 1] ?? 0) + 1;
    }
  }
  return { latin, words, scripts, smallWords, ownWords };
}

/** @param languages bits of those that have a word */
function addLanguages(languages: number, smallWords: number[], ownWords: number[]): void {
  for (let at = 0, left = languages; left !== 0; at++, left >>= 1) {
    if ((left & 1) === 0) continue;
    smallWords[at] = (smallWords[at] ?? 0) + 1;
    if (left === 1 && languages === 1 << at) ownWords[at] = (ownWords[at] ?? 0) + 1;
  }
}

/** A sign of these scripts says about as much as so many Latin letters. */
const DENSITY = 2.5;
/** The share of a text that is of one language, before the text is called so. */
const MAIN_SHARE = 0.7;
/** Signs, Latin letters counted as above, from which a text says its language. */
const LEAST_SIGNS = 10;

/**
 * The language that a text is mainly written in: `ja`, `zh`, `han` where it has Han alone and nothing
 * that only Chinese has, the script's name for others, or a language of the word lists. `undefined`
 * where it is short, mixed, or in none of them.
 */
export function mainLanguage(text: string, counts: LanguageCounts): string | undefined {
  const [kana = 0, han = 0, hangul = 0, ...others] = counts.scripts;
  const cjk = (kana + han) * DENSITY;
  const weights = [counts.latin, cjk, hangul * DENSITY, ...others];
  const least = Math.max(LEAST_SIGNS, sumOf(weights) * MAIN_SHARE);
  const main = weights.findIndex((weight) => weight >= least);
  if (main === 0) return latinLanguage(counts);
  return main === 1 ? cjkLanguage(text, counts) : SCRIPT_NAMES[main];
}

function sumOf(weights: readonly number[]): number {
  return weights.reduce((sum, weight) => sum + weight, 0);
}

/** Japanese prose has a third of kana and more; a name in kana makes no Chinese text Japanese. */
const KANA_SHARE = 0.15;
const CHINESE_ONLY = /[的了是吗们这么请您你我她它没说为从让给还对时问题]/;

function cjkLanguage(text: string, counts: LanguageCounts): string {
  const [kana = 0, han = 0] = counts.scripts;
  if (kana >= (kana + han) * KANA_SHARE) return "ja";
  if (CHINESE_ONLY.test(text)) return "zh";
  return kana > 0 ? "ja" : "han";
}

const LEAST_WORDS = 5;
const LEAST_SMALL_WORDS = 3;
const SMALL_SHARE = 0.2;
/** How far the first language is ahead of the second. */
const AHEAD = 1.5;

function latinLanguage({ words, smallWords }: LanguageCounts): string | undefined {
  let [best, second, language] = [0, 0, 0];
  for (const [i, n] of smallWords.entries()) {
    if (n > best) [best, second, language] = [n, best, i];
    else if (n > second) second = n;
  }
  if (words < LEAST_WORDS || best < LEAST_SMALL_WORDS || best < words * SMALL_SHARE)
    return undefined;
  return best >= second * AHEAD ? LANGUAGES[language] : undefined;
}

/** Latin words, or words that only one language has, that are more than a name. */
const SOME_WORDS = 3;
const SOME_OWN_WORDS = 2;

/** Whether a text has at least some words or signs of a language, be it a quote. */
export function hasSome(language: string, counts: LanguageCounts): boolean {
  const { scripts, words, latin, ownWords } = counts;
  const [kana = 0, han = 0] = scripts;
  if (language === "ja") return kana > 0;
  if (language === "zh" || language === "han") return han > 0 && kana === 0;
  const i = LANGUAGES.indexOf(language);
  if (i === -1) return (scripts[SCRIPT_NAMES.indexOf(language)] ?? 0) > 0;
  const hasOwn = (ownWords[i] ?? 0) >= SOME_OWN_WORDS;
  // In a text of another script, any words in Latin may be what is asked about.
  return sumOf(scripts) * DENSITY > latin / 2 ? words >= SOME_WORDS : hasOwn;
}

/** Code units of which most texts have some words of their language. */
const FIRST_WORDS = 160;

/** Whether a text has some of a language for certain, as its first words show. */
export function startsWithSome(language: string, text: string): boolean {
  // Kana further down would make its Han Japanese.
  if (language === "zh" || language === "han") return false;
  let end = Math.min(FIRST_WORDS, text.length);
  // Half a word may be another one.
  while (end > 0 && end < text.length && signOf(text.charCodeAt(end)) !== 0) end--;
  const counts = countLanguages(text, end);
  const i = LANGUAGES.indexOf(language);
  if (i === -1) return hasSome(language, counts);
  return counts.words >= SOME_WORDS && (counts.ownWords[i] ?? 0) >= SOME_OWN_WORDS;
}
