import { performance } from "node:perf_hooks";

/** The one seam to time. Everything else in the program gets its time from here or from an input's `at`. */
export type Clock = {
  /** Milliseconds since the epoch, as the machine believes; may be set back or leap. */
  readonly wallMs: () => number;
  /** Milliseconds since some start; never goes back. */
  readonly monotonicMs: () => number;
  /** Runs once, after at least that many milliseconds, and returns how to call it off. */
  readonly after: (delayMs: number, run: () => void) => () => void;
};

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    return () => {
      clearTimeout(timer);
    };
  },
};
