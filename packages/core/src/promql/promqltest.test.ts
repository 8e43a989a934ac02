// Runs scripts of Prometheus' test language: our own, and Prometheus' where they lie beside the
// checkout.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import { type Feature, featureSet } from "../model/features.ts";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import { parse } from "./parser.ts";
import { printExpr } from "./print.ts";
import { ALL_FEATURES } from "./require-feature.ts";
import { parseScript } from "./test-language/parse-script.ts";
import { type EvalResult, runScript } from "./test-language/run-script.ts";
import { RUNNER_FEATURES } from "./test-language/runner-features.ts";

const THEIRS = new URL("../../../../../shared/promqltest/", import.meta.url);
const OURS = new URL("fixtures/", import.meta.url);

/** How many evals each file has, so that none is left out unseen; a newer file may have more. */
const EVALS: Readonly<Record<string, number>> = {
  "aggregators.test": 160,
  "at_modifier.test": 78,
  "collision.test": 2,
  "duration_expression.test": 59,
  "extended_vectors.test": 169,
  "fill-modifier.test": 46,
  "functions.test": 431,
  "histograms.test": 185,
  "info.test": 53,
  "limit.test": 37,
  "literals.test": 25,
  "name_label_dropping.test": 30,
  "native_histograms.test": 522,
  "operators.test": 214,
  "range_queries.test": 18,
  "selectors.test": 31,
  "staleness.test": 17,
  "start_timestamps.test": 26,
  "subquery.test": 34,
  "trig_functions.test": 19,
  "type_and_unit.test": 58,
};

/** What our own scripts have on, where they are about a feature that changes results. */
const FEATURES_OF: Readonly<Record<string, readonly Feature[]>> = {
  "late-names.test": ["promql-delayed-name-removal"],
  "start-timestamps.test": ["use-start-timestamps"],
  "typed-labels.test": ["type-and-unit-labels"],
};

type Outcome = { passed: number; failed: string[] };

function runFile(file: string, folder: URL): Outcome {
  const outcome: Outcome = { passed: 0, failed: [] };
  // Prometheus' runner removes names late; most of ours are about what happens by default.
  const features = folder === THEIRS ? RUNNER_FEATURES : featureSet(FEATURES_OF[file]);
  const script = parseScript(readFileSync(new URL(file, folder), "utf8"));
  for (const result of runScript(script, { limits: DEFAULT_LIMITS, features })) {
    if (result.verdict.kind === "passed") outcome.passed++;
    else outcome.failed.push(show(file, result));
  }
  return outcome;
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
    const { passed, failed } = runFile(file, OURS);
    assert.equal(failed.length, 0, failed.join("\n"));
    assert.ok(passed > 0);
  });
}

const theirs = scriptsIn(THEIRS);

test("Prometheus' scripts lie beside the checkout", { skip: theirs.length === 0 }, () => {
  assert.ok(theirs.length > 0);
});

for (const file of theirs) {
  test(`Prometheus' ${file}`, (t) => {
    const { passed, failed } = runFile(file, THEIRS);
    t.diagnostic(`${file}: ${passed} passed, ${failed.length} failed`);
    assert.equal(failed.length, 0, failed.join("\n"));
    assert.ok(passed >= (EVALS[file] ?? 1), `only ${passed} pass`);
  });

  test(`Prometheus' ${file}: every expression prints as text that reads back`, () => {
    const script = parseScript(readFileSync(new URL(file, THEIRS), "utf8"));
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
