import { assert } from "../model/assert.ts";
import type { EpochMs } from "../model/time.ts";
import type { Draw } from "./draw.ts";
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

export type SavedScores = {
  readonly scores: readonly {
    readonly segment: string;
    readonly rubric: string;
    readonly windows: Readonly<Record<WindowName, SavedWindow>>;
    readonly forecasts: readonly (readonly [stratum: string, value: number, count: number])[];
  }[];
  readonly rubrics: readonly (readonly [rubric: string, value: number, count: number])[];
  readonly awaited: readonly (readonly [key: string, call: Awaited])[];
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

  /** Verdicts come to mean something else: nothing that was is mixed with what comes. */
  restart(): void {
    this.#scores.clear();
    this.#rubrics.clear();
    this.#awaited.clear();
  }

  save(): SavedScores {
    return {
      scores: [...this.#scores].flatMap(([rubric, segments]) =>
        Array.from(segments, ([segment, { windows, forecasts }]) => ({
          segment,
          rubric,
          windows: {
            "15m": windows["15m"].save(),
            "1h": windows["1h"].save(),
            "1d": windows["1d"].save(),
          },
          forecasts: saveMeans(forecasts),
        })),
      ),
      rubrics: saveMeans(this.#rubrics),
      awaited: [...this.#awaited],
      notAwaited: this.#notAwaited,
    };
  }

  load(saved: SavedScores): void {
    for (const { segment, rubric, windows, forecasts } of saved.scores) {
      const score = this.#scoreOf(rubric, segment, windows);
      for (const [stratum, value, count] of forecasts)
        score.forecasts.set(stratum, { value, count });
    }
    for (const [rubric, value, count] of saved.rubrics) this.#rubrics.set(rubric, { value, count });
    for (const [key, call] of saved.awaited) this.#awaited.set(key, call);
    this.#notAwaited = saved.notAwaited;
  }

  #scoreOf(
    rubric: string,
    segment: string,
    saved: Partial<Record<WindowName, SavedWindow>> = {},
  ): Score {
    let segments = this.#scores.get(rubric);
    if (segments === undefined) {
      segments = new Map();
      this.#scores.set(rubric, segments);
    }
    let score = segments.get(segment);
    if (score === undefined) {
      const windows = {
        "15m": new ScoreWindow("15m", saved["15m"]),
        "1h": new ScoreWindow("1h", saved["1h"]),
        "1d": new ScoreWindow("1d", saved["1d"]),
      };
      score = { windows, forecasts: new Map() };
      segments.set(segment, score);
    }
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

function saveMeans(means: ReadonlyMap<string, Mean>): SavedScores["rubrics"] {
  return Array.from(means, ([name, { value, count }]) => [name, value, count] as const);
}
