import { DAY_MS, type EpochMs, epochMs } from "../model/time.ts";

/** Of the verdicts that a day has, this part is given out while all is calm; the rest is saved up. */
export const CALM_PART = 0.6;
/** A month's tenth, in days: what bursts may take on one day, and what is saved up at most. */
const BURST_DAYS = 3;
/** Verdicts that one episode of one node may take. */
const EPISODE_VERDICTS_MAX = 1500;

export type SavedBucket = {
  readonly level: number;
  readonly filledAt: number;
  readonly day: number;
  readonly daySpent: number;
  readonly episodes: readonly (readonly [node: string, spent: number])[];
};

/**
 * What may be spent on bursts of judging, in verdicts beyond the calm rate. It fills with what the
 * calm rate leaves of a day's verdicts, is full at the beginning, and holds a tenth of a month's.
 */
export class BurstBucket {
  /** Of what it holds: a part, so that it keeps its meaning while traffic changes. */
  #level = 1;
  #filledAt: EpochMs;
  #day = 0;
  #daySpent = 0;
  readonly #episodes = new Map<string, number>();

  constructor(at: EpochMs) {
    this.#filledAt = at;
  }

  get isFull(): boolean {
    return this.#level >= 1;
  }

  fill(at: EpochMs): void {
    const days = (at - this.#filledAt) / DAY_MS;
    this.#level = Math.min(1, this.#level + ((1 - CALM_PART) / BURST_DAYS) * days);
    this.#filledAt = at;
    const day = Math.floor(at / DAY_MS);
    if (day !== this.#day) this.#daySpent = 0;
    this.#day = day;
  }

  /** Verdicts that may be spent at this moment, where a day has so many. */
  left(verdictsPerDay: number): number {
    const most = BURST_DAYS * verdictsPerDay;
    return Math.max(0, Math.min(this.#level * most, most - this.#daySpent));
  }

  begin(node: string): void {
    if (!this.#episodes.has(node)) this.#episodes.set(node, 0);
  }

  end(node: string): void {
    this.#episodes.delete(node);
  }

  isSpent(node: string): boolean {
    return (this.#episodes.get(node) ?? 0) >= EPISODE_VERDICTS_MAX;
  }

  /** Takes one verdict; returns whether it was the last one of its node's episode. */
  charge(node: string, verdictsPerDay: number): boolean {
    this.#level = Math.max(0, this.#level - 1 / Math.max(1, BURST_DAYS * verdictsPerDay));
    this.#daySpent++;
    this.#episodes.set(node, (this.#episodes.get(node) ?? 0) + 1);
    return this.#episodes.get(node) === EPISODE_VERDICTS_MAX;
  }

  save(): SavedBucket {
    return {
      level: this.#level,
      filledAt: this.#filledAt,
      day: this.#day,
      daySpent: this.#daySpent,
      episodes: [...this.#episodes],
    };
  }

  static load(saved: SavedBucket): BurstBucket {
    const bucket = new BurstBucket(epochMs(saved.filledAt));
    bucket.#level = saved.level;
    bucket.#day = saved.day;
    bucket.#daySpent = saved.daySpent;
    for (const [node, spent] of saved.episodes) bucket.#episodes.set(node, spent);
    return bucket;
  }
}
