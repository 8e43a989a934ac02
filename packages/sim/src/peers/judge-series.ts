import { Random } from "../random.ts";
import { ScrapedProcess, STEP_S } from "./scraped-series.ts";
import type { ScrapedSeries } from "./scraped-series.ts";

/** Minutes from the start, from and to. */
type Span = readonly [from: number, to: number];

/** Each trouble long enough for its alert to fire, and once too short for it. */
const FAILING: readonly Span[] = [
  [100, 118],
  [160, 165],
];
/** After a short trouble so many good calls that bad ones are soon no half of all. */
const CATCHING_UP: readonly Span[] = [
  [165, 172],
  [513, 520],
];
const OUT_OF_BUDGET: readonly Span[] = [
  [240, 240.5],
  [260, 275],
];
const STUCK: readonly Span[] = [
  [300, 340],
  [380, 399],
];
const QUEUE_FULL: readonly Span[] = [[430, 436]];
const WITHOUT_TEXT: readonly Span[] = [
  [480, 513],
  [600, 655],
];
const DRIFTING: readonly Span[] = [
  [120, 130],
  [200, 260],
];
const DISAGREEING: readonly Span[] = [
  [100, 130],
  [400, 490],
];
const UNJUDGED: readonly Span[] = [
  [60, 90],
  [130, 1010],
];
/** So early that a few missing verdicts are many, until there are more. */
const MISSING_AT_FIRST: readonly Span[] = [[1, 2]];

/** What the judge writes about itself, on good days and bad ones. */
export function judgeSeries(seed: number, steps: number): readonly ScrapedSeries[] {
  const random = new Random(seed, "judge");
  const process = new ScrapedProcess(random);
  const count = (what: string, of: Readonly<Record<string, string>>, times: number): void => {
    // Each stands for somewhat more than one, so that no ratio falls on a limit.
    const weight = times === 0 ? 0 : times * random.between(1, 1.2);
    process.count(`naruko_judge_${what}_total`, of, weight);
  };
  for (let step = 0; step < steps; step++) {
    const minute = (step * STEP_S) / 60;
    const isIn = (spans: readonly Span[]): boolean =>
      spans.some(([from, to]) => minute >= from && minute < to);
    const isStuck = isIn(STUCK);
    const isBroke = isIn(OUT_OF_BUDGET);
    const isFailing = isIn(FAILING);
    const isJudging = !isStuck && !isBroke && !isFailing;
    const answers = isIn(CATCHING_UP) ? 6 : 1;
    count("calls", { state: "eligible" }, isIn(WITHOUT_TEXT) ? 0 : 3 * answers);
    count("calls", { state: "without-text" }, isIn(WITHOUT_TEXT) ? 3 : 0);
    count("requests", { outcome: "answered" }, isJudging ? answers : 0);
    count("requests", { outcome: "server-error" }, isFailing ? 4 : 0);
    count("requests", { outcome: "interrupted" }, random.chance(0.02) ? 1 : 0);
    count("verdicts", {}, isJudging ? answers : 0);
    count("missing", { reason: "server-error" }, isFailing || isIn(MISSING_AT_FIRST) ? 1 : 0);
    count("missing", { reason: "budget" }, isBroke ? 1 : 0);
    count("missing", { reason: "queue-full" }, isIn(QUEUE_FULL) ? 1 : 0);
    process.measure("naruko_judge_waiting", {}, isStuck ? 3 : 0);
    process.measure("naruko_judge_out_of_budget", {}, isBroke ? 1 : 0);
    measureTrust(process, isIn, random);
    process.scrape(step);
  }
  return process.series;
}

/** How the golden set stands: one rubric's judge drifts and disagrees, the other's judges nothing. */
function measureTrust(
  process: ScrapedProcess,
  isIn: (spans: readonly Span[]) => boolean,
  random: Random,
): void {
  const drift = random.between(0.05, 0.2);
  const toGood = isIn(DRIFTING) ? drift : drift / 10;
  const pValue = isIn(DRIFTING) ? random.between(1e-9, 1e-6) : random.between(0.0001, 1);
  const agreement = isIn(DISAGREEING) ? random.between(0.6, 0.79) : random.between(0.81, 1);
  const set = "naruko_judge_golden_items";
  const [safety, tone] = [{ rubric: "safety" }, { rubric: "tone" }];
  process.measure("naruko_judge_drift", { ...safety, direction: "good" }, toGood);
  process.measure("naruko_judge_drift", { ...safety, direction: "bad" }, drift / 20);
  process.measure("naruko_judge_drift_p_value", safety, pValue);
  process.measure("naruko_judge_golden_agreement", safety, agreement);
  process.measure(set, { ...safety, state: "labelled" }, 382);
  process.measure(set, { ...safety, state: "judged" }, 300 + random.int(80));
  process.measure(set, { ...tone, state: "labelled" }, 25);
  process.measure(set, { ...tone, state: "judged" }, isIn(UNJUDGED) ? 0 : 20);
}
