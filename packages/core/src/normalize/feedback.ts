import type { AttributeValue, Attributes } from "../receive/records.ts";

/**
 * OpenInference's two spellings of feedback on a span: `evaluations.0.evaluation.name` and
 * `annotations.0.annotation.name`. Indices are without gaps. Feedback on traces and sessions
 * (`trace.evaluations…`) is on no call and is not read.
 */
const SPELLINGS = [
  ["evaluations", "evaluation"],
  ["annotations", "annotation"],
] as const;

/** Nearly all spans have none of these. */
const FIRST = SPELLINGS.map(([list, item]) => `${list}.0.${item}.name`);
const NONE: readonly Attributes[] = [];

/** What becomes of its fields, by the names of the conventions' event. */
const FIELDS = [
  ["name", "gen_ai.evaluation.name"],
  ["score", "gen_ai.evaluation.score.value"],
  ["label", "gen_ai.evaluation.score.label"],
  ["explanation", "gen_ai.evaluation.explanation"],
] as const;

/** The feedback in a span's attributes, each as the attributes of an evaluation event. */
export function feedbackOf(attributes: Attributes): readonly Attributes[] {
  if (!FIRST.some((key) => attributes.has(key))) return NONE;
  const found: Attributes[] = [];
  const seen = new Set<string>();
  for (const [list, item] of SPELLINGS) {
    const at = (index: number, field: string): AttributeValue | undefined =>
      attributes.get(`${list}.${index}.${item}.${field}`);
    for (let index = 0; at(index, "name") !== undefined; index += 1) {
      // One judge's verdict may be told in both spellings.
      const who = ["name", "annotator_kind", "identifier"].map((field) => at(index, field));
      const key = JSON.stringify(who);
      if (seen.has(key)) continue;
      seen.add(key);
      found.push(new Map(FIELDS.map(([field, name]) => [name, at(index, field) ?? null] as const)));
    }
  }
  return found;
}
