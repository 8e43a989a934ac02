import type { Call } from "../model/call.ts";
import type { KeepExemplar } from "../model/exemplar.ts";
import type { Evaluation } from "../model/evaluation.ts";
import { InputError } from "../model/input-error.ts";
import type { Limits } from "../model/limits.ts";
import type { MetricPoint } from "../model/metric-point.ts";
import type { Append } from "../model/sample.ts";
import type { EpochMs } from "../model/time.ts";
import { CallSeries } from "./call-series.ts";
import type { DerivedSeries } from "./derived-series.ts";
import { Evaluations, type SavedEvaluations } from "./evaluations.ts";
import { ReceivedSeries, type SavedStream } from "./received-series.ts";
import { type SavedTable, SeriesTable } from "./series-table.ts";
import {
  type ChosenSource,
  type SavedContest,
  type Source,
  SourceChoice,
} from "./source-choice.ts";
import { Tally } from "../model/tally.ts";

/** What the parts of this stage share. */
export type MeasurePorts = { readonly tally: Tally; readonly keep: KeepExemplar };

const KEPT_NOWHERE: KeepExemplar = () => undefined;

type SavedMeasure = {
  readonly version: 1;
  readonly tally: readonly (readonly [string, number])[];
  readonly table: SavedTable;
  readonly configured: Readonly<Record<string, Source>>;
  readonly choice: readonly SavedContest[];
  readonly received: readonly SavedStream[];
  readonly evaluations: SavedEvaluations;
};

/** Calls, metric points and evaluations → series. Driven in event time; it has no clock of its own. */
export class Measure {
  readonly #tally: Tally;
  readonly #choice: SourceChoice;
  readonly #table: SeriesTable;
  readonly #calls: CallSeries;
  readonly #received: ReceivedSeries;
  readonly #evaluations: Evaluations;

  /** @param ports.keep gets calls and verdicts as exemplars of the buckets that they fall into */
  constructor(limits: Limits, intervalMs: number, ports: Partial<MeasurePorts> = {}) {
    const { tally = new Tally(), keep = KEPT_NOWHERE } = ports;
    this.#tally = tally;
    this.#choice = new SourceChoice(limits, intervalMs, this.#tally);
    this.#table = new SeriesTable(limits, intervalMs, { tally, keep });
    this.#calls = new CallSeries(this.#table, this.#choice, this.#tally, limits);
    const choice = this.#choice;
    this.#received = new ReceivedSeries(limits, intervalMs, { choice, tally });
    this.#evaluations = new Evaluations(limits, intervalMs, this.#table, this.#tally);
  }

  /**
   * Counts a call that entered at `at`, and the evaluations that waited for it. Repeats, nested
   * copies and late calls are for `noteCall`.
   */
  countCall(call: Call, at: EpochMs): void {
    this.#evaluations.expire(at);
    const shape = this.#calls.count(call, at);
    this.#evaluations.noteCall(call, shape, at);
  }

  /** Remembers a call that does not count, so that evaluations of it find their labels. */
  noteCall(call: Call, at: EpochMs): void {
    this.#evaluations.expire(at);
    this.#evaluations.noteCall(call, this.#calls.shapeOf(call), at);
  }

  /** Writes metric points under their own times; what is refused is counted as `point-` and why. */
  countPoints(points: readonly MetricPoint[], at: EpochMs, append: Append): void {
    for (const point of points) this.#received.take(point, at, append);
  }

  /** Counts a verdict under its call's labels; it waits up to five minutes for an unseen call. */
  countEvaluation(evaluation: Evaluation, at: EpochMs): void {
    this.#evaluations.expire(at);
    this.#evaluations.add(evaluation, at);
  }

  /** Counts a verdict on a call that was counted before. */
  countJudged(evaluation: Evaluation, call: Call, at: EpochMs): void {
    this.#evaluations.expire(at);
    this.#evaluations.addAbout(evaluation, this.#calls.shapeOf(call), at);
  }

  /** Writes the derived series at a tick. */
  sampleAt(tick: EpochMs, append: Append): void {
    this.#evaluations.expire(tick);
    for (const moved of this.#choice.settle(tick)) {
      if (moved.source === "spans") this.#received.giveWay(moved, tick, append);
    }
    this.#received.forget(tick);
    this.#table.sampleAt(tick, append, this.#isHidden);
    this.#evaluations.scores.sampleAt(tick, append);
  }

  /** Hands out the derived series' values past the last tick; they are never stored. */
  current(now: EpochMs, emit: Append): void {
    this.#table.current(now, emit, this.#isHidden);
    this.#evaluations.scores.current(now, emit);
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

  /** The ids of the calls that evaluations may be about; a restart needs them beside `save`. */
  saveIds(): Uint32Array {
    return this.#evaluations.saveIds();
  }

  /** All else that a restart needs, safe for JSON: the loaded object continues as if never stopped. */
  save(): unknown {
    const saved: SavedMeasure = {
      version: 1,
      tally: [...this.#tally.counts],
      table: this.#table.save(),
      configured: this.#choice.configured,
      choice: this.#choice.save(),
      received: this.#received.save(),
      evaluations: this.#evaluations.save(),
    };
    return saved;
  }

  /** Reads what `save` and `saveIds` gave. Refuses any other version. */
  static load(
    saved: { readonly state: unknown; readonly ids: Uint32Array },
    limits: Limits,
    intervalMs: number,
    keep: KeepExemplar = KEPT_NOWHERE,
  ): Measure {
    // Our own snapshot, guarded as a whole by its version: its parts are not validated again.
    const state = saved.state as SavedMeasure;
    const version: number = state.version;
    if (version !== 1)
      throw new InputError("snapshot", `measure: version ${version} is not known; 1 would do`);
    const measure = new Measure(limits, intervalMs, { tally: new Tally(state.tally), keep });
    measure.#choice.configure(state.configured);
    measure.#choice.load(state.choice);
    measure.#table.load(state.table);
    measure.#received.load(state.received);
    measure.#evaluations.load(state.evaluations, saved.ids);
    return measure;
  }

  readonly #isHidden = (series: DerivedSeries): boolean =>
    series.metric.contested &&
    this.#choice.sourceOf(series.labelValues[0] ?? "", series.metric) === "metrics";
}
