import type { Input } from "@naruko/core/model/engine-io";
import { keepLabels, type Labels, METRIC_NAME } from "@naruko/core/model/labels";
import { epochMs, type EpochMs, HOUR_MS, MINUTE_MS } from "@naruko/core/model/time";
import type { SampleSource } from "./sample-source.ts";
import type { SentMark } from "./sent-mark.ts";

/** How far behind the last tick is looked in every round; samples that arrive later are noted. */
export const LATE_MS: number = 5 * MINUTE_MS;
/** A series that was silent for so long is forgotten: whatever comes of it is new. */
const FORGET_MS = 3 * HOUR_MS;

/**
 * How far each series was sent. One time for all would not do: a series that always comes a minute
 * late would always be behind it.
 */
export class SentPositions {
  readonly #through = new Map<string, number>();

  /** The time of the last sample of a series that was sent or given up; before all where none was. */
  of({ key }: Labels): number {
    return this.#through.get(key) ?? -Infinity;
  }

  advance({ key }: Labels, through: number): void {
    this.#through.set(key, through);
  }

  forget(now: EpochMs): void {
    for (const [key, through] of this.#through) {
      if (through < now - FORGET_MS) this.#through.delete(key);
    }
  }

  /**
   * What was sent by a mark: of each series all that there is until then, but for what was applied
   * after the mark was made.
   *
   * @param intervalMs between two ticks
   * @returns also from when on to look for that; after all times where there is nothing of it
   */
  static async since(
    mark: SentMark,
    source: SampleSource,
    intervalMs: number,
  ): Promise<{ readonly positions: SentPositions; readonly lookFrom: number }> {
    const positions = new SentPositions();
    const { tick } = source.position();
    if (tick === undefined) return { positions, lookFrom: Infinity };
    const to = epochMs(Math.min(mark.through, tick));
    const { earliest } = await LateArrivals.since(mark, source, intervalMs);
    const from = epochMs(Math.min(to - LATE_MS, earliest - 1));
    const { names, samples } = await source.window(from, to);
    // Again, after the window was taken, so that no input is in it and not among them.
    const late = await LateArrivals.since(mark, source, intervalMs);
    for (const name of names) {
      for (const { labels, times } of await samples(name)) {
        const arrived = late.firstOf(labels);
        const last = times.findLast((at) => at < arrived);
        if (last !== undefined) positions.advance(labels, last);
      }
    }
    return { positions, lookFrom: late.earliest };
  }
}

/** The time of the earliest sample that an input brings; after all times where it brings none. */
export function earliestIn(input: Input): number {
  let earliest = Infinity;
  if (input.kind !== "telemetry") return earliest;
  for (const { samples } of input.telemetry.series ?? []) {
    for (const { at } of samples) earliest = Math.min(earliest, at);
  }
  for (const { at } of input.telemetry.points) earliest = Math.min(earliest, at);
  return earliest;
}

/** Samples from before the mark that were applied after it, by their series. */
class LateArrivals {
  readonly #series = new Map<string, number>();
  /** Points become several series, which have their labels in common. */
  readonly #points = new Map<string, number>();
  /** A series that is born at a tick gets a sample at the tick before: of any series, that is. */
  #bornAt = Infinity;

  static async since(
    mark: SentMark,
    source: SampleSource,
    intervalMs: number,
  ): Promise<LateArrivals> {
    const late = new LateArrivals();
    for await (const input of source.inputsAfter(mark.seq)) {
      if (input.kind === "tick") late.#bornAt = Math.min(late.#bornAt, input.at - intervalMs);
      else late.#note(input, mark.through);
    }
    return late;
  }

  /** Of all of them; after all times where there are none. */
  get earliest(): number {
    let earliest = this.#bornAt;
    for (const at of this.#series.values()) earliest = Math.min(earliest, at);
    for (const at of this.#points.values()) earliest = Math.min(earliest, at);
    return earliest;
  }

  #note(input: Input, through: EpochMs): void {
    if (input.kind !== "telemetry") return;
    for (const { labels, samples } of input.telemetry.series ?? []) {
      for (const { at } of samples) if (at <= through) lower(this.#series, labels.key, at);
    }
    for (const { labels, at } of input.telemetry.points) {
      if (at <= through) lower(this.#points, commonKey(labels), at);
    }
  }

  /** The time of the earliest of them; after all times where a series has none. */
  firstOf(labels: Labels): number {
    const own = Math.min(this.#series.get(labels.key) ?? Infinity, this.#bornAt);
    if (this.#points.size === 0) return own;
    return Math.min(own, this.#points.get(commonKey(labels)) ?? Infinity);
  }
}

function lower(times: Map<string, number>, key: string, at: number): void {
  times.set(key, Math.min(times.get(key) ?? Infinity, at));
}

function commonKey(labels: Labels): string {
  return keepLabels(labels, (name) => name !== METRIC_NAME && name !== "le").key;
}
