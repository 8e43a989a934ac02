import type { JudgeSetup, MissingReason } from "../model/judge.ts";
import { type Labels, labels, METRIC_NAME } from "../model/labels.ts";
import type { MetricMetadata } from "../model/received-series.ts";
import { type Append, STALE } from "../model/sample.ts";
import type { EpochMs } from "../model/time.ts";
import { type Confusion, Z } from "./calibration.ts";
import { reportedRate } from "./corrected-rate.ts";
import type { Scores } from "./estimate.ts";
import type { JudgeView } from "./judge.ts";
import type { ScoreEstimate } from "./score-window.ts";
import type { RatesView } from "./rates.ts";

/** Every reason, so that its series is there, at 0, before the first: `rate` sees that one too. */
const REASONS: Readonly<Record<MissingReason, true>> = {
  "rate-limited": true,
  "server-error": true,
  timeout: true,
  connection: true,
  rejected: true,
  refused: true,
  truncated: true,
  malformed: true,
  partial: true,
  foreign: true,
  budget: true,
  "queue-full": true,
  expired: true,
  interrupted: true,
  reloaded: true,
};

/** What became of calls that could be judged: names of counts, as the `state` label says them. */
const CALL_STATES = ["eligible", "drawn", "without-text", "without-rubric"] as const;

const gauge = (name: string, help: string, unit = ""): MetricMetadata => ({
  name,
  type: "gauge",
  help,
  unit,
});
const counter = (name: string, help: string, unit = ""): MetricMetadata => ({
  name,
  type: "counter",
  help,
  unit,
});

/** The series that the judge has of its own, beside the scores. */
export const JUDGE_METADATA: readonly MetricMetadata[] = [
  counter("naruko_judge_calls_total", "Calls that the judge came across, by what became of them."),
  counter("naruko_judge_requests_total", "Requests to the judge that have ended, by outcome."),
  counter("naruko_judge_verdicts_total", "Verdicts, one a call and rubric."),
  counter(
    "naruko_judge_unasked_verdicts_total",
    "Verdicts by rubrics that nobody asked about, which are no scores.",
  ),
  counter("naruko_judge_missing_total", "Verdicts that are missing, by reason."),
  counter("naruko_judge_spent_usd_total", "What the judge has cost in US dollars.", "usd"),
  gauge("naruko_judge_spent_usd", "What the judge has cost in this UTC day or month.", "usd"),
  gauge("naruko_judge_budget_usd", "What the judge may cost in a UTC day or month.", "usd"),
  gauge("naruko_judge_forecast_usd", "What the judge will cost in this UTC month.", "usd"),
  gauge("naruko_judge_out_of_budget", "1 where a cap left no room for the last request."),
  gauge("naruko_judge_waiting", "Calls that wait for their verdicts."),
  gauge("naruko_judge_under_way", "Requests to the judge without an answer yet."),
  gauge("naruko_judge_candidate_rate", "Share of a segment's candidates that is judged."),
  gauge("naruko_judge_coverage_rate", "Share of a segment's other calls that is judged."),
  gauge("naruko_quality_score", "Mean score of all calls, from the verdicts of some."),
  gauge("naruko_quality_score_lower", "Lower end of the score's interval of 95 %."),
  gauge("naruko_quality_score_upper", "Upper end of the score's interval of 95 %."),
  gauge("naruko_quality_score_verdicts", "Verdicts that the score rests on."),
  gauge("naruko_quality_bad_share", "Share of all calls that is bad, from the verdicts of some."),
  gauge("naruko_quality_bad_share_lower", "Lower end of the bad share's interval of 95 %."),
  gauge("naruko_quality_bad_share_upper", "Upper end of the bad share's interval of 95 %."),
  gauge("naruko_quality_bad_share_corrected", "Share of all calls that people would call bad."),
  gauge("naruko_quality_bad_share_corrected_lower", "Lower end of its interval of 95 %."),
  gauge("naruko_quality_bad_share_corrected_upper", "Upper end of its interval of 95 %."),
];

/** Scores of all calls with their intervals, as series; a segment is `service|provider|model`. */
export function* scoreRows(scores: Scores, at: EpochMs): Generator<SeriesRow> {
  for (const { own, estimate } of shownEstimates(scores, at)) {
    // Without a verdict it would be what was forecast, and look like a finding.
    if (estimate.judged > 0) yield ["naruko_quality_score", own, estimate.score];
    yield ["naruko_quality_score_lower", own, estimate.lower];
    yield ["naruko_quality_score_upper", own, estimate.upper];
    yield ["naruko_quality_score_verdicts", own, estimate.judged];
  }
}

/**
 * Shares of all calls that are bad by a rubric, with their intervals; and what people would call bad,
 * where the labels of a calibration are enough to say it better than the share itself does.
 */
