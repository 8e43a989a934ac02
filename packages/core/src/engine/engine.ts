import { assert } from "../model/assert.ts";
import type { ChunkRow, Effect, EngineSetup, Input } from "../model/engine-io.ts";
import { featureSet, type Features } from "../model/features.ts";
import { InputError } from "../model/input-error.ts";
import type { Call } from "../model/call.ts";
import type { Labels } from "../model/labels.ts";
import type { Limits } from "../model/limits.ts";
import type { Reader } from "../model/reader.ts";
import type { SeriesOutcome } from "../model/received-series.ts";
import type { Append, Sample } from "../model/sample.ts";
import { Tally } from "../model/tally.ts";
import type { Telemetry } from "../model/telemetry.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, epochMs } from "../model/time.ts";
import type { EpochMs } from "../model/time.ts";
import type { YamlFile } from "../model/yaml.ts";
import type { KeepExemplar } from "../model/exemplar.ts";
import { Measure } from "../measure/measure.ts";
import { ExemplarStore } from "../store/exemplars.ts";
import { MetadataTable } from "../store/metadata-table.ts";
import { withCurrent } from "../store/overlay.ts";
import { Store } from "../store/store.ts";
import type { MatcherSets } from "../store/store-reader.ts";
import { Admissions, type Admission, type Links } from "./admission.ts";
import { Alerting, checkSetup } from "./alerting.ts";
import type { CheckedSetup } from "./alerting.ts";
import type { GoldenText } from "./golden-rounds.ts";
import { Judging, type JudgingOutput, rubricsOf } from "./judging.ts";
import { keepEffects } from "./kept.ts";
import { LengthHabits } from "./length-habits.ts";
import { takeSeries } from "./received-samples.ts";
import { parseState, type SavedEngine } from "./saved-engine.ts";
import { TypedLabels } from "./typed-labels.ts";
import { bytesOf, packSections, unpackSections, wordsOf } from "./sections.ts";

export type EngineOptions = {
  /** Time between ticks, in ms. */
  readonly intervalMs: number;
  readonly limits: Limits;
  /** @throws InputError where the text is no YAML */
  readonly parseYaml: (name: string, text: string) => YamlFile;
  /** Texts of golden sets, by the names that setups give them; absent: there are none. */
  readonly goldenText?: GoldenText;
};

/** The engine's state after an input: with the sealed chunks, all that a restart needs. */
export type EngineSnapshot = {
  /** Of the last input that is in it. */
  readonly seq: number;
  readonly at: EpochMs;
  readonly version: number;
  /** JSON. */
  readonly state: string;
  readonly heads: Uint8Array;
};

/** 2 has the judge's numbers in its section; both are read. */
const SNAPSHOT_VERSION = 2;
/** Memory holds at least this much of the series, also where no rule looks back so far. */
const MIN_MEMORY_MS = 2 * HOUR_MS;
/** And at most this much: a rule that pins a time with `@` asks for all there ever was. */
const MAX_MEMORY_MS = 35 * DAY_MS;
/** How often what memory no longer needs is let go. */
const DROP_EVERY_MS = 5 * MINUTE_MS;

/** The counters' names: a text made for each call would cost as much as counting it. */
const CALLS_COUNTED = {
  first: "calls_first",
  late: "calls_late",
  repeat: "calls_repeat",
  nested: "calls_nested",
} as const satisfies Record<Admission, string>;

const EMPTY_SETUP: EngineSetup = {
  ruleFiles: [],
  alertmanagers: [],
  externalUrl: "http://127.0.0.1:4320",
  sources: {},
};

const NOTHING: Telemetry = { calls: [], points: [], evaluations: [] };
const NOTHING_JUDGED: JudgingOutput = { asks: [], draws: [], judged: [] };

/**
 * Carries event time through all stages; nothing else knows their order.
 *
 * A deterministic machine: equal inputs in equal order give equal effects, whether they come from
 * the network, from a file or from the log after a crash.
 */
