import { formatDuration } from "../model/duration.ts";
import type { Rule } from "../rules/rule.ts";
import { unwrap } from "../promql/ast.ts";
import type { LintFinding } from "./finding.ts";
import { nodesOf } from "../promql/walk.ts";

/** Functions that say nothing about a single sample. */
const NEEDS_TWO: ReadonlySet<string> = new Set(
  "rate increase irate delta idelta deriv predict_linear".split(" "),
);

/**
 * Times of a rule that do not fit how often it is evaluated, and ranges that hold too few samples.
 *
 * @param tickMs how often series have a sample, which a group's own interval does not change
 */
export function* ruleTiming(
  rule: Rule,
  intervalMs: number,
  tickMs: number,
): Generator<LintFinding> {
  const every = formatDuration(intervalMs);
  if (rule.kind === "alert" && rule.forMs > 0 && rule.forMs < intervalMs) {
    const what = `"for: ${formatDuration(rule.forMs)}" is shorter than the interval of ${every}`;
    const message = `${what}: it waits for one more evaluation; write "for: ${every}", or leave it out`;
    yield { code: "for-below-interval", message };
  }
  for (const node of nodesOf(rule.expr.expr)) {
    if (node.kind !== "call" || !NEEDS_TWO.has(node.name)) continue;
    const ranged = node.args.map(unwrap).find((arg) => arg.kind === "range");
    if (ranged?.kind !== "range" || ranged.rangeMs > tickMs) continue;
    const what = `${node.name}() needs two samples, and ${formatDuration(ranged.rangeMs)} holds one`;
    const message = `${what} where there is one each ${formatDuration(tickMs)}; take a range of at least ${formatDuration(4 * tickMs)}`;
    yield { code: "range-below-interval", place: ranged.place, message };
  }
}
