import type { Labels } from "@naruko/core/model/labels";
import type { MetricMetadata } from "@naruko/core/model/received-series";
import type { EpochMs } from "@naruko/core/model/time";

/** One target that is scraped, as the API shows it. */
export type ActiveTarget = {
  /** The name of its `scrape_configs` entry. */
  readonly pool: string;
  /** Before relabelling. */
  readonly discoveredLabels: Labels;
  /** What its samples get. */
  readonly labels: Labels;
  /** Without credentials. */
  readonly url: string;
  /** Empty while it works. */
  readonly lastError: string;
  /** Absent before the first. */
  readonly lastScrapeAt?: EpochMs;
  readonly lastScrapeMs: number;
  readonly health: "up" | "down" | "unknown";
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** What it told of its metrics at the last scrape. */
  readonly metadata: readonly MetricMetadata[];
};

/** One target that relabelling dropped. */
export type DroppedTarget = { readonly pool: string; readonly discoveredLabels: Labels };

/** What scraping shows of itself; asked anew for each request. */
export type ScrapeTargets = {
  /** Names of all pools, those without targets included. */
  readonly pools: () => readonly string[];
  readonly active: () => readonly ActiveTarget[];
  /** May be fewer than were dropped: `droppedCounts` has how many. */
  readonly dropped: () => readonly DroppedTarget[];
  readonly droppedCounts: () => ReadonlyMap<string, number>;
  /** A pool's configuration as YAML, secrets left out; `undefined` where there is no such pool. */
  readonly poolConfig: (pool: string) => string | undefined;
};

/** Nothing is scraped. */
export const NO_TARGETS: ScrapeTargets = {
  pools: () => [],
  active: () => [],
  dropped: () => [],
  droppedCounts: () => new Map(),
  poolConfig: () => undefined,
};
