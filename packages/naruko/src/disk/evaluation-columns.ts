import type { Evaluation } from "@naruko/core/model/evaluation";
import { epochMs } from "@naruko/core/model/time";

/** The texts of an evaluation, in the order of the table. */
export const EVALUATION_TEXTS = [
  "name",
  "service",
  "environment",
  "label",
  "explanation",
  "errorType",
  "traceId",
  "spanId",
  "responseId",
  "judge",
] as const;

/** Fails to compile when `Evaluation` has a field that nothing here writes. */
type EveryFieldIsWritten =
  Exclude<
    keyof Evaluation,
    (typeof EVALUATION_TEXTS)[number] | "at" | "score" | "weight"
  > extends never
    ? true
    : never;
export const EVERY_EVALUATION_FIELD_IS_WRITTEN: EveryFieldIsWritten = true;

/** Evaluations with their numbers apart, so that every number survives. */
export type EvaluationColumns = {
  /** One array an evaluation, as `EVALUATION_TEXTS` orders it; null is an absent field. */
  readonly texts: readonly (readonly (string | null)[])[];
  /** For each: time, 1 where it has a score, the score. */
  readonly numbers: Float64Array;
  /** Index of the evaluation and its weight, of those that have one. */
  readonly weights?: readonly (readonly [number, number])[];
};

const STRIDE = 3;

export function toEvaluationColumns(evaluations: readonly Evaluation[]): EvaluationColumns {
  const numbers = new Float64Array(evaluations.length * STRIDE);
  const texts = evaluations.map((evaluation, n) => {
    numbers.set(
      [evaluation.at, evaluation.score === undefined ? 0 : 1, evaluation.score ?? 0],
      n * STRIDE,
    );
    return EVALUATION_TEXTS.map((field) => evaluation[field] ?? null);
  });
  const weights = evaluations.flatMap(({ weight }, n) =>
    weight === undefined ? [] : [[n, weight] as const],
  );
  return { texts, numbers, ...(weights.length > 0 && { weights }) };
}

/** A number of the evaluation at index `n`; null: it has none. */
export function evaluationNumber(
  { numbers }: EvaluationColumns,
  n: number,
  field: "at" | "score",
): number | null {
  if (field === "at") return numbers[n * STRIDE] ?? null;
  return numbers[n * STRIDE + 1] === 1 ? (numbers[n * STRIDE + 2] ?? null) : null;
}

/** Rebuilds an evaluation from its texts in the order of the table, and its numbers. */
export function evaluationOf(
  texts: readonly (string | null)[],
  numbers: {
    readonly at: number;
    readonly score: number | null;
    readonly weight?: number | null | undefined;
  },
): Evaluation {
  const { at, score, weight = null } = numbers;
  const fields: Record<string, string> = {};
  for (const [i, field] of EVALUATION_TEXTS.entries()) {
    const value = texts[i] ?? null;
    if (value !== null) fields[field] = value;
  }
  // The fields come from an `Evaluation` by way of `toEvaluationColumns`, which writes each.
  return {
    ...fields,
    at: epochMs(at),
    ...(score !== null && { score }),
    ...(weight !== null && { weight }),
  } as Evaluation;
}

export function fromEvaluationColumns(columns: EvaluationColumns): Evaluation[] {
  const weights = new Map(columns.weights);
  return columns.texts.map((texts, n) =>
    evaluationOf(texts, {
      at: evaluationNumber(columns, n, "at") ?? 0,
      score: evaluationNumber(columns, n, "score"),
      weight: weights.get(n),
    }),
  );
}
