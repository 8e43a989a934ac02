import path from "node:path";
import { Engine } from "@naruko/core/engine/engine";
import { assert } from "@naruko/core/model/assert";
import type { Transition } from "@naruko/core/model/engine-io";
import type { Labels } from "@naruko/core/model/labels";
import { labelValue, METRIC_NAME } from "@naruko/core/model/labels";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import type { MetricPoint } from "@naruko/core/model/metric-point";
import { STALE } from "@naruko/core/model/sample";
import { DAY_MS, epochMs, SECOND_MS } from "@naruko/core/model/time";
import type { EpochMs } from "@naruko/core/model/time";
import { evaluateNow } from "@naruko/core/promql/evaluate";
import { parse } from "@naruko/core/promql/parser";
import type { AlertView } from "@naruko/core/rules/rule-views";
import { engineYaml, readRuleFile, shippedRulesFolder } from "naruko/config/setup";
import { Replay } from "naruko/drive/replay";
import { STEP_S } from "./scraped-series.ts";
import type { ScrapedSeries } from "./scraped-series.ts";

/** When second 0 of the series is: a midnight, so that every multiple of 15 s is a tick. */
export const START: EpochMs = epochMs(20_000 * DAY_MS);

/** How far a selector without a range looks back, here and in Prometheus. */
const LOOKBACK_MS = 300_000;

/** One sample of a result; the labels hold the metric's name. */
export type Point = { readonly labels: Labels; readonly value: number };

/** What holds after one evaluation. */
export type Tick = {
  readonly atS: number;
  readonly alerts: readonly AlertView[];
  /** `ALERTS`, and `ALERTS_FOR_STATE` in seconds since the start. */
  readonly states: readonly Point[];
  /** What the recording rules wrote. */
  readonly recorded: readonly Point[];
};

export type RuleRun = {
  readonly ticks: readonly Tick[];
  readonly transitions: readonly Transition[];
};

export function shippedFile(name: string): string {
  return path.join(shippedRulesFolder(), name);
}

export type RulesOverSeries = {
  /** Path of the rule file. */
  readonly file: string;
  readonly series: readonly ScrapedSeries[];
  /** Scrapes of 15 s. */
  readonly steps: number;
  /** Seconds between two evaluations, a multiple of 15. */
  readonly everyS: number;
};

/** Runs a rule file over series, in the engine, and tells what holds after every tick. */
export function evaluateRules({ file, series, steps, everyS }: RulesOverSeries): RuleRun {
  const transitions: Transition[] = [];
  const replay = new Replay({
    engine: new Engine({
      intervalMs: everyS * SECOND_MS,
      limits: DEFAULT_LIMITS,
      parseYaml: engineYaml({}),
    }),
    intervalMs: everyS * SECOND_MS,
    onEffect: (effect) => {
      if (effect.kind === "keep-transitions") transitions.push(...effect.transitions);
    },
  });
  replay.take(START, {
    kind: "reload",
    setup: {
      ruleFiles: [readRuleFile(file)],
      alertmanagers: [],
      externalUrl: "http://127.0.0.1:4320",
      sources: {},
    },
  });
  const arrivals = pointsByTime(series);
  const ticks: Tick[] = [];
  for (let step = 0; step < steps; step++) {
    const atS = step * STEP_S;
    if (atS % everyS === 0) {
      replay.advanceTo(epochMs(START + atS * SECOND_MS));
      ticks.push(evaluatedAt(replay.engine, atS));
    }
    for (let s = atS + 1; s < atS + STEP_S; s++) {
      const points = arrivals.get(s);
      if (points === undefined) continue;
      const telemetry = { calls: [], points, evaluations: [] };
      replay.take(epochMs(START + s * SECOND_MS), { kind: "telemetry", telemetry });
    }
  }
  const refused = [...replay.engine.counters()].filter(([name]) => /reject|^point-/.test(name));
  assert(
    refused.every(([name, count]) => count === 0 || name === "point-end-of-nothing"),
    `every sample is taken: ${refused.join(" ")}`,
  );
  return { ticks, transitions };
}

/** Each sample as a gauge's point: the store then holds exactly what Prometheus holds. */
function pointsByTime(series: readonly ScrapedSeries[]): ReadonlyMap<number, MetricPoint[]> {
  const byTime = new Map<number, MetricPoint[]>();
  for (const { labels, samples } of series) {
    for (const { atS, value } of samples) {
      const base = { labels, at: epochMs(START + atS * SECOND_MS), service: "sim" };
      const points = byTime.get(atS) ?? [];
      points.push(
        value === STALE ? { ...base, type: "end", of: "gauge" } : { ...base, type: "gauge", value },
      );
      byTime.set(atS, points);
    }
  }
  return byTime;
}

function evaluatedAt(engine: Engine, atS: number): Tick {
  const at = epochMs(START + atS * SECOND_MS);
  return {
    atS,
    alerts: engine.alerting.alertsView(),
    states: [...query(engine, "ALERTS", at), ...query(engine, "ALERTS_FOR_STATE", at)].map(
      fromStart,
    ),
    recorded: query(engine, '{__name__=~".+:.+"}', at),
  };
}

function query(engine: Engine, expr: string, at: EpochMs): readonly Point[] {
  const span = { from: at, to: at, stepMs: 0, lookbackMs: LOOKBACK_MS };
  const { value } = evaluateNow(parse(expr), engine.readerAt(at), {
    ...span,
    limits: DEFAULT_LIMITS,
  });
  assert(value.kind === "vector", "a selector gives a vector");
  return value.series.map((labels, i) => ({ labels, value: value.values[i] ?? NaN }));
}

function fromStart({ labels, value }: Point): Point {
  const isTime = labelValue(labels, METRIC_NAME) === "ALERTS_FOR_STATE";
  return { labels, value: isTime ? value - START / SECOND_MS : value };
}
