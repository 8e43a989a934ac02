import { assert } from "../model/assert.ts";
import { InputError } from "../model/input-error.ts";
import type { EpochMs } from "../model/time.ts";
import type { Draw } from "./draw.ts";
import type { NumberReader, NumberWriter } from "./saved-numbers.ts";
import {
  type SavedWindow,
  type ScoredCall,
  type ScoreEstimate,
  ScoreWindow,
  type WindowName,
} from "./score-window.ts";

const WINDOW_NAMES = ["15m", "1h", "1d"] as const;
/** A forecast is the mean of about so many verdicts, the latest counting most. */
const FORECAST_VERDICTS = 200;
/** Before any verdict: of scores, of which nothing is known. */
const FIRST_FORECAST = 0.5;

/** A running mean of verdicts. */
type Mean = { value: number; count: number };

/** The scores of one segment by one rubric. */
type Score = {
  readonly windows: Readonly<Record<WindowName, ScoreWindow>>;
  /** What is expected of a call, by its first flag; of those without one under "". */
  readonly forecasts: Map<string, Mean>;
};

/** A drawn call that has no verdict yet. */
type Awaited = ScoredCall & {
  readonly rubric: string;
  readonly segment: string;
  readonly stratum: string;
};

/** All but the numbers, which are written apart: the windows', score by score, then those of what is awaited. */
export type SavedScores = {
  readonly scores: readonly {
    readonly segment: string;
    readonly rubric: string;
    /** Of states that were written before they were numbers. */
    readonly windows?: Readonly<Record<WindowName, SavedWindow>>;
    readonly forecasts: readonly (readonly [stratum: string, value: number, count: number])[];
  }[];
  readonly rubrics: readonly (readonly [rubric: string, value: number, count: number])[];
  /** Keys; with their calls in states that were written before these were numbers. */
  readonly awaited: readonly (string | readonly [key: string, call: Awaited])[];
  /** Rubrics, segments and strata of what is awaited, by the numbers that stand for them. */
  readonly names?: readonly string[];
  readonly notAwaited: number;
};

/**
 * Scores of all calls from the verdicts of some: the mean of `forecast + 1{judged} · (score −
 * forecast) / π` over every eligible call. It is unbiased for every rate that was set from the past,
 * because neither π nor the forecast depends on the call's own verdict.
 */
export class Scores {
  readonly #awaitedMax: number;
  readonly #firstForecast: number;
  /** By rubric, then by segment. */
  readonly #scores = new Map<string, Map<string, Score>>();
  /** What is expected of a rubric where a segment has no verdict yet. */
  readonly #rubrics = new Map<string, Mean>();
  readonly #awaited = new Map<string, Awaited>();
  #notAwaited = 0;

  /**
   * @param awaitedMax verdicts that are waited for; the oldest beyond it are missing
   * @param firstForecast what is expected of a call before any verdict: 0 to 1
   */
  constructor(awaitedMax: number, firstForecast: number = FIRST_FORECAST) {
    this.#awaitedMax = awaitedMax;
    this.#firstForecast = firstForecast;
  }

  /** Verdicts that were given up because too many are waited for. */
  get notAwaited(): number {
    return this.#notAwaited;
  }

  /** Counts an eligible call, drawn or not, before anything is known of its verdict. */
  count(draw: Draw): void {
    const { at, segment, weight, flags } = draw;
    const stratum = flags[0] ?? "";
    for (const { name, inclusion, drawn } of draw.rubrics) {
      // A service that is not judged has no score.
      if (inclusion === 0) continue;
      const score = this.#scoreOf(name, segment);
      const forecast = this.#forecast(score, name, stratum);
      const call = { at, inclusion, weight, forecast };
      for (const window of WINDOW_NAMES) score.windows[window].count(call, drawn);
      if (drawn) this.#await(keyOf(draw, name), { ...call, rubric: name, segment, stratum });
    }
  }

  /**
   * Takes the verdict on a drawn call by one rubric; absent: it is missing for good, `"doubted"` where
   * a first look found it bad.
   */
  settle(
    draw: Pick<Draw, "traceId" | "spanId">,
    rubric: string,
    verdict: number | "doubted" | undefined,
  ): void {
    assert(
      typeof verdict !== "number" || (verdict >= 0 && verdict <= 1),
      "a verdict is from 0 to 1",
    );
    const key = keyOf(draw, rubric);
    const call = this.#awaited.get(key);
    if (call !== undefined) this.#settle(key, call, verdict);
  }

  /** The score of a segment's calls in the window that ends now; `undefined` without calls. */
  estimate(
    rubric: string,
    segment: string,
    window: WindowName,
    at: EpochMs,
  ): ScoreEstimate | undefined {
    return this.#scores.get(rubric)?.get(segment)?.windows[window].estimate(at);
  }

  /** All that have calls in the window that ends now. */
  estimates(
    window: WindowName,
    at: EpochMs,
  ): readonly {
    readonly rubric: string;
    readonly segment: string;
    readonly estimate: ScoreEstimate;
  }[] {
    const found = [];
    for (const [rubric, segments] of this.#scores) {
      for (const segment of segments.keys()) {
        const estimate = this.estimate(rubric, segment, window, at);
        if (estimate !== undefined) found.push({ rubric, segment, estimate });
      }
    }
    return found;
  }

