import type { Telemetry } from "@naruko/core/model/telemetry";
import { MINUTE_MS, SECOND_MS } from "@naruko/core/model/time";
import type { Life, Machine } from "./machine.ts";
import type { Random } from "./random.ts";
import type { SimServer } from "./sim-server.ts";

/** A real exporter drops what waits longest once its queue is full. */
const QUEUE_MAX = 300;
/**
 * A batch is given up after this time: a span that comes again later than 15 minutes is no repeat.
 * Measured in event time, which may leap.
 */
const GIVE_UP_MS = 10 * MINUTE_MS;

/** What became of a batch, as its sender knows it. */
export type SentBatch = {
  readonly telemetry: Telemetry;
  fate: "waiting" | "acknowledged" | "unknown" | "unsent";
};

export type ExporterOptions = {
  readonly machine: Machine;
  readonly random: Random;
  /** The server that answers at the moment. */
  readonly server: () => SimServer | undefined;
  readonly acknowledged: (telemetry: Telemetry) => void;
};

/** Sends batches one after the other, and each again until it is acknowledged, as an OTLP exporter does. */
export class Exporter {
  readonly #options: ExporterOptions;
  readonly batches: SentBatch[] = [];
  #queue: SentBatch[] = [];
  #running = false;

  constructor(options: ExporterOptions) {
    this.#options = options;
  }

  get idle(): boolean {
    return !this.#running;
  }

  export(telemetry: Telemetry): void {
    const batch: SentBatch = { telemetry, fate: "waiting" };
    this.batches.push(batch);
    this.#queue.push(batch);
    const dropped = this.#queue.length > QUEUE_MAX ? this.#queue.shift() : undefined;
    if (dropped !== undefined) dropped.fate = "unsent";
    if (!this.#running) void this.#sendAll();
  }

  async #sendAll(): Promise<void> {
    this.#running = true;
    for (let batch = this.#queue.shift(); batch !== undefined; batch = this.#queue.shift()) {
      await this.#send(batch);
    }
    this.#running = false;
  }

  async #send(batch: SentBatch): Promise<void> {
    const { machine, random, server, acknowledged } = this.#options;
    let firstTryAt: number | undefined;
    for (let waitMs = SECOND_MS; ; waitMs = Math.min(waitMs * 2, 30 * SECOND_MS)) {
      const reached = server();
      if (reached !== undefined) {
        firstTryAt ??= reached.now();
        if (reached.now() - firstTryAt > GIVE_UP_MS) break;
        if (await answeredOk(reached.life, reached.submit(batch.telemetry))) {
          batch.fate = "acknowledged";
          acknowledged(batch.telemetry);
          return;
        }
      }
      await machine.sleep(waitMs * random.between(0.5, 1));
    }
    batch.fate = "unknown";
  }
}

/** A server that dies resets its connections. */
async function answeredOk(life: Life, answer: Promise<{ readonly ok: boolean }>): Promise<boolean> {
  const reset = life.ended.then(() => ({ ok: false }));
  const { ok } = await Promise.race([life.whileAlive(answer), reset]);
  return ok;
}
