import { checkSetup } from "@naruko/core/engine/alerting";
import type { Engine } from "@naruko/core/engine/engine";
import { InputError } from "@naruko/core/model/input-error";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import type { Limits } from "@naruko/core/model/limits";
import { Tally } from "@naruko/core/model/tally";
import { epochMs, MINUTE_MS } from "@naruko/core/model/time";
import type { EpochMs } from "@naruko/core/model/time";
import type { LoadedConfig } from "../config/config.ts";
import type { Environment } from "../config/environment.ts";
import { withPlaceholders } from "../config/environment.ts";
import { readTls, tlsWarnings } from "../config/read-tls.ts";
import { engineYaml, setupOf } from "../config/setup.ts";
import type { Disk } from "../disk/disk.ts";
import type { TlsFiles } from "../listen/tls-options.ts";
import { urlOf } from "../listen/url-of.ts";
import type { RemoteWrites } from "../remote-write/remote-writes.ts";
import type { Clock } from "./clock.ts";
import { EventTime } from "./event-time.ts";
import { type JudgePorts, judgeSetupWith } from "./judge-trials.ts";
import { Live } from "./live.ts";
import { openPorts } from "./ports.ts";
import type { Ports } from "./ports.ts";
import { recover } from "./recover.ts";
import { remoteWritesOf } from "./remote-writing.ts";
import { scraperOf } from "./scraping.ts";
import { httpSenders } from "./senders.ts";
import { takeSetup } from "./take-setup.ts";
import { VerdictExport } from "./verdict-export.ts";

/** How often what is older than the retention is deleted. */
const RETAIN_EVERY_MS = 10 * MINUTE_MS;

/** How long a stop waits for deliveries that are under way. */
const STOP_GRACE_MS = 5000;

/** Something that people should know: it goes to the log. */
export type Report = (event: string, details: Readonly<Record<string, unknown>>) => void;

export type ServerOptions = JudgePorts & {
  readonly loaded: LoadedConfig;
  /** Reads the configuration anew, for a reload. @throws InputError */
  readonly load: () => LoadedConfig;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly environment: Environment;
  readonly version: string;
  /** The telemetry is simulated, and whatever is shown says so. */
  readonly isDemo?: boolean;
  readonly report: Report;
};

/** A running server: everything between the ports and the disk. */
export class Server {
  readonly #options: ServerOptions;
  readonly #stopping = new AbortController();
  readonly engine: Engine;
  readonly live: Live;
  readonly #time: EventTime;
  readonly #scraping: ReturnType<typeof scraperOf>;
  readonly #remoteWrites: RemoteWrites;
  readonly limits: Limits;
  /** As at the start: a port is with TLS or without as long as it is open. */
  readonly #tls: TlsFiles | undefined;
  #loaded: LoadedConfig;
  #configuredAt: EpochMs;
  /** Settles with the last reload that was asked for. */
  #reloaded: Promise<unknown> = Promise.resolve();
  #ports: Ports | undefined;
  readonly #verdicts: VerdictExport;
  readonly #judgeNotices = new Tally();
  #cancelRetain: () => void = () => undefined;

