import { type Labels, METRIC_NAME, labelValue, sortedLabels } from "../model/labels.ts";
import type { Limits } from "../model/limits.ts";
import type { MetricPoint } from "../model/metric-point.ts";
import { type Append, STALE } from "../model/sample.ts";
import { type EpochMs, HOUR_MS, MINUTE_MS, epochMs } from "../model/time.ts";
import { DERIVED_METRICS, type DerivedMetric } from "./derived-metrics.ts";
import { NEVER } from "./derived-series.ts";
import { cutLabel } from "./label-value.ts";
import {
  alike,
  type Frame,
  type Layout,
  frameOf,
  histogramOf,
  outputsOf,
  sameLayout,
} from "./received-frame.ts";
import { type SavedNumber, loadNumber, saveNumbers } from "./saved-number.ts";
import type { ChosenSource, SourceChoice } from "./source-choice.ts";
import type { Tally } from "../model/tally.ts";

/** How far a point's own time may lie behind its arrival, and ahead (DESIGN section 3, "Time"). */
const WINDOW_MS = 5 * MINUTE_MS;
const AHEAD_MS = 10 * MINUTE_MS;
/** What is known of a stream is dropped after this long without a point. */
const DROP_AFTER_MS = HOUR_MS;
/** A cumulative stream's first point counts in the comparison of sources only if it began this recently. */
const YOUNG_MS = 10 * MINUTE_MS;

type ValuePoint = Exclude<MetricPoint, { readonly type: "end" }>;

/** What a stream of points is written as: everything but a counter and a histogram may fall. */
type StreamKind = "gauge" | "counter" | "histogram" | "native";

/** One received metric with one label set. */
type Stream = {
  readonly labels: Labels;
  readonly service: string;
  readonly kind: StreamKind;
  readonly delta: boolean;
  /** Set where calls fill the same metric, so that a source has to be chosen. */
  readonly contested: DerivedMetric | undefined;
  layout: Layout;
  outputs: readonly Labels[];
  /** As of the newest point, in the order of `outputs`; for deltas what they add up to. */
  values: readonly number[];
  /** When its counting began, where it is told; `NEVER` otherwise. */
  startAt: EpochMs;
  /** The newest point's own time. */
  pointAt: EpochMs;
  /** When a point of it arrived last. */
  heardAt: EpochMs;
  /** Whether its newest sample is one, and no stale marker. */
  open: boolean;
  /** Whether its newest point gave way to the copy from spans. */
  lost: boolean;
  /** Times of the points of the last five minutes, against repeats. */
  readonly recent: number[];
};

export type SavedStream = Pick<
  Stream,
  "service" | "kind" | "delta" | "layout" | "open" | "lost"
> & {
  readonly labels: readonly string[];
  readonly values: readonly SavedNumber[];
  readonly startAt: number;
  readonly pointAt: number;
  readonly heardAt: number;
  readonly recent: readonly number[];
};

/** A point on its way into its stream. */
type Arrival = {
  readonly at: EpochMs;
  readonly startAt: EpochMs;
  readonly frame: Frame;
  readonly heardAt: EpochMs;
  readonly append: Append;
};

/** Metrics that applications measured themselves: accumulated, resets made visible, repeats taken out. */
export class ReceivedSeries {
  readonly #limits: Limits;
  readonly #intervalMs: number;
  readonly #choice: SourceChoice;
  readonly #tally: Tally;
  readonly #streams = new Map<string, Stream>();
  #outputs = 0;

  constructor(
    limits: Limits,
    intervalMs: number,
    ports: { readonly choice: SourceChoice; readonly tally: Tally },
  ) {
    this.#limits = limits;
    this.#intervalMs = intervalMs;
    this.#choice = ports.choice;
    this.#tally = ports.tally;
  }

  /** Takes one point that arrived at `heardAt`; what is refused is counted by reason. */
  take(point: MetricPoint, heardAt: EpochMs, append: Append): void {
    const refused = this.#take(point, heardAt, append);
    if (refused !== undefined) this.#tally.add(`point-${refused}`);
  }

