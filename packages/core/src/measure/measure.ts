import type { Call } from "../model/call.ts";
import { InputError } from "../model/input-error.ts";
import type { Limits } from "../model/limits.ts";
import type { Append } from "../model/sample.ts";
import type { EpochMs } from "../model/time.ts";
import { CallSeries } from "./call-series.ts";
import type { DerivedSeries } from "./derived-series.ts";
import { type SavedTable, SeriesTable } from "./series-table.ts";
import {
  type ChosenSource,
  type SavedContest,
  type Source,
  SourceChoice,
} from "./source-choice.ts";
import { Tally } from "./tally.ts";

type SavedMeasure = {
  readonly version: 1;
  readonly tally: readonly (readonly [string, number])[];
  readonly table: SavedTable;
  readonly choice: readonly SavedContest[];
};

/** Calls, metric points and evaluations → series. Driven in event time; it has no clock of its own. */
export class Measure {
  readonly #tally: Tally;
  readonly #choice: SourceChoice;
  readonly #table: SeriesTable;
  readonly #calls: CallSeries;

  constructor(limits: Limits, intervalMs: number, tally: Tally = new Tally()) {
    this.#tally = tally;
    this.#choice = new SourceChoice(limits, intervalMs, this.#tally);
    this.#table = new SeriesTable(limits, intervalMs, this.#tally);
    this.#calls = new CallSeries(this.#table, this.#choice, this.#tally, limits);
  }

  /** Counts a call that entered at `at`. */
  countCall(call: Call, at: EpochMs): void {
    this.#calls.count(call, at);
  }

  /** Writes the derived series at a tick. */
  sampleAt(tick: EpochMs, append: Append): void {
    this.#choice.settle(tick);
    this.#table.sampleAt(tick, append, this.#isHidden);
  }

  /** Hands out the derived series' values past the last tick; they are never stored. */
  current(now: EpochMs, emit: Append): void {
    this.#table.current(now, emit, this.#isHidden);
  }

  counters(): ReadonlyMap<string, number> {
    return this.#tally.counts;
  }

  sources(): readonly ChosenSource[] {
    return this.#choice.chosen();
  }

  setSources(config: Readonly<Record<string, Source>>): void {
    this.#choice.configure(config);
  }

  /** Everything that a restart needs, safe for JSON: the loaded object continues as if never stopped. */
  save(): unknown {
    const saved: SavedMeasure = {
      version: 1,
      tally: [...this.#tally.counts],
      table: this.#table.save(),
      choice: this.#choice.save(),
    };
    return saved;
  }

  /** Reads what `save` wrote. Refuses any other version. */
  static load(saved: unknown, limits: Limits, intervalMs: number): Measure {
    // Our own snapshot, guarded as a whole by its version: its parts are not validated again.
    const state = saved as SavedMeasure;
    const version: number = state.version;
    if (version !== 1)
      throw new InputError("snapshot", `measure: version ${version} is not known; 1 would do`);
    const measure = new Measure(limits, intervalMs, new Tally(state.tally));
    measure.#choice.load(state.choice);
    measure.#table.load(state.table);
    return measure;
  }

  readonly #isHidden = (series: DerivedSeries): boolean =>
    series.metric.contested &&
    this.#choice.sourceOf(series.labelValues[0] ?? "", series.metric) === "metrics";
}
