import type { Place } from "../model/input-error.ts";
import type { Matcher } from "../model/reader.ts";

/** What an expression evaluates to, in the words of the error messages. */
export type ValueKind = "scalar" | "instant vector" | "range vector" | "string";

/** The parsed expression. Every node knows where in the text it stands. */
export type Expr =
  | NumberLiteral
  | StringLiteral
  | InstantSelector
  | RangeSelector
  | Subquery
  | Call
  | Aggregation
  | Binary
  | Unary
  | Paren;

export type NumberLiteral = {
  readonly kind: "number";
  /** Where it is written as a duration, in seconds. */
  readonly value: number;
  /** Whether it is written as a duration, `5m`. */
  readonly isDuration?: true;
  readonly place: Place;
};

export type StringLiteral = {
  readonly kind: "string";
  /** Bytes that are no UTF-8 (from `\xff`) stand as lone surrogates U+DC80 to U+DCFF. */
  readonly value: string;
  readonly place: Place;
};

/** Which time a selector or subquery looks at instead of the evaluation time (`@`). */
export type FixedTime =
  | { readonly kind: "time"; readonly atMs: number }
  | { readonly kind: "start" }
  | { readonly kind: "end" };

/**
 * A duration that is written as a calculation; what it comes to may depend on the query, so that it
 * is known only when the query's step and range are (`resolveDurations`). Counted in seconds.
 */
export type DurationExpr =
  | {
      readonly kind: "literal";
      readonly seconds: number;
      /** As written, with its sign. */
      readonly text: string;
      readonly place: Place;
    }
  /** The query's step, or the time from its start to its end. */
  | { readonly kind: "query"; readonly of: "step" | "range"; readonly place: Place }
  | {
      readonly kind: "signed";
      readonly op: "+" | "-";
      readonly expr: DurationExpr;
      readonly place: Place;
    }
  | { readonly kind: "paren"; readonly expr: DurationExpr; readonly place: Place }
  | {
      readonly kind: "binary" | "choice";
      readonly op: DurationOp;
      readonly left: DurationExpr;
      readonly right: DurationExpr;
      readonly place: Place;
    };

/** `min_of` and `max_of` are written as calls. */
export type DurationOp = "+" | "-" | "*" | "/" | "%" | "^" | "min_of" | "max_of";

/**
 * What is seen beyond the edges of a range: `anchored` takes the sample before its start,
 * `smoothed` draws a line between the samples on both sides of an edge.
 */
export type Extension = "anchored" | "smoothed";

export type InstantSelector = {
  readonly kind: "selector";
  /** The metric name before the braces; also present among the matchers. */
  readonly name?: string;
  readonly matchers: readonly Matcher[];
  /** How far back it looks; negative looks ahead. */
  readonly offsetMs: number;
  /** Where the offset is a calculation; `offsetMs` is 0 until it is resolved. */
  readonly offset?: DurationExpr;
  readonly at?: FixedTime;
  readonly extension?: Extension;
  readonly place: Place;
};

export type RangeSelector = {
  readonly kind: "range";
  /** Carries the offset, `@` and extension of the whole. */
  readonly selector: InstantSelector;
  readonly rangeMs: number;
  /** Where the range is a calculation; `rangeMs` is 0 until it is resolved. */
  readonly range?: DurationExpr;
  readonly place: Place;
};

export type Subquery = {
  readonly kind: "subquery";
  readonly expr: Expr;
  readonly rangeMs: number;
  /** Absent: the default evaluation interval. */
  readonly stepMs?: number;
  readonly offsetMs: number;
  /** Where range, step and offset are calculations; each counts once it is resolved. */
  readonly range?: DurationExpr;
  readonly step?: DurationExpr;
  readonly offset?: DurationExpr;
  readonly at?: FixedTime;
  readonly place: Place;
};

export type Call = {
  readonly kind: "call";
  readonly name: string;
  readonly args: readonly Expr[];
  readonly place: Place;
};

export type AggregationOp =
  | "sum"
  | "avg"
  | "count"
  | "min"
  | "max"
  | "group"
  | "stddev"
  | "stdvar"
  | "topk"
  | "bottomk"
  | "limitk"
  | "limit_ratio"
  | "count_values"
  | "quantile";