  /** Ends the streams of what is counted from spans from this tick on. */
  giveWay(moved: ChosenSource, tick: EpochMs, append: Append): void {
    for (const stream of this.#streams.values()) {
      if (stream.service !== moved.service || stream.contested?.name !== moved.metric) continue;
      this.#end(stream, epochMs(Math.max(tick, stream.pointAt + 1)), append);
      stream.lost = true;
    }
  }

  /** Drops what is known of streams that have been silent for an hour. */
  forget(tick: EpochMs): void {
    for (const [key, stream] of this.#streams) {
      if (tick - stream.heardAt >= DROP_AFTER_MS) this.#drop(key, stream);
    }
  }

  save(): readonly SavedStream[] {
    return Array.from(this.#streams.values(), (stream) => ({
      labels: stream.labels.pairs,
      service: stream.service,
      kind: stream.kind,
      delta: stream.delta,
      layout: stream.layout,
      open: stream.open,
      lost: stream.lost,
      values: saveNumbers(stream.values),
      startAt: stream.startAt,
      pointAt: stream.pointAt,
      heardAt: stream.heardAt,
      recent: [...stream.recent],
    }));
  }

  load(saved: readonly SavedStream[]): void {
    for (const one of saved) {
      const labels = sortedLabels(one.labels);
      const outputs = outputsOf(labels, one.layout);
      this.#streams.set(labels.key, {
        ...one,
        labels,
        outputs,
        contested: contestedBy(labels, one.kind),
        values: one.values.map(loadNumber),
        startAt: epochMs(one.startAt),
        pointAt: epochMs(one.pointAt),
        heardAt: epochMs(one.heardAt),
        recent: [...one.recent],
      });
      this.#outputs += outputs.length;
    }
  }

  #take(point: MetricPoint, heardAt: EpochMs, append: Append): string | undefined {
    if (point.at < heardAt - WINDOW_MS) return "too-old";
    if (point.at > heardAt + AHEAD_MS) return "too-new";
    if (point.type === "end") return this.#takeEnd(point, heardAt, append);
    const frame = frameOf(point);
    if (frame === undefined) return "malformed-histogram";
    const wrong = wrongDelta(point, frame);
    if (wrong !== undefined) return wrong;
    const startAt = point.startAt !== undefined && point.startAt > 0 ? point.startAt : NEVER;
    const arrival: Arrival = { at: point.at, startAt, frame, heardAt, append };
    const stream = this.#known(point, arrival);
    if (stream === undefined) return this.#begin(point, arrival);
    if (stream.recent.includes(point.at) || stream.pointAt === point.at) return "duplicate";
    if (point.at > stream.pointAt) return this.#advance(stream, arrival);
    if (stream.delta) return "late-delta";
    return this.#fillIn(stream, arrival);
  }

  /** The stream of a point; one that changed its kind is none of it, and gives way. */
  #known(point: ValuePoint, arrival: Arrival): Stream | undefined {
    const stream = this.#streams.get(point.labels.key);
    if (stream === undefined) return undefined;
    if (stream.kind === kindOf(point) && stream.delta === isDelta(point)) return stream;
    const sameSeries = (stream.kind === "histogram") === (point.type === "histogram");
    if (!sameSeries) this.#end(stream, arrival.at, arrival.append);
    this.#drop(point.labels.key, stream);
    return undefined;
  }

  #begin(point: ValuePoint, arrival: Arrival): string | undefined {
    const { frame, startAt, at, heardAt } = arrival;
    const outputs = outputsOf(point.labels, frame.layout);
    if (this.#outputs + outputs.length > this.#limits.series) return "series-limit";
    this.#outputs += outputs.length;
    const kind = kindOf(point);
    const stream: Stream = {
      labels: point.labels,
      service: cutLabel(point.service, this.#limits.labelLength),
      kind,
      delta: isDelta(point),
      contested: contestedBy(point.labels, kind),
      layout: frame.layout,
      outputs,
      values: frame.values,
      startAt,
      pointAt: at,
      heardAt,
      open: false,
      lost: false,
      recent: [at],
    };
    this.#streams.set(point.labels.key, stream);
    const counted = stream.delta || (startAt !== NEVER && startAt >= heardAt - YOUNG_MS);
    stream.lost = this.#isLost(stream, counted ? (frame.values.at(-1) ?? 0) : 0, heardAt);
    if (stream.lost) return undefined;
    if (stream.delta && kind !== "gauge") {
      // Its counting begins here, so that the first delta is seen by a rate.
      const from = startAt === NEVER ? epochMs(at - this.#intervalMs) : startAt;
      this.#write(stream, zeros(frame), bornBefore(at, from), arrival.append);
    }
    this.#write(stream, frame, at, arrival.append);
    return undefined;
  }

  #advance(stream: Stream, arrival: Arrival): undefined {
    const { at, startAt, heardAt, append } = arrival;
    const { bucketsPerHistogram } = this.#limits;
    const both = stream.delta ? alike(stream, arrival.frame, bucketsPerHistogram) : undefined;
    const frame = both?.[1] ?? arrival.frame;
    const relaid = !sameLayout(stream.layout, frame.layout);
    const isAnew = relaid && stream.delta && both === undefined;
    const base = both?.[0].values ?? (isAnew ? zeros(frame).values : stream.values);
    const next = stream.delta
      ? frame.values.map((value, i) => value + (base[i] ?? 0))
      : frame.values;
    const restarted = isRestarted(stream, arrival) || isAnew;
    const last = stream.values.at(-1) ?? 0;
    const newest = frame.values.at(-1) ?? 0;
    const counted = stream.delta || restarted || newest < last ? newest : newest - last;
    const lost = this.#isLost(stream, counted, heardAt);
    if (relaid) this.#relay(stream, frame.layout, arrival);
    if (!lost) {
      if (restarted) this.#writeRestart(stream, arrival);
      else this.#writeResumption(stream, base, next, arrival);
      this.#write(stream, { layout: frame.layout, values: next }, at, append);
    }
    stream.values = next;
    stream.lost = lost;
    if (startAt !== NEVER) stream.startAt = startAt;
    stream.pointAt = at;
    stream.heardAt = heardAt;
    forgetBefore(heardAt - WINDOW_MS, stream.recent);
    stream.recent.push(at);
  }

  /** A point between older ones: for what is not accumulated, it is one more sample. */
  #fillIn(stream: Stream, arrival: Arrival): undefined {
    stream.recent.push(arrival.at);
    stream.heardAt = arrival.heardAt;
    const lost = this.#isLost(stream, 0, arrival.heardAt);
    const { frame } = arrival;
    // A native histogram is one series, whatever its buckets are.
    const hasSeries = stream.kind === "native" || sameLayout(stream.layout, frame.layout);
    if (lost || !stream.open || !hasSeries) {
      if (!lost) this.#tally.add("point-late-for-its-series");
      return;
    }
    this.#write(stream, frame, arrival.at, arrival.append);
  }

  #takeEnd(point: MetricPoint, heardAt: EpochMs, append: Append): string | undefined {
    const stream = this.#streams.get(point.labels.key);
    if (stream === undefined) return "end-of-nothing";
    if (point.at === stream.pointAt) return "duplicate";
    if (point.at < stream.pointAt) return "late-end";
    this.#end(stream, point.at, append);
    stream.pointAt = point.at;
    stream.heardAt = heardAt;
    return undefined;
  }

  /** A counter that began anew: PromQL would not see it where the value has caught up already. */
  #writeRestart(stream: Stream, arrival: Arrival): void {
    const bornAt = bornBefore(arrival.at, Math.max(arrival.startAt, stream.pointAt + 1));
    if (bornAt > stream.pointAt) this.#write(stream, zeros(arrival.frame), bornAt, arrival.append);
  }

  /**
   * Writes what a counter stood at before this point, where its newest sample does not tell: the
   * total of deltas that paused, so that a rate sees the next one; and of a stream that takes over
   * from spans its value at that moment, between the two points around it, so that no call is
   * counted in both.
   */
  #writeResumption(
    stream: Stream,
    before: readonly number[],
    next: readonly number[],
    arrival: Arrival,
  ): void {
    if (stream.kind === "gauge") return;
    const { at, startAt, append } = arrival;
    const from = stream.delta ? Math.max(stream.pointAt, startAt) : stream.pointAt;
    if (!stream.lost && from <= stream.pointAt) return;
    const takenOver = stream.lost ? this.#takenOverAt(stream) : from;
    const toldFrom = Math.max(from, takenOver);
    const bornAt = bornBefore(at, toldFrom);
    if (bornAt <= stream.pointAt || (stream.lost && toldFrom >= at)) return;
    const share = stream.lost ? (bornAt - from) / (at - from) : 0;
    const values = next.map((value, i) => {
      const was = before[i] ?? 0;
      return value > was ? was + share * (value - was) : value;
    });
    this.#write(stream, { layout: stream.layout, values }, bornAt, append);
  }

  /** Replaces the series of bounds that are no longer sent. */
  #relay(stream: Stream, layout: Layout, arrival: Arrival): void {
    const outputs = outputsOf(stream.labels, layout);
    const kept = new Set(outputs.map((one) => one.key));
    for (const one of stream.outputs) {
      if (stream.open && !kept.has(one.key)) arrival.append(one, arrival.at, STALE);
    }
    this.#outputs += outputs.length - stream.outputs.length;
    stream.layout = layout;
    stream.outputs = outputs;
  }

  #isLost(stream: Stream, counted: number, heardAt: EpochMs): boolean {
    if (stream.contested === undefined) return false;
    const { service, contested } = stream;
    return this.#choice.countPoints(service, contested, counted, heardAt) === "spans";
  }

  #takenOverAt(stream: Stream): EpochMs {
    if (stream.contested === undefined) return NEVER;
    return this.#choice.sinceOf(stream.service, stream.contested);
  }

  #write(stream: Stream, frame: Frame, at: EpochMs, append: Append): void {
    const histogram = histogramOf(frame);
    let i = 0;
    for (const labels of stream.outputs) append(labels, at, histogram ?? frame.values[i++] ?? 0);
    stream.open = true;
  }

  #end(stream: Stream, at: EpochMs, append: Append): void {
    if (stream.open) for (const labels of stream.outputs) append(labels, at, STALE);
    stream.open = false;
  }

  #drop(key: string, stream: Stream): void {
    this.#streams.delete(key);
    this.#outputs -= stream.outputs.length;
  }
}

