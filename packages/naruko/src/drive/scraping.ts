import path from "node:path";
import type { Limits } from "@naruko/core/model/limits";
import type { LoadedConfig } from "../config/config.ts";
import { shownConfig } from "../config/shown-config.ts";
import { systemResolver } from "../scrape/discovery.ts";
import { ScrapeCounts } from "../scrape/scrape-counts.ts";
import { Scraper } from "../scrape/scraper.ts";
import type { Clock } from "./clock.ts";
import type { Live } from "./live.ts";
import type { Report } from "./server.ts";

export type ScrapingOptions = {
  readonly live: Live;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly version: string;
  readonly report: Report;
  /** The running configuration. */
  readonly loaded: () => LoadedConfig;
  /** A limit was reached, as the reason names it. */
  readonly limited: (reason: string) => void;
};

/** A scraper whose samples go the way of all telemetry: through the commit queue. */
export function scraperOf(options: ScrapingOptions): {
  readonly scraper: Scraper;
  readonly counts: ScrapeCounts;
} {
  const { live, loaded, report, ...rest } = options;
  const counts = new ScrapeCounts();
  const scraper = new Scraper({
    ...rest,
    report,
    counts,
    folder: folderOf(loaded()),
    resolver: systemResolver,
    now: () => live.now(),
    submit: (telemetry, bytes) => live.submit({ kind: "telemetry", telemetry }, bytes),
    shownConfig: () => shownConfig(loaded().text),
    broke: (error, where) => {
      report("a scrape met a bug", { error, where });
    },
  });
  return { scraper, counts };
}

/** What names of files in a configuration are relative to. */
export function folderOf({ file }: LoadedConfig): string {
  return file === undefined ? process.cwd() : path.dirname(file);
}
