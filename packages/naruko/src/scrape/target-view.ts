import type { Labels } from "@naruko/core/model/labels";
import type { EpochMs } from "@naruko/core/model/time";

/** One scraped target, as `/api/v1/targets` shows it. */
export type TargetView = {
  /** The `job_name` of the scrape configuration that it belongs to. */
  readonly pool: string;
  /** What it was found with, before relabelling: `__address__`, `__scheme__`, `__meta_…`. */
  readonly discoveredLabels: Labels;
  /** What its series carry. */
  readonly labels: Labels;
  /** The address that is scraped, without credentials. */
  readonly url: string;
  /** `unknown` before the first scrape has ended. */
  readonly health: "unknown" | "up" | "down";
  /** Why the last scrape failed; empty where it did not. */
  readonly lastError: string;
  /** When the last scrape began; absent before the first. */
  readonly lastScrape?: EpochMs;
  readonly lastDurationMs: number;
  readonly intervalMs: number;
  readonly timeoutMs: number;
};

/** A target that relabelling dropped, or that has no usable address. */
export type DroppedTargetView = {
  readonly pool: string;
  readonly discoveredLabels: Labels;
};

/** The targets of the moment; a plain value, made anew at each call. */
export type ScrapeTargets = () => {
  readonly active: readonly TargetView[];
  readonly dropped: readonly DroppedTargetView[];
};
