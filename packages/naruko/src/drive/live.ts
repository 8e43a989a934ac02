import type {
  Delivery,
  Effect,
  Input,
  InputBody,
  NotifiedAlert,
} from "@naruko/core/model/engine-io";
import type { Engine } from "@naruko/core/engine/engine";
import type { Ask, JudgeAnswer } from "@naruko/core/model/judge";
import type { Outcome } from "@naruko/core/model/outcome";
import { MINUTE_MS, SECOND_MS } from "@naruko/core/model/time";
import type { EpochMs } from "@naruko/core/model/time";
import type { Disk } from "../disk/disk.ts";
import type { Clock } from "./clock.ts";
import { CommitQueue } from "./commit-queue.ts";
import type { Applied, Entry } from "./commit-queue.ts";
import type { EventTime } from "./event-time.ts";

/** A snapshot is written after this much event time, or this much input, whichever comes first. */
const SNAPSHOT_EVERY_MS = 5 * MINUTE_MS;
const SNAPSHOT_EVERY_BYTES = 256 * 1024 * 1024;

/** How the world is told; each resolves and does not throw. */
export type Senders = {
  readonly deliver: (delivery: Delivery) => Promise<Outcome>;
  readonly forward: (alertmanager: string, alerts: readonly NotifiedAlert[]) => Promise<Outcome>;
  readonly ask: (ask: Ask) => Promise<JudgeAnswer>;
};

export type LiveOptions = {
  readonly engine: Engine;
  readonly disk: Pick<Disk, "commit" | "keep" | "saveSnapshot">;
  readonly clock: Clock;
  readonly time: EventTime;
  readonly intervalMs: number;
  readonly queueBytes: number;
  readonly lastSeq: number;
  readonly lastTick: EpochMs;
  readonly senders: Senders;
  /** Told of every input once it is applied. */
  readonly applied?: (input: Input) => void;
  /** Something that people should know: it goes to the log. */
  readonly report: (event: string, details: Readonly<Record<string, unknown>>) => void;
};

/** What the live driver went through: for `/metrics`. */
export type LiveCounts = {
  /** Inputs whose application met a bug of ours. */
  faults: number;
  commitFailures: number;
  snapshots: number;
  /** Ticks evaluated, and the milliseconds that the last one took. */
  ticks: number;
  lastTickMs: number;
};

const INTERRUPTED: JudgeAnswer = {
  ok: false,
  reason: "interrupted",
  retry: true,
  detail: "the program stopped before the answer was committed",
};

/** A request that a stop kept from leaving costs nothing; the pause outlasts the stop. */
const UNSENT: JudgeAnswer = {
  ok: false,
  reason: "interrupted",
  retry: true,
  usage: { inputTokens: 0, outputTokens: 0 },
  pauseMs: 10 * SECOND_MS,
  detail: "the program was stopping",
};

/**
 * Drives the engine by the clock: commits inputs, applies them in order, carries effects out and
 * feeds their outcomes back.
 */
