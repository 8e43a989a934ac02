import type { DurationExpr, DurationOp } from "./ast.ts";
import type { TokenStream } from "./token-stream.ts";

const STRENGTH: ReadonlyMap<string, number> = new Map([
  ["+", 1],
  ["-", 1],
  ["*", 2],
  ["/", 2],
  ["%", 2],
  ["^", 3],
]);
/** Of the operators, only ^ binds stronger than a sign. */
const SIGN_STRENGTH = 3;
/** Prometheus counts nanoseconds in 64 bits: some 292 years. */
const SECONDS_MAX = 2 ** 63 / 1e9;
const WANTED = "a duration such as 5m";

/** Whole milliseconds of seconds, cut as Prometheus cuts (it counts in nanoseconds). */
export function toMs(seconds: number): number {
  return Math.trunc(Math.round(seconds * 1e9) / 1e6);
}

/**
 * Reads what stands where a duration is asked for: a literal, or a calculation. A signed literal is
 * a literal.
 */
export class DurationParser {
  private readonly tokens: TokenStream;
  private readonly partsMax: number;
  private parts = 0;

  /** @param partsMax operators, signs and parentheses of one duration */
  constructor(tokens: TokenStream, partsMax: number) {
    this.tokens = tokens;
    this.partsMax = partsMax;
  }

  /** What stands in brackets: operators bind as in expressions. */
  calculation(strength = 1): DurationExpr {
    let left = this.signed((sign) => this.calculation(sign));
    for (;;) {
      const { kind, text, place } = this.tokens.peek();
      const found = kind === "symbol" ? (STRENGTH.get(text) ?? 0) : 0;
      if (found < strength) return left;
      this.tokens.next();
      const right = this.calculation(text === "^" ? found : found + 1);
      if ((text === "/" || text === "%") && right.kind === "literal" && right.seconds === 0) {
        this.tokens.refuse(place, text === "/" ? "division by zero" : "modulo by zero");
      }
      left = this.part({
        kind: "binary",
        op: text as DurationOp,
        left,
        right,
        place: { from: left.place.from, to: right.place.to },
      });
    }
  }

  /** What stands after `offset`: operators only inside parentheses. */
  operand(): DurationExpr {
    const open = this.tokens.isSymbol("(") || (this.isSign() && this.isSign(1));
    if (!open) return this.signed(() => this.primary());
    // Prometheus' grammar goes on behind a parenthesis, or two signs: (1h) * 2 is one offset.
    const expr = this.calculation();
    return expr.kind === "binary" ? { kind: "paren", expr, place: expr.place } : expr;
  }

  private isSign(ahead = 0): boolean {
    return this.tokens.isSymbol("-", ahead) || this.tokens.isSymbol("+", ahead);
  }

  private signed(operand: (strength: number) => DurationExpr): DurationExpr {
    const { text, place } = this.tokens.peek();
    if (!this.isSign()) return this.primary();
    this.tokens.next();
    this.part(undefined);
    const expr = operand(SIGN_STRENGTH);
    const whole = { from: place.from, to: expr.place.to };
    if (expr.kind === "literal") {
      const seconds = text === "-" ? -expr.seconds : expr.seconds;
      return { ...expr, seconds, text: text + expr.text, place: whole };
    }
    return { kind: "signed", op: text === "-" ? "-" : "+", expr, place: whole };
  }

  private primary(): DurationExpr {
    const { tokens } = this;
    const { kind, text, place } = tokens.peek();
    if (tokens.takeSymbol("(")) {
      this.part(undefined);
      const expr = this.calculation();
      const { to } = tokens.expectSymbol(")").place;
      return { kind: "paren", expr, place: { from: place.from, to } };
    }
    if (kind === "word" && tokens.isSymbol("(", 1)) return this.called(text.toLowerCase());
    // `Inf` and `NaN` are numbers elsewhere.
    if ((kind !== "number" && kind !== "duration") || /^[a-z]/i.test(text)) {
      tokens.unexpected(WANTED);
    }
    const seconds = tokens.numberValue(tokens.next());
    if (!(seconds <= SECONDS_MAX)) tokens.refuse(place, "duration is too long");
    return { kind: "literal", seconds, text, place };
  }

  private called(name: string): DurationExpr {
    const { tokens } = this;
    const { from } = tokens.peek().place;
    if (name === "step" || name === "range") {
      tokens.next();
      tokens.expectSymbol("(");
      const { to } = tokens.expectSymbol(")").place;
      return { kind: "query", of: name, place: { from, to } };
    }
    if (name !== "min_of" && name !== "max_of") return tokens.unexpected(WANTED);
    tokens.next();
    tokens.expectSymbol("(");
    this.part(undefined);
    const left = this.calculation();
    tokens.expectSymbol(",");
    const right = this.calculation();
    const { to } = tokens.expectSymbol(")").place;
    return { kind: "choice", op: name, left, right, place: { from, to } };
  }

  /** Counts a part, so that neither this reader nor a walk over what it reads gets too deep. */
  private part<Part extends DurationExpr | undefined>(part: Part): Part {
    if (++this.parts > this.partsMax) {
      const what = `more than ${this.partsMax} parts in one duration (limit expressionDepth)`;
      this.tokens.refuse(this.tokens.peek().place, what);
    }
    return part;
  }
}

/** The milliseconds of a literal; `undefined` where the duration is a calculation. */
export function literalMs(duration: DurationExpr): number | undefined {
  return duration.kind === "literal" ? toMs(duration.seconds) : undefined;
}
