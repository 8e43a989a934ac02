import type { Attributes, Span, SpanContext } from "@opentelemetry/api";
import { addContext } from "./context.ts";
import { ATTRIBUTE } from "./conventions.ts";
import { emitEvent } from "./events.ts";
import { quietly } from "./faults.ts";
import { spanOfResponse } from "./responses.ts";
import { settings } from "./settings.ts";
import { textOf } from "./unknown.ts";

/** Which call is meant: by the id of its response, or by its span. */
export type Evaluated = {
  /** The response's own id, such as `completion.id`. */
  readonly callId?: string | undefined;
  readonly span?: Span | SpanContext | undefined;
};

/** What an evaluator of the application found. At least one of score, label and error is needed. */
export type EvaluationResult = Evaluated & {
  /** What was evaluated: `faithfulness`, `relevance` … */
  readonly name: string;
  /** On the evaluator's own scale. */
  readonly score?: number | undefined;
  /** Of few values: `pass`, `fail` … */
  readonly label?: string | undefined;
  readonly explanation?: string | undefined;
  /** Why the evaluator has no result: a class of failures, never a message. */
  readonly errorType?: string | undefined;
};

/** What a user thought of an answer. */
export type Feedback = Evaluated & {
  readonly rating: "up" | "down" | number;
  readonly comment?: string | undefined;
};

/** The conventions' event of a verdict. */
const EVENT = "gen_ai.evaluation.result";
/** `gen_ai.evaluation.name` of what users say. */
const FEEDBACK = "user_feedback";

/**
 * Tells a verdict, as an event that belongs to the evaluated call.
 *
 * @returns whether it was told: it names something and says something, and somebody listens
 * @example recordEvaluation({ name: "faithfulness", score: 0.9, callId: completion.id });
 */
export function recordEvaluation(result: EvaluationResult): boolean {
  return quietly(() => tell(result)) ?? false;
}

/**
 * Tells what a user thought of an answer, as the verdict `user_feedback`: 1 and `positive` for `up`,
 * 0 and `negative` for `down`, else the number.
 *
 * @returns whether it was told
 */
export function recordFeedback(feedback: Feedback): boolean {
  return quietly(() => tell(verdictOf(feedback))) ?? false;
}

const UP = { score: 1, label: "positive" };
const DOWN = { score: 0, label: "negative" };

/** A rating that is none of these says nothing, and is not told. */
function verdictOf({ rating, comment, ...call }: Feedback): EvaluationResult {
  const verdict =
    typeof rating === "number" ? { score: rating } : { up: UP, down: DOWN }[rating as string];
  return { ...call, ...verdict, name: FEEDBACK, explanation: comment };
}

function tell(result: EvaluationResult): boolean {
  const { score, callId } = result;
  const attributes: Attributes = {};
  addContext(attributes);
  if (textOf(callId) !== undefined) attributes[ATTRIBUTE.responseId] = callId;
  const name = textOf(result.name);
  const scored = typeof score === "number" && Number.isFinite(score);
  const label = textOf(result.label);
  const errorType = textOf(result.errorType);
  if (name === undefined || (!scored && label === undefined && errorType === undefined)) {
    return false;
  }
  attributes["gen_ai.evaluation.name"] = name;
  if (scored) attributes["gen_ai.evaluation.score.value"] = score;
  if (label !== undefined) attributes["gen_ai.evaluation.score.label"] = label;
  if (errorType !== undefined) attributes[ATTRIBUTE.errorType] = errorType;
  const explanation = textOf(result.explanation);
  if (explanation !== undefined) {
    const key = "gen_ai.evaluation.explanation";
    attributes[key] = settings().redact?.(explanation, key) ?? explanation;
  }
  return emitEvent({ name: EVENT, attributes, span: spanOf(result) });
}

function spanOf({ span, callId }: Evaluated): SpanContext | undefined {
  if (span !== undefined) return "spanContext" in span ? span.spanContext() : span;
  return callId === undefined ? undefined : spanOfResponse(callId);
}
