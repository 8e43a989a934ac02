import { assert } from "@naruko/core/model/assert";
import type { Clock } from "./clock.ts";

type Timer = { readonly at: number; readonly order: number; readonly run: () => void };

/** A clock that stands still until it is moved: for drivers that run the live path in event time. */
export class VirtualClock implements Clock {
  #now: number;
  #timers: Timer[] = [];
  #orders = 0;

  constructor(now: number) {
    this.#now = now;
  }

  readonly wallMs = (): number => this.#now;
  readonly monotonicMs = (): number => this.#now;

  readonly after = (delayMs: number, run: () => void): (() => void) => {
    const timer = { at: this.#now + Math.max(0, delayMs), order: this.#orders++, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  };

  /** Moves on to `time`, stopping at every timer on the way until what it started has settled. */
  async runTo(time: number, settled: () => Promise<void>): Promise<void> {
    for (;;) {
      await settled();
      const next = this.#earliest();
      if (next === undefined || next.at > time) break;
      this.#now = Math.max(this.#now, next.at);
      this.#fire(next);
    }
    assert(time >= this.#now, "a clock does not go back");
    this.#now = time;
  }

  /** Leaps to `time`, as after a sleep of the machine: what was due on the way is late. */
  async leapTo(time: number, settled: () => Promise<void>): Promise<void> {
    assert(time >= this.#now, "a clock does not go back");
    this.#now = time;
    await this.runTo(time, settled);
  }

  #earliest(): Timer | undefined {
    return this.#timers.toSorted((a, b) => a.at - b.at || a.order - b.order)[0];
  }

  #fire(timer: Timer): void {
    this.#timers = this.#timers.filter((other) => other !== timer);
    timer.run();
  }
}
