import { Engine } from "@naruko/core/engine/engine";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import type { Reader } from "@naruko/core/model/reader";
import { epochMs } from "@naruko/core/model/time";
import { engineYaml } from "naruko/config/setup";
import { HttpCounts } from "naruko/listen/http-counts";
import { LimitCounts } from "naruko/listen/limit-counts";
import { prometheusApi } from "naruko/listen/prometheus-api";
import { listen } from "naruko/listen/server";

/** An engine whose series are given and not received. */
class GivenEngine extends Engine {
  reader: Reader = { select: () => [] };

  override readerAt(): Reader {
    return this.reader;
  }
}

/** Naruko's Prometheus API behind its own HTTP server, over series as they are given. */
export type SeriesServer = {
  readonly url: string;
  /** From here on these series are what is asked. */
  readonly use: (reader: Reader) => void;
  readonly close: () => Promise<void>;
};

export async function serveSeries(): Promise<SeriesServer> {
  const limits = DEFAULT_LIMITS;
  const engine = new GivenEngine({ intervalMs: 15_000, limits, parseYaml: engineYaml({}) });
  const { port, close } = await listen({
    host: "127.0.0.1",
    port: 0,
    guard: () => undefined,
    handlers: [prometheusApi(apiOptions(engine))],
    limits,
    limitCounts: new LimitCounts(),
    counts: new HttpCounts("api"),
    refuse: ({ url = "" }, status, reason) => ({ status, body: `${url} ${reason}` }),
    broke,
    tlsFailed: broke,
  });
  return {
    url: `http://127.0.0.1:${port}`,
    close,
    use: (reader) => {
      engine.reader = reader;
    },
  };
}

/** 2023-01-01; a query that names no time is for then. */
const STARTED_MS = 1_672_531_200_000;

function unused(): never {
  throw new Error("queries over series in memory ask for nothing else");
}

function broke(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
}

function apiOptions(engine: Engine): Parameters<typeof prometheusApi>[0] {
  return {
    engine,
    disk: { chunks: unused, series: unused },
    limits: DEFAULT_LIMITS,
    now: () => epochMs(STARTED_MS),
    monotonicMs: () => performance.now(),
    program: {
      version: "0",
      runtime: "",
      startedAt: epochMs(STARTED_MS),
      config: unused,
      configuredAt: unused,
      flags: unused,
      retention: unused,
      alertmanagers: unused,
    },
    targets: {
      pools: unused,
      active: unused,
      dropped: unused,
      droppedCounts: unused,
      poolConfig: unused,
    },
    broke,
  };
}
