import { METRIC_NAME } from "../model/labels.ts";
import type { Matcher } from "../model/reader.ts";
import { type EpochMs, epochMs } from "../model/time.ts";
import { childrenOf, type Expr, type FixedTime, type InstantSelector, mapChildren } from "./ast.ts";
import { resolveDurations } from "./durations.ts";
import { infoSelector } from "./info-selector.ts";

/** How long a sample counts as current where nothing else is said, as in Prometheus. */
export const DEFAULT_LOOKBACK_MS: number = 5 * 60_000;

/** When an expression is evaluated. */
export type Span = {
  readonly from: EpochMs;
  readonly to: EpochMs;
  /** 0 for an instant query, where `from` equals `to`. */
  readonly stepMs: number;
  readonly lookbackMs: number;
};

/** What one selector reads: samples in (from, to]. */
export type SelectorRead = {
  readonly selector: InstantSelector;
  readonly matchers: readonly Matcher[];
  readonly from: EpochMs;
  readonly to: EpochMs;
};

/** A metric name that was spelled otherwise than it is stored. */
export type RenamedMetric = { readonly from: string; readonly to: string };

export type Plan = {
  /** What to evaluate: the expression with canonical metric names and durations worked out. */
  readonly expr: Expr;
  readonly reads: readonly SelectorRead[];
  /** See `reach`. */
  readonly reachMs: number;
  /** Whether `absent` or `absent_over_time` is called: such a rule waits after a gap. */
  readonly callsAbsent: boolean;
  readonly renamed: readonly RenamedMetric[];
};

export type PlanOptions = Span & {
  /** Maps a metric's full name to the one that it is stored under. */
  readonly canonicalName?: (name: string) => string;
};

/** Says what an evaluation will read, so that the shell can load what memory lacks. */
export function plan(expr: Expr, options: PlanOptions): Plan {
  const renamed: RenamedMetric[] = [];
  const { canonicalName } = options;
  const resolved = resolveDurations(expr, options);
  const stored = canonicalName === undefined ? resolved : rename(resolved, canonicalName, renamed);
  return {
    expr: stored,
    reads: readsOf(stored, options),
    reachMs: reach(stored, options.lookbackMs),
    callsAbsent: callsAbsent(stored),
    renamed,
  };
}

/** What each selector of an expression reads over a whole evaluation. */
export function readsOf(expr: Expr, span: Span): SelectorRead[] {
  const reads: SelectorRead[] = [];
  collect(expr, span.from, span.to, { span, reads });
  return reads;
}

/**
 * How far before its evaluation an expression looks, in milliseconds: what memory must hold for a
 * rule. Infinite where `@` names a fixed time.
 */
export function reach(expr: Expr, lookbackMs: number): number {
  if (namesFixedTime(expr)) return Infinity;
  const now = epochMs(0);
  const reads = readsOf(expr, { from: now, to: now, stepMs: 0, lookbackMs });
  return Math.max(0, ...reads.map(({ from }) => now - from));
}

type Collecting = { readonly span: Span; readonly reads: SelectorRead[] };

/** The time that a selector or subquery is pinned to; `undefined` where it moves with the steps. */
export function pinnedTime(at: FixedTime | undefined, span: Span): number | undefined {
  switch (at?.kind) {
    case undefined:
      return undefined;
    case "time":
      return at.atMs;
    case "start":
      return span.from;
    case "end":
      return span.to;
  }
}

/** Walks with the times at which a node is evaluated; `from` and `to` are both included. */
function collect(expr: Expr, from: number, to: number, into: Collecting): void {
  if (expr.kind === "selector") return addRead(expr, into.span.lookbackMs, [from, to], into);
  if (expr.kind === "range") {
    const { selector, rangeMs } = expr;
    const beyond = selector.extension === undefined ? 0 : into.span.lookbackMs;
    return addRead(selector, rangeMs + beyond, [from, to], into);
  }
  if (expr.kind === "subquery") {
    const pinned = pinnedTime(expr.at, into.span);
    const start = (pinned ?? from) - expr.offsetMs - expr.rangeMs;
    return collect(expr.expr, start, (pinned ?? to) - expr.offsetMs, into);
  }
  const children = childrenOf(expr);
  if (expr.kind === "call" && expr.name === "info") {
    addRead(infoSelector(expr), into.span.lookbackMs, [from, to], into);
    // The second argument only says what is wanted of the info metrics.
    for (const child of children.slice(0, 1)) collect(child, from, to, into);
    return;
  }
  for (const child of children) collect(child, from, to, into);
}

function addRead(
  selector: InstantSelector,
  backMs: number,
  [from, to]: readonly [number, number],
  { span, reads }: Collecting,
): void {
  const pinned = pinnedTime(selector.at, span);
  const ahead = selector.extension === "smoothed" ? span.lookbackMs : 0;
  reads.push({
    selector,
    matchers: selector.matchers,
    from: epochMs((pinned ?? from) - selector.offsetMs - backMs),
    to: epochMs((pinned ?? to) - selector.offsetMs + ahead),
  });
}

function namesFixedTime(expr: Expr): boolean {
  const at = expr.kind === "selector" || expr.kind === "subquery" ? expr.at : undefined;
  return at?.kind === "time" || childrenOf(expr).some(namesFixedTime);
}

function callsAbsent(expr: Expr): boolean {
  const calls = expr.kind === "call" && /^absent(?:_over_time)?$/.test(expr.name);
  return calls || childrenOf(expr).some(callsAbsent);
}

function rename(expr: Expr, canonical: (name: string) => string, renamed: RenamedMetric[]): Expr {
  if (expr.kind === "selector") return renameSelector(expr, canonical, renamed);
  if (expr.kind === "range") {
    return { ...expr, selector: renameSelector(expr.selector, canonical, renamed) };
  }
  return mapChildren(expr, (child) => rename(child, canonical, renamed));
}

function renameSelector(
  selector: InstantSelector,
  canonical: (name: string) => string,
  renamed: RenamedMetric[],
): InstantSelector {
  const matchers = selector.matchers.map((matcher) => {
    if (matcher.name !== METRIC_NAME || matcher.op !== "=") return matcher;
    const value = canonical(matcher.value);
    if (value === matcher.value) return matcher;
    renamed.push({ from: matcher.value, to: value });
    return { ...matcher, value };
  });
  if (matchers.every((matcher, i) => matcher === selector.matchers[i])) return selector;
  if (selector.name === undefined) return { ...selector, matchers };
  return { ...selector, matchers, name: canonical(selector.name) };
}
