import { assert } from "../model/assert.ts";
import type { Limits } from "../model/limits.ts";
import { type EpochMs, HOUR_MS, MINUTE_MS } from "../model/time.ts";
import { DERIVED_METRICS, type DerivedMetric, TIME_PER_OUTPUT_CHUNK } from "./derived-metrics.ts";
import { NEVER } from "./derived-series.ts";
import type { Tally } from "../model/tally.ts";

export type Source = "spans" | "metrics";

/**
 * Why a source is the one that counts. `default`: spans are preferred; `only-metrics`: no call ever
 * gave this metric; `spans-incomplete`: calls came to less than the metric counted.
 */
export type SourceReason = "configured" | "default" | "only-metrics" | "spans-incomplete";

/** What is shown of one choice. */
export type ChosenSource = {
  readonly service: string;
  readonly metric: string;
  readonly source: Source;
  readonly reason: SourceReason;
  readonly since: EpochMs;
};

/** Both copies of one metric of one service, and which of them counts. */
type Contest = {
  readonly service: string;
  readonly metric: DerivedMetric;
  source: Source;
  reason: SourceReason;
  since: EpochMs;
  /** When each copy was first and last seen; `NEVER` where it was not. */
  spansFrom: EpochMs;
  spansAt: EpochMs;
  pointsFrom: EpochMs;
  pointsAt: EpochMs;
  /** Counts since the last tick, then one entry a tick of the last ten minutes, newest last. */
  spans: number;
  points: number;
  readonly spanTicks: number[];
  readonly pointTicks: number[];
  /** Since when spans have been too few, or enough; `NEVER` where the other holds. */
  shortFrom: EpochMs;
  fullFrom: EpochMs;
};

export type SavedContest = Omit<Contest, "metric"> & { readonly metric: string };

/** DESIGN section 4: the time over which the two copies are compared, and the share that suffices. */
const COMPARED_MS = 10 * MINUTE_MS;
const ENOUGH = 0.95;
/**
 * Metrics are exported up to a minute after their calls, so a burst leaves the spans' window up to a
 * minute before it leaves the metrics'. A shortfall that lasts longer is none of that kind.
 */
const SHORTFALL_MS = 2 * MINUTE_MS;

/**
 * Decides per service and metric which copy counts where an application sends both (DESIGN
 * section 4). The choice moves at ticks only.
 */
