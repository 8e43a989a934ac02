import type { ScrapeCounts } from "../scrape/scrape-counts.ts";
import { byReason } from "./exposition.ts";
import type { Family } from "./exposition.ts";
import type { ScrapeTargets } from "./scrape-targets.ts";

export type ScrapeSources = {
  readonly scrapeCounts: ScrapeCounts;
  readonly targets: ScrapeTargets;
};

/** What scraping went through. */
export function scrapeMetrics({ scrapeCounts, targets }: ScrapeSources): Family[] {
  const active = targets.active();
  const states = ["up", "down", "unknown"] as const;
  return [
    {
      name: "naruko_scrape_targets",
      help: "Targets by the outcome of their last scrape.",
      type: "gauge",
      samples: states.map((health) => ({
        labels: { health },
        value: active.filter((target) => target.health === health).length,
      })),
    },
    {
      name: "naruko_scrapes_total",
      help: "Scrapes by what became of them; lost ones could not be committed.",
      type: "counter",
      samples: [...scrapeCounts.scrapes].map(([outcome, value]) => ({
        labels: { outcome },
        value,
      })),
    },
    byReason(
      { name: "naruko_scrape_left_out_total", help: "Parts of scraped pages left out, by reason." },
      scrapeCounts.leftOut,
    ),
    {
      name: "naruko_discovery_failures_total",
      help: "Times that a source of targets, a file or a DNS name, could not be read.",
      type: "counter",
      samples: [{ value: scrapeCounts.discoveryFailures }],
    },
  ];
}
