import { METRIC_NAME } from "../model/labels.ts";
import type { Matcher, SeriesStretch } from "../model/reader.ts";
import { childrenOf, type Expr, type InstantSelector } from "./ast.ts";
import { printExpr } from "./print.ts";
import type { Steps, Value } from "./run.ts";
import { statsSelectors } from "./stats-selectors.ts";

/** What several expressions have in common: each part that occurs more than once, by its text. */
export type CommonParts = {
  readonly nodes: ReadonlyMap<Expr, string>;
  readonly selectors: ReadonlyMap<InstantSelector, string>;
};

/** Finds the parts that occur more than once in expressions that are evaluated together. */
export function commonParts(exprs: readonly Expr[]): CommonParts {
  const nodes: (readonly [Expr, string])[] = [];
  const selectors: (readonly [InstantSelector, string])[] = [];
  for (const expr of exprs) {
    // Below `histogram_count` and its kin a selector reads other resets than elsewhere.
    if (statsSelectors(expr).size > 0) continue;
    for (const part of partsOf(expr)) {
      if (part.kind === "selector") selectors.push([part, JSON.stringify(part.matchers)]);
      if (part.kind === "call" || part.kind === "aggregation" || part.kind === "binary") {
        nodes.push([part, printExpr(part)]);
      }
    }
  }
  return { nodes: repeated(nodes), selectors: repeated(selectors) };
}

function partsOf(expr: Expr): readonly Expr[] {
  return [expr, ...childrenOf(expr).flatMap(partsOf)];
}

function repeated<Part>(parts: readonly (readonly [Part, string])[]): ReadonlyMap<Part, string> {
  const counts = new Map<string, number>();
  for (const [, text] of parts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return new Map(parts.filter(([, text]) => (counts.get(text) ?? 0) > 1));
}

/** A value that was worked out, and how many samples were charged for it. */
export type Worked = { readonly value: Value; readonly samples: number };

type Kept<Result> = {
  readonly result: Result;
  /** Metrics that it was made from; `undefined` where it may be any. */
  readonly metrics: readonly (string | undefined)[];
};

/**
 * What expressions that are evaluated at one time, one after the other, need not work out again.
 * Whoever evaluates them says what is written in between. Nobody changes a value once it is made,
 * so that it can be handed out again.
 */
export class RememberedWork {
  private readonly common: CommonParts;
  private readonly values = new Map<string, Kept<Worked>>();
  private readonly selections = new Map<string, Kept<readonly SeriesStretch[]>>();

  constructor(common: CommonParts) {
    this.common = common;
  }

  /** Whether a part occurs more than once; what is worked out of others is not kept. */
  isShared(expr: Expr): boolean {
    return this.common.nodes.has(expr);
  }

  value(expr: Expr, steps: Steps): Worked | undefined {
    const text = this.common.nodes.get(expr);
    return text === undefined ? undefined : this.values.get(at(text, steps))?.result;
  }

  keepValue(expr: Expr, steps: Steps, result: Worked): void {
    const text = this.common.nodes.get(expr);
    if (text === undefined) return;
    this.values.set(at(text, steps), { result, metrics: partsOf(expr).flatMap(metricsOf) });
  }

  selection(selector: InstantSelector, span: SelectionSpan): readonly SeriesStretch[] | undefined {
    const text = this.common.selectors.get(selector);
    return text === undefined ? undefined : this.selections.get(within(text, span))?.result;
  }

  keepSelection(
    selector: InstantSelector,
    span: SelectionSpan,
    result: readonly SeriesStretch[],
  ): void {
    const text = this.common.selectors.get(selector);
    if (text === undefined) return;
    this.selections.set(within(text, span), { result, metrics: metricsOf(selector) });
  }

  /** Forgets what was made from a metric that has got samples. */
  written(metric: string): void {
    forget(this.values, metric);
    forget(this.selections, metric);
  }
}

type SelectionSpan = { readonly from: number; readonly to: number };

function at(text: string, { from, stepMs, count }: Steps): string {
  return `${from} ${stepMs} ${count} ${text}`;
}

function within(text: string, { from, to }: SelectionSpan): string {
  return `${from} ${to} ${text}`;
}

/** The metric that a node reads by itself, `undefined` in a list where it is not told by name. */
function metricsOf(expr: Expr): readonly (string | undefined)[] {
  // `info` reads series that no selector in the text names.
  if (expr.kind === "call" && expr.name === "info") return [undefined];
  return expr.kind === "selector" ? [nameOf(expr.matchers)] : [];
}

function nameOf(matchers: readonly Matcher[]): string | undefined {
  return matchers.find(({ name, op }) => name === METRIC_NAME && op === "=")?.value;
}

function forget(kept: Map<string, Kept<unknown>>, metric: string): void {
  for (const [key, { metrics }] of kept) {
    if (metrics.some((read) => read === undefined || read === metric)) kept.delete(key);
  }
}
