import type { CallText } from "../model/call.ts";
import type { ExpectedRubric, JudgeSetup } from "../model/judge.ts";
import { utf8Bytes } from "../model/text.ts";

/** A language that the judge can be asked in, and explains in. */
export type JudgeLanguage = JudgeSetup["language"];

export const JUDGE_LANGUAGES: readonly JudgeLanguage[] = ["en", "ja"];

/** One text by language; at least one is there. */
export type RubricText = { readonly [language in JudgeLanguage]?: string };

/** One question about an answer, with the scale on which the judge answers it. */
export type Rubric = {
  /** Unique; becomes `gen_ai.evaluation.name`. */
  readonly name: string;
  /** One line for people; the judge is not told. */
  readonly description: RubricText;
  /** What the judge is to decide, and what earns which score. */
  readonly instruction: RubricText;
  /** Ends of the scale; `max` is the best. */
  readonly min: number;
  readonly max: number;
  /** Whether only whole numbers are scores. */
  readonly whole: boolean;
  /** In the file's order; empty: the judge chooses a word. */
  readonly labels: readonly RubricLabel[];
  /** Of the score moved to 0 to 1: below it, a verdict is bad. */
  readonly badBelow: number;
  /** Names of services that are judged by it; `*` stands for any run of characters. */
  readonly services: readonly string[];
  /** Calls without retrieved documents or tool results are not judged by it. */
  readonly needsContext: boolean;
  /** 16 hex digits, other for every change of what the judge is told or of what counts as bad. */
  readonly version: string;
};

export type RubricLabel = { readonly name: string; readonly meaning: RubricText };

/** The text in a language, else in English, else in the one that there is. */
export function textIn(text: RubricText, language: JudgeLanguage): string {
  return text[language] ?? text.en ?? text.ja ?? "";
}

/** Whether a call is judged by a rubric, or why it is not. */
export function applicability(
  rubric: Rubric,
  service: string,
  text: CallText,
): "applies" | "other-service" | "no-context" {
  if (!rubric.services.some((pattern) => matchesPattern(pattern, service))) return "other-service";
  if (rubric.needsContext && (text.context ?? "").trim() === "") return "no-context";
  return "applies";
}

/** What the answer is held against, by one rubric. */
export function expectedBy(rubric: Rubric): ExpectedRubric {
  const { name, min, max, whole, labels } = rubric;
  return {
    name,
    min,
    max,
    ...(whole ? { whole } : {}),
    labels: labels.map((label) => label.name),
  };
}

/** A score moved from the scale of its rubric to 0 to 1. */
export function normalizedScore(scale: { min: number; max: number }, score: number): number {
  return (score - scale.min) / (scale.max - scale.min);
}

/** The version of what a rubric means: neither its description nor its services are part of it. */
export function rubricVersion(rubric: Omit<Rubric, "version">): string {
  const { name, instruction, min, max, whole, labels, badBelow, needsContext } = rubric;
  return contentHash(
    JSON.stringify([
      name,
      textsOf(instruction),
      [min, max, whole, badBelow, needsContext],
      labels.map((label) => [label.name, textsOf(label.meaning)]),
    ]),
  );
}

function textsOf({ en, ja }: RubricText): readonly (string | null)[] {
  return [en ?? null, ja ?? null];
}

/** 16 hex digits (FNV-1a, 64 bits): tells texts apart that nobody made to be confused. */
export function contentHash(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of utf8Bytes(text)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, "0");
}

/** Linear in practice: each part between stars is looked for once, from left to right. */
function matchesPattern(pattern: string, name: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return pattern === name;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
