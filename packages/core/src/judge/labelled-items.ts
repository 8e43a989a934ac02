import type { CallText } from "../model/call.ts";
import { InputError } from "../model/input-error.ts";
import { normalizedScore, type Rubric } from "./rubric.ts";

/** An answer whose verdicts people have given. */
export type LabelledItem = {
  /** Its line in the file, from 1. */
  readonly line: number;
  readonly text: CallText;
  /** Of the text, where the file tells: `en`, `ja` … */
  readonly language?: string;
  /** By rubric, whether people call the answer bad. */
  readonly bad: ReadonlyMap<string, boolean>;
};

export type LabelledItems = {
  readonly items: readonly LabelledItem[];
  /** One a fault, as `file:line: what; what would do`; at most some, then how many more there are. */
  readonly errors: readonly InputError[];
};

const TEXTS = ["system", "input", "context", "output"] as const;
const KEYS = ["id", ...TEXTS, "language", "labels", "rubrics"];
const LANGUAGE = /^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$/;
const ERRORS_SHOWN = 20;

/**
 * Reads answers with labels: JSON lines `{"input", "output", "context", "system", "language", "labels"}`, of
 * which `output` and `labels` must be there; blank lines are passed over. A label is `"good"`,
 * `"bad"`, true (good), false (bad), or a score on the rubric's own scale, which is bad below the
 * rubric's `bad_below`. Golden sets say `rubrics` for `labels`.
 *
 * @param others labels by rubrics that are not judged by: refused, as they are mostly misspelt, or
 *   left out of what was read before and found right
 */
export function readLabelledItems(
  { name, text }: { readonly name: string; readonly text: string },
  rubrics: readonly Rubric[],
  others: "refused" | "left-out" = "refused",
): LabelledItems {
  const items: LabelledItem[] = [];
  const faults: { readonly line: number; readonly what: string }[] = [];
  for (const [i, one] of text.split("\n").entries()) {
    if (one.trim() === "") continue;
    const line = i + 1;
    const read = readItem(one, line, { rubrics, others });
    if (typeof read === "string") faults.push({ line, what: read });
    else items.push(read);
  }
  if (items.length + faults.length === 0)
    faults.push({
      line: 1,
      what: `there is no item; write {"output": "…", "labels": {…}}, one a line`,
    });
  const errors = faults
    .slice(0, ERRORS_SHOWN)
    .map(({ line, what }) => new InputError("labels", `${name}:${line}: ${what}`));
  const more = faults.length - errors.length;
  if (more > 0) errors.push(new InputError("labels", `${name}: ${more} more lines are refused`));
  return { items, errors };
}

/** The item, or what is wrong with it and what would do. */
type Known = { readonly rubrics: readonly Rubric[]; readonly others: "refused" | "left-out" };

function readItem(text: string, line: number, known: Known): LabelledItem | string {
  const value = parsed(text);
  if (!isObject(value)) return "no JSON object; write one object a line";
  const unknown = Object.keys(value).find((key) => !KEYS.includes(key));
  if (unknown !== undefined)
    return `unknown key ${JSON.stringify(unknown)}; known are ${KEYS.join(", ")}`;
  const texts = TEXTS.flatMap((key) =>
    value[key] === undefined ? [] : [[key, value[key]] as const],
  );
  for (const [key, said] of texts)
    if (typeof said !== "string") return `${key} is no text; write it in quotes, or leave it out`;
  if (typeof value["output"] !== "string" || value["output"].trim() === "")
    return "output is missing or blank; it is the answer that the labels are about";
  const { language, labels = value["rubrics"] } = value;
  if (language !== undefined && !(typeof language === "string" && LANGUAGE.test(language)))
    return `language is none; write a code such as "en" or "ja", or leave it out`;
  const bad = readLabels(labels, known);
  if (typeof bad === "string") return bad;
  const without = withoutContext(bad, known.rubrics);
  if (without !== undefined && value["context"] === undefined)
    return `rubric "${without}" judges only answers with a context; add context, or leave its label out`;
  return {
    line,
    text: Object.fromEntries(texts),
    ...(language === undefined ? {} : { language }),
    bad,
  };
}

function readLabels(
  labels: unknown,
  { rubrics, others }: Known,
): ReadonlyMap<string, boolean> | string {
  if (!isObject(labels) || Object.keys(labels).length === 0)
    return `labels are missing; write {"${rubrics[0]?.name ?? "rubric"}": "good"}, by rubric`;
  const bad = new Map<string, boolean>();
  for (const [name, label] of Object.entries(labels)) {
    const rubric = rubrics.find((one) => one.name === name);
    if (rubric === undefined) {
      if (others === "left-out") continue;
      const known = rubrics.map((one) => one.name).join(", ");
      return `there is no rubric ${JSON.stringify(name)}; there are ${known}`;
    }
    const isBad = badBy(label, rubric);
    if (isBad === undefined) {
      const { min, max } = rubric;
      return `labels.${name}: expected "good", "bad", true, false or a score from ${min} to ${max}`;
    }
    bad.set(name, isBad);
  }
  return bad;
}

function badBy(label: unknown, rubric: Rubric): boolean | undefined {
  if (label === "good" || label === true) return false;
  if (label === "bad" || label === false) return true;
  if (typeof label !== "number" || label < rubric.min || label > rubric.max) return undefined;
  return normalizedScore(rubric, label) < rubric.badBelow;
}

function withoutContext(
  bad: ReadonlyMap<string, boolean>,
  rubrics: readonly Rubric[],
): string | undefined {
  return rubrics.find(({ name, needsContext }) => needsContext && bad.has(name))?.name;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What is no JSON is no object either: the caller says so, with the line.
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
