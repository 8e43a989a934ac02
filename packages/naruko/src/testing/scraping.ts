// A scraper over real sockets and a clock that stands still until a test moves it.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { once } from "node:events";
import { formatLabels, labelValue } from "@naruko/core/model/labels";
import { DEFAULT_LIMITS, type Limits } from "@naruko/core/model/limits";
import type { Outcome } from "@naruko/core/model/outcome";
import type { SampleValue, Stale } from "@naruko/core/model/sample";
import type { Telemetry } from "@naruko/core/model/telemetry";
import { epochMs } from "@naruko/core/model/time";
import { readConfig } from "../config/load-config.ts";
import { parseYaml } from "../config/parse-yaml.ts";
import type { ScrapeConfig } from "../config/scrape-schema.ts";
import { VirtualClock } from "../drive/virtual-clock.ts";
import { ScrapeCounts } from "../scrape/scrape-counts.ts";
import { Scraper, type ScraperPorts } from "../scrape/scraper.ts";

const PATIENCE_MS = 20_000;

/** Resolves when the condition holds, in whatever turn of the event loop that is. */
export async function until(holds: () => boolean): Promise<void> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  while (!holds()) {
    signal.throwIfAborted();
    await new Promise(setImmediate);
  }
}

/** What a target answers; a body alone is a page of the classic format. */
export type Shown = string | ((request: IncomingMessage, response: ServerResponse) => void);

/** A target on a free port until the test ends; what it shows may be changed. */
export async function startTarget(
  context: TestContext,
  page: Shown,
): Promise<{ readonly address: string; page: Shown; readonly requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    if (typeof target.page === "function") return target.page(request, response);
    response.setHeader("Content-Type", "text/plain; version=0.0.4");
    return response.end(target.page);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const target = { address: `127.0.0.1:${port}`, page, requests };
  return target;
}

export const START_MS = 1_800_000_000_000;

/** A scraper and what it did. */
export type Scraping = {
  readonly scraper: Scraper;
  /** What was committed, oldest first. */
  readonly batches: readonly Telemetry[];
  readonly reports: readonly string[];
  /** Reasons that name a limit. */
  readonly limited: readonly string[];
  readonly counts: ScrapeCounts;
  /** Refuses to commit from here on; or, without a reason, no more. */
  readonly refuse: (reason: string | undefined) => void;
  readonly reload: (yaml: string) => Promise<void>;
  /** Lets time run, and waits until so many scrapes have ended in all. */
  readonly run: (ms: number, scrapes: number) => Promise<void>;
  readonly tick: (ms: number) => Promise<void>;
};

/**
 * Scrapes what a configuration names; time runs by `run` alone.
 *
 * @param text a `naruko.yml`
 */
export async function startScraper(
  context: TestContext,
  text: string,
  ports: Partial<Omit<ScraperPorts, "limits">> & { readonly limits?: Partial<Limits> } = {},
): Promise<Scraping> {
  const clock = new VirtualClock(START_MS);
  const batches: Telemetry[] = [];
  const reports: string[] = [];
  const limited: string[] = [];
  const counts = new ScrapeCounts();
  let refusal: Outcome = { ok: true };
  let running = text;
  const scraper = new Scraper({
    clock,
    counts,
    now: () => epochMs(clock.wallMs()),
    submit: (telemetry) => {
      if (refusal.ok) batches.push(telemetry);
      return Promise.resolve(refusal);
    },
    limited: (reason) => limited.push(reason),
    version: "0",
    folder: ".",
    resolver: { resolve4: noDns, resolve6: noDns, resolveSrv: noDns },
    report: (event, { reason }) => reports.push(`${event}: ${String(reason)}`),
    broke: (error) => reports.push(String(error)),
    shownConfig: () => running,
    ...ports,
    limits: { ...DEFAULT_LIMITS, ...ports.limits },
  });
  context.after(() => scraper.stop());
  await scraper.use(configsOf(text));
  return {
    scraper,
    batches,
    reports,
    limited,
    counts,
    refuse: (reason: string | undefined) => {
      refusal = reason === undefined ? { ok: true } : { ok: false, retry: true, reason };
    },
    reload: async (yaml: string) => {
      running = yaml;
      await scraper.use(configsOf(yaml));
    },
    run: async (ms: number, scrapes: number) => {
      await clock.runTo(clock.wallMs() + ms, () => Promise.resolve());
      await until(() => [...counts.scrapes.values()].reduce((sum, one) => sum + one) >= scrapes);
    },
    tick: (ms: number) => clock.runTo(clock.wallMs() + ms, () => Promise.resolve()),
  };
}

function configsOf(yaml: string): readonly ScrapeConfig[] {
  return readConfig(parseYaml("naruko.yml", yaml)).config.scrape_configs;
}

function noDns(): Promise<never> {
  return Promise.reject(new Error("no DNS here"));
}

/** A batch's samples, one a line, without its times and the automatic series but `up`. */
export function linesOf(batch: Telemetry | undefined): string[] {
  return (batch?.series ?? [])
    .filter(({ labels }) => !labelValue(labels, "__name__").startsWith("scrape_"))
    .map(({ labels, samples: [sample] }) => `${formatLabels(labels)} ${shownValue(sample?.value)}`);
}

function shownValue(value: SampleValue | Stale | undefined): string {
  return typeof value === "object" ? "histogram" : String(value);
}
