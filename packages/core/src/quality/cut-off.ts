import { isCalledOff, type Call } from "../model/call.ts";
import { wholeAnswer } from "./answer.ts";
import { fencesOf } from "./code-free.ts";
import { isDataLike } from "./data-like.ts";

/**
 * Whether the answer stops before its end: it reached its limit of tokens, the network cut it, or its
 * text shows it. Texts end in many ways without a full stop (titles, lists, chat, names), so that only
 * what can hardly be an end counts: an open fence or an open bracket of JSON, a word that must be
 * followed by another, a comma or a bare list mark behind whole sentences.
 */
export function isCutOff(call: Call): boolean {
  if (isCalledOff(call)) return false;
  if (call.finishReasons.includes("length") || call.ending === "cut") return true;
  if (call.operation === "text_completion" || hasOtherCause(call)) return false;
  const text = wholeAnswer(call)?.trimEnd();
  if (text === undefined || text === "") return false;
  return isFenceOpen(text) || isJsonOpen(text) || isSentenceOpen(text);
}

/** What ends with a tool, an error or a filter is told by those. */
function hasOtherCause(call: Call): boolean {
  if ((call.facts?.toolCalls?.length ?? 0) > 0) return true;
  return call.finishReasons.some((reason) => OTHER_CAUSES.has(reason));
}

const OTHER_CAUSES: ReadonlySet<string> = new Set(["tool_call", "error", "content_filter"]);

/**
 * Whether a fence stays open, however deep they nest: a mark with a language opens one, a bare one
 * closes the last. A mark as the last line is an end, whichever it was meant to be.
 */
function isFenceOpen(text: string): boolean {
  if (!text.includes("```") && !text.includes("~~~")) return false;
  const fences = fencesOf(text);
  let open = 0;
  for (const { mark, start, end } of fences) {
    const isBare = text.slice(start, end).trim() === mark;
    open = isBare && open > 0 ? open - 1 : open + 1;
  }
  return open > 0 && fences.at(-1)?.end !== text.length;
}

/** Whether the text begins like an object or list of JSON and leaves a bracket or a string open. */
function isJsonOpen(text: string): boolean {
  if (!/^\s*(?:\{\s*"|\[\s*[{"])/.test(text.slice(0, 200))) return false;
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const sign = text[i];
    if (sign === '"') inString = !inString;
    else if (inString) i += sign === "\\" ? 1 : 0;
    else if (sign === "{" || sign === "[") depth++;
    else if (sign === "}" || sign === "]") depth--;
  }
  // A quote that was not escaped turns strings inside out: then the last bracket is the better witness.
  if (inString) return !text.endsWith("}") && !text.endsWith("]");
  return depth > 0;
}

/** Code units at the end in which whole sentences are looked for. */
const END = 2000;
/** Code units of a line from which a comma at its end is no salutation. */
const LEAST_LINE = 25;
const LEAST_LINE_CJK = 12;

function isSentenceOpen(text: string): boolean {
  const end = text.slice(-END);
  // The last line says no at less cost than the rest.
  return isLineOpen(end) && hasWholeSentence(end) && !isDataLike(end);
}

function isLineOpen(end: string): boolean {
  const line = end.slice(end.lastIndexOf("\n") + 1);
  if (line.endsWith(",")) return line.length >= LEAST_LINE;
  if (/^[、，]/.test(line.slice(-1))) return line.length >= LEAST_LINE_CJK;
  if (/(?:^|[^:;=8\-([{<])[([{「『“《（]$/.test(line.slice(-2))) return true;
  if (/^\s*(?:\d{1,3}[.)]|[-*•])$/.test(line)) return line.length < end.length;
  return endsOnOpenWord(line);
}

/** Whether there is a sentence with its full stop, and words after it. */
function hasWholeSentence(text: string): boolean {
  return /[.!?]["”’»)*_]*\s+\S|[。！？]["”」』）]*\s*\S/.test(text);
}

/** Words that a sentence does not end on: articles, joining words, words of degree. */
const OPEN_WORDS: ReadonlySet<string> = new Set(
  [
    "the a an and or because whose their its my your our every whereas although unless",
    "der den dem des ein eine einen einem einer eines und oder weil sowie zum zur vom beim im",
    "le la les une des du et ou de aux dont ainsi leurs",
    "el los las una del y muy sus cuyo cuya porque",
  ].flatMap((words) => words.split(" ")),
);

/** Of three code units at most. */
const OPEN_ENDS_CJK =
  /(?:[ぁ-ん一-龯ァ-ヶー]を|および|または|そして|による|以及|并且|而且|因为|为了|或者|把|被|和|与)$/;

/** A particle at the end of a long last clause, where two sentences before it had their full stop. */
const OPEN_CLAUSE_JA = /。[^。]+。[^。]{11,}(?<!です|ます|した|だ|の)[をにがはのとで]$/;

function endsOnOpenWord(line: string): boolean {
  const last = line.charCodeAt(line.length - 1);
  if (last >= FIRST_CJK) return OPEN_ENDS_CJK.test(line.slice(-3)) || OPEN_CLAUSE_JA.test(line);
  const word = /(?:^|[\s(,])([a-z]{1,12})$/.exec(line.slice(-16))?.[1];
  // Capitals are names of things: "plan A", "vitamin A".
  return word !== undefined && OPEN_WORDS.has(word);
}

const FIRST_CJK = 0x2e80;
