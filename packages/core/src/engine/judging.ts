import type { Call, CallText } from "../model/call.ts";
import type { EngineSetup } from "../model/engine-io.ts";
import { InputError } from "../model/input-error.ts";
import type { Ask, JudgeAnswer, JudgeSetup, SettledDraw } from "../model/judge.ts";
import type { Limits } from "../model/limits.ts";
import type { Append } from "../model/sample.ts";
import type { Tally } from "../model/tally.ts";
import type { TraceContext } from "../model/telemetry.ts";
import type { EpochMs } from "../model/time.ts";
import type { YamlFile } from "../model/yaml.ts";
import { Judge, type JudgedCall, type JudgeView, type SavedJudge } from "../judge/judge.ts";
import type { RatesView } from "../judge/rates.ts";
import { Scores, type SavedScores } from "../judge/estimate.ts";
import { NumberReader, NumberWriter } from "../judge/saved-numbers.ts";
import {
  badShareRows,
  judgeRows,
  type SavedTickSeries,
  scoreRows,
  type SeriesRow,
  TickSeries,
} from "../judge/judge-series.ts";
import type { SavedGolden } from "../judge/golden.ts";
import { GOLDEN_SHARE } from "../judge/golden-pace.ts";
import type { Rubric } from "../judge/rubric.ts";
import { readRubrics } from "../judge/rubric-file.ts";
import { Sampler, type SavedSampler } from "../judge/sampler.ts";
import { calibrationRows, confusionsOf, outcomeRows } from "../judge/trust-series.ts";
import { GoldenRounds, type GoldenText } from "./golden-rounds.ts";
import { bytesOf, numbersOf, packSections, unpackSections, wordsOf } from "./sections.ts";

export type JudgingOptions = {
  readonly limits: Limits;
  readonly parseYaml: (name: string, text: string) => YamlFile;
  /** Absent: there is no golden set, whatever a setup names. */
  readonly goldenText?: GoldenText;
};

/** What the judge wants asked and kept, and its verdicts, which are to be counted. */
export type JudgingOutput = {
  readonly asks: readonly Ask[];
  readonly draws: readonly SettledDraw[];
  readonly judged: readonly JudgedCall[];
};

