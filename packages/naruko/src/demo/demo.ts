import { Engine } from "@naruko/core/engine/engine";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import type { Config, LoadedConfig } from "../config/config.ts";
import type { Environment } from "../config/environment.ts";
import { engineYaml, setupOf } from "../config/setup.ts";
import type { Clock } from "../drive/clock.ts";
import { InputError } from "@naruko/core/model/input-error";
import { urlOf } from "../listen/url-of.ts";
import type { Report } from "../drive/server.ts";
import { priceTable } from "../price/price-table.ts";
import type { DemoPlan } from "./demo-calls.ts";
import { writeHistory } from "./demo-history.ts";
import type { HistoryOptions } from "./demo-history.ts";
import { DEMO_PRICES, demoPlan, HISTORY_MS } from "./demo-plan.ts";
import { DemoTraffic } from "./demo-traffic.ts";

export type DemoOptions = {
  /** As `demoConfig` makes it. */
  readonly loaded: LoadedConfig;
  readonly clock: Clock;
  readonly environment: Environment;
  /** Absent: 26 hours. */
  readonly historyMs?: number;
};

/** A simulated world: its past on the disk, then its present over the network. */
export class Demo {
  readonly #options: DemoOptions;
  readonly plan: DemoPlan;
  #firstSecond = 0;

  constructor(options: DemoOptions) {
    this.#options = options;
    const { clock, loaded, historyMs = HISTORY_MS } = options;
    const { interval } = loaded.config;
    this.plan = demoPlan(clock.wallMs(), { intervalMs: interval, historyMs });
  }

  /** Writes the history to a new disk. @throws InputError when rules or routing are refused; Error when it fails */
  async writePast(
    disk: HistoryOptions["disk"],
    follow: Pick<HistoryOptions, "progress" | "signal">,
  ): Promise<"written" | "stopped"> {
    const { loaded, clock, environment } = this.#options;
    const { config } = loaded;
    const limits = { ...DEFAULT_LIMITS, ...config.limits };
    const intervalMs = config.interval;
    const engine = new Engine({ intervalMs, limits, parseYaml: engineYaml(environment) });
    const { external_url, host, port } = config.listen;
    const setup = setupOf(loaded, external_url?.replace(/\/+$/, "") ?? urlOf(host, port));
    engine.prepare(setup);
    const until = await writeHistory({
      ...follow,
      plan: this.plan,
      engine,
      disk,
      setup,
      intervalMs,
      limits,
      priceOf: priceTable(config.prices),
      now: clock.wallMs,
    });
    if (until === "stopped") return until;
    this.#firstSecond = until;
    return "written";
  }

  /** The traffic from where the history ends. */
  traffic(otlpUrl: string, report: Report): DemoTraffic {
    const { clock, loaded } = this.#options;
    return new DemoTraffic({
      plan: this.plan,
      otlpUrl,
      token: loaded.config.auth.ingest_token,
      clock,
      firstSecond: this.#firstSecond,
      report,
    });
  }
}

/** The configuration of a demo: a data directory of its own, and prices of the invented models. */
export function demoConfig(loaded: LoadedConfig, folder: string): LoadedConfig {
  const { config } = loaded;
  if (config.tls !== undefined) {
    const remedy = "leave tls out of the file that --config names";
    throw new InputError("config", `the demo sends to itself, without TLS; ${remedy}`);
  }
  const changed: Config = { ...config, data: folder, prices: [...config.prices, ...DEMO_PRICES] };
  return { ...loaded, config: changed };
}
