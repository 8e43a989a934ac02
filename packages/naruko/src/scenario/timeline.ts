import type { Call } from "@naruko/core/model/call";
import type { Evaluation } from "@naruko/core/model/evaluation";
import type { MetricPoint } from "@naruko/core/model/metric-point";
import { STALE } from "@naruko/core/model/sample";
import type { Telemetry } from "@naruko/core/model/telemetry";
import { DAY_MS, epochMs, MINUTE_MS, SECOND_MS } from "@naruko/core/model/time";
import type { EpochMs } from "@naruko/core/model/time";
import { firstTick } from "../drive/replay.ts";
import { lastTickBefore } from "./scenario-times.ts";
import type { Load, Scenario, Traffic } from "./scenario.ts";

/** One thing that a driver is to do next, in order of time. */
export type Step =
  | { readonly kind: "telemetry"; readonly at: EpochMs; readonly telemetry: Telemetry }
  /** The last tick ran at `from`; time runs again at `to`. */
  | { readonly kind: "gap"; readonly from: EpochMs; readonly to: EpochMs }
  /** Let the tick at `at` run. */
  | { readonly kind: "check"; readonly at: EpochMs };

/** Monday 5 January 2026, 00:00 UTC: scenarios begin at midnight of a working day. */
const MIDNIGHT = 20_458 * DAY_MS;

/** When time 0 of a scenario is: always a tick. */
export function startOf({ intervalMs }: Scenario): EpochMs {
  return firstTick(MIDNIGHT, intervalMs);
}

type Arrival = {
  readonly atMs: number;
  readonly call?: Call;
  readonly point?: MetricPoint;
  readonly evaluations?: readonly Evaluation[];
};

/** Everything that happens in a scenario up to its last check, by time; equal times in file order. */
export function* timeline(scenario: Scenario): Generator<Step> {
  const start = startOf(scenario);
  const arrivals = new Merged([
    ...scenario.loads.map((load) => pointsOf(load, start)),
    ...scenario.traffic.map((traffic) => callsOf(traffic, start)),
  ]);
  for (const moment of momentsOf(scenario)) {
    yield* telemetryUntil(arrivals, moment.untilMs, start);
    if (moment.kind === "gap") {
      arrivals.skipBefore(moment.toMs);
      const { fromMs, toMs } = moment;
      yield { kind: "gap", from: epochMs(start + fromMs), to: epochMs(start + toMs) };
    } else {
      yield { kind: "check", at: epochMs(start + moment.untilMs) };
    }
  }
}

type Moment =
  | { readonly kind: "check"; readonly untilMs: number }
  | {
      readonly kind: "gap";
      readonly untilMs: number;
      readonly fromMs: number;
      readonly toMs: number;
    };

/** Checks and gaps by time; a check at the very start of a gap comes before it. */
function momentsOf({ checks, gaps, intervalMs }: Scenario): readonly Moment[] {
  const moments: Moment[] = checks.map(({ atMs }) => ({ kind: "check", untilMs: atMs }));
  const lastMs = checks.at(-1)?.atMs ?? 0;
  for (const gap of gaps) {
    if (gap.fromMs >= lastMs) continue;
    const fromMs = lastTickBefore(gap, intervalMs);
    moments.push({ kind: "gap", untilMs: gap.fromMs, fromMs, toMs: gap.toMs });
  }
  return moments.toSorted((a, b) => a.untilMs - b.untilMs);
}

/** All that arrives at one moment is one input. */
function* telemetryUntil(arrivals: Merged, untilMs: number, start: EpochMs): Generator<Step> {
  for (;;) {
    const together = arrivals.takeNext(untilMs);
    const [first] = together;
    if (first === undefined) return;
    const telemetry = {
      calls: together.flatMap(({ call }) => call ?? []),
      points: together.flatMap(({ point }) => point ?? []),
      evaluations: together.flatMap(({ evaluations }) => evaluations ?? []),
    };
    yield { kind: "telemetry", at: epochMs(start + first.atMs), telemetry };
  }
}

/** Several series of arrivals, each in order, as one. */
class Merged {
  readonly #sources: { next: Arrival | undefined; readonly rest: Iterator<Arrival> }[];

  constructor(sources: readonly Iterator<Arrival>[]) {
    this.#sources = sources.map((rest) => ({ next: advance(rest), rest }));
  }

  /** Everything at the earliest moment that is left, if that is at `untilMs` or before. */
  takeNext(untilMs: number): readonly Arrival[] {
    let atMs = Infinity;
    for (const { next } of this.#sources) atMs = Math.min(atMs, next?.atMs ?? Infinity);
    if (atMs > untilMs) return [];
    const together: Arrival[] = [];
    for (const source of this.#sources) {
      while (source.next !== undefined && source.next.atMs === atMs) {
        together.push(source.next);
        source.next = advance(source.rest);
      }
    }
    return together;
  }

  /** Leaves out what would arrive while nobody listens. */
  skipBefore(toMs: number): void {
    for (const source of this.#sources) {
      while (source.next !== undefined && source.next.atMs < toMs) {
        source.next = advance(source.rest);
      }
    }
  }
}

function advance<T>(rest: Iterator<T>): T | undefined {
  const { done, value } = rest.next();
  return done === true ? undefined : value;
}

/** A loaded series is a gauge with exactly its labels: the sample that the store gets is its point. */
function* pointsOf({ stepMs, labels, values }: Load, start: EpochMs): Generator<Arrival> {
  for (const [i, value] of values.entries()) {
    if (value === undefined) continue;
    const atMs = i * stepMs;
    const base = { labels, at: epochMs(start + atMs), service: "scenario" };
    const point: MetricPoint =
      value === STALE ? { ...base, type: "end", of: "gauge" } : { ...base, type: "gauge", value };
    yield { atMs, point };
  }
}

/** A call arrives as it ends, half a gap after the one before and from the borders. */
function* callsOf(traffic: Traffic, start: EpochMs): Generator<Arrival> {
  const { scores, ...fields } = traffic.call;
  const gapMs = MINUTE_MS / traffic.callsPerMinute;
  for (let n = 0; ; n++) {
    const atMs = Math.floor(traffic.fromMs + (n + 0.5) * gapMs);
    if (atMs >= traffic.toMs) return;
    const endAt = epochMs(start + atMs);
    const startAt = epochMs(endAt - Math.round(fields.durationS * SECOND_MS));
    const ids = { traceId: hex(traffic.line, 32), spanId: hex(n + 1, 16) };
    const call: Call = { ...fields, ...ids, startAt, endAt };
    yield { atMs, call, evaluations: evaluationsOf(call, scores) };
  }
}

function evaluationsOf(call: Call, scores: ReadonlyMap<string, number>): readonly Evaluation[] {
  const { traceId, spanId, service, environment, endAt } = call;
  return Array.from(scores, ([name, score]) => ({
    name,
    score,
    at: endAt,
    traceId,
    spanId,
    service,
    ...(environment === undefined ? {} : { environment }),
  }));
}

function hex(number: number, digits: number): string {
  return number.toString(16).padStart(digits, "0");
}