/** Takes earlier times out of a list, in place. */
function forgetBefore(time: number, times: number[]): void {
  let kept = 0;
  for (const one of times) if (one >= time) times[kept++] = one;
  times.length = kept;
}

function kindOf(point: ValuePoint): StreamKind {
  if (point.type === "exponential-histogram") return "native";
  if (point.type === "sum") return point.monotonic ? "counter" : "gauge";
  return point.type;
}

function isDelta(point: ValuePoint): boolean {
  return point.type !== "gauge" && point.temporality === "delta";
}

function contestedBy(labels: Labels, kind: StreamKind): DerivedMetric | undefined {
  if (kind !== "histogram") return undefined;
  const metric = DERIVED_METRICS.get(labelValue(labels, METRIC_NAME));
  return metric?.contested === true ? metric : undefined;
}

/** Why a delta cannot be added: it would spoil every later value. */
function wrongDelta(point: ValuePoint, frame: Frame): string | undefined {
  if (!isDelta(point)) return undefined;
  if (!frame.values.every((value) => Number.isFinite(value))) return "not-finite";
  const falls = point.type === "sum" && point.monotonic && point.value < 0;
  return falls ? "negative-delta" : undefined;
}

function isRestarted(stream: Stream, arrival: Arrival): boolean {
  if (stream.kind === "gauge" || stream.delta || stream.startAt === NEVER) return false;
  return arrival.startAt > stream.startAt;
}

function zeros({ layout, values }: Frame): Frame {
  return { layout, values: values.map(() => 0) };
}

/**
 * When a sample that we add before one at `at` stands: as old at most as one that we take, and earlier
 * also where a point covers less than a millisecond, since of two samples at one time the first stays.
 */
function bornBefore(at: EpochMs, from: number): EpochMs {
  return epochMs(Math.min(Math.max(from, at - WINDOW_MS), at - 1));
}
