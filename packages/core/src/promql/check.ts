import { compileMatcher } from "../model/matcher.ts";
import { nearest } from "../model/nearest.ts";
import type {
  Aggregation,
  Binary,
  Call,
  DurationExpr,
  Expr,
  InstantSelector,
  Subquery,
  Unary,
  ValueKind,
} from "./ast.ts";
import { childrenOf, isComparison, isSetOp, isTrim } from "./ast.ts";
import { FUNCTIONS, type Signature } from "./functions.ts";
import { refuse } from "./refuse.ts";
import { type FeatureOptions, requireFeature } from "./require-feature.ts";

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
export function check(expr: Expr, text: string, options: FeatureOptions = {}): void {
  const signature = expr.kind === "call" ? signatureOf(expr, text, options) : undefined;
  const onlyLabels = expr.kind === "call" && expr.name === "info" ? expr.args[1] : undefined;
  for (const child of childrenOf(expr)) {
    if (child !== onlyLabels || child.kind !== "selector") check(child, text, options);
  }
  switch (expr.kind) {
    case "call":
      return signature && checkCall(expr, signature, text);
    case "aggregation":
      return checkAggregation(expr, text, options);
    case "binary":
      return checkBinary(expr, text, options);
    case "unary":
      return checkUnary(expr, text);
    case "subquery":
      return checkSubquery(expr, text, options);
    case "range":
      return requireCalculated([expr.range], text, options);
    case "selector":
      return checkSelector(expr, text, options);
    case "number":
    case "string":
    case "paren":
  }
}

function checkSelector(selector: InstantSelector, text: string, options: FeatureOptions): void {
  requireCalculated([selector.offset], text, options);
  const { matchers, extension, place } = selector;
  if (extension !== undefined) {
    const feature = "promql-extended-range-selectors";
    requireFeature({ what: `"${extension}"`, feature, place }, text, options);
  }
  // It would read every series: most likely a slip.
  if (matchers.some((matcher) => !compileMatcher(matcher)(""))) return;
  refuse(text, place, "selector must have at least one matcher that does not match the empty text");
}

function checkSubquery(expr: Subquery, text: string, options: FeatureOptions): void {
  requireCalculated([expr.range, expr.step, expr.offset], text, options);
  const kind = kindOf(expr.expr);
  if (kind === "instant vector") return;
  refuse(text, expr.expr.place, `a subquery needs an instant vector, not a ${kind}`);
}

/** `-(5m)`, which Prometheus takes for no calculation. */
function isSignedLiteral(duration: DurationExpr): boolean {
  if (duration.kind !== "signed" || duration.expr.kind !== "paren") return false;
  return duration.expr.expr.kind === "literal";
}

function requireCalculated(
  durations: readonly (DurationExpr | undefined)[],
  text: string,
  options: FeatureOptions,
): void {
  for (const duration of durations) {
    if (duration === undefined || isSignedLiteral(duration)) continue;
    const { place } = duration;
    const what = "a calculated duration";
    requireFeature({ what, feature: "promql-duration-expr", place }, text, options);
  }
}

function expectKind(expr: Expr, kind: ValueKind, of: string, text: string): void {
  const found = kindOf(expr);
  if (found === kind) return;
  const article = found === "instant vector" ? "an" : "a";
  refuse(text, expr.place, `${of} must be of type ${kind}, this is ${article} ${found}`);
}

function signatureOf(call: Call, text: string, options: FeatureOptions): Signature {
  const namePlace = { from: call.place.from, to: call.place.from + call.name.length };
  const signature = FUNCTIONS.get(call.name);
  if (signature === undefined) {
    const similar = nearest(call.name, FUNCTIONS.keys());
    const hint = similar === undefined ? "" : `; did you mean "${similar}"?`;
    return refuse(text, namePlace, `unknown function "${call.name}"${hint}`);
  }
  if (signature.experimental) requireExperimental(call.name, text, namePlace, options);
  return signature;
}

function checkCall(call: Call, signature: Signature, text: string): void {
  const { length } = call.args;
  if (length < signature.min || length > signature.max) {
    refuse(text, call.place, `${call.name} takes ${countsOf(signature)}, not ${length}`);
  }
  if (call.name === "info") checkLabelSelector(call.args[1], text);
  for (const [i, arg] of call.args.entries()) {
    const kind = signature.args[Math.min(i, signature.args.length - 1)];
    if (kind !== undefined) expectKind(arg, kind, `argument ${i + 1} of ${call.name}`, text);
  }
}

/** The second argument of `info` says which labels of which metrics are wanted; it reads nothing. */
function checkLabelSelector(selector: Expr | undefined, text: string): void {
  if (selector === undefined) return;
  if (selector.kind === "selector" && selector.name === undefined) return;
  const wanted = 'must be matchers alone, as in {data=~".+"}';
  refuse(text, selector.place, `the second argument of info ${wanted}`);
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
  options: FeatureOptions,
): void {
  const feature = "promql-experimental-functions";
  requireFeature({ what: `"${name}"`, feature, place }, text, options);
}

function checkAggregation(expr: Aggregation, text: string, options: FeatureOptions): void {
  const isExperimental = expr.op === "limitk" || expr.op === "limit_ratio";
  if (isExperimental) requireExperimental(expr.op, text, expr.place, options);
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

function checkBinary(expr: Binary, text: string, options: FeatureOptions): void {
  const { op, bool, left, right, opPlace, place } = expr;
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
  if (scalars === 2 && isTrim(op)) refuse(text, place, `"${op}" needs a vector of histograms`);
  if (scalars > 0 && isSetOp(op))
    refuse(text, place, `"${op}" needs instant vectors, not a scalar`);
  checkMatching(expr, scalars > 0, text, options);
}

function checkMatching(
  { op, matching, opPlace }: Binary,
  withScalar: boolean,
  text: string,
  options: FeatureOptions,
): void {
  if (matching === undefined) return;
  if (matching.fill !== undefined) {
    const feature = "promql-binop-fill-modifiers";
    requireFeature({ what: '"fill"', feature, place: opPlace }, text, options);
    if (withScalar) refuse(text, opPlace, "fill is only allowed between instant vectors");
    if (isSetOp(op)) refuse(text, opPlace, `fill is not allowed on "${op}"`);
  }
  if (withScalar && matching.labels.length > 0) {
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
