import { assert } from "../../model/assert.ts";
import { formatFloat } from "../../model/go-float.ts";
import type { Features } from "../../model/features.ts";
import { InputError } from "../../model/input-error.ts";
import type { Limits } from "../../model/limits.ts";
import { NO_LABELS } from "../../model/labels.ts";
import type { Reader } from "../../model/reader.ts";
import { epochMs, MINUTE_MS } from "../../model/time.ts";
import { formatAnnotation } from "../annotations.ts";
import type { Expr } from "../ast.ts";
import { evaluateNow, type QueryResult, type ResultValue } from "../evaluate.ts";
import { parse } from "../parser.ts";
import { printExpr } from "../print.ts";
import { ALL_FEATURES } from "../require-feature.ts";
import { almostEqual } from "./almost-equal.ts";
import { pinTime } from "./pin-time.ts";
import { differenceOf, expectedRows, type Row, rowsOf, writeRow } from "./result-rows.ts";
import { type Eval, fitsText, type TextCheck, writeTextCheck } from "./script.ts";

export type ScriptOptions = {
  readonly limits: Limits;
  /** What changes evaluation; whatever expressions need is on. */
  readonly features: Features;
};

/** How a query was asked: as it is written, the same with `@` everywhere, or within a range query. */
export type Way = "as written" | "with @" | "in a range query" | "with @ in a range query";

export type Verdict =
  | { readonly kind: "passed" }
  | {
      readonly kind: "failed";
      readonly way: Way;
      readonly reason: string;
      /** Rows in the script's notation, where the values differ. */
      readonly expected: readonly string[];
      readonly actual: readonly string[];
    };

const PASSED: Verdict = { kind: "passed" };
const LOOKBACK_MS = 5 * MINUTE_MS;

/**
 * Asks a query of a script and judges the answer. An instant query is asked again with `@` on every
 * selector at other times, and each of these within a range query, where the answer must not change.
 */
export function runEval(one: Eval, reader: Reader, options: ScriptOptions): Verdict {
  let expr: Expr;
  try {
    expr = parseQuery(one.expr);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return judgeFailure(one, error, "as written");
  }
  if (one.span.kind === "range") {
    const { from, to, stepMs } = one.span;
    const query = { text: one.expr, expr, from, to, stepMs };
    return judge(one, query, ask(query, reader, options), "as written");
  }
  // Upstream asks a range vector at the end of the times that are expected.
  const at = one.expectations.rangeVector?.to ?? one.span.at;
  const pinned = pinTime(expr, at);
  const first = runInstant(one, { text: one.expr, expr, at }, { reader, options, pinned: false });
  if (first.kind === "failed" || pinned === undefined) return first;
  const text = printExpr(pinned);
  for (const other of otherTimes(at)) {
    const query = { text, expr: parseQuery(text), at: other };
    const verdict = runInstant(one, query, { reader, options, pinned: true });
    if (verdict.kind === "failed") return verdict;
  }
  return PASSED;
}

function parseQuery(text: string): Expr {
  return parse(text, { features: ALL_FEATURES });
}

/** When a query with `@` everywhere is asked; its answer is the same at all of them. */
function otherTimes(at: number): readonly number[] {
  return at === 0 ? [-1000, 0, 1000] : [-10 * at, 0, Math.trunc(at / 5), at, 10 * at];
}

type Query = {
  readonly text: string;
  readonly expr: Expr;
  readonly from: number;
  readonly to: number;
  /** 0 for an instant query. */
  readonly stepMs: number;
};

