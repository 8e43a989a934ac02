// Every expression of the shipped rules, and every part of one, in a real Prometheus and here: the same
// series with the same values at every step.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { formatLabels, labels } from "@naruko/core/model/labels";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import { STALE } from "@naruko/core/model/sample";
import { epochMs, SECOND_MS } from "@naruko/core/model/time";
import { childrenOf } from "@naruko/core/promql/ast";
import type { Expr } from "@naruko/core/promql/ast";
import { evaluateNow } from "@naruko/core/promql/evaluate";
import { parse } from "@naruko/core/promql/parser";
import { printExpr } from "@naruko/core/promql/print";
import { parseRuleFile } from "@naruko/core/rules/rule-file";
import { Store } from "@naruko/core/store/store";
import { engineYaml } from "naruko/config/setup";
import { hasPrometheus, startPrometheus } from "naruko/testing/prometheus-peer";
import { RULE_INPUTS } from "./rule-inputs.ts";
import { STEP_S } from "./scraped-series.ts";
import type { ScrapedSeries } from "./scraped-series.ts";
import { shippedFile, START } from "./shipped-rules.ts";

/** Prometheus 2.42 sums without compensation, so that long sums differ in their last digits. */
const TOLERANCE = 1e-9;

/** Series by their labels, each with its values by time in seconds. */
type Matrix = ReadonlyMap<string, ReadonlyMap<number, number>>;

/** The OpenMetrics text format, which knows no stale markers: there a series ends by silence. */
function openMetrics(series: readonly ScrapedSeries[]): string {
  const lines = series.flatMap(({ labels: of, samples }) => {
    const name = formatLabels(of).replaceAll(", ", ",");
    return samples
      .filter(({ value }) => value !== STALE)
      .map(({ atS, value }) => `${name} ${value} ${START / SECOND_MS + atS}`);
  });
  return `${lines.join("\n")}\n# EOF\n`;
}

/** An expression and its parts, as far as they are vectors of series that are loaded. */
function partsOf(expr: Expr): readonly string[] {
  if (expr.kind === "range" || expr.kind === "number" || expr.kind === "string") return [];
  const text = printExpr(expr);
  const parts = childrenOf(expr).flatMap(partsOf);
  return /\w:\w/.test(text) ? parts : [text, ...parts];
}

function expressionsOf(file: string): readonly string[] {
  const text = readFileSync(shippedFile(file), "utf8");
  const { groups } = parseRuleFile(engineYaml({})(file, text));
  const parts = groups.flatMap(({ rules }) => rules.flatMap(({ expr }) => partsOf(expr.expr)));
  return [...new Set(parts)];
}

function ours(expr: string, store: Store, endS: number): Matrix {
  const { value } = evaluateNow(parse(expr), store.snapshot(), {
    from: START,
    to: epochMs(START + endS * SECOND_MS),
    stepMs: STEP_S * SECOND_MS,
    lookbackMs: 300_000,
    limits: DEFAULT_LIMITS,
  });
  assert.ok(value.kind === "matrix");
  return new Map(
    value.series.map(({ labels: of, times, values }) => [
      formatLabels(of),
      new Map(Array.from(times, (at, i) => [at / SECOND_MS, values[i] ?? NaN])),
    ]),
  );
}

type Answer = {
  readonly data: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>;
      readonly values: readonly (readonly [number, string])[];
    }[];
  };
};

async function theirs(expr: string, address: string, endS: number): Promise<Matrix> {
  const start = START / SECOND_MS;
  const body = new URLSearchParams({
    query: expr,
    start: String(start),
    end: String(start + endS),
    step: String(STEP_S),
  });
  const response = await fetch(`${address}/api/v1/query_range`, { method: "POST", body });
  assert.equal(response.status, 200, expr);
  const { data } = (await response.json()) as Answer;
  return new Map(
    data.result.map(({ metric, values }) => [
      formatLabels(labels(metric)),
      new Map(values.map(([at, value]) => [at, Number(value)])),
    ]),
  );
}

function compare(expr: string, here: Matrix, there: Matrix): number {
  assert.deepEqual([...here.keys()].toSorted(), [...there.keys()].toSorted(), expr);
  let count = 0;
  for (const [series, values] of here) {
    const others = there.get(series);
    assert.deepEqual([...values.keys()], [...(others?.keys() ?? [])], `${expr}: when ${series} is`);
    for (const [at, value] of values) {
      const other = others?.get(at) ?? NaN;
      const isClose = Math.abs(value - other) <= TOLERANCE * Math.abs(other);
      const isSame = Object.is(value, other) || isClose;
      assert.ok(isSame, `${expr}: ${series} at ${at}: ${value} here, ${other} there`);
      count++;
    }
  }
  return count;
}

for (const { file, steps, series } of RULE_INPUTS) {
  test(`the values behind ${file} are those of a real Prometheus`, async (context) => {
    if (!hasPrometheus(context)) return;
    const folder = mkdtempSync(path.join(tmpdir(), "naruko-prometheus-"));
    context.after(() => {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    });
    const inputs = series(1);
    const store = new Store(DEFAULT_LIMITS);
    for (const { labels: of, samples } of inputs) {
      for (const { atS, value } of samples) {
        if (value !== STALE) store.append(of, epochMs(START + atS * SECOND_MS), value);
      }
    }
    const setup = { samples: openMetrics(inputs), rules: "groups: []\n" };
    const address = await startPrometheus(context, folder, setup);
    let compared = 0;
    const endS = steps * STEP_S;
    for (const expr of expressionsOf(file)) {
      compared += compare(expr, ours(expr, store, endS), await theirs(expr, address, endS));
    }
    assert.ok(compared > 10_000, `${compared} values were compared`);
  });
}
