import type { Expr } from "../ast.ts";

/** Functions whose value moves with the evaluation time, whatever `@` fixes. */
const MOVING: ReadonlySet<string> = new Set([
  ..."days_in_month day_of_month day_of_week day_of_year hour minute month year".split(" "),
  ..."predict_linear time timestamp start end range step".split(" "),
]);

/**
 * The same expression with `@` on every selector and subquery that has none, so that it gives the
 * same at any evaluation time; `undefined` where a function in it moves with that time.
 */
export function pinTime(expr: Expr, atMs: number): Expr | undefined {
  const pinned = new Pinning(atMs);
  const made = pinned.pin(expr);
  return pinned.moves ? undefined : made;
}

class Pinning {
  moves = false;
  private readonly at: { readonly kind: "time"; readonly atMs: number };

  constructor(atMs: number) {
    this.at = { kind: "time", atMs };
  }

  pin(expr: Expr): Expr {
    const { at } = this;
    switch (expr.kind) {
      case "selector":
      case "subquery":
        return expr.at === undefined ? { ...expr, at } : expr;
      case "range": {
        const { selector } = expr;
        return selector.at === undefined ? { ...expr, selector: { ...selector, at } } : expr;
      }
      case "call":
        if (MOVING.has(expr.name)) this.moves = true;
        return { ...expr, args: expr.args.map((arg) => this.pin(arg)) };
      case "aggregation": {
        const inner = { ...expr, expr: this.pin(expr.expr) };
        return expr.param === undefined ? inner : { ...inner, param: this.pin(expr.param) };
      }
      case "binary":
        return { ...expr, left: this.pin(expr.left), right: this.pin(expr.right) };
      case "unary":
      case "paren":
        return { ...expr, expr: this.pin(expr.expr) };
      case "number":
      case "string":
        return expr;
    }
  }
}
