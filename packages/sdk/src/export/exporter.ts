import { quietlyLater } from "../faults.ts";
import type { OwnMeter } from "./own-meter.ts";
import { type Frame, requestFrame, type Resource, type Scope } from "./otlp-json.ts";
import { RecordQueue } from "./record-queue.ts";
import { type Post, send, type Sent } from "./send.ts";

/** How long records are gathered before they are sent, and sums before they are repeated. */
export type Delays = { readonly recordsMs: number; readonly metricsMs: number };

export type ExporterOptions = {
  /** Base of the server's addresses, as in `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly resource: Resource;
  readonly scope: Scope;
  readonly delays: Delays;
};

/** What became of telemetry so far, by records (spans and events). */
export type ExportCounts = {
  readonly sent: number;
  /** The queue was full: the server was away for long, or slower than the application. */
  readonly dropped: number;
  /** The server refused them for good. */
  readonly refused: number;
  readonly waiting: number;
};

/** Waits between tries while the server is away, doubling. */
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;

type Kind = "Spans" | "Logs";
type Signal = Kind | "Metrics";
const PATHS = { Spans: "/v1/traces", Logs: "/v1/logs", Metrics: "/v1/metrics" } as const;

/** Where a signal goes, and what stands around its records. */
type Receiver = Omit<Post, "body"> & { readonly frame: Frame };

/**
 * Sends what was gathered to a server by OTLP over HTTP. It never throws, never keeps the process
 * alive and holds bounded memory; a server that is away costs one try every minute.
 */
export class Exporter {
  readonly #delays: Delays;
  readonly #receivers: Readonly<Record<Signal, Receiver>>;
  readonly #queues: Readonly<Record<Kind, RecordQueue>> = {
    Spans: new RecordQueue(),
    Logs: new RecordQueue(),
  };
  readonly #meter: OwnMeter;
  readonly #metricsTimer: NodeJS.Timeout;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<boolean> | undefined;
  #waitMs = 0;
  #sent = 0;
  #refused = 0;
  #closed = false;

  constructor(options: ExporterOptions, meter: OwnMeter) {
    this.#delays = options.delays;
    this.#receivers = {
      Spans: receiverOf("Spans", options),
      Logs: receiverOf("Logs", options),
      Metrics: receiverOf("Metrics", options),
    };
    this.#meter = meter;
    this.#metricsTimer = setInterval(() => {
      if (this.#waitMs === 0) void this.#send();
    }, options.delays.metricsMs);
    this.#metricsTimer.unref();
  }

  add(kind: Kind, record: string): void {
    if (this.#closed) return;
    const queue = this.#queues[kind];
    queue.add(record);
    const soon = queue.full && this.#waitMs === 0;
    if (soon && this.#sending === undefined) void this.#send();
    else this.#schedule(this.#waitMs === 0 ? this.#delays.recordsMs : this.#waitMs);
  }

  counts(): ExportCounts {
    const { Spans: spans, Logs: logs } = this.#queues;
    return {
      sent: this.#sent,
      dropped: spans.dropped + logs.dropped,
      refused: this.#refused,
      waiting: spans.size + logs.size,
    };
  }

  get pending(): boolean {
    return this.counts().waiting > 0 || this.#meter.changed || this.#sending !== undefined;
  }

  /** Sends all that waits, once; resolves when it was sent or could not be, in `withinMs` at most. */
  async flush(withinMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      // Referenced: while it waits, the process does.
      timer = setTimeout(resolve, withinMs);
    });
    await Promise.race([this.#sendAll(), late]);
    clearTimeout(timer);
  }

  /**
   * Hands out all that waits, for somebody else to send: this exporter forgets it. Nothing while the
   * server is known to be away.
   */
  takeAll(): readonly Post[] {
    if (this.#waitMs > 0) return [];
    const posts: Post[] = [];
    for (const kind of ["Logs", "Spans"] as const) {
      const queue = this.#queues[kind];
      for (let batch = queue.batch(); batch.count > 0; batch = queue.batch()) {
        posts.push(this.#postOf(kind, batch.json));
        queue.remove(batch.count);
      }
    }
    const unsure = this.#meter.changed || this.#sending !== undefined;
    if (unsure) posts.push(this.#metricsPost());
    return posts;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearInterval(this.#metricsTimer);
  }

  async #sendAll(): Promise<void> {
    await this.#sending;
    let going = true;
    while (going && (this.counts().waiting > 0 || this.#meter.changed)) going = await this.#send();
  }

  #schedule(afterMs: number): void {
    if (this.#timer !== undefined || this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#send();
    }, afterMs);
    this.#timer.unref();
  }

  /** Sends one batch of each kind; whether the server took what it was sent. Never rejects. */
  #send(): Promise<boolean> {
    this.#sending ??= quietlyLater(() => this.#sendBatches()).then((taken = false) => {
      this.#sending = undefined;
      if (this.counts().waiting > 0) {
        this.#schedule(this.#waitMs === 0 ? this.#delays.recordsMs : this.#waitMs);
      }
      return taken;
    });
    return this.#sending;
  }

  async #sendBatches(): Promise<boolean> {
    // What was said comes before its span, or a server that joins both has nobody to wait for.
    const outcomes = [await this.#sendRecords("Logs"), await this.#sendRecords("Spans")];
    if (!outcomes.includes("later")) outcomes.push(await this.#sendMetrics());
    const taken = !outcomes.includes("later");
    const nextMs = this.#waitMs === 0 ? FIRST_WAIT_MS : this.#waitMs * 2;
    this.#waitMs = taken ? 0 : Math.min(nextMs, LONGEST_WAIT_MS);
    return taken;
  }

  async #sendRecords(kind: Kind): Promise<Sent> {
    const queue = this.#queues[kind];
    const batch = queue.batch();
    if (batch.count === 0) return "taken";
    const sent = await send(this.#postOf(kind, batch.json));
    if (sent === "later") return sent;
    queue.remove(batch.count);
    if (sent === "taken") this.#sent += batch.count;
    else this.#refused += batch.count;
    return sent;
  }

  async #sendMetrics(): Promise<Sent> {
    if (!this.#meter.changed) return "taken";
    const sent = await send(this.#metricsPost());
    if (sent === "later") this.#meter.keep();
    return sent;
  }

  #metricsPost(): Post {
    return this.#postOf("Metrics", Buffer.from(this.#meter.collect().join(",")));
  }

  /** Copies the records: they lie where others will lie before they were sent. */
  #postOf(kind: Signal, records: Uint8Array): Post {
    const { url, headers, frame } = this.#receivers[kind];
    return { url, headers, body: Buffer.concat([frame.head, records, frame.tail]) };
  }
}

function receiverOf(kind: Signal, options: ExporterOptions): Receiver {
  const { endpoint, headers, resource, scope } = options;
  return {
    url: new URL(endpoint.replace(/\/+$/, "") + PATHS[kind]),
    headers: { ...headers, "Content-Type": "application/json" },
    frame: requestFrame(kind, resource, scope),
  };
}
