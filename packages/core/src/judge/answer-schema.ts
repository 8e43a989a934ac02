import type { ExpectedRubric } from "../model/judge.ts";

/**
 * JSON Schema of the judge's answer, in the subset that both OpenAI's strict mode and Anthropic's
 * structured output take: every object closed, every key required, no bounds on numbers or lengths.
 *
 * The boundary is any text here, although one alone is right. Were it fixed, an answer that the judge
 * copied from forged text would be made right by the decoder, and each request would have a schema of
 * its own, which the provider compiles at the cost of seconds. For the same set of rubrics the schema
 * is the same.
 *
 * Keys are written in this order: the explanation comes before the score that it leads to.
 */
export function answerSchema(
  rubrics: readonly ExpectedRubric[],
): Readonly<Record<string, unknown>> {
  const verdicts = rubrics.map((rubric) => [rubric.name, verdictSchema(rubric)] as const);
  return closedObject({
    boundary: { type: "string" },
    verdicts: closedObject(Object.fromEntries(verdicts)),
  });
}

function verdictSchema({ labels, whole }: ExpectedRubric): object {
  return closedObject({
    explanation: { type: "string" },
    label: labels.length === 0 ? { type: "string" } : { type: "string", enum: labels },
    score: { type: whole === true ? "integer" : "number" },
  });
}

function closedObject(properties: Readonly<Record<string, unknown>>) {
  return {
    type: "object",
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  };
}
