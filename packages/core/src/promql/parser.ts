import { isUtf8 } from "../model/go-string.ts";
import type { Place } from "../model/input-error.ts";
import { DEFAULT_LIMITS, type Limits } from "../model/limits.ts";
import type { AggregationOp, Aggregation, Binary, BinaryOp, Expr, Matching, Unary } from "./ast.ts";
import { childrenOf, isSetOp } from "./ast.ts";
import { check } from "./check.ts";
import { parseModifiers } from "./modifiers.ts";
import { refuse } from "./refuse.ts";
import type { FeatureOptions } from "./require-feature.ts";
import { parseSelector } from "./selector-parser.ts";
import { TokenStream } from "./token-stream.ts";

export type ParseOptions = FeatureOptions & {
  readonly limits?: Pick<Limits, "expressionLength" | "expressionDepth">;
};

/**
 * Reads and checks a PromQL expression: what comes back is well typed and can be evaluated.
 *
 * @throws InputError of kind `promql` whose message begins with line and column
 */
export function parse(text: string, options: ParseOptions = {}): Expr {
  const expr = parseSyntax(text, options.limits ?? DEFAULT_LIMITS);
  check(expr, text, options);
  return expr;
}

/**
 * Reads an expression without looking whether its parts fit together, or need a feature: such a tree
 * may not be evaluated.
 *
 * @throws InputError of kind `promql`
 */
export function parseSyntax(
  text: string,
  limits: NonNullable<ParseOptions["limits"]> = DEFAULT_LIMITS,
): Expr {
  if (text.length > limits.expressionLength) {
    const place = { from: limits.expressionLength, to: text.length };
    const what = `longer than ${limits.expressionLength} characters (limit expressionLength)`;
    refuse(text, place, `${what}; shorten it, or raise limits.expressionLength`);
  }
  const tokens = new TokenStream(text);
  if (tokens.peek().kind === "end") tokens.refuse(tokens.peek().place, "no expression in the text");
  const expr = new Parser(tokens, limits.expressionDepth).expression(1);
  if (tokens.peek().kind !== "end") tokens.unexpected("an operator or the end of input");
  return expr;
}

const PRECEDENCE: ReadonlyMap<string, number> = new Map([
  ["or", 1],
  ...["and", "unless"].map((op) => [op, 2] as const),
  ...["==", "!=", ">", "<", ">=", "<=", "</", ">/"].map((op) => [op, 3] as const),
  ...["+", "-"].map((op) => [op, 4] as const),
  ...["*", "/", "%", "atan2"].map((op) => [op, 5] as const),
  ["^", 6],
]);
const POWER = 6;

/** How many arguments; the first of two is the parameter. */
const AGGREGATIONS: ReadonlyMap<string, 1 | 2> = new Map([
  ...["sum", "avg", "count", "min", "max", "group", "stddev", "stdvar"].map(
    (op) => [op, 1] as const,
  ),
  ...["topk", "bottomk", "limitk", "limit_ratio", "count_values", "quantile"].map(
    (op) => [op, 2] as const,
  ),
]);

/** Words that cannot be a metric's name where an expression is expected. */
const RESERVED: ReadonlySet<string> = new Set(
  "bool group_left group_right ignoring on atan2".split(" "),
);

/** Keywords that may be a metric's name, but not a function's. */
const NEVER_CALLED: ReadonlySet<string> = new Set(
  "and anchored by fill fill_left fill_right offset or smoothed unless without".split(" "),
);

class Parser {
  private readonly tokens: TokenStream;
  private readonly depthMax: number;
  private nesting = 0;
  /** Depth of the finished trees, so that a chain a + b + c … is limited like any nesting. */
  private readonly depths = new WeakMap<Expr, number>();

  constructor(tokens: TokenStream, depthMax: number) {
    this.tokens = tokens;
    this.depthMax = depthMax;
  }

  /** Reads operators of at least this precedence, climbing. */
  expression(precedence: number): Expr {
    this.nesting++;
    this.limitDepth(this.nesting, this.tokens.peek().place);
    let left = this.unary();
    for (;;) {
      const operator = this.operator();
      const strength = operator === undefined ? 0 : (PRECEDENCE.get(operator) ?? 0);
      if (operator === undefined || strength < precedence) break;
      left = this.binary(left, operator, strength);
    }
    this.nesting--;
    return left;
  }