export class Engine {
  readonly #options: EngineOptions;
  readonly #counters: Tally;
  #admissions: Admissions;
  #measure: Measure;
  #store: Store;
  readonly #metadata: MetadataTable;
  readonly #typed: TypedLabels;
  #exemplars: ExemplarStore;
  #seriesOutcome: SeriesOutcome | undefined;
  #alerting: Alerting;
  readonly #judging: Judging;
  #lengths: LengthHabits;
  #setup: EngineSetup = EMPTY_SETUP;
  #seq = 0;
  #at: EpochMs = epochMs(0);
  #lastTick: EpochMs | undefined;
  #droppedAt: EpochMs = epochMs(0);
  /** Asked for by a reload that is being prepared: nothing that it needs may be let go meanwhile. */
  #wantedReachMs = 0;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#counters = new Tally();
    this.#admissions = new Admissions(options.limits);
    const ports = { keep: this.#keepExemplar };
    this.#measure = new Measure(options.limits, options.intervalMs, ports);
    this.#store = new Store(options.limits);
    this.#metadata = new MetadataTable(options.limits, this.#counters);
    this.#typed = new TypedLabels(this.#metadata.families);
    this.#exemplars = new ExemplarStore(options.limits);
    this.#judging = new Judging(options, this.#counters);
    this.#alerting = new Alerting(EMPTY_SETUP, { ...options, golden: this.#judging });
    this.#lengths = new LengthHabits(options.limits.habitSegments);
  }

  /** Applies everything but a tick. */
  apply(input: Input): readonly Effect[] {
    this.#enter(input);
    switch (input.kind) {
      case "telemetry":
        return this.#telemetry(input.telemetry, input);
      case "gap":
        this.#counters.add("gap_ms", input.to - input.from);
        this.#lastTick = input.to;
        return this.#alerting.gap(input.from, input.to, input.seq);
      case "reload":
        return this.#reload(input.setup, input);
      case "outcome":
        this.#alerting.settle(input.delivery, input.outcome);
        return [];
      case "judged":
        this.#judging.answer(input.ask, input.answer, input.at);
        return this.#keep(NOTHING, input);
      case "tick":
        assert(false, "a tick is advanced to, not applied");
    }
  }