function ask(
  { expr, from, to, stepMs }: Query,
  reader: Reader,
  { limits, features }: ScriptOptions,
): QueryResult | InputError {
  const span = { from: epochMs(from), to: epochMs(to), stepMs, lookbackMs: LOOKBACK_MS };
  try {
    return evaluateNow(expr, reader, { ...span, limits, features });
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
}

type InstantRun = {
  readonly reader: Reader;
  readonly options: ScriptOptions;
  readonly pinned: boolean;
};

function runInstant(
  one: Eval,
  { text, expr, at }: { readonly text: string; readonly expr: Expr; readonly at: number },
  { reader, options, pinned }: InstantRun,
): Verdict {
  const query = { text, expr, from: at, to: at, stepMs: 0 };
  const result = ask(query, reader, options);
  const verdict = judge(one, query, result, pinned ? "with @" : "as written");
  if (verdict.kind === "failed" || result instanceof InputError) return verdict;
  if (!hasRangeForm(one, text)) return verdict;
  const range = { ...query, from: at - MINUTE_MS, to: at + MINUTE_MS, stepMs: MINUTE_MS };
  const inRange = ask(range, reader, options);
  const way = pinned ? "with @ in a range query" : "in a range query";
  if (inRange instanceof InputError) return failed(way, inRange.message);
  return judgeMiddle(one, inRange.value, { at, way, kind: result.value.kind });
}

/** A range query has no strings or ranges, sorts by labels, and has another start, end and step. */
function hasRangeForm({ expected, expectations }: Eval, text: string): boolean {
  if (expected.kind === "string" || expectations.rangeVector !== undefined) return false;
  return !expectations.ordered && !/(?:start|end|range|step)\(\)/.test(text);
}

/** The middle step of a range query must give what the instant query gave. */
function judgeMiddle(
  one: Eval,
  value: ResultValue,
  { at, way, kind }: { readonly at: number; readonly way: Way; readonly kind: ResultValue["kind"] },
): Verdict {
  assert(value.kind === "matrix", "a range query gives a matrix");
  const rows = rowsOf(value).flatMap(({ labels, points }): Row[] => {
    const point = points.find((each) => each.at === at);
    return point === undefined ? [] : [{ labels, points: [point] }];
  });
  if (kind !== "scalar") return judgeRows(one, rows, { from: at, stepMs: 0, way });
  const scalar = rows[0]?.points[0]?.value;
  return typeof scalar === "number"
    ? judgeScalar(one, scalar, way)
    : failed(way, "gives nothing for a scalar");
}

function failed(
  way: Way,
  reason: string,
  expected: readonly string[] = [],
  actual: readonly string[] = [],
): Verdict {
  return { kind: "failed", way, reason, expected, actual };
}

function judge(one: Eval, query: Query, result: QueryResult | InputError, way: Way): Verdict {
  if (result instanceof InputError) return judgeFailure(one, result, way);
  const { value } = result;
  if (one.expectations.fail !== undefined) return failed(way, "the query was expected to fail");
  const reason = annotationFault(one, result, query.text);
  if (reason !== undefined) return failed(way, reason);
  switch (value.kind) {
    case "string":
      return judgeString(one, value.value, way);
    case "scalar":
      return judgeScalar(one, value.value, way);
    case "vector":
      return judgeRows(one, rowsOf(value), { from: query.from, stepMs: 0, way });
    case "matrix": {
      const { from, stepMs } = one.expectations.rangeVector ?? query;
      return judgeRows(one, rowsOf(value), { from, stepMs, way });
    }
  }
}

function judgeFailure({ expectations: { fail } }: Eval, error: InputError, way: Way): Verdict {
  if (fail === undefined) return failed(way, error.message);
  // What a script expects has no position.
  const message = error.message.replace(/^\d+:\d+: /, "");
  if (fitsText(fail, message)) return PASSED;
  return failed(way, "the query fails otherwise", [writeTextCheck(fail)], [message]);
}

function annotationFault(one: Eval, result: QueryResult, text: string): string | undefined {
  const { warn, info, noWarn, noInfo } = one.expectations;
  const found = (level: "warning" | "info"): string[] =>
    result.annotations
      .filter((annotation) => annotation.level === level)
      .map((annotation) => formatAnnotation(annotation, text));
  return (
    annotationsFault("warning", { wanted: warn, none: noWarn, found: found("warning") }) ??
    annotationsFault("info", { wanted: info, none: noInfo, found: found("info") })
  );
}

type Annotated = {
  readonly wanted: readonly TextCheck[];
  readonly none: boolean;
  readonly found: readonly string[];
};

/** Each one wanted must be found; where any is wanted, each one found must be wanted. */
function annotationsFault(what: string, { wanted, none, found }: Annotated): string | undefined {
  const list = found.length === 0 ? "there is none" : `there is ${found.join("; ")}`;
  if (none && found.length > 0) return `no ${what} was expected, ${list}`;
  const missing = wanted.find((check) => !found.some((text) => fitsText(check, text)));
  if (missing !== undefined) {
    return `${what} expected with ${writeTextCheck(missing)}, ${list}`;
  }
  const extra = found.find((text) => !wanted.some((check) => fitsText(check, text)));
  if (wanted.length > 0 && extra !== undefined) return `${what} not expected: ${extra}`;
  return undefined;
}

function judgeString({ expected }: Eval, value: string, way: Way): Verdict {
  if (expected.kind === "string" && expected.value === value) return PASSED;
  const wanted = expected.kind === "string" ? [JSON.stringify(expected.value)] : [];
  return failed(way, "the result is another string", wanted, [JSON.stringify(value)]);
}

function judgeScalar({ expected }: Eval, value: number, way: Way): Verdict {
  if (expected.kind === "scalar" && almostEqual(expected.value, value)) return PASSED;
  const wanted = expected.kind === "scalar" ? [formatFloat(expected.value, "g", -1)] : [];
  return failed(way, "the result is another scalar", wanted, [formatFloat(value, "g", -1)]);
}

type Grid = { readonly from: number; readonly stepMs: number; readonly way: Way };

function judgeRows(one: Eval, actual: readonly Row[], { from, stepMs, way }: Grid): Verdict {
  const show = (rows: readonly Row[]): string[] => rows.map((row) => writeRow(row, from, stepMs));
  if (one.expected.kind === "string") {
    return failed(way, "a string was expected", [JSON.stringify(one.expected.value)], show(actual));
  }
  const expected =
    one.expected.kind === "scalar"
      ? [{ labels: NO_LABELS, points: [{ at: from, value: one.expected.value }] }]
      : expectedRows(one.expected.series, from, stepMs);
  if (one.expected.kind === "scalar" && one.span.kind === "instant") {
    return failed(way, "a scalar was expected", show(expected), show(actual));
  }
  const { ordered } = one.expectations;
  const reason = differenceOf(expected, actual, { ordered });
  return reason === undefined ? PASSED : failed(way, reason, show(expected), show(actual));
}
