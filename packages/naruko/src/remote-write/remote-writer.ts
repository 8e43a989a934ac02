import { type Labels, labelEntries, labelsFrom } from "@naruko/core/model/labels";
import type { SeriesSlice } from "@naruko/core/model/reader";
import type { MetricMetadata } from "@naruko/core/model/received-series";
import { type EpochMs, epochMs, MINUTE_MS, SECOND_MS } from "@naruko/core/model/time";
import { relabel } from "@naruko/core/scrape/relabel";
import { remoteName, type RemoteWriteConfig } from "../config/remote-write-schema.ts";
import type { Clock } from "../drive/clock.ts";
import { Requester } from "../scrape/http-client.ts";
import { encodeV1, encodeV2 } from "./encode-write.ts";
import { RemoteCounts } from "./remote-counts.ts";
import type { SampleSource } from "./sample-source.ts";
import { type Sent, sendWrite } from "./send-write.ts";
import type { MarkStore } from "./sent-mark.ts";
import { LATE_MS, SentPositions } from "./sent-positions.ts";
import { type BatchSeries, filtered, halves, pieceOf, sampleCount } from "./write-batch.ts";
import type { WriteBatch } from "./write-batch.ts";

/** How often a remote that has everything looks for a new tick. */
const LOOK_EVERY_MS = SECOND_MS;
/** One round sends at most so much time, so that catching up takes no more memory than keeping up. */
const ROUND_MS = 5 * MINUTE_MS;
/** Requests that a refused batch is taken apart into at most, to save what is good of it. */
const PARTS_MAX = 64;

export type RemotePorts = {
  readonly source: SampleSource;
  readonly marks: MarkStore;
  readonly clock: Clock;
  /** Between two ticks. */
  readonly intervalMs: number;
  /** Event time: a remote without a mark gets what comes after it. */
  readonly now: () => EpochMs;
  readonly report: (event: string, details: Readonly<Record<string, unknown>>) => void;
  readonly version: string;
  /** What the names of files are relative to. */
  readonly folder: string;
};

/**
 * Sends every stored sample to one remote store, in the order of each series, at least once.
 *
 * The queue is what the disk keeps anyway: a mark says how far the remote has it. However long a
 * remote is away, memory holds one round of samples and no more.
 */
export class RemoteWriter {
  readonly counts: RemoteCounts = new RemoteCounts();
  readonly name: string;
  readonly #config: RemoteWriteConfig;
  readonly #ports: RemotePorts;
  readonly #requester: Requester;
  readonly #stopping = new AbortController();
  readonly #startedAt: EpochMs;
  readonly #running: Promise<void>;
  /** Relabelled labels by stored ones; `null` for a dropped series. */
  readonly #labels = new WeakMap<Labels, Labels | null>();
  #positions = new SentPositions();
  #through: EpochMs | undefined;
  /** The earliest sample that arrived since the last round began. */
  #lookFrom = Infinity;
  #metadataAtMs = -Infinity;
  #fault: string | undefined;

  constructor(config: RemoteWriteConfig, ports: RemotePorts) {
    this.#config = config;
    this.#ports = ports;
    this.name = remoteName(config);
    this.#requester = new Requester({ ...config, http_headers: {} }, ports.folder);
    this.#startedAt = ports.now();
    this.#running = this.#run();
  }

