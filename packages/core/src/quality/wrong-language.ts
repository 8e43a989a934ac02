import type { Call } from "../model/call.ts";
import { wholeAnswer } from "./answer.ts";
import { codeFree } from "./code-free.ts";
import { countLanguages, hasSome, mainLanguage, startsWithSome } from "./language.ts";

/** Code units of a text that say which language it is in. */
const START = 800;
const SYSTEM = 8000;

/**
 * Whether the answer is in a language, or script, that the input has nothing of. Where one of them is
 * too short or too mixed to tell, where the answer is code or data, and where input or system prompt
 * name a language or ask for a translation, nothing is said.
 */
export function isWrongLanguage(call: Call): boolean {
  const { input, system = "" } = call.text ?? {};
  const output = wholeAnswer(call);
  if (input === undefined || output === undefined || call.facts?.outputType === "json")
    return false;
  if (/^\s*[[{<]/.test(output.slice(0, 100))) return false;
  const answered = languageOf(output);
  // The first words of most inputs say enough.
  if (answered === undefined || startsWithSome(answered, input)) return false;
  if (isNear(answered, languageOf(unquoted(input)))) return false;
  // Rare from here on, hence the whole input may be read.
  if (hasSome(answered, countLanguages(input))) return false;
  return !NAMES_LANGUAGE.test(input) && !NAMES_LANGUAGE_OR_RULE.test(system.slice(0, SYSTEM));
}

/** Without quotes and titles, which may be in any language. */
function unquoted(input: string): string {
  return input.slice(0, START).replace(/["“„«「『][^"”“»」』]{0,200}["”“»」』]/g, " ");
}

function languageOf(text: string): string | undefined {
  const start = text.slice(0, START);
  const said = codeFree(start);
  // Of a whole text, code units are read faster than of a piece of it.
  const counts = said === start ? countLanguages(text, start.length) : countLanguages(said);
  return mainLanguage(said, counts);
}

/** Whether an answer's language goes with an input's; unknown ones go with all. */
function isNear(answered: string, asked: string | undefined): boolean {
  if (asked === undefined || answered === asked) return true;
  // Han alone may be either.
  const both = [answered, asked];
  return both.includes("han") && (both.includes("ja") || both.includes("zh"));
}

const NAMES =
  "english|german|french|spanish|japanese|chinese|mandarin|cantonese|korean|italian|portuguese|russian|arabic|dutch|thai|hindi|latin|greek|hebrew|turkish|polish|swedish|ukrainian|vietnamese|indonesian|" +
  "englisch|deutsch|französisch|spanisch|japanisch|chinesisch|koreanisch|italienisch|russisch|" +
  "anglais|allemand|français|espagnol|japonais|chinois|coréen|italien|russe\\b|" +
  "inglés|ingles\\b|alemán|francés|español|japonés|chino\\b|coreano|italiano|ruso\\b|português|" +
  "英語|日本語|中国語|韓国語|フランス語|ドイツ語|スペイン語|イタリア語|英文|和文|英訳|和訳|" +
  "英语|中文|日语|日文|汉语|法语|德语|西班牙语|韩语|俄语|영어|한국어|일본어|중국어|английск|русск|немецк";
const ASKS = "translat|übersetz|tradu[icz]|翻訳|訳し|翻译|译成|번역|перевод|перевед";

const NAMES_LANGUAGE_OR_RULE = new RegExp(`${NAMES}|${ASKS}`, "i");
const NAMES_LANGUAGE = new RegExp(
  `${NAMES}|${ASKS}|\\blanguage|sprache\\b|\\blangue\\b|idioma|言語で|语言`,
  "i",
);