export class SourceChoice {
  readonly #slots: number;
  readonly #limit: number;
  readonly #tally: Tally;
  // All metrics from the start: their order must not depend on what was forgotten in between.
  readonly #contests: ReadonlyMap<DerivedMetric, Map<string, Contest>> = new Map(
    [...DERIVED_METRICS.values()]
      .filter((metric) => metric.contested)
      .map((metric) => [metric, new Map<string, Contest>()]),
  );
  #configured: ReadonlyMap<string, Source> = new Map();

  constructor(limits: Limits, intervalMs: number, tally: Tally) {
    this.#slots = Math.ceil(COMPARED_MS / intervalMs);
    this.#limit = limits.valuesPerLabel;
    this.#tally = tally;
  }

  /** Takes effect at the next tick. */
  configure(config: Readonly<Record<string, Source>>): void {
    this.#configured = new Map(Object.entries(config));
  }

  /** Notes measurements that calls gave. */
  countSpans(service: string, metric: DerivedMetric, count: number, at: EpochMs): void {
    const contest = this.#contestOf(service, metric) ?? this.#open(service, metric, "spans", at);
    if (contest === undefined) return;
    if (contest.spansFrom === NEVER) contest.spansFrom = at;
    contest.spansAt = at;
    contest.spans += count;
    if (contest.source === "metrics") this.#tally.add("lost-to-metrics");
  }

  /** Notes measurements that the application counted itself, and says which copy counts. */
  countPoints(service: string, metric: DerivedMetric, count: number, at: EpochMs): Source {
    const contest = this.#contestOf(service, metric) ?? this.#open(service, metric, "metrics", at);
    // Past the limit both copies are kept: to count twice is less bad than not to count.
    if (contest === undefined) return "metrics";
    if (contest.pointsFrom === NEVER) contest.pointsFrom = at;
    contest.pointsAt = at;
    contest.points += count;
    if (contest.source === "spans") this.#tally.add("lost-to-spans");
    return contest.source;
  }

  /** What was configured last. */
  get configured(): Readonly<Record<string, Source>> {
    return Object.fromEntries(this.#configured);
  }

  /** Which copy counts; spans where nothing is known. */
  sourceOf(service: string, metric: DerivedMetric): Source {
    return this.#contestOf(service, metric)?.source ?? "spans";
  }

  /** Since when the source is the one that it is. */
  sinceOf(service: string, metric: DerivedMetric): EpochMs {
    return this.#contestOf(service, metric)?.since ?? NEVER;
  }

  /** Decides anew at a tick, and returns those whose source moved. */
  settle(tick: EpochMs): readonly ChosenSource[] {
    const moved: ChosenSource[] = [];
    for (const ofMetric of this.#contests.values()) {
      for (const contest of ofMetric.values()) {
        if (this.#settleOne(contest, tick)) moved.push(shown(contest));
      }
      if (ofMetric.size >= this.#limit) forgetIdle(ofMetric, tick);
    }
    return moved;
  }

  /** Every choice, for showing. */
  chosen(): readonly ChosenSource[] {
    return [...this.#contests.values()].flatMap((ofMetric) => Array.from(ofMetric.values(), shown));
  }

  save(): readonly SavedContest[] {
    return [...this.#contests.values()].flatMap((ofMetric) =>
      Array.from(ofMetric.values(), (contest) => ({
        ...contest,
        metric: contest.metric.name,
        spanTicks: [...contest.spanTicks],
        pointTicks: [...contest.pointTicks],
      })),
    );
  }

  load(saved: readonly SavedContest[]): void {
    for (const one of saved) {
      const metric = DERIVED_METRICS.get(one.metric);
      if (metric === undefined) continue;
      const ticks = { spanTicks: [...one.spanTicks], pointTicks: [...one.pointTicks] };
      this.#contests.get(metric)?.set(one.service, { ...one, ...ticks, metric });
    }
  }

  #settleOne(contest: Contest, tick: EpochMs): boolean {
    this.#shift(contest);
    if (
      contest.pointsFrom !== NEVER &&
      tick - contest.pointsAt >= COMPARED_MS &&
      contest.spansFrom !== NEVER
    )
      contest.pointsFrom = NEVER;
    compare(contest, tick);
    const { source, reason } = this.#decide(contest, tick);
    contest.reason = reason;
    if (source === contest.source) return false;
    contest.source = source;
    contest.since = tick;
    return true;
  }

  #decide(contest: Contest, tick: EpochMs): { source: Source; reason: SourceReason } {
    const configured = this.#configured.get(contest.service);
    if (configured !== undefined) return { source: configured, reason: "configured" };
    const { source, spansFrom, pointsFrom, shortFrom, fullFrom } = contest;
    if (pointsFrom === NEVER) return { source: "spans", reason: "default" };
    if (spansFrom === NEVER) return { source: "metrics", reason: "only-metrics" };
    const reason = source === "spans" ? "default" : "spans-incomplete";
    const bothFrom = Math.max(spansFrom, pointsFrom);
    if (tick - bothFrom < COMPARED_MS) {
      // The first spans of a service that has long sent metrics may be a few of many.
      const standing = source === "metrics" && bothFrom - contest.since >= COMPARED_MS;
      return standing ? { source, reason } : { source: "spans", reason: "default" };
    }
    if (shortFrom !== NEVER && tick - shortFrom >= SHORTFALL_MS)
      return { source: "metrics", reason: "spans-incomplete" };
    if (fullFrom !== NEVER && tick - fullFrom >= COMPARED_MS)
      return { source: "spans", reason: "default" };
    return { source, reason };
  }

  #shift(contest: Contest): void {
    const both = contest.spansFrom !== NEVER && contest.pointsFrom !== NEVER;
    if (both) {
      contest.spanTicks.push(contest.spans);
      contest.pointTicks.push(contest.points);
      if (contest.spanTicks.length > this.#slots) contest.spanTicks.shift();
      if (contest.pointTicks.length > this.#slots) contest.pointTicks.shift();
    } else {
      contest.spanTicks.length = 0;
      contest.pointTicks.length = 0;
    }
    contest.spans = 0;
    contest.points = 0;
  }

  #contestOf(service: string, metric: DerivedMetric): Contest | undefined {
    return this.#contests.get(metric)?.get(service);
  }

  #open(service: string, metric: DerivedMetric, first: Source, at: EpochMs): Contest | undefined {
    const ofMetric = this.#contests.get(metric);
    assert(ofMetric !== undefined, "only contested metrics have a source to choose");
    if (ofMetric.size >= this.#limit) {
      this.#tally.add("unchosen-source");
      return undefined;
    }
    const configured = this.#configured.get(service);
    const contest: Contest = {
      service,
      metric,
      source: configured ?? first,
      reason: reasonOf(configured, first),
      since: at,
      spansFrom: NEVER,
      spansAt: NEVER,
      pointsFrom: NEVER,
      pointsAt: NEVER,
      spans: 0,
      points: 0,
      spanTicks: [],
      pointTicks: [],
      shortFrom: NEVER,
      fullFrom: NEVER,
    };
    ofMetric.set(service, contest);
    return contest;
  }
}

function reasonOf(configured: Source | undefined, first: Source): SourceReason {
  if (configured !== undefined) return "configured";
  return first === "spans" ? "default" : "only-metrics";
}

/** Notes whether spans are short of the metric's count; no traffic is no evidence either way. */
function compare(contest: Contest, tick: EpochMs): void {
  const spans = total(contest.spanTicks);
  const points = total(contest.pointTicks);
  // A call gives one mean time a chunk where the metric counts every chunk: any span will do.
  const enough = contest.metric === TIME_PER_OUTPUT_CHUNK ? spans > 0 : spans >= ENOUGH * points;
  if (points > 0 && !enough) {
    if (contest.shortFrom === NEVER) contest.shortFrom = tick;
    contest.fullFrom = NEVER;
    return;
  }
  contest.shortFrom = NEVER;
  if (points > 0 && contest.fullFrom === NEVER) contest.fullFrom = tick;
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

function shown(contest: Contest): ChosenSource {
  const { service, source, reason, since } = contest;
  return { service, metric: contest.metric.name, source, reason, since };
}

/** Makes room for services to come; called only where there is none. */
function forgetIdle(ofMetric: Map<string, Contest>, tick: EpochMs): void {
  for (const [service, contest] of ofMetric) {
    if (tick - Math.max(contest.spansAt, contest.pointsAt) >= HOUR_MS) ofMetric.delete(service);
  }
}
