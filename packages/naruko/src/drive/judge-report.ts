import type { Labels } from "@naruko/core/model/labels";
import { labelValue } from "@naruko/core/model/labels";
import { parseDuration } from "@naruko/core/model/duration";
import type { JudgeSetup } from "@naruko/core/model/judge";
import { DAY_MS, type EpochMs, SECOND_MS } from "@naruko/core/model/time";
import { type PromptTokens, promptTokens } from "../price/prompt-tokens.ts";
import { runQuery, type QuerySources } from "./query.ts";

/** Calls that a judge could judge, of one service, provider and model, in the last day. */
export type JudgedTraffic = {
  readonly service: string;
  readonly provider: string;
  readonly model: string;
  /** Good answers of models; embeddings, tools and failures are none. */
  readonly calls: number;
  /** Of all calls together. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** How long the segment is known, in ms: at most a day. */
  readonly seenMs: number;
};

/** Money, requests and verdicts of the judge, as it stands. */
export type JudgeStanding = {
  readonly dayUsd: number;
  readonly monthUsd: number;
  readonly totalUsd: number;
  readonly forecastUsd: number;
  readonly isOutOfMoney: boolean;
  readonly waiting: number;
  readonly underWay: number;
  /** Of the latest calls that were paid for, at the prices of the moment: how many, and what one did cost. */
  readonly paidCalls: number;
  readonly usdPerCall?: number;
  /** What became of calls: `eligible`, `drawn`, `without-text`, `without-rubric`. */
  readonly calls: Readonly<Record<string, number>>;
  /** By outcome. */
  readonly requests: Readonly<Record<string, number>>;
  readonly verdicts: number;
  /** By reason. */
  readonly missing: Readonly<Record<string, number>>;
};

/** A score of all calls of a segment by one rubric, over a window, with its interval of 95 %. */
export type ScoreRow = {
  readonly service: string;
  readonly provider: string;
  readonly model: string;
  readonly rubric: string;
  readonly window: string;
  readonly score: number;
  readonly lower: number;
  readonly upper: number;
  readonly verdicts: number;
};

/** What is known of the judge and of what it could judge; no key, no address and no text. */
export type JudgeReport = {
  readonly at: EpochMs;
  /** Absent where none is configured. */
  readonly judge?: Pick<
    JudgeSetup,
    "provider" | "model" | "rate" | "serviceRates" | "usdPerDay" | "usdPerMonth" | "price"
  > & { readonly secondPrice?: JudgeSetup["secondPrice"]; readonly prompt: PromptTokens };
  readonly standing?: JudgeStanding;
  /** By segment, `service|provider|model`: the shares that are drawn at this moment. */
  readonly rates: readonly {
    readonly segment: string;
    readonly candidate: number;
    readonly coverage: number;
    readonly flag: number;
  }[];
  readonly scores: readonly ScoreRow[];
  readonly traffic: readonly JudgedTraffic[];
};

/** Reports on the judge at a time, from a server's engine or from a data directory's. */
export async function judgeReport(sources: QuerySources, at: EpochMs): Promise<JudgeReport> {
  const { engine } = sources;
  const { judge: setup } = engine.setup;
  const seen = engine.judgeView(at);
  const scores = await scoreRows(sources, at);
  const traffic = await trafficOf(sources, at);
  const rates = (seen?.rates.segments ?? []).map(({ segment, rates: of }) => {
    const { candidate, coverage, flag } = of;
    return { segment, candidate, coverage, flag };
  });
  if (setup === undefined || seen === undefined) return { at, rates, scores, traffic };
  const counts = engine.counters();
  const { dayUsd, monthUsd, totalUsd, forecastUsd, isOutOfMoney } = seen.view;
  const { waiting, underWay, paidCalls, usdPerCall } = seen.view;
  return {
    at,
    judge: judgeOf(setup),
    standing: {
      dayUsd,
      monthUsd,
      totalUsd,
      forecastUsd,
      isOutOfMoney,
      waiting,
      underWay,
      paidCalls,
      ...(usdPerCall !== undefined && { usdPerCall }),
      calls: countsOf(counts, "judge_calls_"),
      requests: countsOf(counts, "judge_requests_"),
      verdicts: counts.get("judge_verdicts") ?? 0,
      missing: countsOf(counts, "judge_missing_"),
    },
    rates,
    scores,
    traffic,
  };
}

function judgeOf(setup: JudgeSetup): NonNullable<JudgeReport["judge"]> {
  const { provider, model, rate, serviceRates, usdPerDay, usdPerMonth, price, secondPrice } = setup;
  return {
    provider,
    model,
    rate,
    serviceRates,
    ...(usdPerDay !== undefined && { usdPerDay }),
    ...(usdPerMonth !== undefined && { usdPerMonth }),
    price,
    ...(secondPrice !== undefined && { secondPrice }),
    prompt: promptTokens(setup),
  };
}