  private limitDepth(depth: number, place: Place): void {
    if (depth <= this.depthMax) return;
    const what = `nested deeper than ${this.depthMax} levels (limit expressionDepth)`;
    this.tokens.refuse(place, `${what}; simplify it, or raise limits.expressionDepth`);
  }

  private finish<Node extends Expr>(expr: Node): Node {
    let depth = 1;
    for (const child of childrenOf(expr))
      depth = Math.max(depth, 1 + (this.depths.get(child) ?? 1));
    this.limitDepth(depth, expr.place);
    this.depths.set(expr, depth);
    return expr;
  }

  private operator(): string | undefined {
    const { kind, text } = this.tokens.peek();
    if (kind !== "word" && kind !== "symbol") return undefined;
    const operator = kind === "word" ? text.toLowerCase() : text;
    return PRECEDENCE.has(operator) ? operator : undefined;
  }

  private binary(left: Expr, operator: string, strength: number): Binary {
    const { from } = this.tokens.peek().place;
    const op = operator as BinaryOp;
    this.tokens.next();
    const bool = this.tokens.takeWord("bool");
    const matching = this.matching(isSetOp(op));
    const opPlace = { from, to: this.tokens.lastEnd() };
    const right = this.expression(op === "^" ? strength : strength + 1);
    const place = { from: left.place.from, to: right.place.to };
    const plain = { kind: "binary", op, left, right, bool, opPlace, place } as const;
    return this.finish(matching === undefined ? plain : { ...plain, matching });
  }

  private matching(forSets: boolean): Matching | undefined {
    const on = this.tokens.isWord("on");
    const plain = { cardinality: forSets ? "many-to-many" : "one-to-one", include: [] } as const;
    if (!on && !this.tokens.isWord("ignoring")) {
      const filled = this.fills();
      return filled.fill && { on, labels: [], ...plain, ...filled };
    }
    this.tokens.next();
    const labels = this.labelList();
    const grouped = (["group_left", "group_right"] as const).find((word) =>
      this.tokens.takeWord(word),
    );
    const include = grouped !== undefined && this.tokens.isSymbol("(") ? this.labelList() : [];
    const filled = this.fills();
    if (grouped === undefined) {
      // Ignoring nothing says nothing.
      const isPlain = !on && labels.length === 0 && filled.fill === undefined;
      return isPlain ? undefined : { on, labels, ...plain, ...filled };
    }
    const cardinality = grouped === "group_left" ? "many-to-one" : "one-to-many";
    return { on, labels, cardinality, include, ...filled };
  }

  /** `fill(0)`, or one or both of `fill_left(0)` and `fill_right(0)`. */
  private fills(): Pick<Matching, "fill"> {
    if (this.isFill("fill")) {
      const value = this.fillValue();
      return { fill: { left: value, right: value } };
    }
    let fill: Matching["fill"];
    for (;;) {
      if (fill?.left === undefined && this.isFill("fill_left")) {
        fill = { ...fill, left: this.fillValue() };
      } else if (fill?.right === undefined && this.isFill("fill_right")) {
        fill = { ...fill, right: this.fillValue() };
      } else return fill === undefined ? {} : { fill };
    }
  }

  /** Without a parenthesis behind it, the word is the name of a metric. */
  private isFill(word: string): boolean {
    return this.tokens.isWord(word) && this.tokens.isSymbol("(", 1);
  }

  private fillValue(): number {
    const { tokens } = this;
    tokens.next();
    tokens.expectSymbol("(");
    const negative = tokens.isSymbol("-");
    if (negative || tokens.isSymbol("+")) tokens.next();
    const { kind } = tokens.peek();
    if (kind !== "number" && kind !== "duration") tokens.unexpected("a number");
    const value = tokens.numberValue(tokens.next());
    tokens.expectSymbol(")");
    return negative ? -value : value;
  }