  /**
   * Moves event time to a tick: samples the derived series, evaluates the rules that are due, and
   * says what is to be delivered. Yields every so many samples; between its turns nothing else may
   * be applied.
   */
  *advance(input: Input): Generator<undefined, readonly Effect[], undefined> {
    assert(input.kind === "tick", "time advances to a tick");
    this.#enter(input);
    const { at } = input;
    this.#judging.advance(at);
    const settled = this.#settle(at);
    this.#measure.sampleAt(at, this.#append);
    this.#judging.sampleAt(at, this.#append);
    yield;
    const effects = yield* this.#alerting.advance(at, {
      seq: input.seq,
      append: this.#append,
      reader: () => this.#store.live(),
      exemplars: (sets, from, to) => this.#exemplars.select(sets, from, to),
    });
    this.#lastTick = at;
    this.#letGo(at);
    // After the rules: an alert about quality has the judge asked.
    const kept = this.#keep(NOTHING, input, settled);
    return [...kept, ...effects, ...this.#sealed()];
  }

  /** What was under way when a stop came: to be carried out again, under the same keys. */
  outstanding(): readonly Effect[] {
    return this.#alerting.outstanding();
  }

  /** Requests to the judge without an answer: after a stop each is fed back as `interrupted`. */
  askedKeys(): readonly string[] {
    return this.#judging.askedKeys();
  }

  /** How the judge stands at this time; absent where nothing is judged. */
  judgeView(at: EpochMs): ReturnType<Judging["view"]> {
    return this.#judging.view(at);
  }

  /** The order and time of the last input, and the last tick; for the driver's start. */
  get position(): { readonly seq: number; readonly at: EpochMs; readonly lastTick?: EpochMs } {
    const lastTick = this.#lastTick;
    return { seq: this.#seq, at: this.#at, ...(lastTick === undefined ? {} : { lastTick }) };
  }

  get setup(): EngineSetup {
    return this.#setup;
  }

  /** What rules and queries may use beyond the default. */
  get features(): Features {
    return featureSet(this.#setup.features);
  }

  /** Rules, alerts and notifications, for those who show them. */
  get alerting(): Alerting {
    return this.#alerting;
  }

  /** The state of the series, with the derived ones' values at `now` where it is past the last tick. */
  readerAt(now: EpochMs): Reader {
    const snapshot = this.#store.snapshot();
    if (now <= (this.#lastTick ?? 0)) return snapshot;
    const current: Sample[] = [];
    this.#measure.current(now, (labels, at, value) => current.push({ labels, at, value }));
    return withCurrent(snapshot, current);
  }

  /** Labels of the series in memory with samples in (from, to]. */
  seriesIn(from: EpochMs, to: EpochMs): readonly Labels[] {
    return this.#store.snapshot().series([], from, to);
  }

  /** The same of any of the sets of matchers, in turns. */
  findSeries(
    sets: MatcherSets,
    from: EpochMs,
    to: EpochMs,
  ): Generator<undefined, readonly Labels[], undefined> {
    return this.#store.snapshot().listing(sets, from, to);
  }

  /** From when on memory has all samples; earlier ones are asked of the disk. */
  memoryFrom(): EpochMs {
    return epochMs(Math.max(0, this.#droppedAt));
  }

  /** From when on memory must have all samples: as far as the rules look back. */
  neededFrom(): EpochMs {
    return epochMs(Math.max(0, Math.min(this.#droppedAt, this.#at - this.#memoryMs())));
  }

  /**
   * Puts chunks from the disk back into memory, at the start and before a reload whose rules look
   * further back than those before it.
   */
  adopt(chunks: readonly ChunkRow[]): void {
    for (const chunk of chunks) {
      const result = this.#store.adoptChunk(chunk);
      if (result === "series-limit")
        this.#counters.add("rejected_samples_series-limit", chunk.count);
    }
  }

  /**
   * Reads a setup before it is committed. From here on memory keeps as much as its rules look back,
   * so that the caller can adopt the history before it applies the reload.
   *
   * @throws InputError when a file of the setup is refused, with every fault in its message, a line each
   */
  prepare(setup: EngineSetup): CheckedSetup {
    const checked = checkSetup(setup, this.#options);
    const { warnings } = rubricsOf(setup, this.#options);
    this.#wantedReachMs = Math.max(this.#wantedReachMs, checked.reachMs);
    return warnings.length === 0
      ? checked
      : { ...checked, warnings: [...checked.warnings, ...warnings] };
  }

  /** What was left out, and why, since the beginning; names are stable, `/metrics` shows them. */
  counters(): ReadonlyMap<string, number> {
    return new Map([
      ...this.#counters.counts,
      ...this.#alerting.counters(),
      ...this.#measure.counters(),
      ["remembered_spans", this.#admissions.remembered],
      ["spans_forgotten_early", this.#admissions.forgottenEarly],
      ["exemplars_forgotten", this.#exemplars.forgottenCount],
    ]);
  }

  sources(): ReturnType<Measure["sources"]> {
    return this.#measure.sources();
  }

  /** What became of the series of the telemetry that was applied last; absent where it had none. */
  get seriesOutcome(): SeriesOutcome | undefined {
    return this.#seriesOutcome;
  }

  /** What is known of metric families: type, help and unit. */
  get metadata(): Pick<MetadataTable, "families" | "has"> {
    return this.#metadata;
  }

  /** The latest exemplars of derived histograms and of received series. */
  get exemplars(): Pick<ExemplarStore, "select" | "size"> {
    return this.#exemplars;
  }

  storeStats(): ReturnType<Store["stats"]> {
    return this.#store.stats();
  }

  save(): EngineSnapshot {
    const judging = this.#judging.save();
    const state: SavedEngine = {
      seq: this.#seq,
      at: this.#at,
      lastTick: this.#lastTick ?? null,
      droppedAt: this.#droppedAt,
      setup: this.#setup,
      counters: [...this.#counters.counts],
      measure: this.#measure.save(),
      alerting: this.#alerting.save(),
      metadata: [...this.#metadata.families.values()],
      exemplars: this.#exemplars.save(),
      judging: judging.state,
      lengths: this.#lengths.save(),
    };
    return {
      seq: this.#seq,
      at: this.#at,
      version: SNAPSHOT_VERSION,
      state: JSON.stringify(state),
      heads: packSections([
        this.#store.save(),
        ...[this.#measure.saveIds(), ...this.#admissions.save()].map(bytesOf),
        judging.bytes,
      ]),
    };
  }

  /** @throws InputError of kind `snapshot` when it is damaged or of a version that is not known */
  static load(snapshot: EngineSnapshot, options: EngineOptions): Engine {
    if (snapshot.version < 1 || snapshot.version > SNAPSHOT_VERSION) {
      const what = `the engine's state has version ${snapshot.version}, 1 to ${SNAPSHOT_VERSION} are known`;
      throw new InputError("snapshot", `${what}; use the program that wrote it, or a newer one`);
    }
    const saved = parseState(snapshot.state);
    const [heads, callIds, ...tables] = unpackSections(snapshot.heads);
    if (heads === undefined || callIds === undefined)
      throw new InputError("snapshot", "the series or the ids of calls are missing");
    const engine = new Engine(options);
    engine.#seq = saved.seq;
    engine.#at = epochMs(saved.at);
    engine.#lastTick = saved.lastTick === null ? undefined : epochMs(saved.lastTick);
    engine.#droppedAt = epochMs(saved.droppedAt);
    engine.#setup = saved.setup;
    for (const [name, count] of saved.counters) engine.#counters.add(name, count);
    // The judge's is the last section, of states that have any.
    const judged = saved.judging === undefined ? [] : tables.splice(-1);
    engine.#admissions = Admissions.load(tables.map(wordsOf), options.limits);
    const measured = { state: saved.measure, ids: wordsOf(callIds) };
    const { limits, intervalMs } = options;
    engine.#measure = Measure.load(measured, limits, intervalMs, engine.#keepExemplar);
    engine.#store = Store.load(heads, options.limits);
    engine.#metadata.take(saved.metadata ?? []);
    const { exemplars } = saved;
    if (exemplars) engine.#exemplars = ExemplarStore.load(exemplars, options.limits);
    engine.#lengths = new LengthHabits(options.limits.habitSegments, saved.lengths);
    const golden = engine.#judging;
    engine.#alerting = new Alerting(saved.setup, { ...options, golden }, saved.alerting);
    const { judging } = saved;
    const [bytes] = judged;
    if (judging !== undefined && bytes !== undefined)
      engine.#judging.load(judging, bytes, saved.setup, engine.#at);
    return engine;
  }

  #enter(input: Input): void {
    assert(input.seq > this.#seq, "inputs come in order");
    assert(input.at >= this.#at, "event time does not go back");
    this.#seq = input.seq;
    this.#at = input.at;
  }

  readonly #append: Append = (labels, at, value) => {
    const result = this.#store.append(labels, at, value);
    if (result === "appended" || result === "late") return;
    this.#counters.add(`rejected_samples_${result}`, 1);
  };

  readonly #keepExemplar: KeepExemplar = (labels, exemplar) => {
    const result = this.#exemplars.add(labels, exemplar);
    if (result !== "added") this.#counters.add(`exemplars_${result}`, 1);
  };

  #telemetry(telemetry: Telemetry, { seq, at }: Input): readonly Effect[] {
    const links = this.#admissions.noteLinks(telemetry.links ?? [], at);
    for (const context of telemetry.contexts ?? []) this.#judging.takeContext(context, at);
    const calls = this.#takeCalls(telemetry.calls, links, at);
    this.#measure.countPoints(telemetry.points, at, this.#append);
    for (const evaluation of telemetry.evaluations) this.#measure.countEvaluation(evaluation, at);
    this.#takeReceived(telemetry, at);
    const isWhole = calls === telemetry.calls;
    const kept = this.#keep(isWhole ? telemetry : { ...telemetry, calls }, { seq, at });
    return [...kept, ...this.#sealed()];
  }

  /** What is to be kept of an input, and asked because of it, with what was settled before. */
  #keep(
    telemetry: Telemetry,
    { seq, at }: Pick<Input, "seq" | "at">,
    { asks, draws, judged }: JudgingOutput = NOTHING_JUDGED,
  ): readonly Effect[] {
    const last = this.#settle(at);
    const output = {
      asks: [...asks, ...last.asks],
      draws: [...draws, ...last.draws],
      judged: [...judged, ...last.judged],
    };
    const { capture = "off" } = this.#setup;
    return [...keepEffects(telemetry, output, { seq, at, capture })];
  }

  /** Counts what the judge said. */
  #settle(at: EpochMs): JudgingOutput {
    const output = this.#judging.take(at);
    for (const { evaluation, call } of output.judged)
      this.#measure.countJudged(evaluation, call, at);
    return output;
  }

  #takeReceived({ series, metadata }: Telemetry, at: EpochMs): void {
    if (metadata !== undefined) this.#metadata.take(metadata);
    const from = epochMs(Math.max(this.#droppedAt, at - this.#memoryMs()));
    const ports = {
      store: this.#store,
      exemplars: this.#exemplars,
      limits: this.#options.limits,
      counters: this.#counters,
    };
    const isTyped = this.features.has("type-and-unit-labels");
    const labelsOf = { labelsOf: (sent: Labels) => this.#typed.of(sent) };
    const naming = isTyped ? labelsOf : {};
    this.#seriesOutcome = series && takeSeries(series, { at, from }, { ...ports, ...naming });
  }

  /** Those that are kept; the same list where all of them are, as they came. */
  #takeCalls(calls: readonly Call[], links: Links, at: EpochMs): readonly Call[] {
    const taken: Call[] = [];
    let isWhole = true;
    for (const call of calls) {
      const kept = this.#takeCall(call, links, at);
      if (kept !== undefined) taken.push(kept);
      if (kept !== call) isWhole = false;
    }
    return isWhole ? calls : taken;
  }

  /** Counts a call where it is to be counted; `undefined` where it is not kept. */
  #takeCall(call: Call, links: Links, at: EpochMs): Call | undefined {
    const admission = this.#admissions.admit(call, at, links);
    this.#counters.add(CALLS_COUNTED[admission], 1);
    if (admission === "first") {
      const flagged = this.#lengths.flagged(call, at);
      this.#measure.countCall(flagged, at);
      this.#judging.offer(flagged, at);
      return flagged;
    }
    // Uncounted, but an evaluation may be about it.
    if (admission !== "repeat") this.#measure.noteCall(call, at);
    return admission === "late" ? call : undefined;
  }

  #reload(setup: EngineSetup, { seq, at }: Input): readonly Effect[] {
    this.#setup = setup;
    this.#measure.setSources(setup.sources);
    this.#wantedReachMs = 0;
    this.#judging.reload(setup, at);
    return [...this.#alerting.reload(setup, at, seq), ...this.#keep(NOTHING, { seq, at })];
  }

  #letGo(at: EpochMs): void {
    if (at - this.#droppedAt < DROP_EVERY_MS + this.#memoryMs()) return;
    this.#droppedAt = epochMs(at - this.#memoryMs());
    this.#store.drop(this.#droppedAt);
  }

  #memoryMs(): number {
    const reachMs = Math.max(this.#alerting.reachMs, this.#wantedReachMs, MIN_MEMORY_MS);
    return Math.min(reachMs + DROP_EVERY_MS, MAX_MEMORY_MS);
  }

  #sealed(): readonly Effect[] {
    const chunks = this.#store.takeSealed();
    return chunks.length === 0 ? [] : [{ kind: "keep-chunks", chunks }];
  }
}
