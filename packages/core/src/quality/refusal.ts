import type { Call } from "../model/call.ts";
import { REFUSAL_PHRASES } from "./refusal-phrases.ts";

/** Refusals stand at the beginning: code units that are read. Bounds the time of the expressions. */
const START = 600;
/** Code units after the turn to an answer that make it one: an offer alone is shorter. */
const LEAST_ANSWER = 300;
/** Leads that can stand before one refusal. */
const MOST_LEADS = 4;

/**
 * Whether the answer is a refusal: one of its first sentences says, in one of six languages, that the
 * model does not do what was asked. What is quoted, or was asked for as a text or a translation, is not
 * the model's own.
 */
export function isRefusal(call: Call): boolean {
  const { input = "", output } = call.text ?? {};
  if (output === undefined || call.errorType !== undefined) return false;
  const start = normal(output);
  if (start === "" || OTHERS_WORDS.test(start)) return false;
  const speaker = speakersOf(start).find(({ refuses }) => refuses(start));
  if (speaker === undefined || !speaker.refuses(start.replace(QUOTES, " "))) return false;
  const turn = start.search(speaker.turn);
  // What was cut or collapsed at the start is little beside what decides here.
  if (turn !== -1 && output.length - turn >= LEAST_ANSWER) return false;
  return !ASKS_FOR_WORDING.test(input.slice(0, START).toLowerCase());
}

function normal(output: string): string {
  return (
    output
      .slice(0, START)
      .toLowerCase()
      .replace(/[’‘]/g, "'")
      // Single blanks, of which there are most, stay as they are.
      .replace(/[^\S ]\s*| \s+/g, " ")
      .replace(/^[\s#*_>-]+/, "")
      .trim()
  );
}

/** Quotes, letters and subjects of mails: words for somebody else to say. */
const OTHERS_WORDS =
  /^(?:["'“„«「『]|dear |hi \w+,|hello \w+,|subject:|sehr geehrte|liebe[rs]? |betreff|estimad[oa]|querid[oa]|asunto|madame|monsieur|cher |chère |objet|件名|拝啓|尊敬的|亲爱的|主题)/;

/** Who asks for a translation or a certain text gets words that are not the model's own. */
const ASKS_FOR_WORDING =
  /translat|traduc|tradui|übersetz|翻訳|訳して|訳し|翻译|译成|in english:|auf deutsch:|how do you say|comment dit-on|¿cómo se dice|(?:draft|write|formulate) (?:a|an|the) (?:reply|refusal|rejection|line|sentence)/;

const QUOTES = /["“„«「『][^"”“»」』]{0,200}["”»」』]/g;

/** One language's way to refuse. */
type Speaker = {
  readonly refuses: (start: string) => boolean;
  readonly turn: RegExp;
  readonly hasLeads: boolean;
};

const SPEAKERS: readonly Speaker[] = Object.values(REFUSAL_PHRASES).map(
  ({ leads = [], starts = [], anywhere = [], turn }): Speaker => {
    const lead = new RegExp(`^(?:${leads.join("|")})[\\s,;:.!?—–-]*`, "u");
    const refusal = new RegExp(`^(?:${starts.join("|")})`, "u");
    const has = new RegExp(anywhere.join("|"), "u");
    const refuses = (start: string): boolean =>
      starts.length > 0
        ? startsWithRefusal(start, lead, refusal)
        : sentencesOf(start)
            .slice(0, 2)
            .some((sentence) => has.test(sentence));
    return { refuses, turn: new RegExp(turn, "u"), hasLeads: starts.length > 0 };
  },
);

/** Those who may have refused, which for most answers is nobody: such need not be taken apart. */
function speakersOf(start: string): readonly Speaker[] {
  const isCjk = CJK.test(start);
  const isOpening = OPENING.test(start);
  return SPEAKERS.filter(({ hasLeads }) => (hasLeads ? isOpening : isCjk));
}

/** The begin of every refusal in the languages that have leads. */
const OPENING = new RegExp(
  `^(?:${Object.values(REFUSAL_PHRASES)
    .flatMap(({ leads = [], starts = [] }) => [...leads, ...starts])
    .join("|")})`,
  "u",
);

const CJK = /[\u3040-\u9fff]/;

function sentencesOf(text: string): readonly string[] {
  return text.split(/(?<=[.!?。！？])\s*/u, 3);
}

/** A sentence that is nothing but leads lets the next one refuse. */
function startsWithRefusal(start: string, lead: RegExp, refusal: RegExp): boolean {
  if (!lead.test(start) && !refusal.test(start)) return false;
  for (const sentence of sentencesOf(start)) {
    let rest = sentence;
    for (let i = 0; i < MOST_LEADS && rest !== "" && !refusal.test(rest); i++) {
      const shorter = rest.replace(lead, "");
      if (shorter === rest) break;
      rest = shorter;
    }
    if (refusal.test(rest)) return true;
    if (rest !== "") return false;
  }
  return false;
}