export type Aggregation = {
  readonly kind: "aggregation";
  readonly op: AggregationOp;
  readonly expr: Expr;
  /** The first argument of `topk`, `quantile`, `count_values` and their kin. */
  readonly param?: Expr;
  readonly without: boolean;
  readonly grouping: readonly string[];
  readonly place: Place;
};

export type ArithmeticOp = "+" | "-" | "*" | "/" | "%" | "^" | "atan2";
export type ComparisonOp = "==" | "!=" | ">" | "<" | ">=" | "<=";
export type SetOp = "and" | "or" | "unless";
/** Cuts a histogram off above or below a value. */
export type TrimOp = "</" | ">/";
export type BinaryOp = ArithmeticOp | ComparisonOp | SetOp | TrimOp;

/** How series of two vectors find each other. */
export type Matching = {
  /** Whether `labels` are the ones that count (`on`) or the ones that do not (`ignoring`). */
  readonly on: boolean;
  readonly labels: readonly string[];
  readonly cardinality: "one-to-one" | "many-to-one" | "one-to-many" | "many-to-many";
  /** Labels that the "many" side takes over from the "one" side. */
  readonly include: readonly string[];
  /** What stands for a series that the left or the right side lacks. */
  readonly fill?: { readonly left?: number; readonly right?: number };
};

export type Binary = {
  readonly kind: "binary";
  readonly op: BinaryOp;
  readonly left: Expr;
  readonly right: Expr;
  readonly bool: boolean;
  /** Present where both sides are vectors, or where the text says how to match. */
  readonly matching?: Matching;
  /** Where the operator with its modifiers stands. */
  readonly opPlace: Place;
  readonly place: Place;
};

export type Unary = {
  readonly kind: "unary";
  readonly op: "+" | "-";
  readonly expr: Expr;
  readonly place: Place;
};

export type Paren = {
  readonly kind: "paren";
  readonly expr: Expr;
  readonly place: Place;
};

const COMPARISONS: ReadonlySet<string> = new Set(["==", "!=", ">", "<", ">=", "<="]);
const SET_OPS: ReadonlySet<string> = new Set(["and", "or", "unless"]);
const TRIM_OPS: ReadonlySet<string> = new Set(["</", ">/"]);

export function isComparison(op: BinaryOp): op is ComparisonOp {
  return COMPARISONS.has(op);
}

export function isSetOp(op: BinaryOp): op is SetOp {
  return SET_OPS.has(op);
}

export function isTrim(op: BinaryOp): op is TrimOp {
  return TRIM_OPS.has(op);
}

/** The expression inside any number of parentheses. */
export function unwrap(expr: Expr): Exclude<Expr, Paren> {
  let inner = expr;
  while (inner.kind === "paren") inner = inner.expr;
  return inner;
}

/** The same node over changed children; the node itself where none of them changes. */
export function mapChildren(expr: Expr, change: (child: Expr) => Expr): Expr {
  switch (expr.kind) {
    case "number":
    case "string":
    case "selector":
    case "range":
      return expr;
    case "call": {
      const args = expr.args.map(change);
      return args.every((arg, i) => arg === expr.args[i]) ? expr : { ...expr, args };
    }
    case "aggregation": {
      const inner = change(expr.expr);
      const param = expr.param === undefined ? undefined : change(expr.param);
      if (inner === expr.expr && param === expr.param) return expr;
      return param === undefined ? { ...expr, expr: inner } : { ...expr, expr: inner, param };
    }
    case "binary": {
      const [left, right] = [change(expr.left), change(expr.right)];
      return left === expr.left && right === expr.right ? expr : { ...expr, left, right };
    }
    case "subquery":
    case "unary":
    case "paren": {
      const inner = change(expr.expr);
      return inner === expr.expr ? expr : { ...expr, expr: inner };
    }
  }
}

/** The expressions directly below a node, in the order of the text. */
export function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case "number":
    case "string":
    case "selector":
      return [];
    case "range":
      return [expr.selector];
    case "call":
      return expr.args;
    case "aggregation":
      return expr.param === undefined ? [expr.expr] : [expr.param, expr.expr];
    case "binary":
      return [expr.left, expr.right];
    case "subquery":
    case "unary":
    case "paren":
      return [expr.expr];
  }
}
