import type { Call } from "../model/call.ts";

/** A shorter prompt may be taken up by chance; a sign of Chinese or Japanese counts twice. */
const LEAST_PROMPT = 30;
/** Code units of a prompt that say which one it is. */
const PROMPT_START = 200;
const SYSTEM_START = 80;
/** Code units of the answer in which the system prompt is looked for, and of what may come before. */
const ANSWER_START = 500;
const BEFORE = 60;
/** Code units of the system prompt that say what it asks for. */
const TASK = 2000;

/**
 * Whether the answer says the prompt itself: it begins with the input, or has the beginning of the
 * system prompt near its own. Blanks and capitals make no difference.
 */
export function isPromptEcho(call: Call): boolean {
  const { input = "", output = "", system = "" } = call.text ?? {};
  if (output === "" || call.operation === "text_completion") return false;
  return echoesSystem(output, system) || echoesInput(output, input, system);
}

function echoesSystem(output: string, system: string): boolean {
  if (system === "") return false;
  const said = output.slice(0, ANSWER_START);
  const asked = system.slice(0, SYSTEM_START * 2);
  // A word that is certain to be within the start, be it that each sign before it becomes two.
  const word = WORD.exec(asked.replace(TURN, "").slice(0, SYSTEM_START / 2))?.[0];
  if (word !== undefined && !said.toLowerCase().includes(word.toLowerCase())) return false;
  const start = normal(asked).slice(0, SYSTEM_START);
  return isLongEnough(start) && normal(said).includes(start);
}

function echoesInput(output: string, input: string, system: string): boolean {
  const asked = input.slice(0, PROMPT_START);
  const said = output.slice(0, PROMPT_START * 2 + BEFORE);
  // Most answers begin with another sign, or do without the input's first long word.
  if (firstSign(asked) !== firstSign(said)) return false;
  const word = LONG_WORD.exec(asked)?.[0];
  const head = output.slice(0, PROMPT_START + BEFORE).toLowerCase();
  if (word !== undefined && !head.includes(word.toLowerCase())) return false;
  const start = normal(asked);
  if (!isLongEnough(start) || !normal(said).startsWith(start)) return false;
  return !CODE.test(asked) && !COPIES.test(system.slice(0, TASK));
}

const LONG_WORD = /[a-z\xe0-\xff]{7,}/i;

/** A word of ASCII, or a few signs in a row of Japanese or Chinese, that is hardly said by chance. */
const WORD = /[a-z]{7,}|[\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff]{4,}/i;

/** The first sign of the normal text. */
function firstSign(text: string): string | undefined {
  const sign = SIGN.exec(text.replace(TURN, ""))?.[0].toLowerCase()[0];
  // Which of both it becomes depends on the signs around it.
  return sign === "ς" ? "σ" : sign;
}

const SIGN = /[^\s\p{P}\p{S}]/u;

/** Blanks, capitals and marks make no difference; nor does the word that says whose turn it is. */
function normal(text: string): string {
  return text
    .replace(TURN, "")
    .toLowerCase()
    .replace(/[\s\p{P}\p{S}]+/gu, " ")
    .trim();
}

const TURN =
  /^\s*(?:user|human|question|prompt|input|q|frage|pregunta|質問|問|ユーザー|问题|用户) ?[:：]/i;

/** Who gives code wants it back. */
const CODE =
  /```|^\s*(?:def|class|function|import|from|const|let|var|public|private|package|#include|<\?php|<!doctype|select|create)\b/i;

/** A system that has text corrected or copied gets back what was right. */
const COPIES =
  /correct|proofread|rewrit|repeat|spell|gramma|copy|format|translat|paraphras|edit|korrigier|wiederhol|corrig|répèt|repit|traduc|tradui|übersetz|校正|添削|翻訳|書き写|復唱|改写|重复|翻译|润色|纠正/i;

const FIRST_CJK = 0x2e80;

function isLongEnough(text: string): boolean {
  let weight = text.length;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= FIRST_CJK) weight++;
  return weight >= LEAST_PROMPT;
}
