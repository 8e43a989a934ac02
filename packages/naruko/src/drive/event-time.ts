import { epochMs, SECOND_MS } from "@naruko/core/model/time";
import type { EpochMs } from "@naruko/core/model/time";
import type { Clock } from "./clock.ts";

/** A wall clock that runs ahead by more than this has leapt: event time follows it. */
const LEAP_MS = 2 * SECOND_MS;

/**
 * The time that inputs are stamped with: whole milliseconds that never decrease, also across
 * restarts. It follows the monotonic clock; a wall clock set back does not move it (that is shown as
 * skew), one that leaps forward does (which the driver sees as a gap).
 */
export class EventTime {
  readonly #clock: Clock;
  /** What to add to the monotonic clock. */
  #offsetMs: number;
  #last: number;

  constructor(clock: Clock, last: EpochMs) {
    this.#clock = clock;
    this.#last = last;
    this.#offsetMs = Math.max(clock.wallMs(), last) - clock.monotonicMs();
  }

  now(): EpochMs {
    const ahead = this.#clock.wallMs() - this.#running();
    if (ahead > LEAP_MS) this.#offsetMs += ahead;
    this.#last = Math.max(this.#last, Math.floor(this.#running()));
    return epochMs(this.#last);
  }

  /** How far the wall clock is behind the stamps, in ms; above a second or two somebody set it back. */
  skewMs(): number {
    return Math.max(0, this.#running() - this.#clock.wallMs());
  }

  #running(): number {
    return this.#clock.monotonicMs() + this.#offsetMs;
  }
}
