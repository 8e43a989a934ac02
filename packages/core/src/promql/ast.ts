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
  readonly value: number;
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

export type InstantSelector = {
  readonly kind: "selector";
  /** The metric name before the braces; also present among the matchers. */
  readonly name?: string;
  readonly matchers: readonly Matcher[];
  /** How far back it looks; negative looks ahead. */
  readonly offsetMs: number;
  readonly at?: FixedTime;
  readonly place: Place;
};

export type RangeSelector = {
  readonly kind: "range";
  /** Carries the offset and `@` of the whole. */
  readonly selector: InstantSelector;
  readonly rangeMs: number;
  readonly place: Place;
};

export type Subquery = {
  readonly kind: "subquery";
  readonly expr: Expr;
  readonly rangeMs: number;
  /** Absent: the default evaluation interval. */
  readonly stepMs?: number;
  readonly offsetMs: number;
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
export type BinaryOp = ArithmeticOp | ComparisonOp | SetOp;

/** How series of two vectors find each other. */
export type Matching = {
  /** Whether `labels` are the ones that count (`on`) or the ones that do not (`ignoring`). */
  readonly on: boolean;
  readonly labels: readonly string[];
  readonly cardinality: "one-to-one" | "many-to-one" | "one-to-many" | "many-to-many";
  /** Labels that the "many" side takes over from the "one" side. */
  readonly include: readonly string[];
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

export function isComparison(op: BinaryOp): op is ComparisonOp {
  return COMPARISONS.has(op);
}

export function isSetOp(op: BinaryOp): op is SetOp {
  return SET_OPS.has(op);
}

/** The expression inside any number of parentheses. */
export function unwrap(expr: Expr): Exclude<Expr, Paren> {
  let inner = expr;
  while (inner.kind === "paren") inner = inner.expr;
  return inner;
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