export function* badShareRows(
  shares: Scores,
  confusions: ReadonlyMap<string, Confusion>,
  at: EpochMs,
): Generator<SeriesRow> {
  for (const { rubric, own, estimate } of shownEstimates(shares, at)) {
    const { score: rate, lower, upper, judged } = estimate;
    yield ["naruko_quality_bad_share_lower", own, lower];
    yield ["naruko_quality_bad_share_upper", own, upper];
    if (judged === 0) continue;
    yield ["naruko_quality_bad_share", own, rate];
    const confusion = confusions.get(rubric);
    if (confusion === undefined) continue;
    const error = (upper - lower) / 2 / Z;
    const verdicts = error > 0 ? (rate * (1 - rate)) / error ** 2 : Infinity;
    const reported = reportedRate({ rate, verdicts }, confusion);
    if (reported.kind === "raw") continue;
    yield ["naruko_quality_bad_share_corrected", own, reported.rate];
    yield ["naruko_quality_bad_share_corrected_lower", own, reported.low];
    yield ["naruko_quality_bad_share_corrected_upper", own, reported.high];
  }
}

type ShownEstimate = {
  readonly rubric: string;
  readonly own: Readonly<Record<string, string>>;
  readonly estimate: ScoreEstimate;
};

function* shownEstimates(scores: Scores, at: EpochMs): Generator<ShownEstimate> {
  for (const window of ["15m", "1h", "1d"] as const) {
    for (const { rubric, segment, estimate } of scores.estimates(window, at)) {
      const [service = "", provider = "", ...model] = segment.split("|");
      const own = {
        service_name: service,
        gen_ai_provider_name: provider,
        gen_ai_request_model: model.join("|"),
        gen_ai_evaluation_name: rubric,
        window,
      };
      yield { rubric, own, estimate };
    }
  }
}

export type JudgeStanding = {
  readonly setup: JudgeSetup;
  readonly view: JudgeView;
  readonly rates: RatesView;
  readonly counts: ReadonlyMap<string, number>;
};

export type SeriesRow = readonly [
  name: string,
  labels: Readonly<Record<string, string>>,
  value: number,
];

/** JSON of name and labels. */
export type SavedTickSeries = readonly string[];

/** Writes series of its own at each tick, and ends those that are gone. */
export class TickSeries {
  /** Written at the last tick. */
  #open = new Map<string, Labels>();

  sampleAt(tick: EpochMs, rows: Iterable<SeriesRow>, append: Append): void {
    const written = new Map<string, Labels>();
    for (const [name, own, value] of rows) {
      const key = JSON.stringify([name, own]);
      const full = this.#open.get(key) ?? labels({ ...own, [METRIC_NAME]: name });
      append(full, tick, value);
      written.set(key, full);
    }
    for (const [key, full] of this.#open) if (!written.has(key)) append(full, tick, STALE);
    this.#open = written;
  }

  /** Which series are open: those that a restart brings no more are ended after it all the same. */
  save(): SavedTickSeries {
    return [...this.#open.keys()];
  }

  load(saved: SavedTickSeries): void {
    for (const key of saved) {
      const [name, own] = JSON.parse(key) as [name: string, own: SeriesRow[1]];
      this.#open.set(key, labels({ ...own, [METRIC_NAME]: name }));
    }
  }
}

/** How the judge stands, as series. */
export function* judgeRows({ setup, view, rates, counts }: JudgeStanding): Generator<SeriesRow> {
  const countOf = (name: string): number => counts.get(name) ?? 0;
  for (const state of CALL_STATES)
    yield ["naruko_judge_calls_total", { state }, countOf(`judge_calls_${state}`)];
  for (const outcome of ["answered", ...Object.keys(REASONS)])
    yield ["naruko_judge_requests_total", { outcome }, countOf(`judge_requests_${outcome}`)];
  for (const reason of Object.keys(REASONS))
    yield ["naruko_judge_missing_total", { reason }, countOf(`judge_missing_${reason}`)];
  yield ["naruko_judge_verdicts_total", {}, countOf("judge_verdicts")];
  yield ["naruko_judge_unasked_verdicts_total", {}, countOf("judge_unasked")];
  yield ["naruko_judge_spent_usd_total", {}, view.totalUsd];
  yield ["naruko_judge_spent_usd", { window: "day" }, view.dayUsd];
  yield ["naruko_judge_spent_usd", { window: "month" }, view.monthUsd];
  const { usdPerDay, usdPerMonth } = setup;
  if (usdPerDay !== undefined) yield ["naruko_judge_budget_usd", { window: "day" }, usdPerDay];
  if (usdPerMonth !== undefined)
    yield ["naruko_judge_budget_usd", { window: "month" }, usdPerMonth];
  yield ["naruko_judge_forecast_usd", {}, view.forecastUsd];
  yield ["naruko_judge_out_of_budget", {}, view.isOutOfMoney ? 1 : 0];
  yield ["naruko_judge_waiting", {}, view.waiting];
  yield ["naruko_judge_under_way", {}, view.underWay];
  for (const { segment, rates: of } of rates.segments) {
    yield ["naruko_judge_candidate_rate", { segment }, of.candidate];
    yield ["naruko_judge_coverage_rate", { segment }, of.coverage];
  }
}