  /** Forgets what is a day old; a segment without calls in a day is forgotten whole. */
  expire(at: EpochMs): void {
    for (const segments of this.#scores.values()) {
      for (const [segment, { windows }] of segments) {
        for (const window of WINDOW_NAMES) windows[window].expire(at);
        if (windows["1d"].isEmpty) segments.delete(segment);
      }
    }
  }

  /** Verdicts by these rubrics come to mean something else: nothing that was is mixed with what comes. */
  restart(rubrics: ReadonlySet<string>): void {
    for (const rubric of rubrics) {
      this.#scores.delete(rubric);
      this.#rubrics.delete(rubric);
    }
    for (const [key, { rubric }] of this.#awaited)
      if (rubrics.has(rubric)) this.#awaited.delete(key);
  }

  save(numbers: NumberWriter): SavedScores {
    const scores = [...this.#scores].flatMap(([rubric, segments]) =>
      Array.from(segments, ([segment, { windows, forecasts }]) => {
        for (const window of WINDOW_NAMES) windows[window].save(numbers);
        return { segment, rubric, forecasts: saveMeans(forecasts) };
      }),
    );
    const names = new Map<string, number>();
    const numberOf = (name: string): number => {
      const number = names.get(name) ?? names.size;
      names.set(name, number);
      return number;
    };
    for (const { at, inclusion, weight, forecast, ...call } of this.#awaited.values()) {
      numbers.add(at, inclusion, weight, forecast);
      numbers.add(numberOf(call.rubric), numberOf(call.segment), numberOf(call.stratum));
    }
    return {
      scores,
      rubrics: saveMeans(this.#rubrics),
      awaited: [...this.#awaited.keys()],
      names: [...names.keys()],
      notAwaited: this.#notAwaited,
    };
  }

  load(saved: SavedScores, numbers: NumberReader): void {
    for (const { segment, rubric, windows, forecasts } of saved.scores) {
      const score = this.#newScore(rubric, segment, (window) =>
        windows === undefined
          ? ScoreWindow.read(window, numbers)
          : new ScoreWindow(window, windows[window]),
      );
      for (const [stratum, value, count] of forecasts)
        score.forecasts.set(stratum, { value, count });
    }
    for (const [rubric, value, count] of saved.rubrics) this.#rubrics.set(rubric, { value, count });
    const { names = [] } = saved;
    for (const one of saved.awaited) {
      const [key, call] = typeof one === "string" ? [one, readAwaited(numbers, names)] : one;
      this.#awaited.set(key, call);
    }
    this.#notAwaited = saved.notAwaited;
  }

  #scoreOf(rubric: string, segment: string): Score {
    return (
      this.#scores.get(rubric)?.get(segment) ??
      this.#newScore(rubric, segment, (window) => new ScoreWindow(window))
    );
  }

  #newScore(rubric: string, segment: string, windowOf: (name: WindowName) => ScoreWindow): Score {
    let segments = this.#scores.get(rubric);
    if (segments === undefined) {
      segments = new Map();
      this.#scores.set(rubric, segments);
    }
    const windows = { "15m": windowOf("15m"), "1h": windowOf("1h"), "1d": windowOf("1d") };
    const score = { windows, forecasts: new Map<string, Mean>() };
    segments.set(segment, score);
    return score;
  }

  /** From earlier verdicts: of the stratum, else of calls without flags, else of all segments. */
  #forecast({ forecasts }: Score, rubric: string, stratum: string): number {
    const mean = forecasts.get(stratum) ?? forecasts.get("") ?? this.#rubrics.get(rubric);
    return mean?.value ?? this.#firstForecast;
  }

  #await(key: string, call: Awaited): void {
    this.#awaited.set(key, call);
    if (this.#awaited.size <= this.#awaitedMax) return;
    const [oldest] = this.#awaited;
    assert(oldest !== undefined, "what is above a limit is not empty");
    this.#notAwaited++;
    this.#settle(...oldest, undefined);
  }

  #settle(key: string, call: Awaited, verdict: number | "doubted" | undefined): void {
    const { rubric, segment, stratum, forecast } = call;
    this.#awaited.delete(key);
    const score = this.#scoreOf(rubric, segment);
    for (const window of WINDOW_NAMES) score.windows[window].settle(call, verdict);
    if (typeof verdict !== "number") return;
    for (const [means, name] of [
      [score.forecasts, stratum],
      [this.#rubrics, rubric],
    ] as const) {
      // What was forecast before the first verdict counts as one.
      const mean = means.get(name) ?? { value: forecast, count: 1 };
      mean.count = Math.min(mean.count + 1, FORECAST_VERDICTS);
      mean.value += (verdict - mean.value) / mean.count;
      means.set(name, mean);
    }
  }
}

function keyOf({ traceId, spanId }: Pick<Draw, "traceId" | "spanId">, rubric: string): string {
  return traceId + spanId + rubric;
}

function readAwaited(numbers: NumberReader, names: readonly string[]): Awaited {
  const [at, inclusion] = [numbers.next(), numbers.next()];
  const [weight, forecast] = [numbers.next(), numbers.next()];
  const nextName = (): string => {
    const name = names[numbers.next()];
    if (name === undefined) throw new InputError("snapshot", "an awaited verdict is of no segment");
    return name;
  };
  const [rubric, segment, stratum] = [nextName(), nextName(), nextName()];
  return { at, inclusion, weight, forecast, rubric, segment, stratum };
}

function saveMeans(means: ReadonlyMap<string, Mean>): SavedScores["rubrics"] {
  return Array.from(means, ([name, { value, count }]) => [name, value, count] as const);
}
