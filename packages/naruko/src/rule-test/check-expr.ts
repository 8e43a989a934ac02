import type { Features } from "@naruko/core/model/features";
import { formatFloat } from "@naruko/core/model/go-float";
import { compareLabels, formatLabels, type Labels } from "@naruko/core/model/labels";
import type { SampleValue } from "@naruko/core/model/sample";
import type { EpochMs } from "@naruko/core/model/time";
import { writeHistogram } from "@naruko/core/promql/test-language/write-histogram";
import type { RuleContext } from "@naruko/core/rules/context";
import { evaluateExpression, parseExpression } from "@naruko/core/rules/expression";
import type { Judged } from "./check-alerts.ts";
import type { ExprCheck } from "./rule-test.ts";

export type ExprOptions = { readonly fuzzyCompare: boolean; readonly features: Features };

/**
 * Holds what an expression gives against what is expected. Numbers are equal to the last digit, or
 * the one before and after it where comparing is fuzzy; NaN equals nothing, as in promtool.
 *
 * @throws InputError where the expression is refused
 */
export function checkExpr(
  check: ExprCheck,
  at: EpochMs,
  context: RuleContext,
  { fuzzyCompare, features }: ExprOptions,
): Judged {
  const work = evaluateExpression(parseExpression(check.expr, { features }), at, context);
  let turn = work.next();
  while (turn.done !== true) turn = work.next();
  const expected = check.expected.toSorted(byLabels);
  const actual = turn.value.toSorted(byLabels);
  const passed =
    expected.length === actual.length &&
    expected.every((sample, i) => {
      const found = actual[i];
      return (
        found?.labels.key === sample.labels.key && equal(sample.value, found.value, fuzzyCompare)
      );
    });
  const judged = { expected: expected.map(sampleLine), actual: actual.map(sampleLine), passed };
  const wantsNaN = expected.some(({ value }) => Number.isNaN(value));
  return wantsNaN ? { ...judged, reason: "NaN equals nothing; x != x finds it" } : judged;
}

type Sample = { readonly labels: Labels; readonly value: SampleValue };

function byLabels(a: Sample, b: Sample): number {
  return compareLabels(a.labels, b.labels);
}

function sampleLine({ labels, value }: Sample): string {
  const shown = typeof value === "number" ? formatFloat(value, "g", -1) : writeHistogram(value);
  return `${formatLabels(labels)} ${shown}`;
}

function equal(expected: SampleValue, actual: SampleValue, fuzzy: boolean): boolean {
  if (typeof expected === "object" || typeof actual === "object") {
    const bothHistograms = typeof expected === "object" && typeof actual === "object";
    return bothHistograms && writeHistogram(expected) === writeHistogram(actual);
  }
  return expected === actual || (fuzzy && areNeighbours(expected, actual));
}

/** Whether no number lies between two; ±Infinity follow the largest numbers. */
function areNeighbours(a: number, b: number): boolean {
  if (Number.isNaN(a) || Number.isNaN(b)) return false;
  const distance = orderOf(a) - orderOf(b);
  return distance === 1n || distance === -1n;
}

/** Numbers in ascending order as whole numbers in ascending order, without gaps. */
function orderOf(value: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigInt64(0);
  return bits < 0n ? -(bits & 0x7fff_ffff_ffff_ffffn) : bits;
}
