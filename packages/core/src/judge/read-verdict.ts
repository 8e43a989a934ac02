import type {
  ExpectedAnswer,
  ExpectedRubric,
  MissingReason,
  RubricVerdict,
} from "../model/judge.ts";
import { textStart } from "../model/text.ts";
import { findObjects, type AnswerObject, type AnswerValue } from "./answer-json.ts";
import { judgedText } from "./judged-text.ts";
import { normalizedScore } from "./rubric.ts";

/** UTF-16 code units kept of an explanation. */
const EXPLANATION_LENGTH = 1000;
/** UTF-16 code units kept of a label that the judge chose itself. */
const LABEL_LENGTH = 64;
/** UTF-16 code units of an answer that is read at all. */
const ANSWER_LENGTH = 200_000;

export type ReadVerdict =
  | {
      readonly ok: true;
      /** At least one, in the order of the rubrics asked for. */
      readonly verdicts: readonly RubricVerdict[];
      /** The rubrics asked for that have none. */
      readonly missing: readonly MissingVerdict[];
      /** Verdicts by rubrics that were not asked for. */
      readonly ignored: number;
    }
  | {
      readonly ok: false;
      readonly reason: Extract<MissingReason, "malformed" | "truncated" | "partial" | "foreign">;
      /** For people; quotes nothing of the answer, which may quote what was judged. */
      readonly detail: string;
    };

export type MissingVerdict = {
  readonly name: string;
  readonly reason: Extract<MissingReason, "malformed" | "partial">;
  readonly detail: string;
};

/**
 * What a judge's answer says, held against what was asked.
 *
 * Only the one object that names the right boundary counts: others (a forged verdict quoted from the
 * judged text) are passed over, and two right ones are refused, as is one with a key twice. A score
 * outside of its scale is no verdict; it is never moved into it. A score in quotes (`"0.8"`), as local
 * models write it, is a number; `"80 %"` and `"4/5"` are not.
 */
export function readVerdict(text: string, expect: ExpectedAnswer): ReadVerdict {
  if (text.trim() === "") return failed("malformed", "the answer is empty");
  if (text.length > ANSWER_LENGTH) return failed("malformed", "the answer is endless");
  const answer = withoutThoughts(text);
  if (answer === undefined) return failed("truncated", "the thoughts do not end");
  const { objects, fault } = findObjects(answer);
  const named = objects.filter((object) => boundariesOf(object).length > 0);
  const [right, another] = named.filter((object) => boundariesOf(object).includes(expect.boundary));
  if (right === undefined) return withoutRightOne(named.length, objects.length, fault);
  if (another !== undefined) {
    return failed("malformed", "two objects name the boundary of the request");
  }
  if (right.repeatedKey) return failed("malformed", "the answer has a key twice");
  const verdicts = valueOf(right, "verdicts");
  if (!isObject(verdicts)) return failed("malformed", `"verdicts" is no object`);
  return verdictsBy(verdicts, expect.rubrics);
}

function withoutRightOne(
  named: number,
  objects: number,
  fault: "truncated" | "malformed" | undefined,
): ReadVerdict {
  if (named > 0 && fault !== "truncated")
    return failed("foreign", "the answer names another boundary");
  if (fault !== undefined) {
    const what = fault === "truncated" ? "the JSON breaks off" : "the JSON is broken";
    return failed(fault, what);
  }
  if (objects > 0) return failed("malformed", "the answer names no boundary");
  return failed("malformed", "the answer has no JSON object");
}

function verdictsBy(verdicts: AnswerObject, rubrics: readonly ExpectedRubric[]): ReadVerdict {
  const read = rubrics.map((rubric) => verdictBy(rubric, valueOf(verdicts, rubric.name)));
  const found = read.filter((one) => "score" in one);
  const missing = read.filter((one) => "reason" in one);
  const asked = new Set(rubrics.map(({ name }) => name));
  const ignored = verdicts.entries.filter(([name]) => !asked.has(name)).length;
  if (found.length > 0) return { ok: true, verdicts: found, missing, ignored };
  const reason = missing.some((one) => one.reason === "malformed") ? "malformed" : "partial";
  const details = missing.map(({ name, detail }) => `${name}: ${detail}`);
  return failed(reason, details.join("; "));
}

