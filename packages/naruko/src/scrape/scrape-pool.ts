import type { Labels } from "@naruko/core/model/labels";
import { type Target, type TargetGroup, targetsOf } from "@naruko/core/scrape/target";
import type { ScrapeConfig } from "../config/scrape-schema.ts";
import type { ActiveTarget } from "../listen/scrape-targets.ts";
import {
  type Discovery,
  type DiscoveryPorts,
  discoverDns,
  discoverFiles,
  type Resolver,
} from "./discovery.ts";
import { Requester } from "./http-client.ts";
import { ScrapeLoop, type ScrapePorts } from "./scrape-loop.ts";

export type PoolPorts = ScrapePorts & {
  /** What the names of files are relative to. */
  readonly folder: string;
  readonly resolver: Resolver;
  readonly report: (event: string, details: Readonly<Record<string, unknown>>) => void;
  /** How many targets other pools leave of those that the program may scrape. */
  readonly room: () => number;
};

/** The targets of one scrape configuration, as discovery finds them. */
export class ScrapePool {
  readonly config: ScrapeConfig;
  readonly #ports: PoolPorts;
  readonly #requester: Requester;
  readonly #discoveries: readonly Discovery[];
  readonly #found = new Map<string, readonly TargetGroup[]>();
  /** Why a source could not be read when it was last tried. */
  readonly #failures = new Map<string, string>();
  readonly #loops = new Map<string, ScrapeLoop>();
  #dropped: readonly Labels[] = [];
  #blocked: string | undefined;
  #stopped = false;

  constructor(config: ScrapeConfig, ports: PoolPorts) {
    this.config = config;
    this.#ports = ports;
    this.#requester = new Requester(config, ports.folder);
    this.#found.set("static", config.static_configs);
    const discovery = this.#discoveryPorts();
    this.#sync();
    this.#discoveries = [
      ...config.file_sd_configs.map((one) => discoverFiles(one, discovery)),
      ...config.dns_sd_configs.map((one) => discoverDns(one, discovery)),
    ];
  }

  get size(): number {
    return this.#loops.size;
  }

  get active(): readonly ActiveTarget[] {
    return [...this.#loops.values()].map(({ view }) => view);
  }

  /** Labels of the targets that relabelling dropped, or that have no usable address. */
  get dropped(): readonly Labels[] {
    return this.#dropped;
  }

  async stop(why: "gone" | "stopping"): Promise<void> {
    this.#stopped = true;
    for (const discovery of this.#discoveries) discovery.stop();
    await Promise.all([...this.#loops.values()].map((loop) => loop.stop(why)));
    this.#loops.clear();
    this.#requester.close();
  }

  #discoveryPorts(): DiscoveryPorts {
    const { clock, folder, resolver, counts, report } = this.#ports;
    return {
      clock,
      folder,
      resolver,
      found: (source, groups) => {
        if (this.#stopped) return;
        this.#failures.delete(source);
        this.#found.set(source, groups);
        this.#sync();
      },
      failed: (source, reason) => {
        counts.discoveryFailures++;
        // Told once, not at each look.
        if (this.#failures.get(source) === reason) return;
        this.#failures.set(source, reason);
        report("targets cannot be discovered", { job: this.config.job_name, source, reason });
      },
    };
  }

  /** Begins to scrape what is new, ends what is gone, and leaves the others alone. */
  #sync(): void {
    const { targets, dropped } = this.#targets();
    this.#dropped = dropped;
    for (const [key, loop] of this.#loops) {
      if (targets.has(key)) continue;
      this.#loops.delete(key);
      void loop.stop("gone");
    }
    const { target_limit: limit, job_name: job } = this.config;
    const count = targets.size;
    this.#blocked =
      limit > 0 && count > limit
        ? `${count} targets are more than target_limit ${limit}`
        : undefined;
    for (const [key, target] of targets) {
      if (this.#loops.has(key)) continue;
      if (this.#loops.size >= this.#ports.room()) {
        const reason = "too many targets (limit scrapeTargets)";
        this.#ports.limited(reason);
        this.#ports.report(reason, { job, url: target.url });
        return;
      }
      this.#loops.set(key, this.#start(target));
    }
  }

  #start(target: Target): ScrapeLoop {
    return new ScrapeLoop({
      target,
      config: this.config,
      requester: this.#requester,
      blocked: () => this.#blocked,
      ports: this.#ports,
    });
  }

  #targets(): { readonly targets: ReadonlyMap<string, Target>; readonly dropped: Labels[] } {
    const targets = new Map<string, Target>();
    const dropped: Labels[] = [];
    const { config } = this;
    const rules = {
      job: config.job_name,
      scheme: config.scheme,
      metricsPath: config.metrics_path,
      params: config.params,
      interval: config.scrape_interval,
      timeout: config.scrape_timeout,
      relabel: config.relabel_configs,
    };
    for (const group of [...this.#found.values()].flat()) {
      for (const found of targetsOf(group, rules)) {
        if (found.kind === "target") {
          const { labels, url, intervalMs, timeoutMs } = found.target;
          targets.set(`${url} ${intervalMs} ${timeoutMs} ${labels.key}`, found.target);
          continue;
        }
        dropped.push(found.discoveredLabels);
        if (found.kind === "dropped") continue;
        this.#ports.report("a target cannot be scraped", {
          job: config.job_name,
          reason: found.reason,
        });
      }
    }
    return { targets, dropped };
  }
}
