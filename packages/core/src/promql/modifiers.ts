import { SECOND_MS } from "../model/time.ts";
import type { Expr, FixedTime, InstantSelector, RangeSelector, Subquery } from "./ast.ts";
import type { TokenStream } from "./token-stream.ts";

type Shiftable = InstantSelector | RangeSelector | Subquery;

/** Reads everything that may follow a primary expression: `[5m]`, `[1h:5m]`, `offset 1d`, `@ 7`. */
export function parseModifiers(tokens: TokenStream, primary: Expr): Expr {
  let expr = primary;
  let offset = false;
  for (;;) {
    if (tokens.isSymbol("[")) {
      expr = parseBrackets(tokens, expr, offset);
      offset = false;
    } else if (tokens.isWord("offset")) {
      if (offset) tokens.refuse(tokens.peek().place, "offset is set twice");
      expr = parseOffset(tokens, expr);
      offset = true;
    } else if (tokens.isSymbol("@")) {
      expr = parseAt(tokens, expr);
    } else if (tokens.isWord("anchored") || tokens.isWord("smoothed")) {
      tokens.refuse(tokens.peek().place, `"${tokens.peek().text}" is not supported yet`);
    } else {
      return expr;
    }
  }
}

/** Whole milliseconds of seconds, cut as Prometheus cuts (it counts in nanoseconds). */
function toMs(seconds: number): number {
  return Math.trunc(Math.round(seconds * 1e9) / 1e6);
}

function parseBrackets(tokens: TokenStream, expr: Expr, offset: boolean): RangeSelector | Subquery {
  const open = tokens.next().place;
  const rangeMs = parseSpan(tokens);
  if (!tokens.isSymbol(":")) {
    if (!tokens.isSymbol("]")) tokens.unexpected('":" or "]"');
    const { to } = tokens.next().place;
    const place = { from: open.from, to };
    if (expr.kind !== "selector") {
      tokens.refuse(place, "a range is only allowed on a selector; a subquery is written [5m:1m]");
    }
    if (offset) tokens.refuse(place, "offset must stand after the range");
    if (expr.at !== undefined) tokens.refuse(place, "@ must stand after the range");
    return { kind: "range", selector: expr, rangeMs, place: { from: expr.place.from, to } };
  }
  tokens.next();
  const stepMs = tokens.isSymbol("]") ? undefined : parseSpan(tokens);
  const { to } = tokens.expectSymbol("]").place;
  const place = { from: expr.place.from, to };
  const subquery: Subquery = { kind: "subquery", expr, rangeMs, offsetMs: 0, place };
  return stepMs === undefined ? subquery : { ...subquery, stepMs };
}

/** A duration or a number of seconds above zero. */
function parseSpan(tokens: TokenStream): number {
  const token = tokens.peek();
  if (token.kind === "symbol" || token.kind === "word") {
    if (!"+-*/%^(".includes(token.text) && token.kind === "symbol") {
      tokens.unexpected("a duration such as 5m");
    }
    tokens.refuse(token.place, "duration expressions are not supported yet");
  }
  if (token.kind !== "number" && token.kind !== "duration") {
    tokens.unexpected("a duration such as 5m");
  }
  tokens.next();
  const ms = toMs(tokens.numberValue(token));
  if (!(ms > 0)) tokens.refuse(token.place, "duration must be greater than 0");
  requireCountable(tokens, ms);
  if ("+-*/%^".includes(tokens.peek().text) && tokens.peek().kind === "symbol") {
    tokens.refuse(tokens.peek().place, "duration expressions are not supported yet");
  }
  return ms;
}

function requireCountable(tokens: TokenStream, ms: number): void {
  if (Number.isSafeInteger(ms)) return;
  tokens.refuse(tokens.peek(-1).place, "duration is too long");
}

function parseSigned(tokens: TokenStream, wanted: string): number {
  const negative = tokens.isSymbol("-");
  if (negative || tokens.isSymbol("+")) tokens.next();
  const token = tokens.peek();
  if (token.kind !== "number" && token.kind !== "duration") tokens.unexpected(wanted);
  tokens.next();
  const value = tokens.numberValue(token);
  return negative ? -value : value;
}

function parseOffset(tokens: TokenStream, expr: Expr): Shiftable {
  const keyword = tokens.next().place;
  if (!isShiftable(expr)) {
    tokens.refuse(keyword, "offset must follow a selector, a range or a subquery");
  }
  const sign = tokens.isSymbol("-") || tokens.isSymbol("+") ? 1 : 0;
  if (tokens.isSymbol("(", sign) || tokens.peek(sign).kind === "word") {
    tokens.refuse(tokens.peek(sign).place, "duration expressions are not supported yet");
  }
  const offsetMs = toMs(parseSigned(tokens, "a duration such as 5m"));
  requireCountable(tokens, offsetMs);
  const place = { from: expr.place.from, to: tokens.lastEnd() };
  if (expr.kind === "range") {
    return { ...expr, selector: { ...expr.selector, offsetMs }, place };
  }
  return { ...expr, offsetMs, place };
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
  const atMs = Math.round(parseSigned(tokens, "a time in seconds, start() or end()") * SECOND_MS);
  if (!Number.isSafeInteger(atMs)) tokens.refuse(place, "time after @ is out of range");
  return { kind: "time", atMs };
}

function isShiftable(expr: Expr): expr is Shiftable {
  return expr.kind === "selector" || expr.kind === "range" || expr.kind === "subquery";
}
