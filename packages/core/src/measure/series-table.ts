import type { KeepExemplar } from "../model/exemplar.ts";
import type { Limits } from "../model/limits.ts";
import type { Append } from "../model/sample.ts";
import { DAY_MS, type EpochMs, HOUR_MS, epochMs } from "../model/time.ts";
import { assert } from "../model/assert.ts";
import { DERIVED_METRICS, type DerivedMetric } from "./derived-metrics.ts";
import { type DerivedSeries, NEVER, valueCount, writeEnd, writeSeries } from "./derived-series.ts";
import { FOLDED_SERIES, FOLDED_VALUES, LabelBudget } from "./label-budget.ts";
import { type SavedNumber, loadNumber, saveNumbers } from "./saved-number.ts";
import type { Tally } from "../model/tally.ts";

/** A series without calls for this long leaves sampling with a stale marker (DESIGN section 4). */
const END_AFTER_MS = HOUR_MS;
/**
 * An ended series' value is kept this long for its return. Beginning at 0 again is right as well,
 * since PromQL sees the reset; what is forgotten makes room under the limits.
 */
const FORGET_AFTER_MS = DAY_MS;

// Not valid UTF-8, so no label value contains it.
const VALUE_END = "\udfff";

/** Where a label set is counted, and which limits it was folded by (0: none). */
export type Place = { readonly series: DerivedSeries; readonly folded: number };

export type SavedSeries = {
  readonly metric: string;
  readonly labels: readonly string[];
  readonly values: readonly SavedNumber[];
  readonly before: readonly SavedNumber[];
  readonly countedAt: number;
  readonly sampledAt: number;
  readonly open: boolean;
  readonly exemplarAt?: readonly number[];
};

export type SavedTable = {
  readonly live: readonly SavedSeries[];
  readonly ended: readonly SavedSeries[];
};

type TablePorts = { readonly tally: Tally; readonly keep: KeepExemplar };

/** All derived counters and histograms: admission under the limits, births, samples and ends. */
export class SeriesTable {
  readonly #intervalMs: number;
  readonly #budget: LabelBudget;
  readonly #tally: Tally;
  readonly #known = new Map<DerivedMetric, Map<string, DerivedSeries>>();
  // In the order in which they were born or resumed: the order of sampling.
  readonly #live = new Set<DerivedSeries>();
  // In the order in which they ended.
  readonly #ended = new Set<DerivedSeries>();
  #generation = 0;

  /** Takes what was observed as an exemplar of its bucket; see `wantsExemplar`. */
  readonly keep: KeepExemplar;

  constructor(limits: Limits, intervalMs: number, { tally, keep }: TablePorts) {
    this.keep = keep;
    this.#intervalMs = intervalMs;
    this.#budget = new LabelBudget(limits);
    this.#tally = tally;
  }

  /** Shared with whatever else makes label sets, so that the limits hold for all of them. */
  get budget(): LabelBudget {
    return this.#budget;
  }

  /** Moves on whenever room was made: a folded place found before may by then have one of its own. */
  get generation(): number {
    return this.#generation;
  }

