import type { Evaluation } from "../model/evaluation.ts";
import type { EpochMs } from "../model/time.ts";
import type { Attributes } from "../receive/records.ts";
import { cutTo, firstName, numberOf } from "./attributes.ts";
import type { ReadContext } from "./context.ts";
import type { Source } from "./source.ts";

/** The conventions' event that carries a verdict. */
export const EVALUATION_EVENT = "gen_ai.evaluation.result";

/** The instrumentation scope of verdicts that a judge of this program sends as events. */
export const JUDGE_SCOPE = "naruko.judge";

/** What such an event tells beside the conventions' attributes. */
export const JUDGE_VERSION = "naruko.judge.version";
export const EVALUATION_WEIGHT = "naruko.evaluation.weight";

/** Why an evaluation event says nothing that could be counted. */
export type EvaluationRefusal = "evaluation-without-name" | "evaluation-without-result";

/** Where and when an evaluation event was found; its span is the evaluated one. */
export type EvaluationPlace = {
  readonly at: EpochMs;
  /** Empty where the event belongs to no span. */
  readonly traceId: string;
  readonly spanId: string;
  readonly source: Source;
  /** The name of the instrumentation scope, of log records: ours are. */
  readonly scope?: string;
};

/**
 * Makes a verdict of an event's attributes: a score, a label, or the evaluator's own error has to be
 * there. Scores are kept on the scale on which they were sent.
 */
export function evaluationFrom(
  attributes: Attributes,
  place: EvaluationPlace,
  context: ReadContext,
): Evaluation | EvaluationRefusal {
  const name = firstName(attributes, ["gen_ai.evaluation.name"], context);
  if (name === undefined) return "evaluation-without-name";
  const sentScore = numberOf(attributes.get("gen_ai.evaluation.score.value"));
  const score = Number.isFinite(sentScore) ? sentScore : undefined;
  const label = firstName(attributes, ["gen_ai.evaluation.score.label"], context);
  const errorType = firstName(attributes, ["error.type"], context);
  if (score === undefined && label === undefined && errorType === undefined) {
    return "evaluation-without-result";
  }
  const explanation = attributes.get("gen_ai.evaluation.explanation");
  const responseId = firstName(attributes, ["gen_ai.response.id"], context);
  const { source } = place;
  return {
    name,
    at: place.at,
    service: source.service,
    ...(source.environment !== undefined && { environment: source.environment }),
    ...(score !== undefined && { score }),
    ...(label !== undefined && { label }),
    ...(errorType !== undefined && { errorType }),
    ...(typeof explanation === "string" &&
      explanation !== "" && { explanation: cutTo(explanation, context.limits.textLength) }),
    ...(place.traceId !== "" && { traceId: place.traceId }),
    ...(place.spanId !== "" && { spanId: place.spanId }),
    ...(responseId !== undefined && { responseId }),
    ...(place.scope === JUDGE_SCOPE && judgedBy(attributes, context)),
  };
}

/** A verdict of a judge of ours: nobody else may pass for one by accident, and none for a user's. */
function judgedBy(
  attributes: Attributes,
  context: ReadContext,
): Pick<Evaluation, "judge" | "weight"> {
  const judge = firstName(attributes, [JUDGE_VERSION], context) ?? "unknown";
  const weight = numberOf(attributes.get(EVALUATION_WEIGHT)) ?? NaN;
  return Number.isFinite(weight) && weight > 0 ? { judge, weight } : { judge };
}
