// Runs Prometheus' own scripts where they lie beside the checkout. Each eval is run three ways, as
// the original runner does: as it is, with `@` on every selector, and inside a range query.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import { InputError } from "../model/input-error.ts";
import {
  type Labels,
  labelsFrom,
  labelEntries,
  labelValue,
  formatLabels,
} from "../model/labels.ts";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import { compileMatchers } from "../model/matcher.ts";
import type { Reader } from "../model/reader.ts";
import { parseDuration } from "../model/duration.ts";
import { parseFloatText } from "../model/go-float.ts";
import { epochMs } from "../model/time.ts";
import { formatAnnotation } from "./annotations.ts";
import { childrenOf, type Expr } from "./ast.ts";
import { evaluateNow, type QueryResult } from "./evaluate.ts";
import { fixedReader, type FixedSeries } from "./fixed-reader.ts";
import { parse } from "./parser.ts";
import { printExpr } from "./print.ts";
import { parseSeriesLine, type SeriesValue } from "./test-language/series-line.ts";

const THEIRS = new URL("../../../../../shared/promqltest/", import.meta.url);
const OURS = new URL("fixtures/", import.meta.url);

const HISTOGRAMS = "native histograms";

const REFUSED_FOR_NOW = /^\d+:\d+: (?:"([^"]+)" is|(duration expressions) are) not supported yet$/;

/** Why an eval may be refused for now; one that is refused for another reason fails. */
const LATER: ReadonlySet<string> = new Set([
  ..."anchored smoothed fill fill_left fill_right </ >/ limit_ratio info".split(" "),
  ..."histogram_count histogram_sum histogram_avg histogram_stddev histogram_stdvar".split(" "),
  ..."histogram_quantiles double_exponential_smoothing ts_of_first_over_time".split(" "),
  ..."ts_of_last_over_time ts_of_min_over_time ts_of_max_over_time".split(" "),
  ..."start end step range min_of max_of".split(" "),
  "duration expressions",
]);

/** Whole files about one feature that is not there yet. */
const FEATURE_OF_FILE: Readonly<Record<string, string>> = {
  "start_timestamps.test": "start timestamps",
};

/** How many evals of each file pass; the number may only grow, so that nothing is skipped unseen. */
const PASSING: Readonly<Record<string, number>> = {
  "aggregators.test": 124,
  "at_modifier.test": 78,
  "collision.test": 2,
  "duration_expression.test": 8,
  "extended_vectors.test": 30,
  "fill-modifier.test": 1,
  "functions.test": 267,
  "histograms.test": 83,
  "info.test": 0,
  "limit.test": 0,
  "literals.test": 25,
  "name_label_dropping.test": 30,
  "native_histograms.test": 3,
  "operators.test": 142,
  "range_queries.test": 16,
  "selectors.test": 31,
  "staleness.test": 17,
  "start_timestamps.test": 0,
  "subquery.test": 32,
  "trig_functions.test": 19,
  "type_and_unit.test": 58,
};

type Expectation = { readonly what: string; readonly how?: string; readonly text: string };

type Eval = {
  readonly line: number;
  readonly expr: string;
  readonly from: number;
  readonly to: number;
  readonly stepMs: number;
  readonly expectations: readonly Expectation[];
  readonly expected: readonly string[];
};

type Loaded = { readonly series: FixedSeries[]; readonly histograms: Labels[] };

function timeOf(text: string): number {
  const negative = text.startsWith("-");
  const ms = parseDuration(negative ? text.slice(1) : text) ?? Number(text) * 1000;
  assert.ok(Number.isFinite(ms), `bad time ${text}`);
  return negative ? -ms : ms;
}