  /** How far the remote is behind the last tick, in ms. */
  get lagMs(): number {
    const tick = this.#ports.source.position().tick;
    if (tick === undefined || this.#through === undefined) return 0;
    return Math.max(0, tick - this.#through);
  }

  /** Why the last request was not taken; `undefined` while all is well. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Samples arrived of which this is the earliest: they may be from long before the last round. */
  arrived(earliest: number): void {
    this.#lookFrom = Math.min(this.#lookFrom, earliest);
  }

  /** Ends what is under way; the next start goes on from the mark. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    this.#requester.close();
  }

  #isStopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped()) {
      try {
        const done = await this.#round();
        if (done === "nothing") await this.#wait(LOOK_EVERY_MS);
      } catch (error) {
        // The disk, or a bug of ours: neither ends the monitor, and the mark stays where it is.
        if (this.#isStopped()) return;
        this.#ports.report("remote write is held up", { remote: this.name, error });
        await this.#wait(this.#config.queue_config.max_backoff);
      }
    }
  }

  async #round(): Promise<"sent" | "nothing"> {
    const { source, marks } = this.#ports;
    this.#through ??= await this.#begin();
    const { tick, seq } = source.position();
    if (tick === undefined || tick <= this.#through) return "nothing";
    const through = epochMs(Math.min(tick, this.#through + ROUND_MS));
    await this.#sendMetadata();
    const lookFrom = this.#lookFrom;
    this.#lookFrom = Infinity;
    try {
      const from = Math.min(this.#through - LATE_MS, lookFrom - 1);
      await this.#sendSamples(epochMs(from), through);
      await this.#sendExemplars(this.#through, through);
    } catch (error) {
      this.arrived(lookFrom);
      throw error;
    }
    if (this.#isStopped()) return "nothing";
    await marks.write({ through, seq });
    this.#through = through;
    this.#positions.forget(through);
    return "sent";
  }

  /** From the mark, or, where there is none yet, from when this began. */
  async #begin(): Promise<EpochMs> {
    const { source, marks, intervalMs } = this.#ports;
    const { seq } = source.position();
    const known = await marks.read();
    const mark = known ?? { through: this.#startedAt, seq };
    const { positions, lookFrom } = await SentPositions.since(mark, source, intervalMs);
    this.#positions = positions;
    this.arrived(lookFrom);
    if (known === undefined) await marks.write(mark);
    return mark.through;
  }

  async #sendSamples(from: EpochMs, to: EpochMs): Promise<void> {
    const { max_samples_per_send: most } = this.#config.queue_config;
    const { names, samples } = await this.#ports.source.window(from, to);
    let batch: BatchSeries[] = [];
    let count = 0;
    for (const name of names) {
      for (const slice of await samples(name)) {
        const series = this.#unsent(slice);
        if (series === undefined) continue;
        for (let at = 0; at < series.times.length;) {
          const piece = pieceOf(series, at, at + most - count);
          at += piece.times.length;
          count += piece.times.length;
          batch.push(piece);
          if (count < most) continue;
          await this.#deliver(batch);
          if (this.#isStopped()) return;
          batch = [];
          count = 0;
        }
      }
    }
    if (batch.length > 0) await this.#deliver(batch);
  }

  /** Exemplars are sent as far as they are known with their tick: they illustrate, and count nothing. */
  async #sendExemplars(from: EpochMs, to: EpochMs): Promise<void> {
    if (!this.#config.send_exemplars || this.#isStopped()) return;
    const { max_samples_per_send: most } = this.#config.queue_config;
    const none = new Float64Array(0);
    let batch: BatchSeries[] = [];
    let count = 0;
    for (const { labels: stored, exemplars } of this.#ports.source.exemplars(from, to)) {
      const labels = this.#relabelled(stored);
      if (labels === undefined) continue;
      batch.push({ stored, labels, times: none, values: none, exemplars });
      count += exemplars.length;
      if (count < most) continue;
      await this.#deliver(batch);
      if (this.#isStopped()) return;
      batch = [];
      count = 0;
    }
    if (batch.length > 0) await this.#deliver(batch);
  }

  /** What is to be sent of a series; what is not to be sent of it is counted, and passed over. */
  #unsent(slice: SeriesSlice): BatchSeries | undefined {
    const { labels: stored, times, values, histograms } = slice;
    const sent = this.#positions.of(stored);
    const first = times.findIndex((at) => at > sent);
    if (first === -1) return undefined;
    const whole = { stored, labels: stored, times, values, histograms };
    const fresh = pieceOf(whole, first, times.length);
    const labels = this.#relabelled(stored);
    const kept = labels === undefined ? undefined : this.#sendable({ ...fresh, labels });
    if (labels === undefined) this.counts.leave("relabelled", fresh.times.length);
    if (kept !== undefined && kept.times.length > 0) return kept;
    this.#positions.advance(stored, fresh.times.at(-1) ?? sent);
    return undefined;
  }

  #sendable(series: BatchSeries): BatchSeries {
    const { send_native_histograms: sendsNative, queue_config } = this.#config;
    const oldest =
      queue_config.sample_age_limit > 0
        ? (this.#ports.source.position().tick ?? 0) - queue_config.sample_age_limit
        : -Infinity;
    const { times, histograms } = series;
    const young = filtered(series, (i) => (times[i] ?? 0) >= oldest);
    this.counts.leave("too-old", times.length - young.times.length);
    if (sendsNative || histograms === undefined) return young;
    const plain = filtered(young, (i) => young.histograms?.[i] === undefined);
    this.counts.leave("native-histogram", young.times.length - plain.times.length);
    return plain;
  }

  #relabelled(stored: Labels): Labels | undefined {
    const known = this.#labels.get(stored);
    if (known !== undefined) return known ?? undefined;
    const labels = new Map(labelEntries(stored));
    const outcome = relabel(labels, this.#config.write_relabel_configs);
    const made = outcome === "dropped" || labels.size === 0 ? null : labelsFrom(labels);
    this.#labels.set(stored, made);
    return made ?? undefined;
  }

  /** Resolves when the remote has the batch, or refused it for good, or the program stops. */
  async #deliver(batch: WriteBatch): Promise<void> {
    let partsLeft = PARTS_MAX;
    const parts: WriteBatch[] = [batch];
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      const sent = await this.#sendUntilAnswered(this.#encoded(part));
      if (sent === "stopped") return;
      if (sent.kind === "taken") {
        this.counts.sent += sampleCount(part);
        for (const { exemplars = [] } of part) this.counts.exemplars += exemplars.length;
        continue;
      }
      const both = sent.because === "bad-data" && partsLeft > 0 ? halves(part) : undefined;
      if (both === undefined) {
        this.counts.refused += sampleCount(part);
        this.#tell(sent.reason, "the remote refused samples, which are dropped");
        continue;
      }
      partsLeft -= 2;
      // The earlier half first: a remote takes the samples of a series in their order.
      parts.push(both[1], both[0]);
    }
    for (const { stored, times } of batch) {
      this.#positions.advance(stored, times.at(-1) ?? this.#positions.of(stored));
    }
  }

