import { parse, stringify } from "yaml";
import type { ScrapeConfig } from "../config/scrape-schema.ts";
import type { ScrapeTargets } from "../listen/scrape-targets.ts";
import { ScrapePool, type PoolPorts } from "./scrape-pool.ts";

export type ScraperPorts = Omit<PoolPorts, "room"> & {
  /** The running configuration as YAML, without its secrets. */
  readonly shownConfig: () => string;
};

/** Scrapes what the configuration of the moment names. */
export class Scraper {
  readonly #ports: ScraperPorts;
  #pools = new Map<string, { readonly pool: ScrapePool; readonly text: string }>();

  #changing: Promise<void> = Promise.resolve();

  constructor(ports: ScraperPorts) {
    this.#ports = ports;
  }

  /**
   * Takes another configuration: jobs that are as before go on undisturbed, others end and begin
   * anew. A job's interval, and what is known of its series, survive the reload of other jobs.
   */
  use(configs: readonly ScrapeConfig[]): Promise<void> {
    // One after the other: a reload that overtook another would leave pools that nobody ends.
    this.#changing = this.#changing.then(() => this.#take(configs));
    return this.#changing;
  }

  /** Ends all scrapes; their series go on after the next start. */
  async stop(): Promise<void> {
    await this.#changing;
    await Promise.all([...this.#pools.values()].map(({ pool }) => pool.stop("stopping")));
    this.#pools.clear();
  }

  async #take(configs: readonly ScrapeConfig[]): Promise<void> {
    const before = this.#pools;
    const kept = new Map<string, { readonly pool: ScrapePool; readonly text: string }>();
    const wanted = configs.map((config) => ({ config, text: JSON.stringify(config) }));
    for (const { config, text } of wanted) {
      const running = before.get(config.job_name);
      if (running?.text === text) kept.set(config.job_name, running);
    }
    const ended = [...before].filter(([job]) => !kept.has(job)).map(([, { pool }]) => pool);
    this.#pools = kept;
    await Promise.all(ended.map((pool) => pool.stop("gone")));
    for (const { config, text } of wanted) {
      if (kept.has(config.job_name)) continue;
      const pool = new ScrapePool(config, { ...this.#ports, room: () => this.#roomOf(config) });
      kept.set(config.job_name, { pool, text });
    }
  }

  /** What is scraped, for those who show it. */
  get targets(): ScrapeTargets {
    const pools = (): ScrapePool[] => [...this.#pools.values()].map(({ pool }) => pool);
    return {
      pools: () => [...this.#pools.keys()],
      active: () => pools().flatMap(({ active }) => active),
      dropped: () =>
        pools().flatMap(({ config, dropped }) =>
          dropped.map((discoveredLabels) => ({ pool: config.job_name, discoveredLabels })),
        ),
      droppedCounts: () =>
        new Map(pools().map(({ config, dropped }) => [config.job_name, dropped.length])),
      poolConfig: (job) => this.#configOf(job),
    };
  }

  #roomOf(config: ScrapeConfig): number {
    const others = [...this.#pools.values()].filter(({ pool }) => pool.config !== config);
    const sizes = others.map(({ pool }) => pool.size);
    return this.#ports.limits.scrapeTargets - sizes.reduce((sum, size) => sum + size, 0);
  }

  #configOf(job: string): string | undefined {
    const shown = parse(this.#ports.shownConfig()) as {
      readonly scrape_configs?: readonly { readonly job_name: string }[];
    };
    const own = shown.scrape_configs?.find(({ job_name }) => job_name === job);
    return own === undefined ? undefined : stringify(own);
  }
}
