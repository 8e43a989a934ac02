import { assert } from "../model/assert.ts";
import type { CallText } from "../model/call.ts";
import type { Ask, ExpectedAnswer } from "../model/judge.ts";
import { answerSchema } from "./answer-schema.ts";
import { judgedText, type JudgedText } from "./judged-text.ts";
import { WORDINGS, type BlockName, type Look, type Wording } from "./prompt-wording.ts";
import {
  contentHash,
  expectedBy,
  JUDGE_LANGUAGES,
  textIn,
  type JudgeLanguage,
  type Rubric,
} from "./rubric.ts";

/** How a call's text is put to the judge. */
export type AskOptions = {
  /** Of the instructions, the rubrics and the explanations. */
  readonly language: JudgeLanguage;
  readonly look: Look;
  /**
   * 16 to 64 lower-case letters and digits that nobody who wrote the text can foresee: a keyed hash of
   * the request and of `attempt` (0, 1 …), which is raised while the text has that word in it.
   */
  readonly boundary: (attempt: number) => string;
  /** UTF-16 code units kept of each of the call's four texts. */
  readonly textLength: number;
};

/** One request's content, and what was done to the text for it. */
export type Asked = Pick<Ask, "system" | "user" | "schema" | "expect"> &
  Pick<JudgedText, "leftOut" | "removed" | "defused">;

const BOUNDARY = /^[a-z0-9]{16,64}$/;
/** Of texts that have the boundary in them, one is a chance of 2^-64: several in a row are a bug. */
const MAX_ATTEMPTS = 8;

/**
 * What to ask the judge about one call: all rubrics in one request. The texts of the call stand in
 * blocks whose first and last lines hold a word that is in none of them; outside of the blocks nothing
 * depends on the texts but that word.
 *
 * @param rubrics those that apply to the call; at least one
 */
export function askFor(text: CallText, rubrics: readonly Rubric[], options: AskOptions): Asked {
  assert(rubrics.length > 0, "a request asks for a rubric");
  const { language, look, textLength } = options;
  const shown: Readonly<Record<BlockName, JudgedText>> = {
    system: judgedText(text.system ?? "", textLength),
    context: judgedText(text.context ?? "", textLength),
    question: judgedText(text.input ?? "", textLength),
    answer: judgedText(text.output ?? "", textLength),
  };
  const texts = Object.values(shown);
  const boundary = unusedBoundary(texts, options.boundary);
  const wording = WORDINGS[language][look];
  const expect: ExpectedAnswer = { boundary, rubrics: rubrics.map(expectedBy) };
  const user = [
    wording.opening(boundary),
    ...wording.blocks.map((name) => blockOf(name, shown[name].text, boundary)),
    wording.task,
    ...rubrics.map((rubric) => rubricText(rubric, wording, language)),
    `${wording.closing}\n${answerForm(expect)}`,
  ].join("\n\n");
  return {
    system: wording.system,
    user,
    schema: answerSchema(expect.rubrics),
    expect,
    leftOut: sumOf(texts, "leftOut"),
    removed: sumOf(texts, "removed"),
    defused: sumOf(texts, "defused"),
  };
}

/**
 * 16 hex digits that change with any word of the requests that is not a rubric's, and with their
 * structure: verdicts asked for otherwise have a baseline of their own.
 */
export function promptVersion(): string {
  return contentHash(JSON.stringify(JUDGE_LANGUAGES.map(sampleRequests)));
}

function sampleRequests(language: JudgeLanguage): unknown {
  const options = { language, boundary: () => "0".repeat(16), textLength: 1 };
  const looks = ["first", "second"] as const;
  return looks.map((look) => {
    const { system, user, schema } = askFor({}, SAMPLE_RUBRICS, { ...options, look });
    return [system, user, schema];
  });
}

const SAMPLE: Rubric = {
  name: "sample",
  description: {},
  instruction: { en: "sample" },
  min: 0,
  max: 1,
  whole: false,
  labels: [{ name: "good", meaning: { en: "good" } }],
  badBelow: 0.5,
  services: ["*"],
  needsContext: false,
  version: "",
};
/** Between them they have every part that a rubric can have. */
const SAMPLE_RUBRICS: readonly Rubric[] = [
  SAMPLE,
  { ...SAMPLE, name: "other", whole: true, labels: [] },
];

function unusedBoundary(
  texts: readonly JudgedText[],
  boundaryOf: (attempt: number) => string,
): string {
  for (let attempt = 0; ; attempt++) {
    assert(attempt < MAX_ATTEMPTS, "no text foresees boundary after boundary");
    const boundary = boundaryOf(attempt);
    assert(BOUNDARY.test(boundary), "a boundary is 16 to 64 lower-case letters and digits");
    if (!texts.some(({ text }) => hasWord(text, boundary))) return boundary;
  }
}

/** Whatever its case: a judge may read over it. */
function hasWord(text: string, word: string): boolean {
  return text.toLowerCase().includes(word);
}

function blockOf(name: BlockName, text: string, boundary: string): string {
  return `<${name}-${boundary}>\n${text}\n</${name}-${boundary}>`;
}

function rubricText(rubric: Rubric, wording: Wording, language: JudgeLanguage): string {
  const labels = rubric.labels.map(({ name, meaning }) => {
    const told = textIn(meaning, language);
    return told === "" ? `- ${name}` : `- ${name}: ${told}`;
  });
  return [
    `## ${rubric.name}`,
    textIn(rubric.instruction, language),
    wording.scale(rubric),
    ...(labels.length === 0 ? [wording.anyLabel] : [wording.labels, ...labels]),
  ].join("\n");
}

/** For endpoints that take no schema, and for models that follow an example better than one. */
function answerForm({ boundary, rubrics }: ExpectedAnswer): string {
  const verdicts = rubrics.map(({ name }) => {
    const verdict = `{"explanation": "…", "label": "…", "score": …}`;
    return `${JSON.stringify(name)}: ${verdict}`;
  });
  return `{"boundary": "${boundary}", "verdicts": {${verdicts.join(", ")}}}`;
}

function sumOf(texts: readonly JudgedText[], what: "leftOut" | "removed" | "defused"): number {
  return texts.reduce((sum, text) => sum + text[what], 0);
}