function countsOf(
  counts: ReadonlyMap<string, number>,
  prefix: string,
): Readonly<Record<string, number>> {
  const own = [...counts].filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, count]) => [name.slice(prefix.length), count]));
}

const SEGMENT = "by (service_name, gen_ai_provider_name, gen_ai_request_model)";
/** Those of answers: what else models are called for has no text of theirs. */
const ANSWERS = 'error_type="",gen_ai_operation_name!="embeddings"';
const DURATIONS = `gen_ai_client_operation_duration_seconds_count{${ANSWERS}}`;
const tokens = (type: string): string =>
  `sum ${SEGMENT} (increase(gen_ai_client_token_usage_sum{${ANSWERS},gen_ai_token_type="${type}"}[1d]))`;

async function trafficOf(sources: QuerySources, at: EpochMs): Promise<readonly JudgedTraffic[]> {
  const calls = await rowsOf(`sum ${SEGMENT} (increase(${DURATIONS}[1d])) > 0`, sources, at);
  // In coarse steps over the day, and in fine ones for what has just begun.
  const since = await Promise.all(
    ["1d:5m", "15m:15s"].map((steps) =>
      valuesOf(`min ${SEGMENT} (min_over_time(timestamp(${DURATIONS})[${steps}]))`, sources, at),
    ),
  );
  const input = await valuesOf(tokens("input"), sources, at);
  const output = await valuesOf(tokens("output"), sources, at);
  return calls.map(({ labels, value }) => {
    const segment = segmentOf(labels);
    const key = JSON.stringify(segment);
    const seenMs = Math.max(...since.map((one) => at - (one.get(key) ?? Infinity) * SECOND_MS));
    return {
      ...segment,
      calls: value,
      inputTokens: input.get(key) ?? 0,
      outputTokens: output.get(key) ?? 0,
      seenMs: Math.min(DAY_MS, Math.max(0, Math.round(seenMs))),
    };
  });
}

async function scoreRows(sources: QuerySources, at: EpochMs): Promise<readonly ScoreRow[]> {
  const scores = await rowsOf("naruko_quality_score", sources, at);
  const ends = await Promise.all(
    ["lower", "upper", "verdicts"].map(async (end) => {
      const rows = await rowsOf(`naruko_quality_score_${end}`, sources, at);
      return new Map(rows.map(({ labels, value }) => [scoreKey(labels), value]));
    }),
  );
  const rows = scores.map(({ labels, value }) => {
    const [lower = NaN, upper = NaN, verdicts = 0] = ends.map((end) => end.get(scoreKey(labels)));
    const rubric = labelValue(labels, "gen_ai_evaluation_name");
    const window = labelValue(labels, "window");
    return { ...segmentOf(labels), rubric, window, score: value, lower, upper, verdicts };
  });
  return rows.toSorted(compareRows);
}

/** By service, as people look for it; of one rubric the shortest window is first. */
export function compareRows(a: ScoreRow, b: ScoreRow): number {
  const [left, right] = [placeOf(a), placeOf(b)];
  if (left !== right) return left < right ? -1 : 1;
  return windowMs(a.window) - windowMs(b.window);
}

function placeOf({ service, provider, model, rubric }: ScoreRow): string {
  return [service, provider, model, rubric].join("\u0000");
}

function windowMs(window: string): number {
  return parseDuration(window) ?? 0;
}

function scoreKey(labels: Labels): string {
  const own = ["gen_ai_evaluation_name", "window"].map((name) => labelValue(labels, name));
  return JSON.stringify([segmentOf(labels), own]);
}

function segmentOf(labels: Labels): Pick<ScoreRow, "service" | "provider" | "model"> {
  return {
    service: labelValue(labels, "service_name"),
    provider: labelValue(labels, "gen_ai_provider_name"),
    model: labelValue(labels, "gen_ai_request_model"),
  };
}

async function valuesOf(
  expr: string,
  sources: QuerySources,
  at: EpochMs,
): Promise<ReadonlyMap<string, number>> {
  const rows = await rowsOf(expr, sources, at);
  return new Map(rows.map(({ labels, value }) => [JSON.stringify(segmentOf(labels)), value]));
}

async function rowsOf(
  expr: string,
  sources: QuerySources,
  at: EpochMs,
): Promise<readonly { readonly labels: Labels; readonly value: number }[]> {
  const { value } = await runQuery(expr, { from: at, to: at, stepMs: 0 }, sources);
  if (value.kind !== "vector") return [];
  return value.series.map((labels, i) => ({ labels, value: value.values[i] ?? NaN }));
}