  /** Finds or makes the series that counts a label set, folded where a limit is reached. */
  find(metric: DerivedMetric, values: readonly string[]): Place {
    const kept = this.#budget.foldValues(metric, values);
    const folded = kept === values ? 0 : FOLDED_VALUES;
    const known = this.#get(metric, kept);
    if (known !== undefined) return { series: known, folded };
    if (this.makeRoom(metric)) return { series: this.#admit(metric, kept), folded };
    const overflow = this.#budget.foldAll(metric, values);
    const series = this.#get(metric, overflow) ?? this.#admit(metric, overflow);
    return { series, folded: folded | FOLDED_SERIES };
  }

  /** Whether a label set more can be held, if need be in place of series that ended. */
  makeRoom(metric: DerivedMetric): boolean {
    if (!this.#budget.hasRoom(metric)) this.#forgetOldest();
    return this.#budget.hasRoom(metric);
  }

  /** Notes that a call is counted, which brings an ended series back. */
  touch(series: DerivedSeries, at: EpochMs): void {
    assert(series.state !== "forgotten", "a forgotten series counts nothing");
    series.countedAt = at;
    if (series.state === "live") return;
    this.#ended.delete(series);
    this.#live.add(series);
    series.state = "live";
  }

  /** Writes every live series at a tick: birth, sample, or end. A hidden one ends, and counts on. */
  sampleAt(tick: EpochMs, append: Append, isHidden: (series: DerivedSeries) => boolean): void {
    for (const series of this.#live) {
      const hidden = isHidden(series);
      const idle = tick - series.countedAt >= END_AFTER_MS;
      // What was counted just before an hour without ticks is in no sample yet: it is first.
      const seen = hidden || series.sampledAt >= series.countedAt;
      if (idle && seen) this.#end(series, tick, append);
      else if (hidden) mark(series, tick, append);
      else this.#sample(series, tick, append);
      series.before.set(series.values);
    }
    for (const series of this.#ended) {
      if (tick - series.countedAt < END_AFTER_MS + FORGET_AFTER_MS) break;
      this.#forget(series);
    }
  }

  /** Every live series' value at a time past the last tick, with its birth where it has one to come. */
  current(now: EpochMs, emit: Append, isHidden: (series: DerivedSeries) => boolean): void {
    for (const series of this.#live) {
      if (isHidden(series) || now <= series.sampledAt) continue;
      this.#writeBirth(series, now, emit);
      writeSeries(series, series.values, now, emit);
    }
  }

  get size(): number {
    return this.#live.size + this.#ended.size;
  }

  save(): SavedTable {
    return { live: Array.from(this.#live, saveSeries), ended: Array.from(this.#ended, saveSeries) };
  }

  load(saved: SavedTable): void {
    for (const one of saved.live) this.#restore(one, "live");
    for (const one of saved.ended) this.#restore(one, "ended");
  }

  #sample(series: DerivedSeries, tick: EpochMs, append: Append): void {
    this.#writeBirth(series, tick, append);
    writeSeries(series, series.values, tick, append);
    series.sampledAt = tick;
    series.open = true;
  }

  // Also after a gap: what the first calls after it add would otherwise be seen by no rate.
  #writeBirth(series: DerivedSeries, at: EpochMs, append: Append): void {
    const bornAt = epochMs(at - this.#intervalMs);
    if (bornAt > series.sampledAt) writeSeries(series, series.before, bornAt, append);
  }

  #end(series: DerivedSeries, tick: EpochMs, append: Append): void {
    mark(series, tick, append);
    this.#live.delete(series);
    this.#ended.add(series);
    series.state = "ended";
    this.#generation++;
  }

  // A sixteenth at a time, so that a flood of label sets does not search for each one anew.
  #forgetOldest(): void {
    let left = Math.ceil(this.#ended.size / 16);
    for (const series of this.#ended) {
      if (left-- === 0) return;
      this.#forget(series);
      this.#tally.add("ended-series-forgotten");
    }
  }

  #forget(series: DerivedSeries): void {
    this.#ended.delete(series);
    this.#known.get(series.metric)?.delete(keyOf(series.labelValues));
    this.#budget.release(series.metric, series.labelValues);
    series.state = "forgotten";
    this.#generation++;
  }

  #get(metric: DerivedMetric, values: readonly string[]): DerivedSeries | undefined {
    return this.#known.get(metric)?.get(keyOf(values));
  }

  #admit(metric: DerivedMetric, labelValues: readonly string[]): DerivedSeries {
    const series: DerivedSeries = {
      metric,
      labelValues,
      values: new Float64Array(valueCount(metric)),
      before: new Float64Array(valueCount(metric)),
      state: "live",
      countedAt: NEVER,
      sampledAt: NEVER,
      open: false,
      output: undefined,
      exemplarAt: undefined,
    };
    this.#index(series);
    this.#live.add(series);
    return series;
  }

  #index(series: DerivedSeries): void {
    let ofMetric = this.#known.get(series.metric);
    if (ofMetric === undefined) this.#known.set(series.metric, (ofMetric = new Map()));
    ofMetric.set(keyOf(series.labelValues), series);
    this.#budget.hold(series.metric, series.labelValues);
  }

  #restore(saved: SavedSeries, state: "live" | "ended"): void {
    const metric = DERIVED_METRICS.get(saved.metric);
    // A metric that this version no longer has: its series are left to staleness by age.
    if (metric === undefined) return;
    const series: DerivedSeries = {
      metric,
      labelValues: saved.labels,
      values: Float64Array.from(saved.values, loadNumber),
      before: Float64Array.from(saved.before, loadNumber),
      state,
      countedAt: epochMs(saved.countedAt),
      sampledAt: epochMs(saved.sampledAt),
      open: saved.open,
      output: undefined,
      exemplarAt: saved.exemplarAt && Float64Array.from(saved.exemplarAt),
    };
    this.#index(series);
    (state === "live" ? this.#live : this.#ended).add(series);
  }
}

function keyOf(values: readonly string[]): string {
  return values.join(VALUE_END);
}

/** Writes the stale marker after an open series' last sample. */
function mark(series: DerivedSeries, tick: EpochMs, append: Append): void {
  if (!series.open) return;
  writeEnd(series, tick, append);
  series.sampledAt = tick;
  series.open = false;
}

function saveSeries(series: DerivedSeries): SavedSeries {
  return {
    metric: series.metric.name,
    labels: series.labelValues,
    values: saveNumbers(series.values),
    before: saveNumbers(series.before),
    countedAt: series.countedAt,
    sampledAt: series.sampledAt,
    open: series.open,
    ...(series.exemplarAt === undefined ? {} : { exemplarAt: [...series.exemplarAt] }),
  };
}