  private labelList(): string[] {
    const labels: string[] = [];
    this.tokens.expectSymbol("(");
    while (!this.tokens.takeSymbol(")")) {
      const token = this.tokens.peek();
      // Of all keywords, Prometheus' grammar does not take this one for a label.
      const isLabel = token.kind === "word" && token.text.toLowerCase() !== "without";
      if (!isLabel && token.kind !== "string") this.tokens.unexpected('a label name or ")"');
      this.tokens.next();
      const label = token.kind === "string" ? this.tokens.stringValue(token) : token.text;
      if (!isUtf8(label) || label === "") this.tokens.refuse(token.place, "bad label name");
      labels.push(label);
      if (this.tokens.isSymbol(")")) continue;
      if (!this.tokens.takeSymbol(",")) this.tokens.unexpected('"," or ")"');
    }
    return labels;
  }

  private unary(): Expr {
    const sign = this.tokens.peek();
    if (!this.tokens.isSymbol("-") && !this.tokens.isSymbol("+")) return this.operand();
    this.tokens.next();
    const expr = this.expression(POWER);
    const place = { from: sign.place.from, to: expr.place.to };
    if (expr.kind === "number") {
      return this.finish({ ...expr, value: sign.text === "-" ? -expr.value : expr.value, place });
    }
    const op: Unary["op"] = sign.text === "-" ? "-" : "+";
    return this.finish({ kind: "unary", op, expr, place });
  }

  private operand(): Expr {
    const primary = this.finish(this.primary());
    return this.finish(parseModifiers(this.tokens, primary, this.depthMax));
  }

  private primary(): Expr {
    const { tokens } = this;
    const { kind, text, place } = tokens.peek();
    if (kind === "number" || kind === "duration") {
      const number = { kind: "number", value: tokens.numberValue(tokens.next()), place } as const;
      return kind === "number" ? number : { ...number, isDuration: true };
    }
    if (kind === "string")
      return { kind: "string", value: tokens.stringValue(tokens.next()), place };
    if (tokens.takeSymbol("(")) {
      const expr = this.expression(1);
      const { to } = tokens.expectSymbol(")").place;
      return { kind: "paren", expr, place: { from: place.from, to } };
    }
    if (tokens.isSymbol("{")) return parseSelector(tokens);
    if (kind !== "word") tokens.unexpected("an expression");
    const lower = text.toLowerCase();
    const aggregated = AGGREGATIONS.has(lower) && this.startsAggregation();
    if (aggregated) return this.aggregation(lower);
    if (RESERVED.has(lower)) tokens.unexpected("an expression");
    if (tokens.isSymbol("(", 1) && !NEVER_CALLED.has(lower)) return this.call();
    return parseSelector(tokens);
  }

  private startsAggregation(): boolean {
    const { tokens } = this;
    return tokens.isSymbol("(", 1) || tokens.isWord("by", 1) || tokens.isWord("without", 1);
  }

  private call(): Expr {
    const name = this.tokens.next();
    const args = this.argumentList();
    const place = { from: name.place.from, to: this.tokens.lastEnd() };
    return { kind: "call", name: name.text, args, place };
  }

  private argumentList(): Expr[] {
    const args: Expr[] = [];
    this.tokens.expectSymbol("(");
    if (this.tokens.takeSymbol(")")) return args;
    do args.push(this.expression(1));
    while (this.tokens.takeSymbol(","));
    if (!this.tokens.takeSymbol(")")) this.tokens.unexpected('"," or ")"');
    return args;
  }

  private aggregation(op: string): Aggregation {
    const { tokens } = this;
    const { from } = tokens.next().place;
    const before = this.groupingClause();
    const args = this.argumentList();
    const clause = before ?? this.groupingClause() ?? { without: false, grouping: [] };
    const place = { from, to: tokens.lastEnd() };
    const count = AGGREGATIONS.get(op) ?? 1;
    if (args.length !== count) {
      const plural = count === 1 ? "argument" : "arguments";
      tokens.refuse(place, `${op} takes ${count} ${plural}, not ${args.length}`);
    }
    const [first, second] = args;
    const expr = second ?? first;
    if (first === undefined || expr === undefined) return tokens.unexpected("an expression");
    const plain = { kind: "aggregation", op: op as AggregationOp, expr, ...clause, place } as const;
    return second === undefined ? plain : { ...plain, param: first };
  }

  private groupingClause(): Pick<Aggregation, "without" | "grouping"> | undefined {
    if (this.tokens.takeWord("by")) return { without: false, grouping: this.labelList() };
    if (this.tokens.takeWord("without")) return { without: true, grouping: this.labelList() };
    return undefined;
  }
}