  private constructor(options: ServerOptions, engine: Engine, lastSeq: number) {
    const { loaded, clock, disk, report } = options;
    const { interval } = loaded.config;
    this.#options = options;
    this.#loaded = loaded;
    this.engine = engine;
    this.#tls = readTls(loaded);
    this.limits = limitsOf(loaded);
    const { at, lastTick } = engine.position;
    this.#time = new EventTime(clock, at);
    this.#configuredAt = this.#time.now();
    this.#verdicts = new VerdictExport({ clock, report, version: options.version });
    this.live = new Live({
      engine,
      disk: {
        commit: (inputs) => disk.commit(inputs),
        keep: (effects) => {
          this.#verdicts.take(effects);
          return disk.keep(effects);
        },
        saveSnapshot: (snapshot) => disk.saveSnapshot(snapshot),
      },
      clock,
      report,
      time: this.#time,
      intervalMs: interval,
      queueBytes: this.limits.queueBytes,
      lastSeq,
      lastTick: lastTick ?? tickBefore(this.#time.now(), interval),
      applied: (input) => {
        this.#remoteWrites.applied(input);
      },
      senders: httpSenders({
        engine,
        config: () => this.#loaded.config,
        reloaded: () => this.#reloaded,
        signal: this.#stopping.signal,
        judge: {
          clock,
          tell: ({ kind, message }) => {
            this.#judgeNotices.add(kind);
            report("the judge's endpoint is not as it was taken to be", { message });
          },
          failed: (detail) => {
            report("the judge gave no verdict; this way of failing is told once", { detail });
          },
        },
      }),
    });
    this.#scraping = scraperOf({
      live: this.live,
      clock,
      limits: this.limits,
      version: options.version,
      report,
      loaded: () => this.#loaded,
      limited: (reason) => this.#ports?.limited(reason),
    });
    this.#remoteWrites = remoteWritesOf({
      engine,
      disk,
      clock,
      report,
      loaded,
      limits: this.limits,
      version: options.version,
      now: () => this.live.now(),
    });
  }

  /**
   * Recovers what the disk holds, opens the ports and begins to tick.
   *
   * @throws InputError when rules or routing are refused; Error when a port or the disk fails
   */
  static async start(options: ServerOptions): Promise<Server> {
    const { loaded, environment, disk, report, judgeTrials } = options;
    const recovered = await recover(disk, {
      intervalMs: loaded.config.interval,
      limits: limitsOf(loaded),
      // What was accepted once is read again as it was; #applySetup is as strict as ever.
      parseYaml: engineYaml(withPlaceholders(environment)),
      ...(judgeTrials && { goldenText: judgeTrials.golden.textOf }),
    });
    const { engine, lastSeq, reapplied, setback, faults } = recovered;
    if (setback !== undefined) report("the latest snapshot is not usable", { reason: setback });
    if (reapplied > 0) report("recovered", { reapplied });
    if (faults > 0) report("inputs could not be applied again", { faults });
    const server = new Server(options, engine, lastSeq);
    await server.#open();
    return server;
  }

  get ports(): Pick<Ports, "http" | "otlpHttp" | "otlpGrpc"> {
    return this.#ports ?? { http: 0, otlpHttp: 0 };
  }

  get url(): string {
    return this.#urlOf(this.ports.http);
  }

  get otlpUrl(): string {
    return this.#urlOf(this.ports.otlpHttp);
  }

  /** Absent where OTLP/gRPC is not served. */
  get grpcUrl(): string | undefined {
    const { otlpGrpc } = this.ports;
    return otlpGrpc === undefined ? undefined : this.#urlOf(otlpGrpc);
  }

  #urlOf(port: number): string {
    return urlOf(this.#loaded.config.listen.host, port, this.#tls !== undefined);
  }

  /**
   * Reads the configuration again and takes rules, routing, services, prices, capture, targets and
   * remote stores from it. Returns the fault when it is refused: the running one stays then.
   */
  reload(): Promise<string | undefined> {
    const reloading = this.#reloaded.then(() => this.#reload());
    this.#reloaded = reloading.catch(() => undefined);
    return reloading;
  }

  async #reload(): Promise<string | undefined> {
    try {
      const loaded = this.#options.load();
      const tls = readTls(loaded);
      await this.#applySetup(loaded);
      this.#ports?.useConfig(loaded.config, tls);
      this.#warnOf(tls);
      await this.#scraping.scraper.use(loaded.config.scrape_configs);
      await this.#remoteWrites.use(loaded.config.remote_write);
      await this.#verdicts.use(loaded);
      if (needsRestart(this.#loaded, loaded)) {
        this.#options.report(
          "listen, auth, data, interval, limits, and whether there is TLS change at the next start",
          {},
        );
      }
      this.#loaded = loaded;
      this.#configuredAt = this.#time.now();
      this.#options.report("reloaded", {});
      return undefined;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.#options.report("reload refused", { reason: error.message });
      return error.message;
    }
  }

  /** Ends what is under way, leaves a snapshot, and closes ports and disk. */
  async stop(): Promise<void> {
    this.#cancelRetain();
    await this.#scraping.scraper.stop();
    await this.#remoteWrites.stop();
    await this.#ports?.close();
    // A receiver that does not answer is told again after the start, under the same key.
    const cancelGrace = this.#options.clock.after(STOP_GRACE_MS, () => {
      this.#stopping.abort();
    });
    await this.live.stop();
    await this.#verdicts.stop();
    cancelGrace();
    this.#stopping.abort();
    await this.#options.disk.close();
  }

  async #open(): Promise<void> {
    const { disk, version, isDemo = false, clock, report } = this.#options;
    this.#ports = await openPorts({
      config: this.#loaded.config,
      ...(this.#tls && { tls: this.#tls }),
      limits: this.limits,
      engine: this.engine,
      live: this.live,
      time: this.#time,
      disk,
      clock,
      version,
      isDemo,
      report,
      reload: () => this.reload(),
      loaded: () => this.#loaded,
      configuredAt: () => this.#configuredAt,
      targets: this.#scraping.scraper.targets,
      scrapeCounts: this.#scraping.counts,
      remoteWriters: () => this.#remoteWrites.writers,
      judgeNotices: this.#judgeNotices.counts,
      judgeExport: () => this.#verdicts.view(),
      lastJudgedAt: () => this.#verdicts.lastScoreAt,
    });
    try {
      // Before the first tick, so that no rule of an older configuration fires once more.
      await this.#applySetup(this.#loaded);
    } catch (error) {
      await this.#ports.close();
      throw error;
    }
    this.#warnOf(this.#tls);
    await this.#verdicts.use(this.#loaded);
    this.live.start();
    await this.#scraping.scraper.use(this.#loaded.config.scrape_configs);
    await this.#remoteWrites.use(this.#loaded.config.remote_write);
    this.#retain();
  }

  #warnOf(tls: TlsFiles | undefined): void {
    const { clock, report } = this.#options;
    for (const warning of tlsWarnings(tls, clock.wallMs())) report("configuration", { warning });
  }

  /** Commits a setup that differs from the running one; its rules' history is loaded before. */
  async #applySetup(loaded: LoadedConfig): Promise<void> {
    const url = loaded.config.listen.external_url?.replace(/\/+$/, "") ?? this.url;
    const { disk, report, environment } = this.#options;
    const judge = await judgeSetupWith(loaded, this.#options, this.live.now());
    const setup = { ...setupOf(loaded, url), ...(judge === undefined ? {} : { judge }) };
    for (const warning of loaded.warnings) report("configuration", { warning });
    checkSetup(setup, {
      intervalMs: loaded.config.interval,
      limits: this.limits,
      parseYaml: engineYaml(environment),
    });
    await takeSetup(setup, { engine: this.engine, live: this.live, disk, report });
  }

  #retain(): void {
    this.#cancelRetain = this.#options.clock.after(RETAIN_EVERY_MS, () => {
      const { series, calls, size } = this.#loaded.config.retention;
      void this.#options.disk
        .retain({
          at: this.live.now(),
          seriesMs: series,
          callsMs: calls,
          maxBytes: size === 0 ? Infinity : size,
        })
        .then((deleted) => {
          if (!deleted.ok) this.#options.report("retention failed", { reason: deleted.reason });
          return deleted;
        });
      this.#retain();
    });
  }
}

function limitsOf({ config }: LoadedConfig): Limits {
  return { ...DEFAULT_LIMITS, ...config.limits };
}

function tickBefore(now: EpochMs, intervalMs: number): EpochMs {
  return epochMs(Math.floor(now / intervalMs) * intervalMs);
}

function needsRestart(before: LoadedConfig, after: LoadedConfig): boolean {
  return fixedPart(before) !== fixedPart(after);
}

/** What is read at the start only. */
function fixedPart({ config }: LoadedConfig): string {
  const { listen, auth, data, interval, limits, tls } = config;
  const hasTls = [tls !== undefined, tls?.client_ca_file !== undefined];
  return JSON.stringify([listen, auth, data, interval, limits, hasTls]);
}
