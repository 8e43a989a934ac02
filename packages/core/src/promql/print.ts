import { formatDuration } from "../model/duration.ts";
import { formatFloat } from "../model/go-float.ts";
import { quote } from "../model/go-string.ts";
import { SECOND_MS } from "../model/time.ts";
import type {
  Aggregation,
  Binary,
  Call,
  Expr,
  FixedTime,
  InstantSelector,
  RangeSelector,
  Subquery,
} from "./ast.ts";

/** Writes an expression as text that parses to the same tree, in one line. */
export function printExpr(expr: Expr): string {
  switch (expr.kind) {
    case "number":
      return formatFloat(expr.value, "f", -1);
    case "string":
      return quote(expr.value);
    case "selector":
      return printBare(expr) + printShift(expr);
    case "range":
      return printRange(expr);
    case "subquery":
      return printSubquery(expr);
    case "call":
      return printCall(expr);
    case "aggregation":
      return printAggregation(expr);
    case "binary":
      return printBinary(expr);
    case "unary":
      return `${expr.op}${printExpr(expr.expr)}`;
    case "paren":
      return `(${printExpr(expr.expr)})`;
  }
}

const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

function printName(name: string): string {
  return PLAIN_NAME.test(name) ? name : quote(name);
}

function printBare({ name, matchers }: InstantSelector): string {
  // The name outside the braces stands last among the matchers.
  const inside = name === undefined ? matchers : matchers.slice(0, -1);
  const written = inside.map((matcher) => {
    return `${printName(matcher.name)}${matcher.op}${quote(matcher.value)}`;
  });
  const braces = name === undefined || written.length > 0 ? `{${written.join(",")}}` : "";
  return `${name ?? ""}${braces}`;
}

function printShift({ at, offsetMs }: { at?: FixedTime; offsetMs: number }): string {
  const fixed = at === undefined ? "" : ` @ ${printFixed(at)}`;
  return offsetMs === 0 ? fixed : `${fixed} offset ${formatDuration(offsetMs)}`;
}

function printFixed(at: FixedTime): string {
  return at.kind === "time" ? formatFloat(at.atMs / SECOND_MS, "f", 3) : `${at.kind}()`;
}

function printRange({ selector, rangeMs }: RangeSelector): string {
  return `${printBare(selector)}[${formatDuration(rangeMs)}]${printShift(selector)}`;
}

function printSubquery(subquery: Subquery): string {
  const { expr, rangeMs, stepMs } = subquery;
  const step = stepMs === undefined ? "" : formatDuration(stepMs);
  return `${printExpr(expr)}[${formatDuration(rangeMs)}:${step}]${printShift(subquery)}`;
}

function printCall({ name, args }: Call): string {
  return `${name}(${args.map(printExpr).join(", ")})`;
}

function printAggregation({ op, expr, param, without, grouping }: Aggregation): string {
  const labels = grouping.map(printName).join(", ");
  const clause = without ? ` without (${labels}) ` : grouping.length > 0 ? ` by (${labels}) ` : "";
  const args = param === undefined ? [expr] : [param, expr];
  return `${op}${clause}(${args.map(printExpr).join(", ")})`;
}

function printBinary(expr: Binary): string {
  const { op, left, right, bool, matching } = expr;
  let operator: string = bool ? `${op} bool` : op;
  if (matching !== undefined) {
    const list = (labels: readonly string[]): string => `(${labels.map(printName).join(", ")})`;
    operator += ` ${matching.on ? "on" : "ignoring"} ${list(matching.labels)}`;
    if (matching.cardinality === "many-to-one") operator += ` group_left ${list(matching.include)}`;
    if (matching.cardinality === "one-to-many")
      operator += ` group_right ${list(matching.include)}`;
  }
  return `${printExpr(left)} ${operator} ${printExpr(right)}`;
}
