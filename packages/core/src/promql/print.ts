import { formatDuration } from "../model/duration.ts";
import { formatFloat } from "../model/go-float.ts";
import { quote } from "../model/go-string.ts";
import { SECOND_MS } from "../model/time.ts";
import type {
  Aggregation,
  Binary,
  Call,
  DurationExpr,
  Expr,
  FixedTime,
  InstantSelector,
  Matching,
  RangeSelector,
  Subquery,
} from "./ast.ts";

/** Writes an expression as text that parses to the same tree, in one line. */
export function printExpr(expr: Expr): string {
  switch (expr.kind) {
    case "number":
      return expr.isDuration === true
        ? formatDuration(expr.value * SECOND_MS)
        : formatFloat(expr.value, "f", -1);
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
  const written = inside
    .map((matcher) => `${printName(matcher.name)}${matcher.op}${quote(matcher.value)}`)
    .toSorted();
  const braces = name === undefined || written.length > 0 ? `{${written.join(",")}}` : "";
  return `${name ?? ""}${braces}`;
}

type Shift = Pick<InstantSelector, "at" | "offset" | "offsetMs" | "extension">;

function printShift({ at, offset, offsetMs, extension }: Shift): string {
  const edges = extension === undefined ? "" : ` ${extension}`;
  const fixed = at === undefined ? "" : ` @ ${printFixed(at)}`;
  const shifted = offset !== undefined || offsetMs !== 0;
  const by = shifted ? ` offset ${printSpan(offset, offsetMs)}` : "";
  // An operator right behind a parenthesis would count as part of the offset.
  return offset?.kind === "paren" ? by + edges + fixed : edges + fixed + by;
}

function printSpan(duration: DurationExpr | undefined, ms: number): string {
  return duration === undefined ? formatDuration(ms) : printDuration(duration);
}

function printDuration(duration: DurationExpr): string {
  switch (duration.kind) {
    case "literal":
      return duration.text;
    case "query":
      return `${duration.of}()`;
    case "signed":
      return `${duration.op}${printDuration(duration.expr)}`;
    case "paren":
      return `(${printDuration(duration.expr)})`;
    case "choice":
      return `${duration.op}(${printDuration(duration.left)}, ${printDuration(duration.right)})`;
    case "binary":
      return `${printDuration(duration.left)} ${duration.op} ${printDuration(duration.right)}`;
  }
}

function printFixed(at: FixedTime): string {
  return at.kind === "time" ? formatFloat(at.atMs / SECOND_MS, "f", 3) : `${at.kind}()`;
}

function printRange({ selector, range, rangeMs }: RangeSelector): string {
  return `${printBare(selector)}[${printSpan(range, rangeMs)}]${printShift(selector)}`;
}

function printSubquery(subquery: Subquery): string {
  const { expr, range, rangeMs, step, stepMs } = subquery;
  const every = step === undefined && stepMs === undefined ? "" : printSpan(step, stepMs ?? 0);
  return `${printExpr(expr)}[${printSpan(range, rangeMs)}:${every}]${printShift(subquery)}`;
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
  if (matching !== undefined) operator += printMatching(matching);
  return `${printExpr(left)} ${operator} ${printExpr(right)}`;
}

function printLabels(labels: readonly string[]): string {
  return `(${labels.map(printName).join(", ")})`;
}

function printMatching({ on, labels, cardinality, include, fill }: Matching): string {
  const grouped = cardinality === "many-to-one" || cardinality === "one-to-many";
  let text = "";
  if (on || labels.length > 0 || grouped)
    text += ` ${on ? "on" : "ignoring"} ${printLabels(labels)}`;
  if (cardinality === "many-to-one") text += ` group_left ${printLabels(include)}`;
  if (cardinality === "one-to-many") text += ` group_right ${printLabels(include)}`;
  const { left, right } = fill ?? {};
  if (left !== undefined && Object.is(left, right)) return `${text} fill ${printFill(left)}`;
  if (left !== undefined) text += ` fill_left ${printFill(left)}`;
  if (right !== undefined) text += ` fill_right ${printFill(right)}`;
  return text;
}

function printFill(value: number): string {
  return `(${formatFloat(value, "g", -1)})`;
}
