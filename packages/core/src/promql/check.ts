import { compileMatcher } from "../model/matcher.ts";
import { nearest } from "../model/nearest.ts";
import type { Aggregation, Binary, Call, Expr, InstantSelector, Unary, ValueKind } from "./ast.ts";
import { childrenOf, isComparison, isSetOp } from "./ast.ts";
import { FUNCTIONS, type Signature, UNSUPPORTED_FUNCTIONS } from "./functions.ts";
import { refuse } from "./refuse.ts";

export type CheckOptions = {
  /** Allow what Prometheus hides behind `promql-experimental-functions`; off by default. */
  readonly experimental?: boolean;
};

/** What an expression evaluates to; the expression must have passed `check`. */
export function kindOf(expr: Expr): ValueKind {
  switch (expr.kind) {
    case "number":
      return "scalar";
    case "string":
      return "string";
    case "selector":
    case "aggregation":
      return "instant vector";
    case "range":
    case "subquery":
      return "range vector";
    case "call":
      return FUNCTIONS.get(expr.name)?.returns ?? "instant vector";
    case "binary":
      return kindOf(expr.left) === "scalar" && kindOf(expr.right) === "scalar"
        ? "scalar"
        : "instant vector";
    case "unary":
    case "paren":
      return kindOf(expr.expr);
  }
}

/**
 * Refuses an expression whose parts do not fit together: unknown functions, wrong arguments,
 * operators on the wrong kinds, matching that makes no sense.
 *
 * @param text the whole expression, for line and column in messages
 * @throws InputError of kind `promql`
 */
export function check(expr: Expr, text: string, options: CheckOptions = {}): void {
  const signature = expr.kind === "call" ? signatureOf(expr, text, options) : undefined;
  for (const child of childrenOf(expr)) check(child, text, options);
  switch (expr.kind) {
    case "call":
      return signature && checkArguments(expr, signature, text);
    case "aggregation":
      return checkAggregation(expr, text, options);
    case "binary":
      return checkBinary(expr, text);
    case "unary":
      return checkUnary(expr, text);
    case "subquery": {
      const kind = kindOf(expr.expr);
      if (kind === "instant vector") return;
      return refuse(text, expr.expr.place, `a subquery needs an instant vector, not a ${kind}`);
    }
    case "selector":
      return checkSelector(expr, text);
    case "number":
    case "string":
    case "range":
    case "paren":
  }
}

/** A selector that matches the empty label set would read every series: most likely a slip. */
function checkSelector({ matchers, place }: InstantSelector, text: string): void {
  if (matchers.some((matcher) => !compileMatcher(matcher)(""))) return;
  refuse(text, place, "selector must have at least one matcher that does not match the empty text");
}

function expectKind(expr: Expr, kind: ValueKind, of: string, text: string): void {
  const found = kindOf(expr);
  if (found === kind) return;
  const article = found === "instant vector" ? "an" : "a";
  refuse(text, expr.place, `${of} must be of type ${kind}, this is ${article} ${found}`);
}

function signatureOf(call: Call, text: string, options: CheckOptions): Signature {
  const namePlace = { from: call.place.from, to: call.place.from + call.name.length };
  const signature = FUNCTIONS.get(call.name);
  if (signature === undefined) {
    if (UNSUPPORTED_FUNCTIONS.has(call.name)) {
      refuse(text, namePlace, `"${call.name}" is not supported yet`);
    }
    const similar = nearest(call.name, FUNCTIONS.keys());
    const hint = similar === undefined ? "" : `; did you mean "${similar}"?`;
    return refuse(text, namePlace, `unknown function "${call.name}"${hint}`);
  }
  if (signature.experimental) requireExperimental(call.name, text, namePlace, options);
  return signature;
}

function checkArguments(call: Call, signature: Signature, text: string): void {
  const { length } = call.args;
  if (length < signature.min || length > signature.max) {
    refuse(text, call.place, `${call.name} takes ${countsOf(signature)}, not ${length}`);
  }
  for (const [i, arg] of call.args.entries()) {
    const kind = signature.args[Math.min(i, signature.args.length - 1)];
    if (kind !== undefined) expectKind(arg, kind, `argument ${i + 1} of ${call.name}`, text);
  }
}

function countsOf({ min, max }: Signature): string {
  const plural = (max === Infinity ? min : max) === 1 ? "argument" : "arguments";
  if (max === min) return `${min} ${plural}`;
  return max === Infinity ? `at least ${min} ${plural}` : `${min} to ${max} ${plural}`;
}

function requireExperimental(
  name: string,
  text: string,
  place: Call["place"],
  options: CheckOptions,
): void {
  if (options.experimental === true) return;
  refuse(text, place, `"${name}" is experimental in Prometheus and not enabled`);
}

function checkAggregation(expr: Aggregation, text: string, options: CheckOptions): void {
  if (expr.op === "limitk") requireExperimental(expr.op, text, expr.place, options);
  expectKind(expr.expr, "instant vector", `the argument of ${expr.op}`, text);
  if (expr.param === undefined) return;
  const kind = expr.op === "count_values" ? "string" : "scalar";
  expectKind(expr.param, kind, `the parameter of ${expr.op}`, text);
}

function checkUnary(expr: Unary, text: string): void {
  const kind = kindOf(expr.expr);
  if (kind === "scalar" || kind === "instant vector") return;
  refuse(text, expr.place, `"${expr.op}" needs a scalar or an instant vector, not a ${kind}`);
}

function checkBinary(expr: Binary, text: string): void {
  const { op, bool, left, right, matching, opPlace, place } = expr;
  if (bool && !isComparison(op)) {
    refuse(text, opPlace, `bool is only allowed on comparisons, not on "${op}"`);
  }
  for (const side of [left, right]) {
    const kind = kindOf(side);
    if (kind === "scalar" || kind === "instant vector") continue;
    refuse(text, side.place, `"${op}" needs scalars or instant vectors, not a ${kind}`);
  }
  const scalars = [left, right].filter((side) => kindOf(side) === "scalar").length;
  if (scalars === 2 && isComparison(op) && !bool) {
    refuse(text, opPlace, `a comparison of two scalars must be written "${op} bool"`);
  }
  if (scalars > 0 && isSetOp(op))
    refuse(text, place, `"${op}" needs instant vectors, not a scalar`);
  if (matching === undefined) return;
  if (scalars > 0 && matching.labels.length > 0) {
    refuse(text, opPlace, "on and ignoring are only allowed between instant vectors");
  }
  const grouped = matching.cardinality === "many-to-one" || matching.cardinality === "one-to-many";
  if (isSetOp(op) && grouped) {
    refuse(text, opPlace, `group_left and group_right are not allowed on "${op}"`);
  }
  const both = matching.on ? matching.labels.find((l) => matching.include.includes(l)) : undefined;
  if (both !== undefined) {
    refuse(text, opPlace, `label "${both}" must not stand in on and in the group clause at once`);
  }
}
