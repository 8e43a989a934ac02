// A process of its own: replays two weeks of metrics through the article's rules.
import type { Effect } from "@naruko/core/model/engine-io";
import { labels } from "@naruko/core/model/labels";
import type { MetricPoint } from "@naruko/core/model/metric-point";
import { DAY_MS, epochMs, type EpochMs } from "@naruko/core/model/time";
import { shippedRuleFiles } from "naruko/config/setup";
import { Replay } from "naruko/drive/replay";
import { Random } from "../random.ts";
import { DrivenEngine, INTERVAL_MS, setupWith } from "./filled-engine.ts";
import { PrometheusProcess, prometheusVersion } from "./prometheus.ts";

export type ReplayReport = {
  readonly series: number;
  readonly ticks: number;
  readonly samples: number;
  readonly transitions: number;
  readonly replayMs: number;
  /** The same expressions as range queries in Prometheus; absent without one. */
  readonly prometheusMs?: number;
  /** The same expressions as instant queries at one tick, on average; absent without one. */
  readonly stepsMs?: number;
  /** At how many ticks. */
  readonly stepsTimed: number;
};

const MODELS = 5;
const BOUNDS = [0.5, 1, 2, 5, 10, 30];
/** Of one range query: Prometheus refuses more. */
const STEPS_MAX = 11_000;

async function main(): Promise<void> {
  const [daysText = "14", beside = "beside"] = process.argv.slice(2);
  const days = Number(daysText);
  const until = Math.floor(Date.now() / INTERVAL_MS) * INTERVAL_MS;
  const from = epochMs(until - days * DAY_MS);
  const { engine } = new DrivenEngine();
  let transitions = 0;
  const onEffect = (effect: Effect): void => {
    if (effect.kind === "keep-transitions") transitions += effect.transitions.length;
  };
  const replay = new Replay({ engine, intervalMs: INTERVAL_MS, onEffect });
  const article = shippedRuleFiles().filter((file) => file.endsWith("article.yml"));
  replay.take(from, { kind: "reload", setup: setupWith(article) });

  const recorded = recordedMetrics(from, epochMs(until));
  const isBeside = beside === "beside" && prometheusVersion() !== undefined;
  const prometheus = isBeside ? await PrometheusProcess.start() : undefined;
  const sent = new Set<string>();
  let samples = 0;
  let replayMs = 0;
  for (const { at, points } of recorded) {
    const startedMs = performance.now();
    replay.take(at, { kind: "telemetry", telemetry: { calls: [], points, evaluations: [] } });
    replayMs += performance.now() - startedMs;
    for (const { labels: of } of points) sent.add(of.key);
    samples += SAMPLES_PER_POINTS;
    // What is in memory goes to Prometheus before the engine lets go of it.
    if (prometheus !== undefined && (at - from) % LOAD_EVERY_MS === 0 && at > from) {
      await prometheus.load(engine.readerAt(at), at - LOAD_EVERY_MS, at);
    }
  }
  const finishedMs = performance.now();
  replay.finish();
  replayMs += performance.now() - finishedMs;
  const ticks = Math.round((until - from) / INTERVAL_MS);
  const series = engine.seriesIn(epochMs(until - DAY_MS), epochMs(until)).length;
  const report: ReplayReport = {
    series,
    ticks,
    samples,
    transitions,
    replayMs,
    stepsTimed: STEPS_TIMED,
    ...(prometheus === undefined
      ? {}
      : {
          prometheusMs: await query(prometheus, from, until),
          stepsMs: await timeSteps(prometheus, from, until),
        }),
  };
  await prometheus?.stop();
  process.stdout.write(JSON.stringify(report));
}

const LOAD_EVERY_MS = DAY_MS / 4;
const HISTOGRAM_SERIES = BOUNDS.length + 3;
const SAMPLES_PER_POINTS = MODELS * (2 * HISTOGRAM_SERIES + 2);

type Recorded = { readonly at: EpochMs; readonly points: readonly MetricPoint[] };

/**
 * What an application that measures itself exports every 15 seconds: for each of five models two
 * histograms of durations (9 series each), a counter of tokens and one of errors; 100 series. The
 * four incidents are ten minutes of errors every third day.
 */