export type SavedJudging = {
  readonly judge: SavedJudge;
  readonly scores: SavedScores;
  /** Absent in states of before there were any. */
  readonly badShares?: SavedScores;
  readonly series: SavedTickSeries;
  /** Absent where nothing was ever judged. */
  readonly sampler?: SavedSampler;
  readonly golden?: SavedGolden;
  /** How many the bytes beside it are; absent: they are one, the sampler's words. */
  readonly sections?: number;
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

const EMPTY: Uint8Array = new Uint8Array();

/** Before any verdict: bad answers are rare where somebody uses what answers. */
const BAD_FORECAST = 0.05;

/** Carries event time through the judge: draws calls, asks, settles, and follows the money. */
export class Judging {
  readonly #options: JudgingOptions;
  readonly #judge: Judge;
  readonly #counts: Tally;
  readonly #series = new TickSeries();
  readonly #scores: Scores;
  /** Of verdicts that are bad (1) or not (0). */
  readonly #badShares: Scores;
  #badBelow: ReadonlyMap<string, number> = new Map();
  readonly #golden: GoldenRounds;
  #setup: JudgeSetup | undefined;
  /** Lives as long as its key: draws of one day are made by one key. */
  #sampler: Sampler | undefined;

  constructor(options: JudgingOptions, counts: Tally) {
    this.#options = options;
    this.#counts = counts;
    this.#scores = new Scores(options.limits.awaitedVerdicts);
    this.#badShares = new Scores(options.limits.awaitedVerdicts, BAD_FORECAST);
    this.#golden = new GoldenRounds(options.goldenText ?? (() => undefined), counts);
    const textOfItem = (id: string): CallText | undefined => this.#golden.textOf(id);
    this.#judge = new Judge({ limits: options.limits, counts, textOfItem });
  }

  reload(setup: EngineSetup, at: EpochMs): void {
    const { judge } = setup;
    const { rubrics } = rubricsOf(setup, this.#options);
    // Verdicts that mean something else are never mixed with those of before.
    const changed = this.#judge.reload(judge, rubrics, at);
    this.#scores.restart(changed);
    this.#badShares.restart(changed);
    this.#badBelow = new Map(rubrics.map(({ name, badBelow }) => [name, badBelow]));
    this.#golden.reload(triedJudge(setup), rubrics, this.#judge);
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
    const before = this.#limitsReached(this.#sampler);
    const draw = this.#judge.offer(call, this.#sampler, at);
    if (draw !== undefined) {
      this.#scores.count(draw);
      this.#badShares.count(draw);
    }
    for (const [name, count] of Object.entries(this.#limitsReached(this.#sampler))) {
      const more = count - (before[name] ?? 0);
      if (more > 0) this.#counts.add(name, more);
    }
  }

  answer(ask: string, answer: JudgeAnswer, at: EpochMs): void {
    this.#judge.answer(ask, answer, at);
  }

  advance(at: EpochMs): void {
    this.#judge.advance(at);
    this.#golden.advance(this.#judge, at);
    this.#followMoney(at);
  }

  /** Has the golden set judged ahead of calls, before a page about quality; asks leave with `take`. */
  requestGolden(at: EpochMs): void {
    this.#golden.request(this.#judge, at);
  }

  /** Whether that page has to wait, and what the golden set shows. */
  requestedGolden(at: EpochMs): ReturnType<GoldenRounds["requested"]> {
    return this.#golden.requested(at);
  }

  /** What came of what was applied since the last time. */
  take(at: EpochMs): JudgingOutput {
    const { asks, judged, draws, items } = this.#judge.take();
    this.#golden.settle(items, at);
    for (const draw of draws)
      for (const { name, score, doubted } of draw.rubrics) {
        const verdict = doubted === true ? "doubted" : score;
        this.#scores.settle(draw, name, verdict);
        this.#badShares.settle(draw, name, this.#badnessOf(name, verdict));
      }
    return { asks, draws, judged };
  }

  /** Writes the judge's own series at a tick. */
  sampleAt(tick: EpochMs, append: Append): void {
    const [setup, view] = [this.#setup, this.view(tick)];
    const rows: SeriesRow[] = [];
    if (setup !== undefined && view !== undefined) {
      this.#scores.expire(tick);
      this.#badShares.expire(tick);
      rows.push(...judgeRows({ setup, ...view, counts: this.#counts.counts }));
      rows.push(...scoreRows(this.#scores, tick));
      rows.push(...outcomeRows(this.#counts.counts), ...this.#golden.rows(tick));
      const versions = this.#judge.bench?.versions ?? new Map<string, string>();
      const { calibrations = [] } = setup;
      rows.push(...calibrationRows(calibrations, versions));
      rows.push(...badShareRows(this.#badShares, confusionsOf(calibrations, versions), tick));
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

  /** What is JSON, and the rest. */
  save(): { readonly state: SavedJudging; readonly bytes: Uint8Array } {
    const sampler = this.#sampler?.save();
    const numbers = new NumberWriter();
    const state = {
      judge: this.#judge.save(),
      scores: this.#scores.save(numbers),
      badShares: this.#badShares.save(numbers),
      series: this.#series.save(),
      ...(sampler === undefined ? {} : { sampler }),
      golden: this.#golden.save(),
      sections: 2,
    };
    const words = this.#sampler?.saveWords() ?? new Uint32Array();
    return { state, bytes: packSections([bytesOf(words), bytesOf(numbers.numbers)]) };
  }

  /** Goes on from what was saved under this setup. */
  load(saved: SavedJudging, bytes: Uint8Array, setup: EngineSetup, at: EpochMs): void {
    const [words = EMPTY, scores = EMPTY] =
      saved.sections === undefined ? [bytes] : unpackSections(bytes);
    const numbers = new NumberReader(numbersOf(scores));
    const { judge } = setup;
    this.#setup = judge;
    const { rubrics } = rubricsOf(setup, this.#options);
    this.#judge.load(saved.judge, judge, rubrics);
    this.#golden.load(saved.golden, triedJudge(setup), { rubrics, judge: this.#judge });
    this.#scores.load(saved.scores, numbers);
    if (saved.badShares !== undefined) this.#badShares.load(saved.badShares, numbers);
    numbers.end();
    this.#badBelow = new Map(rubrics.map(({ name, badBelow }) => [name, badBelow]));
    this.#series.load(saved.series);
    this.#sampler = judge && this.#newSampler(judge, at);
    if (saved.sampler !== undefined) this.#sampler?.load(saved.sampler, wordsOf(words));
  }

  /** How often a limit was reached so far, by the name that it is counted under. */
  #limitsReached(sampler: Sampler): Readonly<Record<string, number>> {
    return {
      judge_conversations_forgotten_early: sampler.forgottenEarly,
      judge_segments_folded: sampler.foldedCalls,
      judge_flags_left_out: sampler.flagsLeftOut,
      judge_verdicts_not_awaited: this.#scores.notAwaited,
    };
  }

  #badnessOf(
    rubric: string,
    verdict: number | "doubted" | undefined,
  ): number | "doubted" | undefined {
    if (typeof verdict !== "number") return verdict;
    return verdict < (this.#badBelow.get(rubric) ?? 0) ? 1 : 0;
  }

  #newSampler(setup: JudgeSetup, at: EpochMs): Sampler {
    return new Sampler({ setup, key: setup.key, limits: this.#options.limits, at });
  }

  /** With a cap, what is left of it over the days that it is for decides how many are judged. */
  #followMoney(at: EpochMs): void {
    const affordable = this.#judge.affordablePerDay(at);
    const share = this.#setup?.golden === undefined ? 1 : 1 - GOLDEN_SHARE;
    this.#sampler?.setVerdictsPerDay(affordable && affordable * share);
  }
}

/** Where no call's text is there to be judged, nobody pays for knowing how it would be judged. */
function triedJudge({ judge, capture = "off" }: EngineSetup): JudgeSetup | undefined {
  return capture === "off" ? undefined : judge;
}
