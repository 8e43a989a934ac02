import { formatFloat } from "../model/go-float.ts";
import { type Binary, type Expr, isComparison, unwrap } from "../promql/ast.ts";
import type { Catalog } from "./catalog.ts";
import type { LintFinding } from "./finding.ts";
import { type Quantity, quantityOf } from "./quantity.ts";
import { nodesOf } from "../promql/walk.ts";

type Compared = {
  readonly quantity: Quantity;
  /** With the number on the right side. */
  readonly op: string;
  readonly number: number;
};

const MIRRORED: Readonly<Record<string, string>> = { ">": "<", "<": ">", ">=": "<=", "<=": ">=" };

/** Thresholds that stand in another unit than what they are compared with, or that buckets hide. */
export function* thresholds(expr: Expr, catalog: Catalog): Generator<LintFinding> {
  for (const node of nodesOf(expr)) {
    if (node.kind !== "binary" || !isComparison(node.op)) continue;
    const compared = comparedIn(node, catalog);
    if (compared === undefined) continue;
    const found = unitProblem(compared) ?? bucketProblem(compared);
    if (found !== undefined) yield { ...found, place: node.place };
  }
}

function comparedIn({ left, right, op }: Binary, catalog: Catalog): Compared | undefined {
  const [a, b] = [numberIn(left), numberIn(right)];
  if (b !== undefined) {
    const quantity = quantityOf(left, catalog);
    return quantity && { quantity, op, number: b };
  }
  if (a === undefined) return undefined;
  const quantity = quantityOf(right, catalog);
  return quantity && { quantity, op: MIRRORED[op] ?? op, number: a };
}

function numberIn(expr: Expr): number | undefined {
  const inner = unwrap(expr);
  if (inner.kind === "number") return inner.value;
  if (inner.kind !== "unary") return undefined;
  const value = numberIn(inner.expr);
  return value === undefined || inner.op === "+" ? value : -value;
}

type Problem = Pick<LintFinding, "code" | "message">;

/** Above this many seconds a bare latency threshold is taken for milliseconds. */
const SECONDS_MAX = 300;
/** Below this many milliseconds one is taken for seconds. */
const MILLISECONDS_MIN = 10;

function unitProblem({ quantity, op, number }: Compared): Problem | undefined {
  const { metric, unit, bounds } = quantity;
  const asks = op.startsWith(">");
  const last = bounds?.at(-1);
  if (asks && last !== undefined && number >= last && !(number === last && op === ">=")) {
    const what = `never reached: the last bucket of "${metric}" ends at ${text(last)}`;
    const scaled = number / 1000;
    const hint =
      unit === "seconds" && scaled < last ? `, ${text(scaled)} for ${text(number)} ms` : "";
    const remedy = `take a threshold below it${hint}`;
    return { code: hint === "" ? "never-reached" : "wrong-unit", message: `${what}; ${remedy}` };
  }
  if (unit === "seconds" && bounds === undefined && asks && number >= SECONDS_MAX) {
    const what = `"${metric}" is in seconds, and ${text(number)} reads like milliseconds`;
    return { code: "wrong-unit", message: `${what}; write ${text(number / 1000)}` };
  }
  if (unit === "milliseconds" && asks && number > 0 && number < MILLISECONDS_MIN) {
    const what = `"${metric}" is in milliseconds, and ${text(number)} reads like seconds`;
    return { code: "wrong-unit", message: `${what}; write ${text(number * 1000)}` };
  }
  if (unit === "share" && asks && number >= 1 && !(number === 1 && op === ">=")) {
    const what = `never reached: "${metric}" ${quantity.kind === "share" ? "over all" : ""} is a share from 0 to 1`;
    const hint = number <= 100 ? `write ${text(number / 100)} for ${text(number)} %` : "take less";
    return { code: "wrong-unit", message: `${what.replaceAll("  ", " ")}; ${hint}` };
  }
  if (unit === "percent" && asks && number > 0 && number <= 1) {
    const what = `"${metric}" is in percent, 0 to 100, and ${text(number)} reads like a share`;
    return { code: "wrong-unit", message: `${what}; write ${text(number * 100)}` };
  }
  return undefined;
}

/** A bucket is too wide when the true value may be this many times off to either side. */
const WIDE = 2;

function bucketProblem({ quantity, number }: Compared): Problem | undefined {
  const { bounds, metric } = quantity;
  if (bounds === undefined || quantity.kind !== "quantile" || bounds.includes(number)) {
    return undefined;
  }
  const above = bounds.find((bound) => bound > number);
  const below = bounds.findLast((bound) => bound < number) ?? 0;
  if (above === undefined || above <= below * WIDE) return undefined;
  const what = `${text(number)} lies inside the bucket ${text(below)} to ${text(above)} of "${metric}"`;
  const why = "a quantile is only a guess in there";
  const near = below === 0 ? text(above) : `${text(below)} or ${text(above)}`;
  return { code: "wide-bucket", message: `${what}, and ${why}; take ${near}, or finer buckets` };
}

function text(value: number): string {
  return formatFloat(value, "f", -1);
}