function load(loaded: Loaded, header: string, lines: readonly string[]): void {
  const [, nhcb, step = ""] = /^load(_with_nhcb)?\s+(\S+)$/.exec(header) ?? [];
  for (const line of lines) {
    const isHistogram = line.includes("{{");
    const { labels, values } = parseSeriesLine(isHistogram ? line.replaceAll(/\{\{.*/g, "") : line);
    if (isHistogram) loaded.histograms.push(labels);
    else loaded.series.push({ labels, fromMs: 0, stepMs: timeOf(step), values });
    if (nhcb !== undefined) {
      const name = labelValue(labels, "__name__").replace(/_(?:bucket|sum|count)$/, "");
      const rest = [...labelEntries(labels)].filter(([label]) => label !== "le");
      loaded.histograms.push(labelsFrom([...rest, ["__name__", name]]));
    }
  }
}

/** Later loads add samples to a series that is there already. */
function readerOf({ series }: Loaded): Reader {
  const byKey = new Map<string, FixedSeries>();
  for (const one of series) {
    const known = byKey.get(one.labels.key);
    byKey.set(one.labels.key, known === undefined ? one : joined(known, one));
  }
  return fixedReader([...byKey.values()]);
}

function joined(a: FixedSeries, b: FixedSeries): FixedSeries {
  const values = new Map<number, SeriesValue>();
  for (const one of [a, b]) {
    for (const [i, value] of one.values.entries()) {
      if (value !== undefined) values.set(one.fromMs + i * one.stepMs, value);
    }
  }
  const last = Math.max(...values.keys());
  const stepMs = gcd(a.stepMs, b.stepMs);
  return {
    labels: a.labels,
    fromMs: 0,
    stepMs,
    values: Array.from({ length: last / stepMs + 1 }, (_, i) => values.get(i * stepMs)),
  };
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

function selectorsOf(expr: Expr): Expr[] {
  return expr.kind === "selector" ? [expr] : childrenOf(expr).flatMap(selectorsOf);
}

function readsHistogram(expr: Expr, { histograms }: Loaded): boolean {
  return selectorsOf(expr).some((selector) => {
    if (selector.kind !== "selector") return false;
    const matches = compileMatchers(selector.matchers);
    return histograms.some((labels) => matches(labels));
  });
}

const UNSAFE =
  /\b(?:days_in_month|day_of_month|day_of_week|day_of_year|hour|minute|month|year|predict_linear|time|timestamp)\(/;

/** The same expression with `@` on everything that takes it and has none. */
function pinned(expr: Expr, atMs: number): Expr {
  const at = { kind: "time", atMs } as const;
  const inside = (child: Expr): Expr => pinned(child, atMs);
  switch (expr.kind) {
    case "selector":
      return expr.at === undefined ? { ...expr, at } : expr;
    case "range":
      return expr.selector.at === undefined
        ? { ...expr, selector: { ...expr.selector, at } }
        : expr;
    case "subquery":
      return expr.at === undefined ? { ...expr, at } : expr;
    case "call":
      return { ...expr, args: expr.args.map(inside) };
    case "aggregation":
      return { ...expr, expr: inside(expr.expr) };
    case "binary":
      return { ...expr, left: inside(expr.left), right: inside(expr.right) };
    case "unary":
    case "paren":
      return { ...expr, expr: inside(expr.expr) };
    case "number":
    case "string":
      return expr;
  }
}

function closeTo(actual: number, expected: number): boolean {
  if (Number.isNaN(actual) && Number.isNaN(expected)) return true;
  if (actual === expected) return true;
  if (actual === 0 || expected === 0) return Math.abs(actual - expected) < 1e-6 * 2.3e-308;
  return Math.abs(actual - expected) / (Math.abs(actual) + Math.abs(expected)) < 1e-6;
}

type Point = readonly [number, number];
type Series = ReadonlyMap<string, readonly Point[]>;

function expectedSeries(one: Eval, range: { from: number; stepMs: number }): Series {
  const series = new Map<string, Point[]>();
  for (const line of one.expected) {
    const { labels, values } = parseSeriesLine(line);
    const points = values.flatMap((value, i): Point[] =>
      typeof value === "number" ? [[range.from + i * range.stepMs, value]] : [],
    );
    series.set(formatLabels(labels), points);
  }
  return series;
}

function actualSeries({ value }: QueryResult): Series {
  const series = new Map<string, Point[]>();
  if (value.kind === "vector") {
    for (const [i, labels] of value.series.entries()) {
      series.set(formatLabels(labels), [[value.at, value.values[i] ?? NaN]]);
    }
  }
  if (value.kind === "matrix") {
    for (const { labels, times, values } of value.series) {
      series.set(
        formatLabels(labels),
        Array.from(times, (time, i): Point => [time, values[i] ?? NaN]),
      );
    }
  }
  return series;
}

function show(series: Series): string {
  return [...series].map(([name, points]) => `${name} ${JSON.stringify(points)}`).join("; ");
}

function differs(actual: Series, expected: Series): string | undefined {
  const same =
    actual.size === expected.size &&
    [...expected].every(([name, points]) => {
      const found = actual.get(name);
      return (
        found?.length === points.length &&
        points.every(([at, value], i) => found[i]?.[0] === at && closeTo(found[i][1], value))
      );
    });
  return same ? undefined : `expected ${show(expected)}, got ${show(actual)}`;
}

function fits(text: string, { how, text: wanted }: Expectation): boolean {
  if (how === "msg") return text === wanted;
  return how === "regex" ? new RegExp(wanted).test(text) : true;
}

function checkAnnotations(one: Eval, result: QueryResult, text: string): string | undefined {
  for (const [what, level] of [["warn", "warning"] as const, ["info", "info"] as const]) {
    const found = result.annotations
      .filter((annotation) => annotation.level === level)
      .map((annotation) => formatAnnotation(annotation, text));
    const wanted = one.expectations.filter((expectation) => expectation.what === what);
    const none = one.expectations.some((expectation) => expectation.what === `no_${what}`);
    if (none && found.length > 0) return `unexpected ${found.join(", ")}`;
    const missing = wanted.find((expectation) => !found.some((f) => fits(f, expectation)));
    if (missing !== undefined) return `missing ${what} ${missing.text}, got ${found.join(", ")}`;
    const extra = wanted.length > 0 && found.find((f) => !wanted.some((w) => fits(f, w)));
    if (typeof extra === "string") return `unexpected ${extra}`;
  }
  return undefined;
}

type Query = {
  readonly expr: Expr;
  readonly reader: Reader;
  readonly from: number;
  readonly to: number;
  readonly stepMs: number;
  readonly delayedNameRemoval: boolean;
};

function ask({
  expr,
  reader,
  from,
  to,
  stepMs,
  delayedNameRemoval,
}: Query): QueryResult | InputError {
  try {
    return evaluateNow(expr, reader, {
      from: epochMs(from),
      to: epochMs(to),
      stepMs,
      lookbackMs: 300_000,
      limits: DEFAULT_LIMITS,
      delayedNameRemoval,
    });
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
}

/** What is wrong with one way of asking; `undefined` where all is as expected. */
function compare(one: Eval, query: Query, text: string): string | undefined {
  const fail = one.expectations.find(({ what }) => what === "fail");
  const result = ask(query);
  if (result instanceof InputError) {
    if (fail === undefined) return result.message;
    return fits(result.message, fail) ? undefined : `failed otherwise: ${result.message}`;
  }
  if (fail !== undefined) return "did not fail";
  const { value } = result;
  const wantedString = one.expectations.find(({ what }) => what === "string");
  if (wantedString !== undefined) {
    const wanted = wantedString.text.slice(1, -1);
    return value.kind === "string" && value.value === wanted ? undefined : `expected ${wanted}`;
  }
  const problem = checkAnnotations(one, result, text);
  if (problem !== undefined) return problem;
  if (value.kind === "scalar") {
    const wanted = parseFloatText(one.expected[0] ?? "") ?? NaN;
    return closeTo(value.value, wanted) ? undefined : `expected ${wanted}, got ${value.value}`;
  }
  const range = one.expectations.find(({ what }) => what === "range vector");
  const [, from = "", , step = ""] = /from (\S+) to (\S+) step (\S+)/.exec(range?.text ?? "") ?? [];
  const span = range === undefined ? one : { from: timeOf(from), stepMs: timeOf(step) };
  const expected = expectedSeries(one, span);
  const ordered = one.expectations.some(({ what }) => what === "ordered");
  const actual = actualSeries(result);
  if (ordered && [...actual.keys()].join() !== [...expected.keys()].join()) {
    return `order: ${show(actual)}`;
  }
  return differs(actual, expected);
}

/** The value of the middle step of a range query must be the instant query's. */
function compareInRange(one: Eval, query: Query): string | undefined {
  if (one.expectations.some(({ what }) => /^(?:string|range vector|ordered)$/.test(what)))
    return undefined;
  const step = 60_000;
  const result = ask({ ...query, from: query.from - step, to: query.to + step, stepMs: step });
  if (result instanceof InputError) return `in range mode: ${result.message}`;
  const middle = new Map<string, Point[]>();
  for (const [name, points] of actualSeries(result)) {
    const there = points.filter(([at]) => at === query.from);
    if (there.length > 0) middle.set(name, there);
  }
  const [first] = one.expected;
  const scalar = one.expected.length === 1 ? parseFloatText(first ?? "") : undefined;
  const expected: Series =
    scalar === undefined ? expectedSeries(one, one) : new Map([["{}", [[query.from, scalar]]]]);
  const problem = differs(middle, expected);
  return problem === undefined ? undefined : `in range mode: ${problem}`;
}

type Verdict =
  { readonly kind: "passed" } | { readonly kind: "skipped" | "failed"; readonly reason: string };

function judge(one: Eval, loaded: Loaded, delayedNameRemoval: boolean): Verdict {
  if (one.expected.some((line) => line.includes("{{"))) {
    return { kind: "skipped", reason: HISTOGRAMS };
  }
  let expr: Expr;
  try {
    expr = parse(one.expr, { experimental: true });
    assert.equal(printExpr(parse(printExpr(expr), { experimental: true })), printExpr(expr));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const refused = REFUSED_FOR_NOW.exec(error.message);
    const later = refused?.[1] ?? refused?.[2] ?? "";
    if (LATER.has(later)) return { kind: "skipped", reason: later };
    const failExpected = one.expectations.some(({ what }) => what === "fail");
    return failExpected ? { kind: "passed" } : { kind: "failed", reason: error.message };
  }
  if (readsHistogram(expr, loaded)) return { kind: "skipped", reason: HISTOGRAMS };
  const reader = readerOf(loaded);
  const { from, to, stepMs } = one;
  const query = { expr, reader, from, to, stepMs, delayedNameRemoval };
  const problems = [compare(one, query, one.expr)];
  if (one.stepMs === 0 && !one.expectations.some(({ what }) => what === "fail")) {
    problems.push(compareInRange(one, query));
    if (!UNSAFE.test(one.expr)) {
      const fixed = { ...query, expr: pinned(expr, one.from) };
      const problem = compare({ ...one, expectations: withoutText(one) }, fixed, one.expr);
      problems.push(problem === undefined ? compareInRange(one, fixed) : `pinned: ${problem}`);
    }
  }
  const reason = problems.find((problem) => problem !== undefined);
  return reason === undefined ? { kind: "passed" } : { kind: "failed", reason };
}

/** Annotations move when `@` is added, so only that they are there is checked. */
function withoutText({ expectations }: Eval): Expectation[] {
  return expectations.map((expectation) =>
    /^(?:warn|info)$/.test(expectation.what) ? { what: expectation.what, text: "" } : expectation,
  );
}

type Block = { readonly line: number; readonly header: string; readonly body: readonly string[] };

function* blocksOf(text: string): Generator<Block> {
  const lines = text.split("\n").map((line) => line.trim());
  for (let i = 0; i < lines.length; i++) {
    const header = lines[i] ?? "";
    if (!/^(?:load|eval|clear)/.test(header)) continue;
    const body: string[] = [];
    const line = i + 1;
    while ((lines[i + 1] ?? "") !== "" && !/^(?:load|eval|clear)\b/.test(lines[i + 1] ?? "")) {
      const next = lines[++i] ?? "";
      if (!next.startsWith("#")) body.push(next.replace(/\s+#[^"]*$/, ""));
    }
    yield { line, header, body };
  }
}

function evalOf({ line, header, body }: Block): Eval {
  const range = /^eval(?:_(\w+))?\s+range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)\s+(.+)$/.exec(
    header,
  );
  const instant = /^eval(?:_(\w+))?\s+instant\s+(?:at\s+(\S+)\s+)?(.+)$/.exec(header);
  assert.ok(range ?? instant, `line ${line}: ${header}`);
  const mode = range?.[1] ?? instant?.[1];
  const from = timeOf(range?.[2] ?? instant?.[2] ?? "0");
  const expectations: Expectation[] = mode === undefined ? [] : [{ what: mode, text: "" }];
  const expected: string[] = [];
  for (const row of body) {
    const told =
      /^expect\s+(range vector|string|ordered|fail|warn|no_warn|info|no_info)(?:\s+(msg|regex):)?\s*(.*)$/.exec(
        row,
      );
    if (told === null) expected.push(row);
    else {
      const [, what = "", how, text = ""] = told;
      expectations.push(how === undefined ? { what, text } : { what, how, text });
    }
  }
  return {
    line,
    expr: range?.[5] ?? instant?.[3] ?? "",
    from,
    to: range === null ? from : timeOf(range[3] ?? ""),
    stepMs: range === null ? 0 : timeOf(range[4] ?? ""),
    expectations,
    expected,
  };
}

type Outcome = { passed: number; skipped: Map<string, number>; failed: string[] };

function runFile(file: string, folder: URL): Outcome {
  let loaded: Loaded = { series: [], histograms: [] };
  const outcome: Outcome = { passed: 0, skipped: new Map(), failed: [] };
  const skip = (reason: string): void => {
    outcome.skipped.set(reason, (outcome.skipped.get(reason) ?? 0) + 1);
  };
  // Prometheus' runner removes names late; ours are about what happens by default.
  const delayedNames = folder === THEIRS;
  for (const block of blocksOf(readFileSync(new URL(file, folder), "utf8"))) {
    const feature = FEATURE_OF_FILE[file];
    if (feature !== undefined) {
      if (block.header.startsWith("eval")) skip(feature);
    } else if (block.header.startsWith("clear")) loaded = { series: [], histograms: [] };
    else if (block.header.startsWith("load")) load(loaded, block.header, block.body);
    else {
      const one = evalOf(block);
      const verdict = judge(one, loaded, delayedNames);
      if (verdict.kind === "passed") outcome.passed++;
      else if (verdict.kind === "skipped") skip(verdict.reason);
      else outcome.failed.push(`${file}:${one.line}: ${one.expr}\n    ${verdict.reason}`);
    }
  }
  return outcome;
}

function scriptsIn(folder: URL): string[] {
  return existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(".test")) : [];
}

for (const file of scriptsIn(OURS)) {
  test(`fixtures/${file}`, () => {
    const { passed, skipped, failed } = runFile(file, OURS);
    assert.equal(failed.length, 0, failed.join("\n"));
    assert.equal(skipped.size, 0);
    assert.ok(passed > 0);
  });
}

const theirs = scriptsIn(THEIRS);

test("Prometheus' scripts lie beside the checkout", { skip: theirs.length === 0 }, () => {
  assert.ok(theirs.length > 0);
});

for (const file of theirs) {
  test(`Prometheus' ${file}`, (t) => {
    const { passed, skipped, failed } = runFile(file, THEIRS);
    t.diagnostic(`${file}: ${passed} passed, ${failed.length} failed`);
    for (const [reason, count] of skipped) t.diagnostic(`${file}: ${count} skipped: ${reason}`);
    assert.equal(failed.length, 0, failed.join("\n"));
    assert.ok(passed >= (PASSING[file] ?? 1), `only ${passed} pass`);
  });
}
