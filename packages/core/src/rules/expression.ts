import type { Features } from "../model/features.ts";
import type { Labels } from "../model/labels.ts";
import type { Limits } from "../model/limits.ts";
import { InputError } from "../model/input-error.ts";
import { NO_LABELS } from "../model/labels.ts";
import type { Reader } from "../model/reader.ts";
import type { SampleValue } from "../model/sample.ts";
import type { EpochMs } from "../model/time.ts";
import { epochMs } from "../model/time.ts";
import type { Expr } from "../promql/ast.ts";
import { childrenOf } from "../promql/ast.ts";
import type { ResultValue } from "../promql/evaluate.ts";
import { evaluate } from "../promql/evaluate.ts";
import { parse } from "../promql/parser.ts";
import { DEFAULT_LOOKBACK_MS, plan } from "../promql/plan.ts";
import { printExpr } from "../promql/print.ts";
import type { RememberedWork } from "../promql/remembered-work.ts";

/** One element of what an expression returned. */
export type Element = { readonly labels: Labels; readonly value: SampleValue };

/** The number of an element; 0 where it is a native histogram, as alerts and templates have it. */
export function numberOf({ value }: Element): number {
  return typeof value === "number" ? value : 0;
}

/** A checked PromQL expression, as far as rules look into it. */
export type Expression = {
  /** As written. */
  readonly text: string;
  /** As Prometheus prints it; equal for expressions that differ in spaces alone. */
  readonly printed: string;
  /** What is evaluated. */
  readonly expr: Expr;
  /** How far before its evaluation it looks, in ms. */
  readonly reachMs: number;
  /** Whether missing series are what it looks for: such a rule waits after a gap. */
  readonly callsAbsent: boolean;
  /** Its longest range, at least the lookback, in ms: what a rule that calls absent waits after a gap. */
  readonly longestRangeMs: number;
};

export type ExpressionOptions = {
  /** Maps a metric's full name to the one that it is stored under. */
  readonly canonicalName?: (name: string) => string;
  /** What is allowed beyond the stable language; nothing by default. */
  readonly features?: Features;
};

/** What the evaluation of an expression needs. */
export type EvaluationContext = {
  /** The series as they are at this moment, earlier writes of the same tick included. */
  readonly reader: () => Reader;
  readonly limits: Limits;
  /** Step of a subquery that names none; one minute where not told, as in Prometheus. */
  readonly subqueryStepMs?: number;
  /** How expressions in templates are read, as those of the rules are. */
  readonly expressions?: ExpressionOptions;
  /** What rules evaluated before at the same time have worked out. */
  readonly remembered?: RememberedWork;
};

/** Parses and checks an expression; throws `InputError("promql")` with its place in the text. */
export function parseExpression(text: string, options: ExpressionOptions = {}): Expression {
  const parsed = parse(text, options);
  const now = epochMs(0);
  const span = { from: now, to: now, stepMs: 0, lookbackMs: DEFAULT_LOOKBACK_MS };
  const { expr, reachMs, callsAbsent } = plan(parsed, { ...span, ...options });
  return {
    text,
    printed: printExpr(parsed),
    expr,
    reachMs,
    callsAbsent,
    longestRangeMs: Math.max(DEFAULT_LOOKBACK_MS, longestRange(expr)),
  };
}

function longestRange(expr: Expr): number {
  const own = expr.kind === "range" || expr.kind === "subquery" ? expr.rangeMs : 0;
  return Math.max(own, ...childrenOf(expr).map(longestRange));
}

/**
 * Evaluates an expression at one time; a scalar counts as one element without labels. Yields every
 * so many samples, so that the caller can let other work run.
 *
 * @throws InputError("promql") where the data does not suit the expression, or a limit is reached
 */
export function* evaluateExpression(
  { expr }: Expression,
  at: EpochMs,
  { reader, limits, subqueryStepMs, expressions, remembered }: EvaluationContext,
): Generator<undefined, readonly Element[]> {
  const span = { from: at, to: at, stepMs: 0, lookbackMs: DEFAULT_LOOKBACK_MS };
  const options = {
    ...span,
    ...(subqueryStepMs !== undefined && { subqueryStepMs }),
    ...(expressions?.features !== undefined && { features: expressions.features }),
    ...(remembered !== undefined && { remembered }),
    limits,
    purpose: "rule",
  } as const;
  const { value } = yield* evaluate(expr, reader(), options);
  return elementsOf(value);
}

function elementsOf(value: ResultValue): readonly Element[] {
  switch (value.kind) {
    case "scalar":
      return [{ labels: NO_LABELS, value: value.value }];
    case "vector":
      return value.series.map((labels, i) => {
        return { labels, value: value.histograms?.[i] ?? value.values[i] ?? NaN };
      });
    case "string":
    case "matrix":
      throw new InputError("promql", `a rule needs a vector or a scalar, this is a ${value.kind}`);
  }
}
