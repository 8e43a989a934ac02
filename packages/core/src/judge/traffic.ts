import { type EpochMs, HOUR_MS, epochMs } from "../model/time.ts";
import type { Load } from "./share-plan.ts";

const HOURS = 24;
/** What is taken for a segment's calls an hour as long as little is known. */
const FIRST_CALLS_PER_HOUR = 40;

/** Counts of one hour. */
type Hour = { readonly hour: number; calls: number; candidates: number; flagged: number };

export type SavedTraffic = { readonly since: number; readonly hours: readonly Readonly<Hour>[] };

/** What a segment brought in the last day, hour by hour: what the next one is expected to bring. */
export class Traffic {
  readonly #since: EpochMs;
  /** Oldest first. */
  readonly #hours: Hour[];

  constructor(since: EpochMs, hours: readonly Readonly<Hour>[] = []) {
    this.#since = since;
    this.#hours = hours.map((hour) => ({ ...hour }));
  }

  /** Whether it brought nothing for a whole day. */
  isSilent(at: EpochMs): boolean {
    this.#expire(at);
    return this.#hours.length === 0;
  }

  count({ calls, candidates, flagged }: Load, at: EpochMs): void {
    this.#expire(at);
    const hour = Math.floor(at / HOUR_MS);
    let slot = this.#hours.at(-1);
    if (slot?.hour !== hour) {
      slot = { hour, calls: 0, candidates: 0, flagged: 0 };
      this.#hours.push(slot);
    }
    slot.calls += calls;
    slot.candidates += candidates;
    slot.flagged += flagged;
  }

  /** A day's load; what was first taken for it fades out over the first day. */
  perDay(at: EpochMs): Load {
    this.#expire(at);
    const from = Math.max(this.#since, (Math.floor(at / HOUR_MS) - HOURS + 1) * HOUR_MS);
    const hours = (at - from) / HOUR_MS;
    const taken = Math.max(0, 1 - (at - this.#since) / HOUR_MS / HOURS);
    const scale = HOURS / Math.max(hours + taken, 1e-9);
    const seen = { calls: 0, candidates: 0, flagged: 0 };
    for (const { calls, candidates, flagged } of this.#hours) {
      seen.calls += calls;
      seen.candidates += candidates;
      seen.flagged += flagged;
    }
    return {
      calls: (seen.calls + taken * FIRST_CALLS_PER_HOUR) * scale,
      candidates: (seen.candidates + taken * FIRST_CALLS_PER_HOUR) * scale,
      flagged: seen.flagged * scale,
    };
  }

  save(): SavedTraffic {
    return { since: this.#since, hours: this.#hours.map((hour) => ({ ...hour })) };
  }

  static load({ since, hours }: SavedTraffic): Traffic {
    return new Traffic(epochMs(since), hours);
  }

  #expire(at: EpochMs): void {
    const oldest = Math.floor(at / HOUR_MS) - HOURS + 1;
    while (this.#hours[0] !== undefined && this.#hours[0].hour < oldest) this.#hours.shift();
  }
}