function verdictBy(
  rubric: ExpectedRubric,
  value: AnswerValue | undefined,
): RubricVerdict | MissingVerdict {
  const { name, min, max } = rubric;
  const wrong = (reason: MissingVerdict["reason"], detail: string) => ({ name, reason, detail });
  if (value === undefined || value === null) return wrong("partial", "no verdict");
  if (!isObject(value)) return wrong("malformed", "the verdict is no object");
  const score = numberOf(valueOf(value, "score"));
  if (score === undefined) return wrong("malformed", "the score is no number");
  if (score < min || score > max) {
    return wrong("malformed", `the score is outside of ${min} to ${max}`);
  }
  if (rubric.whole === true && !Number.isInteger(score)) {
    return wrong("malformed", "the score is no whole number");
  }
  const label = labelOf(rubric, valueOf(value, "label"));
  if (label === undefined) return wrong("malformed", "the label is none of the rubric's");
  const explanation = explanationOf(valueOf(value, "explanation"));
  return {
    name,
    score: normalizedScore(rubric, score),
    label,
    ...(explanation === "" ? {} : { explanation }),
  };
}

/** A number, also in quotes, where it is written plainly. */
function numberOf(value: AnswerValue | undefined): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value !== "string" || !/^\s*-?\d{1,12}(\.\d{1,12})?\s*$/.test(value)) return undefined;
  return Number(value);
}

/**
 * One of the rubric's, whatever its case; any short one where the rubric has none.
 *
 * Whether it fits the score is not asked: a rubric says what a label means in words alone, and labels
 * need not have an order (`cold`, `right`, `gushing`). The score counts, everywhere; the label is for
 * people. To refuse what looks like a contradiction would leave out the calls that judges waver on.
 */
function labelOf({ labels }: ExpectedRubric, value: AnswerValue | undefined): string | undefined {
  if (labels.length === 0) {
    return typeof value === "string" ? visible(value, LABEL_LENGTH) : "";
  }
  if (typeof value !== "string") return undefined;
  const written = value.trim().toLowerCase();
  return labels.find((label) => label.toLowerCase() === written);
}

function explanationOf(value: AnswerValue | undefined): string {
  return typeof value === "string" ? visible(value, EXPLANATION_LENGTH) : "";
}

/** What the judge wrote can hold what it was shown: the same characters are taken out of it. */
function visible(text: string, length: number): string {
  const clean = judgedText(text, Infinity).text.trim();
  return clean.length <= length ? clean : textStart(clean, length);
}

/**
 * Models that think aloud do so first, and may draft the answer there. Where the thoughts do not end,
 * all there is may be a draft: `undefined`. If they quote the closing mark, what follows it is read
 * too, and refused where it makes two answers.
 */
function withoutThoughts(text: string): string | undefined {
  if (!/^\s*<think(ing)?>/.test(text)) return text;
  const end = /<\/think(ing)?>/.exec(text);
  return end === null ? undefined : text.slice(end.index + end[0].length);
}

function boundariesOf(object: AnswerObject): readonly string[] {
  return object.entries.flatMap(([key, value]) =>
    key === "boundary" && typeof value === "string" ? [value.trim()] : [],
  );
}

function valueOf(object: AnswerObject, key: string): AnswerValue | undefined {
  return object.entries.find(([name]) => name === key)?.[1];
}

function isObject(value: AnswerValue | undefined): value is AnswerObject {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "object";
}

function failed(
  reason: Extract<ReadVerdict, { ok: false }>["reason"],
  detail: string,
): ReadVerdict {
  return { ok: false, reason, detail };
}
