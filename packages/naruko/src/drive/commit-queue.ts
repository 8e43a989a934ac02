import { assert } from "@naruko/core/model/assert";
import type { Input, InputBody } from "@naruko/core/model/engine-io";
import type { Outcome } from "@naruko/core/model/outcome";
import type { SeriesOutcome } from "@naruko/core/model/received-series";
import { epochMs, SECOND_MS } from "@naruko/core/model/time";
import type { EpochMs } from "@naruko/core/model/time";
import type { Clock } from "./clock.ts";
import { coalesceTicks } from "./coalesce.ts";
import type { EventTime } from "./event-time.ts";

/** One transaction holds at most this much: a failure then costs few senders a retry. */
const BATCH_INPUTS = 256;
const BATCH_BYTES = 32 * 1024 * 1024;
/** How long to wait after a failed commit; a full disk is not emptied faster by asking. */
const RETRY_MS = SECOND_MS;

const QUEUE_FULL = "too much is waiting to be written (limit queueBytes)";

/** What became of an input; with what became of its series, where it had some and was applied. */
export type Applied = Outcome & { readonly series?: SeriesOutcome };

/** An input on its way to the disk; `settle` answers whoever submitted it. */
export type Entry = {
  readonly input: Input;
  readonly bytes: number;
  readonly settle: (outcome: Applied) => void;
};

export type CommitQueueOptions = {
  readonly clock: Clock;
  readonly time: EventTime;
  readonly intervalMs: number;
  /** Bytes that may wait; beyond it submissions are refused at once. */
  readonly queueBytes: number;
  readonly lastSeq: number;
  /**
   * The last tick that was committed, or the end of the gap after it; in a new data directory the
   * multiple before now.
   */
  readonly lastTick: EpochMs;
  readonly commit: (inputs: readonly Input[]) => Promise<Outcome>;
  /** Receives committed inputs in order, and owns their `settle` from then on. */
  readonly committed: (entries: readonly Entry[]) => void;
  /** A commit failed, or (with `undefined`) works again. */
  readonly faulted: (reason: string | undefined) => void;
};

/**
 * Stamps inputs with their order and time, puts ticks where they belong among them, and commits
 * them in groups. Nothing leaves it that is not on disk.
 */
export class CommitQueue {
  readonly #options: CommitQueueOptions;
  #waiting: Entry[] = [];
  #waitingBytes = 0;
  #seq: number;
  #nextTick: number;
  /** Of the last gap, or the last tick where none is known: no gap begins before it. */
  #gapEnd: EpochMs;
  #lastCommittedTick: EpochMs;
  #running: Promise<void> | undefined;
  #fault: string | undefined;

  constructor(options: CommitQueueOptions) {
    this.#options = options;
    this.#seq = options.lastSeq;
    this.#lastCommittedTick = options.lastTick;
    this.#gapEnd = options.lastTick;
    // After a gap the last tick is the gap's end, which is no multiple of the interval.
    const ticks = Math.floor(options.lastTick / options.intervalMs);
    this.#nextTick = (ticks + 1) * options.intervalMs;
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Why the last commit failed; `undefined` while commits work. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /**
   * Resolves once the input is committed and applied, or refused. Telemetry is refused when the
   * queue is full or the commit fails; outcomes of deliveries are kept until they are on disk.
   */
  submit(body: InputBody, bytes: number): Promise<Applied> {
    if (body.kind === "telemetry" && this.#waitingBytes + bytes > this.#options.queueBytes) {
      return Promise.resolve({ ok: false, retry: true, reason: QUEUE_FULL });
    }
    const at = this.#options.time.now();
    this.#enqueueTicks(at);
    return new Promise((settle) => {
      this.#push(at, body, { bytes, settle });
    });
  }

  /** Enqueues the ticks that are due, and returns in how many milliseconds the next one is. */
  pulse(): number {
    const at = this.#options.time.now();
    this.#enqueueTicks(at);
    return this.#nextTick + 1 - at;
  }

  /** Resolves when nothing is waiting or being committed. */
  async drained(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** Tick t comes after every input with `at` ≤ t, hence as soon as one is later than t. */
  #enqueueTicks(at: EpochMs): void {
    const { intervalMs } = this.#options;
    if (this.#nextTick >= at) return;
    const late = at - this.#nextTick;
    if (late < intervalMs) {
      this.#push(epochMs(this.#nextTick), { kind: "tick" });
      this.#nextTick += intervalMs;
      return;
    }
    const from = epochMs(Math.max(this.#nextTick - intervalMs, this.#gapEnd));
    this.#push(at, { kind: "gap", from, to: at });
    this.#gapEnd = at;
    this.#nextTick = Math.ceil(at / intervalMs) * intervalMs;
  }

  #push(at: EpochMs, body: InputBody, sender?: Pick<Entry, "bytes" | "settle">): void {
    const input: Input = { seq: ++this.#seq, at, ...body };
    const entry = { input, bytes: sender?.bytes ?? 0, settle: sender?.settle ?? (() => undefined) };
    this.#waiting.push(entry);
    this.#waitingBytes += entry.bytes;
    // Starting in a later turn lets requests that arrive together share a transaction.
    this.#running ??= Promise.resolve().then(() => this.#run());
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#takeBatch();
      const outcome = await this.#options.commit(batch.map((entry) => entry.input));
      if (outcome.ok) this.#succeed(batch);
      else await this.#fail(batch, outcome);
    }
    this.#running = undefined;
  }

  #takeBatch(): Entry[] {
    let bytes = 0;
    let count = 0;
    for (const entry of this.#waiting) {
      if (count > 0 && (count >= BATCH_INPUTS || bytes + entry.bytes > BATCH_BYTES)) break;
      bytes += entry.bytes;
      count++;
    }
    assert(count > 0, "a batch has inputs");
    this.#waitingBytes -= bytes;
    return this.#waiting.splice(0, count);
  }

  #succeed(batch: readonly Entry[]): void {
    for (const { input } of batch) {
      if (input.kind === "tick") this.#lastCommittedTick = input.at;
      // Ticks before the end of a gap will not come: the next gap, if any, starts at its end.
      if (input.kind === "gap") this.#lastCommittedTick = input.to;
    }
    if (this.#fault !== undefined) this.#options.faulted(undefined);
    this.#fault = undefined;
    this.#options.committed(batch);
  }

  async #fail(batch: readonly Entry[], outcome: Outcome & { ok: false }): Promise<void> {
    if (this.#fault !== outcome.reason) this.#options.faulted(outcome.reason);
    this.#fault = outcome.reason;
    const kept: Entry[] = [];
    for (const entry of [...batch, ...this.#waiting]) {
      const { kind } = entry.input;
      if (kind === "telemetry" || kind === "reload") entry.settle(outcome);
      else kept.push(entry);
    }
    const inputs = coalesceTicks(
      kept.map((entry) => entry.input),
      this.#lastCommittedTick,
    );
    this.#waiting = inputs.map((input) => {
      const settle = kept.find((entry) => entry.input.seq === input.seq)?.settle;
      return { input, bytes: 0, settle: settle ?? (() => undefined) };
    });
    this.#waitingBytes = 0;
    await new Promise<void>((resume) => this.#options.clock.after(RETRY_MS, resume));
  }
}
