// A process of its own: fills an engine, hands the samples to a Prometheus, and times both.
import { setTimeout as wait } from "node:timers/promises";
import { epochMs, HOUR_MS, MINUTE_MS } from "@naruko/core/model/time";
import { shippedRuleFiles } from "naruko/config/setup";
import { fillEngine, INTERVAL_MS, shippedSetup } from "./filled-engine.ts";
import { PrometheusProcess, prometheusVersion } from "./prometheus.ts";

export type EvaluationReport = {
  readonly series: number;
  /** Of each tick that was timed. */
  readonly sampleMs: readonly number[];
  readonly evaluateMs: readonly number[];
  /** Prometheus' own sum of what its groups took, of each time it was asked; empty without one. */
  readonly prometheusMs: readonly number[];
};

const TICKS = 20;
const WARM_TICKS = 5;
const EVERY_S = 2;
/** Groups begin at different moments, and the first evaluations have more to read. */
const FIRST_EVALUATIONS_S = 10;
/** How far back the shipped rules look, with some minutes to spare: an hour, and the same a day ago. */
const LOOK_BACK_MS = HOUR_MS + 20 * MINUTE_MS;

async function main(): Promise<void> {
  const [series = 10_000, hours = 25.5] = process.argv.slice(2).map(Number);
  const lastTick = Math.floor(Date.now() / INTERVAL_MS) * INTERVAL_MS;
  const until = epochMs(lastTick);
  const driven = fillEngine(series, hours, until);
  driven.apply(until, { kind: "reload", setup: shippedSetup() });
  const prometheus = await startPrometheus();
  if (prometheus !== undefined) {
    const reader = driven.engine.readerAt(until);
    const yesterday = until - 24 * HOUR_MS;
    await prometheus.load(reader, yesterday - LOOK_BACK_MS, yesterday);
    await prometheus.load(reader, until - LOOK_BACK_MS, until);
  }
  const sampleMs: number[] = [];
  const evaluateMs: number[] = [];
  for (let tick = 1; tick <= WARM_TICKS + TICKS; tick++) {
    const timed = driven.tick(epochMs(until + tick * INTERVAL_MS));
    if (tick <= WARM_TICKS) continue;
    sampleMs.push(timed.sampleMs);
    evaluateMs.push(timed.evaluateMs);
  }
  const prometheusMs = prometheus === undefined ? [] : await timePrometheus(prometheus);
  await prometheus?.stop();
  const stats = driven.engine.storeStats();
  const report: EvaluationReport = { series: stats.series, sampleMs, evaluateMs, prometheusMs };
  process.stdout.write(JSON.stringify(report));
}

function startPrometheus(): Promise<PrometheusProcess | undefined> {
  if (prometheusVersion() === undefined) return Promise.resolve(undefined);
  return PrometheusProcess.start();
}

/** It evaluates by its own clock, while nothing else runs; the samples are some seconds old. */
async function timePrometheus(prometheus: PrometheusProcess): Promise<readonly number[]> {
  const took: number[] = [];
  prometheus.useRules(shippedRuleFiles(), EVERY_S);
  await wait(FIRST_EVALUATIONS_S * 1000);
  for (let i = 0; i < TICKS / 2; i++) {
    took.push((await prometheus.ruleSeconds()) * 1000);
    await wait(EVERY_S * 1000);
  }
  return took;
}

await main();
