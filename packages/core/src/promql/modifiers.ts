import { SECOND_MS } from "../model/time.ts";
import type {
  DurationExpr,
  Expr,
  Extension,
  FixedTime,
  InstantSelector,
  RangeSelector,
  Subquery,
} from "./ast.ts";
import { DurationParser, literalMs } from "./duration-parser.ts";
import type { TokenStream } from "./token-stream.ts";

type Shiftable = InstantSelector | RangeSelector | Subquery;

/**
 * Reads everything that may follow a primary expression: `[5m]`, `[1h:5m]`, `offset 1d`, `@ 7`,
 * `anchored`, `smoothed`.
 *
 * @param partsMax how many parts a calculated duration may have
 */
export function parseModifiers(tokens: TokenStream, primary: Expr, partsMax: number): Expr {
  let expr = primary;
  for (;;) {
    if (tokens.isSymbol("[")) expr = parseBrackets(tokens, expr, partsMax);
    else if (tokens.isWord("offset")) expr = parseOffset(tokens, expr, partsMax);
    else if (tokens.isSymbol("@")) expr = parseAt(tokens, expr);
    else if (tokens.isWord("anchored")) expr = parseExtension(tokens, expr, "anchored");
    else if (tokens.isWord("smoothed")) expr = parseExtension(tokens, expr, "smoothed");
    else return expr;
  }
}

function isShifted({ offset, offsetMs }: Pick<InstantSelector, "offset" | "offsetMs">): boolean {
  return offset !== undefined || offsetMs !== 0;
}

function parseBrackets(
  tokens: TokenStream,
  expr: Expr,
  partsMax: number,
): RangeSelector | Subquery {
  const open = tokens.next().place;
  const range = parseSpan(tokens, partsMax);
  const ranged = { rangeMs: literalMs(range) ?? 0, ...(isLiteral(range) ? {} : { range }) };
  if (!tokens.isSymbol(":")) {
    if (!tokens.isSymbol("]")) tokens.unexpected('":" or "]"');
    const { to } = tokens.next().place;
    const place = { from: open.from, to };
    if (expr.kind !== "selector") {
      tokens.refuse(place, "a range is only allowed on a selector; a subquery is written [5m:1m]");
    }
    if (isShifted(expr)) tokens.refuse(place, "offset must stand after the range");
    if (expr.at !== undefined) tokens.refuse(place, "@ must stand after the range");
    return { kind: "range", selector: expr, ...ranged, place: { from: expr.place.from, to } };
  }
  tokens.next();
  const step = tokens.isSymbol("]") ? undefined : parseSpan(tokens, partsMax);
  const stepMs = step === undefined ? undefined : literalMs(step);
  if (step !== undefined && stepMs === 0) {
    tokens.refuse(step.place, "the step of a subquery must be at least 1ms");
  }
  const { to } = tokens.expectSymbol("]").place;
  return {
    kind: "subquery",
    expr,
    ...ranged,
    ...(stepMs === undefined ? {} : { stepMs }),
    ...(step === undefined || isLiteral(step) ? {} : { step }),
    offsetMs: 0,
    place: { from: expr.place.from, to },
  };
}

function isLiteral(duration: DurationExpr): boolean {
  return duration.kind === "literal";
}

/** A duration or a number of seconds above zero, or a calculation of one. */
function parseSpan(tokens: TokenStream, partsMax: number): DurationExpr {
  const duration = new DurationParser(tokens, partsMax).calculation();
  if (duration.kind === "literal" && !(duration.seconds > 0)) {
    tokens.refuse(duration.place, "duration must be greater than 0");
  }
  return duration;
}

function parseOffset(tokens: TokenStream, expr: Expr, partsMax: number): Shiftable {
  const keyword = tokens.next().place;
  if (!isShiftable(expr)) {
    tokens.refuse(keyword, "offset must follow a selector, a range or a subquery");
  }
  if (isShifted(expr.kind === "range" ? expr.selector : expr)) {
    tokens.refuse(keyword, "offset is set twice");
  }
  const duration = new DurationParser(tokens, partsMax).operand();
  const offsetMs = literalMs(duration) ?? 0;
  const shift = { offsetMs, ...(isLiteral(duration) ? {} : { offset: duration }) };
  const place = { from: expr.place.from, to: tokens.lastEnd() };
  if (expr.kind === "range") return { ...expr, selector: { ...expr.selector, ...shift }, place };
  return { ...expr, ...shift, place };
}

function parseAt(tokens: TokenStream, expr: Expr): Shiftable {
  const symbol = tokens.next().place;
  if (!isShiftable(expr)) tokens.refuse(symbol, "@ must follow a selector, a range or a subquery");
  const before = expr.kind === "range" ? expr.selector.at : expr.at;
  if (before !== undefined) tokens.refuse(symbol, "@ is set twice");
  const at = parseFixedTime(tokens);
  const place = { from: expr.place.from, to: tokens.lastEnd() };
  if (expr.kind === "range") return { ...expr, selector: { ...expr.selector, at }, place };
  return { ...expr, at, place };
}

function parseFixedTime(tokens: TokenStream): FixedTime {
  for (const kind of ["start", "end"] as const) {
    if (!tokens.takeWord(kind)) continue;
    tokens.expectSymbol("(");
    tokens.expectSymbol(")");
    return { kind };
  }
  const { place } = tokens.peek();
  const atMs = Math.round(parseSeconds(tokens) * SECOND_MS);
  if (!Number.isSafeInteger(atMs)) tokens.refuse(place, "time after @ is out of range");
  return { kind: "time", atMs };
}

function parseSeconds(tokens: TokenStream): number {
  const negative = tokens.isSymbol("-");
  if (negative || tokens.isSymbol("+")) tokens.next();
  const { kind } = tokens.peek();
  if (kind !== "number" && kind !== "duration") {
    tokens.unexpected("a time in seconds, start() or end()");
  }
  const value = tokens.numberValue(tokens.next());
  return negative ? -value : value;
}

function parseExtension(
  tokens: TokenStream,
  expr: Expr,
  extension: Extension,
): InstantSelector | RangeSelector {
  const keyword = tokens.next().place;
  if (expr.kind === "subquery") {
    tokens.refuse(keyword, `"${extension}" is not possible on a subquery`);
  }
  if (!isShiftable(expr))
    tokens.refuse(keyword, `"${extension}" must follow a selector or a range`);
  const selector = expr.kind === "range" ? expr.selector : expr;
  if (selector.extension !== undefined && selector.extension !== extension) {
    tokens.refuse(keyword, '"anchored" and "smoothed" exclude each other');
  }
  const place = { from: expr.place.from, to: keyword.to };
  if (expr.kind === "range") return { ...expr, selector: { ...selector, extension }, place };
  return { ...expr, extension, place };
}

function isShiftable(expr: Expr): expr is Shiftable {
  return expr.kind === "selector" || expr.kind === "range" || expr.kind === "subquery";
}
