import type { NativeHistogram, SampleValue } from "../model/sample.ts";
import type { Binary } from "./ast.ts";
import { isTrim } from "./ast.ts";
import { identicalHistograms } from "./histogram/compare.ts";
import { HistogramSum, hintsCollide } from "./histogram/histogram-sum.ts";
import { divided, scaled } from "./histogram/scale.ts";
import { trimmed } from "./histogram/trim.ts";
import { HistogramNotes } from "./histogram-notes.ts";
import type { Operator } from "./operators.ts";
import type { Run } from "./run.ts";

/** What an operator makes of two values of which any may be a histogram; `undefined`: nothing. */
export type MixedOperator = (left: SampleValue, right: SampleValue) => SampleValue | undefined;

/** @param numbers what it does with two numbers */
export function mixedOperator(expr: Binary, numbers: Operator, run: Run): MixedOperator {
  const { op } = expr;
  const notes = new HistogramNotes(run.annotations, expr.place);
  const refuse = (left: SampleValue, right: SampleValue): undefined => {
    notes.incompatibleTypes(kindOf(left), op, kindOf(right));
  };
  return (left, right) => {
    if (typeof left === "number") {
      if (typeof right !== "number") return op === "*" ? scaled(right, left) : refuse(left, right);
      if (isTrim(op)) return refuse(left, right);
      return numbers.keeps(left, right) ? numbers.result(left, right) : undefined;
    }
    if (typeof right === "number") {
      if (isTrim(op)) return trimmed(left, op, right);
      if (op === "*") return scaled(left, right);
      return op === "/" ? divided(left, right) : refuse(left, right);
    }
    if (op === "+" || op === "-") return joined(op, [left, right], notes);
    if (op !== "==" && op !== "!=") return refuse(left, right);
    const holds = identicalHistograms(left, right) === (op === "==");
    if (expr.bool) return holds ? 1 : 0;
    return holds ? left : undefined;
  };
}

function kindOf(value: SampleValue): "float" | "histogram" {
  return typeof value === "number" ? "float" : "histogram";
}

/** A difference is no counter any more. */
function joined(
  op: "+" | "-",
  [left, right]: readonly [NativeHistogram, NativeHistogram],
  notes: HistogramNotes,
): NativeHistogram | undefined {
  const operation = op === "+" ? "addition" : "subtraction";
  const sum = new HistogramSum(left);
  const joining = sum.add(right, op === "+" ? 1 : -1);
  if (joining === "incompatible") {
    notes.incompatibleOperands(op);
    return undefined;
  }
  if (hintsCollide(left.counterReset, right.counterReset)) {
    notes.collidingResets(operation);
    return undefined;
  }
  if (joining === "bounds-reconciled") notes.reconciledBounds(operation);
  return op === "+" ? sum.result() : sum.result("gauge");
}
