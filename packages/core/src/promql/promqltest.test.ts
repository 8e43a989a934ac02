// Runs scripts of Prometheus' test language: our own, and Prometheus' where they lie beside the
// checkout.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import { NO_FEATURES } from "../model/features.ts";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import { parse } from "./parser.ts";
import { printExpr } from "./print.ts";
import { ALL_FEATURES } from "./require-feature.ts";
import { parseScript } from "./test-language/parse-script.ts";
import { type EvalResult, runScript } from "./test-language/run-script.ts";
import { RUNNER_FEATURES } from "./test-language/runner-features.ts";

const THEIRS = new URL("../../../../../shared/promqltest/", import.meta.url);
const OURS = new URL("fixtures/", import.meta.url);

const HISTOGRAMS = "native histograms";

const REFUSED_FOR_NOW = /^(?:\d+:\d+: )?"([^"]+)" is not supported yet$/;

/** Why an eval may be refused for now; one that is refused for another reason fails. */
const LATER: ReadonlySet<string> = new Set([
  ..."histogram_count histogram_sum histogram_avg histogram_stddev histogram_stdvar".split(" "),
  "histogram_quantiles",
]);

/** How many evals of each file pass; the number may only grow, so that nothing is skipped unseen. */
const PASSING: Readonly<Record<string, number>> = {
  "aggregators.test": 127,
  "at_modifier.test": 78,
  "collision.test": 2,
  "duration_expression.test": 59,
  "extended_vectors.test": 126,
  "fill-modifier.test": 46,
  "functions.test": 351,
  "histograms.test": 88,
  "info.test": 52,
  "limit.test": 31,
  "literals.test": 25,
  "name_label_dropping.test": 30,
  "native_histograms.test": 13,
  "operators.test": 145,
  "range_queries.test": 17,
  "selectors.test": 31,
  "staleness.test": 17,
  "start_timestamps.test": 19,
  "subquery.test": 32,
  "trig_functions.test": 19,
  "type_and_unit.test": 58,
};

/** Metrics of a script that hold native histograms, so that what reads them cannot pass yet. */
function histogramMetrics(text: string): readonly string[] {
  const names = [...text.matchAll(/^\s+(\w+).*\{\{/gm)].map(([, name = ""]) => name);
  for (const [block] of text.matchAll(/^load_with_nhcb.*\n(?:[ \t]+\S.*\n)*/gm)) {
    for (const [, name = ""] of block.matchAll(/^\s+(\w+)_(?:bucket|count|sum)\b/gm)) {
      names.push(name);
    }
  }
  return names;
}

/** A script without the native histograms that it loads, while they are refused. */
function withoutHistograms(text: string): string {
  try {
    parseScript(text);
    return text;
  } catch {
    return text.replaceAll(/^(\s+\S.*?)\s\{\{.*$/gm, "$1 1").replaceAll(/^\s+\S+@st\s.*\n/gm, "");
  }
}

type Outcome = { passed: number; skipped: Map<string, number>; failed: string[] };

function runFile(file: string, folder: URL): Outcome {
  const text = readFileSync(new URL(file, folder), "utf8");
  const histograms = histogramMetrics(text);
  const outcome: Outcome = { passed: 0, skipped: new Map(), failed: [] };
  // Prometheus' runner removes names late; ours are about what happens by default.
  const features = folder === THEIRS ? RUNNER_FEATURES : NO_FEATURES;
  const script = parseScript(withoutHistograms(text));
  for (const result of runScript(script, { limits: DEFAULT_LIMITS, features })) {
    const { verdict } = result;
    const reason = skipReason(result, histograms);
    if (reason !== undefined) {
      outcome.skipped.set(reason, (outcome.skipped.get(reason) ?? 0) + 1);
    } else if (verdict.kind === "passed") outcome.passed++;
    else outcome.failed.push(show(file, result));
  }
  return outcome;
}

function skipReason(
  { eval: { expr }, verdict }: EvalResult,
  histograms: readonly string[],
): string | undefined {
  if (verdict.kind === "passed") return undefined;
  const refused =
    REFUSED_FOR_NOW.exec(verdict.reason) ?? REFUSED_FOR_NOW.exec(verdict.actual.join());
  const later = refused?.[1] ?? "";
  if (LATER.has(later)) return later;
  const words = new Set(expr.match(/\w+/g));
  const nameless = histograms.length > 0 && /(?<![\w"])\{/.test(expr);
  return nameless || histograms.some((name) => words.has(name)) ? HISTOGRAMS : undefined;
}

function show(file: string, { eval: { line, expr }, verdict }: EvalResult): string {
  assert.equal(verdict.kind, "failed");
  const { way, reason, expected, actual } = verdict;
  const rows = [...expected.map((row) => `- ${row}`), ...actual.map((row) => `+ ${row}`)];
  return [`${file}:${line}: ${expr}`, `  ${way}: ${reason}`, ...rows].join("\n    ");
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

  test(`Prometheus' ${file}: every expression prints as text that reads back`, () => {
    const script = parseScript(withoutHistograms(readFileSync(new URL(file, THEIRS), "utf8")));
    for (const command of script.commands) {
      if (command.kind !== "eval" || !isRead(command.expr)) continue;
      const printed = printExpr(parse(command.expr, { features: ALL_FEATURES }));
      assert.equal(printExpr(parse(printed, { features: ALL_FEATURES })), printed);
    }
  });
}

/** Whether the parser takes an expression; what is refused is the other test's matter. */
function isRead(expr: string): boolean {
  try {
    parse(expr, { features: ALL_FEATURES });
    return true;
  } catch {
    return false;
  }
}
