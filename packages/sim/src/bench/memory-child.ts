// A process of its own: fills an engine and prints what it needs. Run with `--expose-gc`, memory
// after a collection is told as well.
import { setTimeout as wait } from "node:timers/promises";
import { epochMs } from "@naruko/core/model/time";
import { fillEngine, INTERVAL_MS, shippedSetup } from "./filled-engine.ts";

export type MemoryReport = {
  readonly series: number;
  readonly samples: number;
  /** Of samples as they are kept. */
  readonly sampleBytes: number;
  readonly rssBytes: number;
  readonly fillS: number;
  /** How long the main loop stands while the engine's state is made into a snapshot. */
  readonly saveMs: number;
};

async function main(): Promise<void> {
  const [series = 10_000, hours = 25] = process.argv.slice(2).map(Number);
  const until = epochMs(Math.floor(Date.now() / INTERVAL_MS) * INTERVAL_MS);
  const startedMs = performance.now();
  const driven = fillEngine(series, hours, until);
  const fillS = (performance.now() - startedMs) / 1000;
  driven.apply(until, { kind: "reload", setup: shippedSetup() });
  // What a filling that goes a thousand times as fast as life leaves behind is collected in life.
  await wait(SETTLE_MS);
  globalThis.gc?.();
  const stats = driven.engine.storeStats();
  const rssBytes = process.memoryUsage.rss();
  const saveStartedMs = performance.now();
  driven.engine.save();
  const saveMs = performance.now() - saveStartedMs;
  const report: MemoryReport = {
    series: stats.series,
    samples: stats.samples,
    sampleBytes: stats.bytes,
    rssBytes,
    fillS,
    saveMs,
  };
  process.stdout.write(JSON.stringify(report));
}

const SETTLE_MS = 3000;

await main();
