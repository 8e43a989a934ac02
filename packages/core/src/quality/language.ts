import { LANGUAGE_WORDS } from "./language-words.ts";

/** What a text is written in: signs by script, and small words by language for the Latin one. */
export type LanguageCounts = {
  /** Letters of Latin script. */
  readonly latin: number;
  readonly words: number;
  /** Signs of each other script that was met. */
  readonly scripts: ReadonlyMap<Script, number>;
  /** Small words of each language, in the order of `LANGUAGES`. */
  readonly smallWords: readonly number[];
  /** Those of them that no other of the languages has. */
  readonly ownWords: readonly number[];
};

export type Script = keyof typeof SCRIPTS;

/** First and last code unit; the order is that of the search. Kana and Han are told apart below. */
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

const RANGES = Object.entries(SCRIPTS) as readonly (readonly [Script, readonly [number, number]])[];

const LANGUAGES = Object.keys(LANGUAGE_WORDS);

/** The languages of each small word, as bits in the order of `LANGUAGES`. */
const SMALL_WORDS = new Map<string, number>();
for (const [i, language] of LANGUAGES.entries()) {
  for (const word of (LANGUAGE_WORDS[language] ?? "").split(" "))
    SMALL_WORDS.set(word, (SMALL_WORDS.get(word) ?? 0) | (1 << i));
}

/** No small word is longer. */
const LONGEST_WORD = 8;

/** Counts what tells languages apart, in one pass. */
export function countLanguages(text: string): LanguageCounts {
  const smallWords = LANGUAGES.map(() => 0);
  const ownWords = LANGUAGES.map(() => 0);
  const scripts = new Map<Script, number>();
  let latin = 0;
  let words = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (isLatin(unit)) {
      const from = i;
      while (i + 1 < text.length && isOfWord(text.charCodeAt(i + 1))) i++;
      latin += i + 1 - from;
      words += 1;
      const bits = i - from < LONGEST_WORD ? languagesOf(text.slice(from, i + 1)) : 0;
      for (let at = 0, left = bits; left !== 0; at++, left >>= 1) {
        if ((left & 1) === 0) continue;
        smallWords[at] = (smallWords[at] ?? 0) + 1;
        if (bits === 1 << at) ownWords[at] = (ownWords[at] ?? 0) + 1;
      }
    } else if (unit >= 0x0370) {
      const script = scriptOf(unit);
      if (script !== undefined) scripts.set(script, (scripts.get(script) ?? 0) + 1);
    }
  }
  return { latin, words, scripts, smallWords, ownWords };
}

/** The languages that have a small word, as bits. */
function languagesOf(word: string): number {
  return SMALL_WORDS.get(word.toLowerCase()) ?? 0;
}

/** Letters of ASCII, of Latin-1 and of both Latin Extended blocks. */
function isLatin(unit: number): boolean {
  if (unit < 0x80) return (unit >= 65 && unit <= 90) || (unit >= 97 && unit <= 122);
  return unit >= 0xc0 && unit <= 0x24f && unit !== 0xd7 && unit !== 0xf7;
}

const APOSTROPHE = 0x27;

function isOfWord(unit: number): boolean {
  return isLatin(unit) || unit === APOSTROPHE;
}

function scriptOf(unit: number): Script | undefined {
  for (const [script, [first, last]] of RANGES) if (unit >= first && unit <= last) return script;
  return undefined;
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
  const weights = new Map<string, number>();
  for (const [script, n] of counts.scripts) {
    const name = script === "kana" || script === "han" ? "cjk" : script;
    weights.set(name, (weights.get(name) ?? 0) + n * (isDense(script) ? DENSITY : 1));
  }
  weights.set("latin", counts.latin);
  let whole = 0;
  for (const weight of weights.values()) whole += weight;
  for (const [name, weight] of weights) {
    if (weight < whole * MAIN_SHARE || weight < LEAST_SIGNS) continue;
    if (name === "latin") return latinLanguage(counts);
    return name === "cjk" ? cjkLanguage(text, counts) : name;
  }
  return undefined;
}

function isDense(script: Script): boolean {
  return script === "kana" || script === "han" || script === "hangul";
}

/** Japanese prose has a third of kana and more; a name in kana makes no Chinese text Japanese. */
const KANA_SHARE = 0.15;
const CHINESE_ONLY = /[的了是吗们这么请您你我她它没说为从让给还对时问题]/;

function cjkLanguage(text: string, counts: LanguageCounts): string {
  const kana = counts.scripts.get("kana") ?? 0;
  const han = counts.scripts.get("han") ?? 0;
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
  const best = Math.max(...smallWords);
  const second = Math.max(...smallWords.filter((_, i) => i !== smallWords.indexOf(best)));
  if (words < LEAST_WORDS || best < LEAST_SMALL_WORDS || best < words * SMALL_SHARE)
    return undefined;
  return best >= second * AHEAD ? LANGUAGES[smallWords.indexOf(best)] : undefined;
}

/** Latin words, or words that only one language has, that are more than a name. */
const SOME_WORDS = 3;
const SOME_OWN_WORDS = 2;

/** Whether a text has at least some words or signs of a language, be it a quote. */
export function hasSome(language: string, counts: LanguageCounts): boolean {
  const { scripts, words, latin, ownWords } = counts;
  const han = scripts.get("han") ?? 0;
  const kana = scripts.get("kana") ?? 0;
  if (language === "ja") return kana > 0;
  if (language === "zh" || language === "han") return han > 0 && kana === 0;
  const i = LANGUAGES.indexOf(language);
  if (i === -1) return (scripts.get(language as Script) ?? 0) > 0;
  let others = 0;
  for (const signs of scripts.values()) others += signs;
  // In a text of another script, any words in Latin may be what is asked about.
  return others * DENSITY > latin / 2 ? words >= SOME_WORDS : (ownWords[i] ?? 0) >= SOME_OWN_WORDS;
}
