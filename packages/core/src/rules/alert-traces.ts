import type { Exemplar, FindExemplars, SeriesExemplars } from "../model/exemplar.ts";
import { type Labels, labelEntries, labelValue, METRIC_NAME, withLabel } from "../model/labels.ts";
import type { Matcher } from "../model/reader.ts";
import { type EpochMs, epochMs } from "../model/time.ts";
import { childrenOf, type Expr, type InstantSelector, unwrap } from "../promql/ast.ts";
import type { Alert } from "./alert.ts";
import type { AlertStep } from "./alert.ts";
import type { Expression } from "./expression.ts";

/** The annotation that an alert gets when it begins to fire: ids of traces, the latest first. */
export const TRACE_IDS = "trace_ids";

const TRACE_IDS_MAX = 5;
/** Alerts of one rule that get them at one evaluation; whoever reads more has no use for them. */
const TRACED_ALERTS_MAX = 100;

/** What the traces of one evaluation of a rule are looked up by. */
export type TraceSearch = {
  readonly expr: Expression;
  readonly at: EpochMs;
  readonly find: FindExemplars;
};

/**
 * Gives firing alerts the traces of calls that broke the rule, where its expression reads a
 * histogram whose buckets have exemplars. An annotation of that name which the rule has itself stays
 * as it is; one that was given stays as long as the alert fires.
 */
export class AlertTraces {
  private readonly search: TraceSearch | undefined;
  private candidates: readonly SeriesExemplars[] | undefined;
  private traced = 0;

  /** @param search absent: only what was given before is kept */
  constructor(search: TraceSearch | undefined) {
    this.search = search;
  }

  /** @param was the alert before this evaluation */
  give(alert: Alert, was: Alert | undefined, change: AlertStep["change"]): Alert {
    if (alert.state !== "firing" || labelValue(alert.annotations, TRACE_IDS) !== "") return alert;
    const ids = change === "firing" ? this.idsFor(alert.labels) : given(was);
    if (ids === "") return alert;
    return { ...alert, annotations: withLabel(alert.annotations, TRACE_IDS, ids) };
  }

  private idsFor(alert: Labels): string {
    if (this.search === undefined || this.traced++ >= TRACED_ALERTS_MAX) return "";
    this.candidates ??= exemplarsOf(this.search);
    const calls = this.candidates
      .filter(({ labels }) => isAbout(alert, labels))
      .flatMap(({ exemplars }) => exemplars);
    const newest = calls.toSorted((a, b) => b.at - a.at || (idOf(a) < idOf(b) ? -1 : 1));
    const ids = new Set(newest.map(idOf).filter((id) => id !== ""));
    return [...ids].slice(0, TRACE_IDS_MAX).join(" ");
  }
}

function given(was: Alert | undefined): string {
  return was?.state === "firing" ? labelValue(was.annotations, TRACE_IDS) : "";
}

function idOf({ labels }: Exemplar): string {
  return labelValue(labels, "trace_id");
}

/** Whether a series has the alert's value of every label that both have. */
function isAbout(alert: Labels, series: Labels): boolean {
  for (const [name, value] of labelEntries(alert)) {
    const own = labelValue(series, name);
    if (own !== "" && own !== value) return false;
  }
  return true;
}

/** Exemplars of the first histogram that an expression reads; of breaching values if there are any. */
function exemplarsOf({ expr: { expr, longestRangeMs }, at, find }: TraceSearch): SeriesExemplars[] {
  const selector = firstSelector(expr);
  const matchers = selector === undefined ? undefined : bucketMatchers(selector);
  if (selector === undefined || matchers === undefined) return [];
  const found = find([matchers], epochMs(at - longestRangeMs), at);
  const breaches = breachOf(expr) ?? breachOfBucket(selector);
  const breaching = found
    .map(({ labels, exemplars }) => ({
      labels,
      exemplars: exemplars.filter(({ value }) => breaches?.(value) ?? true),
    }))
    .filter(({ exemplars }) => exemplars.length > 0);
  return breaching.length > 0 ? breaching : [...found];
}

function firstSelector(expr: Expr): InstantSelector | undefined {
  if (expr.kind === "selector") return expr;
  for (const child of childrenOf(expr)) {
    const found = firstSelector(child);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The matchers of the buckets of a histogram of which any part is selected. */
function bucketMatchers({ matchers }: InstantSelector): readonly Matcher[] | undefined {
  const name = matchers.find((one) => one.name === METRIC_NAME && one.op === "=")?.value ?? "";
  const [, base] = /^(.+)_(?:bucket|sum|count)$/.exec(name) ?? [];
  if (base === undefined) return undefined;
  const others = matchers.filter((one) => one.name !== METRIC_NAME && one.name !== "le");
  return [{ name: METRIC_NAME, op: "=", value: `${base}_bucket` }, ...others];
}

type Breach = (value: number) => boolean;

/** Where a quantile is compared with a number, which values of calls are past it. */
function breachOf(expr: Expr): Breach | undefined {
  const top = unwrap(expr);
  if (top.kind !== "binary") return undefined;
  const { op, left, right } = top;
  if (op === "and" || op === "unless") return breachOf(left);
  const limit = unwrap(right);
  if (limit.kind !== "number" || !callsQuantile(left)) return undefined;
  return BREACHES[op]?.(limit.value);
}

const BREACHES: Readonly<Record<string, (limit: number) => Breach>> = {
  ">": (limit) => (value) => value > limit,
  ">=": (limit) => (value) => value >= limit,
  "<": (limit) => (value) => value < limit,
  "<=": (limit) => (value) => value <= limit,
};

function callsQuantile(expr: Expr): boolean {
  const calls = expr.kind === "call" && expr.name.startsWith("histogram_quantile");
  return calls || childrenOf(expr).some(callsQuantile);
}

/** A rule that counts what is within a bound breaks by what is beyond it. */
function breachOfBucket({ matchers }: InstantSelector): Breach | undefined {
  const bound = Number(matchers.find(({ name, op }) => name === "le" && op === "=")?.value);
  return Number.isNaN(bound) ? undefined : (value) => value > bound;
}
