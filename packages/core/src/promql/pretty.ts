import { utf8Bytes } from "../model/text.ts";
import { type Binary, childrenOf, type Expr } from "./ast.ts";
import { printExpr } from "./print.ts";

/** Bytes of UTF-8 that stand in one line. */
const LINE_BYTES = 100;
const INDENT = "  ";

/**
 * Writes an expression as text that parses to the same tree, broken into lines where one would be
 * longer than 100 bytes, as Prometheus formats queries.
 *
 * @param level by how much it is indented; 0 where it goes on in the line of what surrounds it
 */
export function prettyExpr(expr: Expr, level = 0): string {
  const indent = INDENT.repeat(level);
  const line = printExpr(expr);
  const fits = utf8Bytes(line).length <= LINE_BYTES;
  switch (expr.kind) {
    case "subquery":
      // A short one is not indented: so Prometheus has it.
      if (fits) return line;
      return prettyExpr(expr.expr, level) + line.slice(printExpr(expr.expr).length);
    case "unary":
      return indent + expr.op + prettyExpr(expr.expr, level).trim();
    case "number":
    case "string":
    case "selector":
    case "range":
      return indent + line;
    case "binary":
      return fits ? indent + line : prettyBinary(expr, line, level);
    case "paren":
      return fits ? indent + line : prettyList(indent, "", [expr.expr], level);
    case "call":
    case "aggregation": {
      const args = childrenOf(expr);
      const written = `(${args.map(printExpr).join(", ")})`;
      const head = line.slice(0, line.length - written.length);
      return fits ? indent + line : prettyList(indent, head, args, level);
    }
  }
}

function prettyList(indent: string, head: string, args: readonly Expr[], level: number): string {
  const lines = args.map((arg) => prettyExpr(arg, level + 1)).join(",\n");
  return `${indent}${head}(\n${lines}\n${indent})`;
}

function prettyBinary({ left, right }: Binary, line: string, level: number): string {
  const operator = line.slice(printExpr(left).length + 1, -printExpr(right).length - 1);
  const sides = [left, right].map((side) => prettyExpr(side, level + 1));
  return sides.join(`\n${INDENT.repeat(level)}${operator}\n`);
}
