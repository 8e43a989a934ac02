import type { Limits } from "@naruko/core/model/limits";
import type { MetricMetadata } from "@naruko/core/model/received-series";
import type { Outcome } from "@naruko/core/model/outcome";
import type { Telemetry } from "@naruko/core/model/telemetry";
import { type EpochMs, epochMs, SECOND_MS } from "@naruko/core/model/time";
import { md5Bucket } from "@naruko/core/scrape/md5";
import { SeriesMemo } from "@naruko/core/scrape/series-memo";
import type { Target } from "@naruko/core/scrape/target";
import { type ScrapeBatch, type ScrapeTime, TargetSeries } from "@naruko/core/scrape/target-series";
import type { ScrapeConfig } from "../config/scrape-schema.ts";
import type { Clock } from "../drive/clock.ts";
import type { ActiveTarget } from "../listen/scrape-targets.ts";
import { fetchPage, readPage } from "./fetch-page.ts";
import type { Requester } from "./http-client.ts";
import type { ScrapeCounts } from "./scrape-counts.ts";

/** What scraping needs of the program around it. */
export type ScrapePorts = {
  readonly clock: Clock;
  /** Event time: what samples are stamped with. */
  readonly now: () => EpochMs;
  /** To the commit queue; resolves once it is committed and applied, or refused. */
  readonly submit: (telemetry: Telemetry, bytes: number) => Promise<Outcome>;
  readonly limits: Limits;
  /** A limit was reached, as the reason names it. */
  readonly limited: (reason: string) => void;
  readonly counts: ScrapeCounts;
  readonly version: string;
  /** A scrape met a bug of ours. */
  readonly broke: (error: unknown, where: string) => void;
};

export type LoopOptions = {
  readonly target: Target;
  readonly config: ScrapeConfig;
  readonly requester: Requester;
  /** Why nothing of the pool may be scraped at the moment. */
  readonly blocked: () => string | undefined;
  readonly ports: ScrapePorts;
};

/** A page, or why there is none. */
type AskedPage = string | { readonly bytes: Uint8Array; readonly contentType: string | undefined };

/** Bytes that a series without a page, a stale marker, is taken to need in the queue. */
const SERIES_BYTES = 100;

/** Scrapes one target at its interval, at a place in it that its labels decide. */
export class ScrapeLoop {
  readonly #options: LoopOptions;
  readonly #series: TargetSeries;
  readonly #memo = new SeriesMemo();
  readonly #stopping = new AbortController();
  readonly #offsetMs: number;
  #cancel: () => void = () => undefined;
  #running: Promise<void> = Promise.resolve();
  #last: Pick<ActiveTarget, "health" | "lastError" | "lastScrapeAt" | "lastScrapeMs"> = {
    health: "unknown",
    lastError: "",
    lastScrapeMs: 0,
  };
  #metadata: readonly MetricMetadata[] = [];

  constructor(options: LoopOptions) {
    const { target, config } = options;
    this.#options = options;
    this.#offsetMs = md5Bucket(`${target.url} ${target.labels.key}`, target.intervalMs);
    this.#series = new TargetSeries(target.labels, {
      honorLabels: config.honor_labels,
      honorTimestamps: config.honor_timestamps,
      trackTimestampsStaleness: config.track_timestamps_staleness,
      metricRelabel: config.metric_relabel_configs,
      sampleLimit: config.sample_limit,
      labelLimit: config.label_limit,
      labelNameLengthLimit: config.label_name_length_limit,
      labelValueLengthLimit: config.label_value_length_limit,
    });
    this.#schedule();
  }

  get view(): ActiveTarget {
    const { target, config } = this.#options;
    const { discoveredLabels, labels, url, intervalMs, timeoutMs } = target;
    const pool = config.job_name;
    const metadata = this.#metadata;
    return { pool, discoveredLabels, labels, url, intervalMs, timeoutMs, metadata, ...this.#last };
  }

  /**
   * Ends what is under way.
   *
   * @param why a target that is gone ends its series; a program that stops comes back to them
   */
  async stop(why: "gone" | "stopping"): Promise<void> {
    this.#stopping.abort();
    this.#cancel();
    await this.#running;
    if (why === "gone") await this.#submit(this.#series.ended(this.#options.ports.now()), 0);
  }

  #schedule(): void {
    const { target, ports } = this.#options;
    const { intervalMs } = target;
    const now = ports.now();
    const rounds = Math.floor((now - this.#offsetMs) / intervalMs) + 1;
    const due = epochMs(this.#offsetMs + rounds * intervalMs);
    this.#cancel = ports.clock.after(due - now, () => {
      this.#running = this.#run(due);
    });
  }

  async #run(due: EpochMs): Promise<void> {
    try {
      await this.#scrape(due);
    } catch (error) {
      // A bug of ours, in one page of one target, must not end the monitor.
      this.#options.ports.broke(error, `a scrape of ${this.#options.target.url}`);
    }
    if (!this.#stopping.signal.aborted) this.#schedule();
  }

  async #scrape(due: EpochMs): Promise<void> {
    const { ports } = this.#options;
    // A timer may be a millisecond early: a sample never comes before its place in the interval.
    const at = epochMs(Math.max(due, ports.now()));
    const startedMs = ports.clock.monotonicMs();
    const page = await this.#ask();
    if (this.#stopping.signal.aborted) return;
    const lastScrapeMs = ports.clock.monotonicMs() - startedMs;
    const batch = this.#read(page, { at, durationS: lastScrapeMs / SECOND_MS });
    const { fault = "" } = batch;
    if (fault !== "") ports.limited(fault);
    ports.counts.left("duplicate-sample", batch.duplicates);
    ports.counts.left("long-exemplar", batch.longExemplars);
    const committed = await this.#submit(batch, typeof page === "string" ? 0 : page.bytes.length);
    ports.counts.scraped(committed ? (fault === "" ? "ok" : "failed") : "lost");
    const health = fault === "" ? "up" : "down";
    this.#last = { health, lastError: fault, lastScrapeAt: at, lastScrapeMs };
  }

  async #ask(): Promise<AskedPage> {
    const { target, config, requester, blocked, ports } = this.#options;
    const reason = blocked();
    if (reason !== undefined) return reason;
    const page = await fetchPage(requester, config, ports.limits, {
      url: target.url,
      timeoutMs: target.timeoutMs,
      signal: this.#stopping.signal,
      version: ports.version,
    });
    return page.ok ? page : page.reason;
  }

  #read(page: AskedPage, time: ScrapeTime): ScrapeBatch {
    if (typeof page === "string") return this.#series.failed(page, time);
    const { config, ports } = this.#options;
    const read = readPage(page, config, this.#memo, ports.limits);
    if (typeof read === "string") return this.#series.failed(read, time);
    this.#metadata = read.metadata;
    return this.#series.scraped(read, time);
  }

  /** Whether the batch is on disk; what is not is made good by the next one. */
  async #submit(batch: ScrapeBatch, pageBytes: number): Promise<boolean> {
    const { series, metadata } = batch;
    const telemetry = { calls: [], points: [], evaluations: [], series, metadata };
    const bytes = pageBytes + series.length * SERIES_BYTES;
    const outcome = await this.#options.ports.submit(telemetry, bytes);
    if (outcome.ok) this.#series.adopt(batch);
    else this.#options.ports.limited(outcome.reason);
    return outcome.ok;
  }
}
