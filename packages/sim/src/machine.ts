import type { Clock } from "naruko/drive/clock";
import { VirtualClock } from "naruko/drive/virtual-clock";

/** One process, from its start to its death. What it left under way has no effect after its death. */
export class Life {
  /** 1 for the first. */
  readonly number: number;
  /** Resolves when it ends. */
  readonly ended: Promise<void>;
  #alive = true;
  #tellEnd: () => void = () => undefined;

  constructor(number: number) {
    this.number = number;
    this.ended = new Promise((resolve) => (this.#tellEnd = resolve));
  }

  get alive(): boolean {
    return this.#alive;
  }

  end(): void {
    this.#alive = false;
    this.#tellEnd();
  }

  /** Goes on only if the process lives: what a dead one waits for never comes. */
  async whileAlive<T>(work: Promise<T>): Promise<T> {
    const result = await work;
    return this.#alive ? result : new Promise<T>(() => undefined);
  }
}

/**
 * A computer on which time is moved by hand: its wall clock can be set, the processes on it can be
 * killed, and it can stand still while time goes on.
 */
export class Machine {
  readonly #time: VirtualClock;
  /** How far the wall clock was set ahead of the time that passed. */
  #wallAheadMs = 0;

  constructor(startMs: number) {
    this.#time = new VirtualClock(startMs);
  }

  /** The time that really passed; nobody on the machine knows it. */
  get nowMs(): number {
    return this.#time.monotonicMs();
  }

  get wallMs(): number {
    return this.#time.wallMs() + this.#wallAheadMs;
  }

  setWall(byMs: number): void {
    this.#wallAheadMs += byMs;
  }

  /** Puts the wall clock right. */
  setWallRight(): void {
    this.#wallAheadMs = 0;
  }

  /** The clock of a process; its timers die with it, and its monotonic time begins with it. */
  clockOf(life: Life): Clock {
    const startedMs = this.nowMs;
    return {
      wallMs: () => this.wallMs,
      monotonicMs: () => this.nowMs - startedMs,
      after: (delayMs, run) =>
        this.#time.after(delayMs, () => {
          if (life.alive) run();
        }),
    };
  }

  after(delayMs: number, run: () => void): () => void {
    return this.#time.after(delayMs, run);
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.after(delayMs, resolve));
  }

  /** Moves on to `timeMs`, stopping at every timer until what it started has settled. */
  runTo(timeMs: number, settled: () => Promise<void>): Promise<void> {
    return this.#time.runTo(timeMs, settled);
  }

  /** Stands still for so long: timers that were due meanwhile run late, all at once. */
  stall(forMs: number, settled: () => Promise<void>): Promise<void> {
    return this.#time.leapTo(this.nowMs + forMs, settled);
  }
}