function* recordedMetrics(from: EpochMs, until: EpochMs): Generator<Recorded> {
  const random = new Random(1);
  const models = Array.from({ length: MODELS }, (_, n) => ({
    name: `model-${n}`,
    success: emptyHistogram(),
    error: emptyHistogram(),
    tokens: 0,
    errors: 0,
  }));
  for (let at = from + INTERVAL_MS - 1000; at <= until; at += INTERVAL_MS) {
    const sinceMs = at - from;
    const failing = sinceMs % (3 * DAY_MS) > 2 * DAY_MS && sinceMs % DAY_MS < 600_000 ? 0.3 : 0.01;
    const points = models.flatMap((model): MetricPoint[] => {
      for (let call = 0; call < 3; call++) {
        const failed = random.chance(failing);
        observe(failed ? model.error : model.success, 0.2 + random.next() ** 3 * 4);
        if (failed) model.errors++;
        else model.tokens += 100 + random.int(2000);
      }
      return [
        histogramPoint(model.name, "success", model.success, epochMs(at)),
        histogramPoint(model.name, "error", model.error, epochMs(at)),
        sumPoint(
          "llm_token_usage_total",
          { model: model.name, token_type: "output" },
          model.tokens,
          at,
        ),
        sumPoint(
          "llm_errors_total",
          { model: model.name, error_type: "timeout" },
          model.errors,
          at,
        ),
      ];
    });
    yield { at: epochMs(at), points };
  }
}

type Histogram = { readonly counts: number[]; sum: number; count: number };

function emptyHistogram(): Histogram {
  return { counts: Array.from({ length: BOUNDS.length + 1 }, () => 0), sum: 0, count: 0 };
}

function observe(histogram: Histogram, value: number): void {
  const found = BOUNDS.findIndex((bound) => value <= bound);
  const bucket = found < 0 ? BOUNDS.length : found;
  histogram.counts[bucket] = (histogram.counts[bucket] ?? 0) + 1;
  histogram.sum += value;
  histogram.count++;
}

const SERVICE = "shop";

function histogramPoint(model: string, status: string, of: Histogram, at: EpochMs): MetricPoint {
  return {
    type: "histogram",
    temporality: "cumulative",
    labels: labels({
      __name__: "llm_operation_duration_seconds",
      model,
      status,
      service_name: SERVICE,
    }),
    at,
    service: SERVICE,
    buckets: { bounds: BOUNDS, counts: [...of.counts], sum: of.sum, count: of.count },
  };
}

function sumPoint(
  name: string,
  extra: Readonly<Record<string, string>>,
  value: number,
  at: number,
): MetricPoint {
  return {
    type: "sum",
    monotonic: true,
    temporality: "cumulative",
    labels: labels({ __name__: name, ...extra, service_name: SERVICE }),
    at: epochMs(at),
    service: SERVICE,
    value,
  };
}

const ARTICLE_EXPRESSIONS = [
  "histogram_quantile(0.95, rate(llm_operation_duration_seconds_bucket[5m])) > 5",
  "sum(rate(llm_errors_total[5m])) by (model) / " +
    "sum(rate(llm_operation_duration_seconds_count[5m])) by (model) > 0.05",
  "sum(increase(llm_token_usage_total[1h])) by (model) > " +
    "2 * sum(increase(llm_token_usage_total[1h] offset 1d)) by (model)",
];

async function query(prometheus: PrometheusProcess, from: number, until: number): Promise<number> {
  let ms = 0;
  const lengthMs = STEPS_MAX * INTERVAL_MS;
  for (const expression of ARTICLE_EXPRESSIONS) {
    for (let start = from; start < until; start += lengthMs) {
      const end = Math.min(start + lengthMs - INTERVAL_MS, until);
      ms += await prometheus.queryMs("query_range", {
        query: expression,
        start: String(start / 1000),
        end: String(end / 1000),
        step: String(INTERVAL_MS / 1000),
      });
    }
  }
  return ms;
}

/** Ticks at which Prometheus is asked as somebody does who evaluates rules over its API. */
const STEPS_TIMED = 400;
const STEPS_WARM = 50;

async function timeSteps(
  prometheus: PrometheusProcess,
  from: number,
  until: number,
): Promise<number> {
  let ms = 0;
  const apartMs = Math.floor((until - from) / STEPS_TIMED / INTERVAL_MS) * INTERVAL_MS;
  for (let step = -STEPS_WARM; step < STEPS_TIMED; step++) {
    const time = String((from + Math.max(0, step) * apartMs) / 1000);
    for (const expression of ARTICLE_EXPRESSIONS) {
      const took = await prometheus.queryMs("query", { query: expression, time });
      if (step >= 0) ms += took;
    }
  }
  return ms / STEPS_TIMED;
}

await main();