  async #sendUntilAnswered(
    message: Uint8Array,
  ): Promise<Exclude<Sent, { readonly kind: "retry" }> | "stopped"> {
    const { min_backoff, max_backoff } = this.#config.queue_config;
    const { signal } = this.#stopping;
    for (let backoffMs = min_backoff; ; backoffMs = Math.min(backoffMs * 2, max_backoff)) {
      this.counts.requests++;
      const { version } = this.#ports;
      const sent = await sendWrite(message, this.#config, this.#requester, { signal, version });
      if (this.#isStopped()) return "stopped";
      if (sent.kind !== "retry") {
        if (sent.kind === "taken") this.#fault = undefined;
        return sent;
      }
      this.counts.retries++;
      this.#tell(sent.reason, "the remote is not reached; samples wait");
      await this.#wait(sent.afterMs ?? backoffMs);
      if (this.#isStopped()) return "stopped";
    }
  }

  /** A fault is told when it comes, and not again while it lasts. */
  #tell(reason: string, event: string): void {
    if (this.#fault !== reason) this.#ports.report(event, { remote: this.name, reason });
    this.#fault = reason;
  }

  #encoded(batch: WriteBatch): Uint8Array {
    if (this.#config.protobuf_message === "prometheus.WriteRequest") return encodeV1(batch, []);
    const families = new Map<string, MetricMetadata>();
    if (this.#config.metadata_config.send) {
      for (const one of this.#ports.source.metadata()) families.set(one.name, one);
    }
    return encodeV2(batch, (name) => families.get(name) ?? families.get(familyOf(name)));
  }

  /** Version 1.0 sends what is known of metrics by itself, again and again. */
  async #sendMetadata(): Promise<void> {
    const { metadata_config, protobuf_message, queue_config } = this.#config;
    if (!metadata_config.send || protobuf_message !== "prometheus.WriteRequest") return;
    const nowMs = this.#ports.clock.monotonicMs();
    if (nowMs - this.#metadataAtMs < metadata_config.send_interval) return;
    this.#metadataAtMs = nowMs;
    const all = [...this.#ports.source.metadata()];
    for (let at = 0; at < all.length; at += queue_config.max_samples_per_send) {
      const part = all.slice(at, at + queue_config.max_samples_per_send);
      const sent = await this.#sendUntilAnswered(encodeV1([], part));
      if (sent === "stopped") return;
      if (sent.kind === "refused") this.#tell(sent.reason, "the remote refused metadata");
    }
  }

  async #wait(ms: number): Promise<void> {
    const { signal } = this.#stopping;
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        cancel();
        signal.removeEventListener("abort", end);
        resolve();
      };
      const cancel = this.#ports.clock.after(ms, end);
      signal.addEventListener("abort", end);
    });
  }
}

function familyOf(name: string): string {
  return name.replace(/_(?:bucket|sum|count)$/, "");
}
