import { METRIC_NAME } from "../model/labels.ts";
import { nearest } from "../model/nearest.ts";
import type { Matcher } from "../model/reader.ts";
import type { Expr, InstantSelector } from "../promql/ast.ts";
import { type Catalog, knownMetric, labelsOfMetric } from "./catalog.ts";
import type { LintFinding } from "./finding.ts";
import { labelShape } from "./label-shape.ts";
import { DCGM_PREFIX, RENAMED_LABELS, RENAMED_METRICS } from "./public-metrics.ts";
import { nameOf, nodesOf, selectorsOf } from "../promql/walk.ts";

/** Metrics and labels that nothing has, or that are called otherwise. */
export function* names(expr: Expr, catalog: Catalog): Generator<LintFinding> {
  for (const selector of selectorsOf(expr)) {
    const name = nameOf(selector);
    if (name === undefined) continue;
    const metric = metricProblem(name, catalog);
    if (metric !== undefined) yield { ...metric, place: selector.place };
    else yield* labelProblems(selector, name, catalog);
  }
  yield* groupingProblems(expr, catalog);
}

type Problem = Pick<LintFinding, "code" | "message">;

const PART = /_(?:bucket|sum|count)$/;

function metricProblem(name: string, catalog: Catalog): Problem | undefined {
  const { seen, recorded, facts } = catalog;
  const part = PART.exec(name)?.[0] ?? "";
  const renamed = RENAMED_METRICS.get(name) ?? RENAMED_METRICS.get(name.replace(PART, ""));
  if (renamed !== undefined && seen?.names.has(name) !== true) {
    const to = renamed.to + (facts.get(renamed.to)?.type === "histogram" ? part : "");
    return { code: "renamed-metric", message: `"${name}": ${renamed.why}; take "${to}"` };
  }
  if (recorded.has(name) || seen?.names.has(name) === true) return undefined;
  if (seen !== undefined) {
    // What is derived from calls comes with the first call that has it: an error, a score.
    if (knownMetric(catalog, name) !== undefined && isDerived(name, catalog)) return undefined;
    const near = nearestName(name, [...seen.names, ...recorded]);
    return { code: "unknown-metric", message: `no data has had a metric "${name}"${near}` };
  }
  if (knownMetric(catalog, name) !== undefined) return undefined;
  const near = nearestName(name, namesOf(catalog));
  if (near === "") return undefined;
  return { code: "unknown-metric", message: `a metric "${name}" is not known${near}` };
}

function isDerived(name: string, catalog: Catalog): boolean {
  return knownMetric(catalog, name)?.facts.labels !== undefined;
}

function nearestName(name: string, known: Iterable<string>): string {
  const near = nearest(name, known);
  return near === undefined ? "" : `; did you mean "${near}"?`;
}

function* namesOf({ facts, recorded }: Catalog): Generator<string> {
  yield* recorded;
  for (const [name, { type }] of facts) {
    if (type !== "histogram") yield name;
    else yield* [`${name}_bucket`, `${name}_sum`, `${name}_count`];
  }
}

function* labelProblems(
  selector: InstantSelector,
  metric: string,
  catalog: Catalog,
): Generator<LintFinding> {
  const known = labelsOfMetric(catalog, metric);
  for (const matcher of selector.matchers) {
    if (matcher.name === METRIC_NAME) continue;
    const to = renamedLabel(metric, matcher.name);
    if (to !== undefined && known?.has(matcher.name) !== true) {
      const message = `"${metric}" has no label "${matcher.name}": it is called "${to}"`;
      yield { code: "renamed-label", place: selector.place, message };
    } else if (known !== undefined && asksForLabel(matcher) && !known.has(matcher.name)) {
      const near = nearestName(matcher.name, known);
      const has = near === "" && known.size > 0 ? `; it has ${[...known].join(", ")}` : near;
      const message = `"${metric}" has no label "${matcher.name}", so that nothing matches${has}`;
      yield { code: "unknown-label", place: selector.place, message };
    }
  }
}

function renamedLabel(metric: string, label: string): string | undefined {
  if (metric.startsWith(DCGM_PREFIX) && label === "Hostname") return "hostname";
  return RENAMED_LABELS.get(metric)?.get(label);
}

/** Whether series without the label are left out. */
function asksForLabel({ op, value }: Matcher): boolean {
  if (op === "=") return value !== "";
  return op === "=~" && !/^(?:\.\*)?$|^\||\|$/.test(value);
}

function* groupingProblems(expr: Expr, catalog: Catalog): Generator<LintFinding> {
  for (const node of nodesOf(expr)) {
    if (node.kind !== "aggregation" || node.without) continue;
    const { may } = labelShape(node.expr, catalog);
    if (may === undefined) continue;
    for (const label of node.grouping) {
      if (may.has(label)) continue;
      const what = `"${label}" is on no series that is aggregated here, so that it groups nothing`;
      const message = `${what}${nearestName(label, may)}`;
      yield { code: "unknown-label", place: node.place, message };
    }
  }
}