export class Live {
  readonly #options: LiveOptions;
  readonly #queue: CommitQueue;
  /** Requests to the judge that were under way when the process before this one ended. */
  readonly #interrupted: readonly string[];
  readonly counts: LiveCounts = {
    faults: 0,
    commitFailures: 0,
    snapshots: 0,
    ticks: 0,
    lastTickMs: 0,
  };
  #committed: Entry[] = [];
  #applying: Promise<void> | undefined;
  #underWay = new Set<Promise<unknown>>();
  /** Keys of what this process sent itself before its start: inputs come as soon as the ports are open. */
  #sentEarly: Set<string> | undefined = new Set();
  #cancelPulse: () => void = () => undefined;
  #stopped = false;
  #appliedBytes = 0;
  #snapshotAt: EpochMs;
  /** The snapshot that is being written. */
  #saving: Promise<void> | undefined;

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#snapshotAt = options.lastTick;
    this.#interrupted = options.engine.askedKeys();
    this.#queue = new CommitQueue({
      clock: options.clock,
      time: options.time,
      intervalMs: options.intervalMs,
      queueBytes: options.queueBytes,
      lastSeq: options.lastSeq,
      lastTick: options.lastTick,
      commit: (inputs) => options.disk.commit(inputs),
      committed: (entries) => {
        this.#take(entries);
      },
      faulted: (reason) => {
        if (reason === undefined) options.report("commits work again", {});
        else options.report("a commit failed; senders are asked to retry", { reason });
        if (reason !== undefined) this.counts.commitFailures++;
      },
    });
  }

  /** Begins to tick, and carries out what a stop left undone. */
  start(): void {
    const early = this.#sentEarly ?? new Set();
    this.#sentEarly = undefined;
    for (const effect of this.#options.engine.outstanding())
      if (!early.has(keyOf(effect))) this.#carryOut(effect);
    // Whether they were answered, and paid for, before the stop is known to nobody.
    for (const ask of this.#interrupted) this.#answer(ask, INTERRUPTED);
    this.#pulse();
  }

  /** Resolves once the input is on disk and applied; see `CommitQueue.submit`. */
  submit(body: InputBody, bytes = 0): Promise<Applied> {
    if (this.#stopped) {
      return Promise.resolve({ ok: false, retry: true, reason: "the server is stopping" });
    }
    return this.#queue.submit(body, bytes);
  }

  /** Why nothing can be committed at the moment; `undefined` while all is well. */
  get fault(): string | undefined {
    return this.#queue.fault;
  }

  get queuedBytes(): number {
    return this.#queue.waitingBytes;
  }

  now(): EpochMs {
    return this.#options.time.now();
  }

  /** Resolves when everything submitted so far is applied and all deliveries have an outcome. */
  async settled(): Promise<void> {
    for (;;) {
      await this.#queue.drained();
      if (this.#applying !== undefined) await this.#applying;
      else if (this.#underWay.size > 0) await Promise.all(this.#underWay);
      else return;
    }
  }

  /** Takes no more inputs, lets what is under way end, and leaves a snapshot for a quick start. */
  async stop(): Promise<void> {
    this.#cancelPulse();
    this.#stopped = true;
    if (this.#queue.fault === undefined) {
      await this.settled();
      await this.#saving;
      await this.#saveSnapshot();
    }
  }

  #pulse(): void {
    const inMs = this.#queue.pulse();
    this.#cancelPulse = this.#options.clock.after(inMs, () => {
      this.#pulse();
    });
  }

  #take(entries: readonly Entry[]): void {
    this.#committed.push(...entries);
    this.#applying ??= this.#applyAll();
  }

  async #applyAll(): Promise<void> {
    for (;;) {
      const entries = this.#committed;
      if (entries.length === 0) break;
      this.#committed = [];
      for (const entry of entries) await this.#applyOne(entry);
    }
    this.#applying = undefined;
  }

  /** A bug of ours in one input must not end the monitor, nor be met again at every restart. */
  async #applyOne({ input, bytes, settle }: Entry): Promise<void> {
    try {
      const effects = input.kind === "tick" ? await this.#tick(input) : this.#engine.apply(input);
      const series = input.kind === "telemetry" ? this.#engine.seriesOutcome : undefined;
      for (const effect of effects) this.#carryOut(effect);
      this.#options.applied?.(input);
      settle(series === undefined ? { ok: true } : { ok: true, series });
    } catch (error) {
      this.counts.faults++;
      this.#options.report("an input could not be applied", { error, kind: input.kind });
      settle({ ok: false, retry: false, reason: "internal error; the log of the server has it" });
    }
    this.#appliedBytes += bytes;
    if (input.kind === "tick" && this.#isSnapshotDue(input.at)) {
      // Not waited for: inputs are applied while the disk writes it.
      this.#saving = this.#saveSnapshot().finally(() => (this.#saving = undefined));
    }
  }

  get #engine(): Engine {
    return this.#options.engine;
  }

  /** Evaluates a tick in turns, between which requests are read and inputs are committed. */
  async #tick(input: Input): Promise<readonly Effect[]> {
    const startedMs = this.#options.clock.monotonicMs();
    const steps = this.#engine.advance(input);
    for (;;) {
      const step = steps.next();
      if (step.done === true) {
        this.counts.ticks++;
        this.counts.lastTickMs = this.#options.clock.monotonicMs() - startedMs;
        return step.value;
      }
      await new Promise(setImmediate);
    }
  }

  #carryOut(effect: Effect): void {
    if (effect.kind === "deliver") {
      const { delivery } = effect;
      this.#follow(delivery.key, this.#options.senders.deliver(delivery));
    } else if (effect.kind === "forward") {
      this.#follow(effect.key, this.#options.senders.forward(effect.alertmanager, effect.alerts));
    } else if (effect.kind === "ask") {
      // What is asked while stopping would be cut off at once: the next start asks it.
      if (this.#stopped) this.#answer(effect.ask.key, UNSENT);
      else this.#underWayUntil(this.#ask(effect.ask));
    } else {
      void this.#options.disk.keep([effect]);
    }
  }

  #follow(key: string, sending: Promise<Outcome>): void {
    this.#sentEarly?.add(key);
    this.#underWayUntil(this.#feedBack(key, sending));
  }

  #underWayUntil(followed: Promise<unknown>): void {
    this.#underWay.add(followed);
    void followed.finally(() => this.#underWay.delete(followed));
  }

  async #ask(ask: Ask): Promise<void> {
    this.#answer(ask.key, await this.#options.senders.ask(ask));
  }

  #answer(ask: string, answer: JudgeAnswer): void {
    this.#underWayUntil(this.#queue.submit({ kind: "judged", ask, answer }, 0));
  }

  /** Also while stopping: an outcome that is not committed repeats the delivery after the start. */
  async #feedBack(key: string, sending: Promise<Outcome>): Promise<void> {
    const outcome = await sending;
    await this.#queue.submit({ kind: "outcome", delivery: key, outcome }, 0);
  }

  #isSnapshotDue(at: EpochMs): boolean {
    if (this.#saving !== undefined) return false;
    const old = at - this.#snapshotAt >= SNAPSHOT_EVERY_MS;
    return old || this.#appliedBytes >= SNAPSHOT_EVERY_BYTES;
  }

  /** Between two inputs, so that the state is one that a restart can go on from. */
  async #saveSnapshot(): Promise<void> {
    try {
      const snapshot = this.#engine.save();
      this.#snapshotAt = snapshot.at;
      this.#appliedBytes = 0;
      const outcome = await this.#options.disk.saveSnapshot(snapshot);
      if (outcome.ok) this.counts.snapshots++;
      else this.#options.report("a snapshot could not be written", { reason: outcome.reason });
    } catch (error) {
      // A bug of ours; a restart then applies more inputs again, which costs time only.
      this.counts.faults++;
      this.#options.report("a snapshot could not be made", { error });
    }
  }
}

function keyOf(effect: Effect): string {
  if (effect.kind === "deliver") return effect.delivery.key;
  return effect.kind === "forward" ? effect.key : "";
}
