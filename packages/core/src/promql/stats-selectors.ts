import type { SeriesStretch } from "../model/reader.ts";
import type { CounterReset, NativeHistogram } from "../model/sample.ts";
import { childrenOf, type Expr, type InstantSelector, isTrim } from "./ast.ts";
import { isReset } from "./histogram/compare.ts";

/** Functions that take no more of a histogram than its count and its sum. */
const STATS: ReadonlySet<string> = new Set(["histogram_count", "histogram_sum", "histogram_avg"]);

/** Functions that look at buckets. */
const BUCKETS: ReadonlySet<string> = new Set([
  "histogram_quantile",
  "histogram_quantiles",
  "histogram_fraction",
]);

/** The selectors of whose histograms only count and sum are asked for, wherever they stand. */
export function statsSelectors(expr: Expr): ReadonlySet<InstantSelector> {
  const found = new Set<InstantSelector>();
  collect(expr, false, found);
  return found;
}

function collect(expr: Expr, stats: boolean, into: Set<InstantSelector>): void {
  if (expr.kind === "selector" && stats) into.add(expr);
  if (needsBuckets(expr)) return;
  const inside = stats || (expr.kind === "call" && STATS.has(expr.name));
  for (const child of childrenOf(expr)) collect(child, inside, into);
}

/** A subquery finds out about resets between its own steps, for which it needs buckets. */
function needsBuckets(expr: Expr): boolean {
  if (expr.kind === "binary") return isTrim(expr.op);
  return expr.kind === "subquery" || (expr.kind === "call" && BUCKETS.has(expr.name));
}

/**
 * The same series with a hint at each histogram behind another: Prometheus finds out about resets
 * while it reads counts and sums alone, and so tells of conflicts that it does not see otherwise.
 */
export function withDecidedResets(slice: SeriesStretch): SeriesStretch {
  if (slice.histograms === undefined) return slice;
  let before: NativeHistogram | undefined;
  const histograms = Array.from(slice.histograms, (h) => {
    if (h === undefined) return undefined;
    const counterReset = before === undefined ? h.counterReset : decided(h, before);
    before = h;
    return counterReset === h.counterReset ? h : { ...h, counterReset };
  });
  return { ...slice, histograms };
}

function decided(h: NativeHistogram, before: NativeHistogram): CounterReset {
  if (h.counterReset !== "unknown") return h.counterReset;
  return isReset(h, before) ? "reset" : "not-reset";
}
