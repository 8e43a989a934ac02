import type { Draw } from "@naruko/core/judge/draw";
import { Draws } from "@naruko/core/judge/draws";
import { Scores } from "@naruko/core/judge/estimate";
import type { ScoreEstimate } from "@naruko/core/judge/score-window";
import { epochMs, HOUR_MS } from "@naruko/core/model/time";
import { Random } from "../random.ts";
import { judgedWorld, type WorldCall, type WorldOptions } from "./judged-world.ts";
import type { Past, Policy } from "./rate-policies.ts";

/** Whose verdicts stay out. */
export type Missing = {
  /** Probability for a good call and for a bad one. */
  readonly good: number;
  readonly bad: number;
};

export type StudyOptions = WorldOptions & {
  readonly seed: number;
  readonly runs: number;
  readonly missing: Missing;
};

/** What came of many windows under one policy. */
export type Study = {
  readonly runs: number;
  /** Of the calls, in the mean. */
  readonly judgedShare: number;
  /** Windows whose true score lay in the interval, and in that of the normal approximation. */
  readonly covered: number;
  readonly coveredByNormal: number;
  /** Mean width of both. */
  readonly width: number;
  readonly normalWidth: number;
  /** Mean error, of the estimate and of the plain mean of verdicts. */
  readonly bias: number;
  readonly plainBias: number;
  /** Standard error of `bias`, from the true variance: the one seen would miss what is rare. */
  readonly biasError: number;
};

// 2026-11-22, an hour's begin.
const START = 1_795_305_600_000;
const SEGMENT = "shop|openai|gpt-4o";
const RUBRIC = "faithfulness";

/** Windows of an hour, each in a world of its own and behind an hour that its bets are chosen by. */
export function studyCoverage(policy: Policy, options: StudyOptions): Study {
  const windows = Array.from({ length: options.runs }, (_, run) =>
    oneWindow(policy, options, options.seed * 1_000_000 + run),
  );
  const mean = (of: (one: Window) => number): number =>
    windows.reduce((sum, one) => sum + of(one), 0) / windows.length;
  const bias = mean(({ estimate, truth }) => estimate.unbiased - truth);
  return {
    runs: options.runs,
    judgedShare: mean(({ estimate }) => estimate.judged / estimate.calls),
    covered: mean((one) => isIn(one, one.estimate.lower, one.estimate.upper)),
    coveredByNormal: mean((one) => isIn(one, one.center - one.half, one.center + one.half)),
    width: mean(({ estimate }) => estimate.upper - estimate.lower),
    normalWidth: mean(
      ({ center, half }) => Math.min(1, center + half) - Math.max(0, center - half),
    ),
    bias,
    plainBias: mean(({ plain, truth }) => plain - truth),
    biasError: Math.sqrt(mean(({ variance }) => variance) / options.runs),
  };
}

function isIn({ truth }: Window, lower: number, upper: number): number {
  return truth >= lower - 1e-9 && truth <= upper + 1e-9 ? 1 : 0;
}

type Window = {
  readonly truth: number;
  /** Of the estimate, by which calls are judged. */
  readonly variance: number;
  readonly estimate: ScoreEstimate;
  /** The normal approximation: the same sum, and 1.96 estimated standard errors. */
  readonly center: number;
  readonly half: number;
  readonly plain: number;
};

function oneWindow(policy: Policy, options: StudyOptions, seed: number): Window {
  const random = new Random(seed, "window");
  const draws = new Draws(random.hex(32), 100_000);
  const scores = new Scores(100_000);
  let reference = new Reference();
  const { calls } = options;
  const world = judgedWorld(seed, { ...options, calls: 2 * calls });
  for (const [i, call] of world.entries()) {
    if (i === calls) reference = new Reference();
    const { candidate, coverage, flag } = policy.rates(reference.past());
    const rates = { epoch: i, candidate, calm: candidate, coverage, flag, rubrics: {} };
    const at = epochMs(START + Math.floor((i * HOUR_MS) / calls));
    const draw = draws.draw({ ...call, rubrics: [RUBRIC], weight: 1 }, SEGMENT, rates, at);
    scores.count(draw);
    const isMissing = random.chance(call.score < 0.5 ? options.missing.bad : options.missing.good);
    if (draw.kinds.length > 0) scores.settle(draw, RUBRIC, isMissing ? undefined : call.score);
    reference.take(call, draw, isMissing);
  }
  const estimate = scores.estimate(RUBRIC, SEGMENT, "1h", epochMs(START + 2 * HOUR_MS - 1));
  if (estimate === undefined) throw new Error("an hour with calls has a score");
  return { truth: reference.truth, estimate, ...reference.interval() };
}

/** The truth, and what is usually done: a sum by inverse probabilities, and the normal distribution. */
class Reference {
  #calls = 0;
  #scores = 0;
  #forecasts = 0;
  #corrections = 0;
  #variance = 0;
  #trueVariance = 0;
  #verdicts = 0;
  #verdictSum = 0;
  #sinceBadVerdict = Infinity;
  #sinceBad = Infinity;

  get truth(): number {
    return this.#scores / this.#calls;
  }

  past(): Past {
    const error = this.#forecasts + this.#corrections - this.#scores;
    return {
      calls: this.#calls,
      sinceBadVerdict: this.#sinceBadVerdict,
      badTime: this.#sinceBad <= 10,
      error: this.#variance > 0 ? Math.abs(error) / Math.sqrt(this.#variance) : 0,
    };
  }

  take({ score }: WorldCall, { kinds, inclusion }: Draw, isMissing: boolean): void {
    const forecast = (this.#verdictSum + 0.5) / (this.#verdicts + 1);
    this.#calls++;
    this.#scores += score;
    this.#forecasts += forecast;
    this.#trueVariance += ((score - forecast) ** 2 * (1 - inclusion)) / inclusion;
    this.#sinceBadVerdict++;
    this.#sinceBad = score < 0.5 ? 1 : this.#sinceBad + 1;
    if (kinds.length === 0 || isMissing) return;
    this.#corrections += (score - forecast) / inclusion;
    this.#variance += ((score - forecast) / inclusion) ** 2 * (1 - inclusion);
    this.#verdicts++;
    this.#verdictSum += score;
    if (score < 0.5) this.#sinceBadVerdict = 1;
  }

  interval(): Pick<Window, "variance" | "center" | "half" | "plain"> {
    return {
      variance: this.#trueVariance / this.#calls ** 2,
      center: (this.#forecasts + this.#corrections) / this.#calls,
      half: (1.96 * Math.sqrt(this.#variance)) / this.#calls,
      plain: this.#verdictSum / Math.max(1, this.#verdicts),
    };
  }
}
