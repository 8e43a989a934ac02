import type { Call } from "../model/call.ts";
import type { Effect, EngineSetup } from "../model/engine-io.ts";
import { InputError } from "../model/input-error.ts";
import type { JudgeAnswer, JudgeSetup } from "../model/judge.ts";
import type { Limits } from "../model/limits.ts";
import type { Append } from "../model/sample.ts";
import type { Tally } from "../model/tally.ts";
import type { TraceContext } from "../model/telemetry.ts";
import type { EpochMs } from "../model/time.ts";
import type { YamlFile } from "../model/yaml.ts";
import { Judge, type JudgedCall, type JudgeView, type SavedJudge } from "../judge/judge.ts";
import type { RatesView } from "../judge/rates.ts";
import { Scores, type SavedScores } from "../judge/estimate.ts";
import {
  judgeRows,
  type SavedTickSeries,
  scoreRows,
  type SeriesRow,
  TickSeries,
} from "../judge/judge-series.ts";
import type { Rubric } from "../judge/rubric.ts";
import { readRubrics } from "../judge/rubric-file.ts";
import { Sampler, type SavedSampler } from "../judge/sampler.ts";

export type JudgingOptions = {
  readonly limits: Limits;
  readonly parseYaml: (name: string, text: string) => YamlFile;
};

/** What the judge wants done, and its verdicts, which are to be counted. */
export type JudgingOutput = {
  readonly effects: readonly Effect[];
  readonly judged: readonly JudgedCall[];
};

export type SavedJudging = {
  readonly judge: SavedJudge;
  readonly scores: SavedScores;
  readonly series: SavedTickSeries;
  /** Absent where nothing was ever judged. */
  readonly sampler?: SavedSampler;
};

/**
 * Reads the rubrics of a setup.
 *
 * @throws InputError with every fault, a line each
 */
export function rubricsOf(
  { judge }: EngineSetup,
  { parseYaml }: Pick<JudgingOptions, "parseYaml">,
): { readonly rubrics: readonly Rubric[]; readonly warnings: readonly string[] } {
  if (judge === undefined) return { rubrics: [], warnings: [] };
  const { language } = judge;
  const { rubrics, errors, warnings } = readRubrics(judge.rubricFiles, { parseYaml, language });
  const [first] = errors;
  if (first === undefined) return { rubrics, warnings: warnings.map(({ message }) => message) };
  const lines = errors.map(({ message }) => message).join("\n");
  throw new InputError(first.kind, lines, first.place);
}

/** Carries event time through the judge: draws calls, asks, settles, and follows the money. */
export class Judging {
  readonly #options: JudgingOptions;
  readonly #judge: Judge;
  readonly #counts: Tally;
  readonly #series = new TickSeries();
  readonly #scores: Scores;
  #setup: JudgeSetup | undefined;
  /** Lives as long as its key: draws of one day are made by one key. */
  #sampler: Sampler | undefined;

  constructor(options: JudgingOptions, counts: Tally) {
    this.#options = options;
    this.#counts = counts;
    this.#scores = new Scores(options.limits.awaitedVerdicts);
    this.#judge = new Judge({ limits: options.limits, counts });
  }

  reload(setup: EngineSetup, at: EpochMs): void {
    const { judge } = setup;
    const { rubrics } = rubricsOf(setup, this.#options);
    // Verdicts that mean something else are never mixed with those of before.
    if (this.#judge.reload(judge, rubrics, at) === "new-versions") this.#scores.restart();
    if (judge !== undefined && judge.key === this.#setup?.key) this.#sampler?.reload(judge);
    else this.#sampler = judge && this.#newSampler(judge, at);
    this.#setup = judge;
    this.#followMoney(at);
  }

  takeContext(context: TraceContext, at: EpochMs): void {
    this.#judge.takeContext(context, at);
  }

  /** A call that is counted for the first time. */
  offer(call: Call, at: EpochMs): void {
    if (this.#sampler === undefined) return;
    const draw = this.#judge.offer(call, this.#sampler, at);
    if (draw !== undefined) this.#scores.count(draw);
  }

  answer(ask: string, answer: JudgeAnswer, at: EpochMs): void {
    this.#judge.answer(ask, answer, at);
  }

  advance(at: EpochMs): void {
    this.#judge.advance(at);
    this.#followMoney(at);
  }

  /** What came of the input of this number, which was applied last. */
  take(seq: number): JudgingOutput {
    const { asks, judged, draws } = this.#judge.take();
    for (const draw of draws)
      for (const { name, score } of draw.rubrics) this.#scores.settle(draw, name, score);
    const effects: Effect[] = asks.map((ask) => ({ kind: "ask", ask }));
    if (draws.length > 0) effects.push({ kind: "keep-draws", seq, draws });
    return { effects, judged };
  }

  /** Writes the judge's own series at a tick. */
  sampleAt(tick: EpochMs, append: Append): void {
    const [setup, view] = [this.#setup, this.view(tick)];
    const rows: SeriesRow[] = [];
    if (setup !== undefined && view !== undefined) {
      this.#scores.expire(tick);
      rows.push(...judgeRows({ setup, ...view, counts: this.#counts.counts }));
      rows.push(...scoreRows(this.#scores, tick));
    }
    this.#series.sampleAt(tick, rows, append);
  }

  /** Requests without an answer: after a stop each is fed back as `interrupted`. */
  askedKeys(): readonly string[] {
    return this.#judge.askedKeys();
  }

  view(at: EpochMs): { readonly view: JudgeView; readonly rates: RatesView } | undefined {
    if (this.#sampler === undefined) return undefined;
    return { view: this.#judge.view(at), rates: this.#sampler.rates };
  }

  save(): SavedJudging {
    const sampler = this.#sampler?.save();
    return {
      judge: this.#judge.save(),
      scores: this.#scores.save(),
      series: this.#series.save(),
      ...(sampler === undefined ? {} : { sampler }),
    };
  }

  /** What `save` leaves out of JSON. */
  saveWords(): Uint32Array {
    return this.#sampler?.saveWords() ?? new Uint32Array();
  }

  /** Goes on from what was saved under this setup. */
  load(saved: SavedJudging, words: Uint32Array, setup: EngineSetup, at: EpochMs): void {
    const { judge } = setup;
    this.#setup = judge;
    this.#judge.load(saved.judge, judge, rubricsOf(setup, this.#options).rubrics);
    this.#scores.load(saved.scores);
    this.#series.load(saved.series);
    this.#sampler = judge && this.#newSampler(judge, at);
    if (saved.sampler !== undefined) this.#sampler?.load(saved.sampler, words);
  }

  #newSampler(setup: JudgeSetup, at: EpochMs): Sampler {
    return new Sampler({ setup, key: setup.key, limits: this.#options.limits, at });
  }

  /** With a cap, what is left of it over the days that it is for decides how many are judged. */
  #followMoney(at: EpochMs): void {
    this.#sampler?.setVerdictsPerDay(this.#judge.affordablePerDay(at));
  }
}
