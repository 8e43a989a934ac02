import type { Attributes, Counter, Histogram, MetricOptions } from "@opentelemetry/api";
import type { CallMeter } from "../instruments.ts";
import { keyValues, unixNano } from "./otlp-json.ts";

/** Series of one instrument; what would be one more counts for the one that has no attributes. */
const SERIES = 2000;
/** The conventions' mark of that series. */
const OVERFLOW: Attributes = { "otel.metric.overflow": true };
/** OTLP's word for sums since the start. */
const CUMULATIVE = 2;

type CounterSeries = { readonly attributes: Attributes; sum: number };

type HistogramSeries = CounterSeries & {
  count: number;
  min: number;
  max: number;
  readonly buckets: number[];
};

/** Finds the series of attributes: at once where the same object comes again, else by content. */
class SeriesTable<S extends CounterSeries> {
  readonly #byObject = new WeakMap<Attributes, S>();
  readonly #byKey = new Map<string, S>();
  readonly #empty: (attributes: Attributes) => S;

  constructor(empty: (attributes: Attributes) => S) {
    this.#empty = empty;
  }

  at(attributes: Attributes): S {
    const known = this.#byObject.get(attributes);
    if (known !== undefined) return known;
    const series = this.#byContent(attributes);
    this.#byObject.set(attributes, series);
    return series;
  }

  #byContent(attributes: Attributes): S {
    const key = JSON.stringify(Object.entries(attributes).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    if (this.#byKey.size >= SERIES && attributes !== OVERFLOW) return this.#byContent(OVERFLOW);
    const series = this.#empty({ ...attributes });
    this.#byKey.set(key, series);
    return series;
  }

  values(): readonly S[] {
    return [...this.#byKey.values()];
  }
}

type Instrument = { readonly encode: (startMs: number, nowMs: number) => string | undefined };

/** A meter that knows the instruments of the conventions: counters, and histograms with boundaries. */
export class OwnMeter implements CallMeter {
  readonly #instruments: Instrument[] = [];
  readonly #startMs: number = Date.now();
  #changed = false;

  createCounter(name: string, options: MetricOptions = {}): Counter {
    const table = new SeriesTable<CounterSeries>((attributes) => ({ attributes, sum: 0 }));
    this.#instruments.push({
      encode: (startMs, nowMs) => {
        const points = table.values().map(({ attributes, sum }) => ({
          ...timed(attributes, startMs, nowMs),
          asDouble: sum,
        }));
        const sum = { aggregationTemporality: CUMULATIVE, isMonotonic: true, dataPoints: points };
        return encoded(name, options, points.length, { sum });
      },
    });
    return {
      add: (value, attributes = NO_ATTRIBUTES) => {
        if (!(value >= 0)) return;
        table.at(attributes).sum += value;
        this.#changed = true;
      },
    };
  }

  createHistogram(name: string, options: MetricOptions = {}): Histogram {
    const boundaries = options.advice?.explicitBucketBoundaries ?? [];
    const table = new SeriesTable<HistogramSeries>((attributes) => ({
      attributes,
      count: 0,
      sum: 0,
      min: Infinity,
      max: -Infinity,
      buckets: Array.from({ length: boundaries.length + 1 }, () => 0),
    }));
    this.#instruments.push({
      encode: (startMs, nowMs) => {
        const points = table
          .values()
          .map((series) => histogramPoint(series, boundaries, { startMs, nowMs }));
        const histogram = { aggregationTemporality: CUMULATIVE, dataPoints: points };
        return encoded(name, options, points.length, { histogram });
      },
    });
    return {
      record: (value, attributes = NO_ATTRIBUTES) => {
        if (!(value >= 0) || value === Infinity) return;
        add(table.at(attributes), value, boundaries);
        this.#changed = true;
      },
    };
  }

  /** Whether anything was recorded since `collect` was called. */
  get changed(): boolean {
    return this.#changed;
  }

  /** All instruments that have series, as JSON. */
  collect(): readonly string[] {
    this.#changed = false;
    const nowMs = Date.now();
    return this.#instruments.flatMap(({ encode }) => encode(this.#startMs, nowMs) ?? []);
  }

  /** What was collected could not be delivered: the same sums are due again. */
  keep(): void {
    this.#changed = true;
  }
}

const NO_ATTRIBUTES: Attributes = {};

function add(series: HistogramSeries, value: number, boundaries: readonly number[]): void {
  series.count += 1;
  series.sum += value;
  series.min = Math.min(series.min, value);
  series.max = Math.max(series.max, value);
  let bucket = 0;
  // A boundary belongs to the bucket below it.
  while (bucket < boundaries.length && value > (boundaries[bucket] ?? Infinity)) bucket += 1;
  series.buckets[bucket] = (series.buckets[bucket] ?? 0) + 1;
}

function timed(attributes: Attributes, startMs: number, nowMs: number): object {
  return {
    attributes: keyValues(attributes),
    startTimeUnixNano: unixNano(startMs),
    timeUnixNano: unixNano(nowMs),
  };
}

function histogramPoint(
  { attributes, count, sum, min, max, buckets }: HistogramSeries,
  boundaries: readonly number[],
  { startMs, nowMs }: { readonly startMs: number; readonly nowMs: number },
): object {
  return {
    ...timed(attributes, startMs, nowMs),
    count: String(count),
    sum,
    min,
    max,
    bucketCounts: buckets.map(String),
    explicitBounds: boundaries,
  };
}

function encoded(
  name: string,
  { description = "", unit = "" }: MetricOptions,
  points: number,
  data: object,
): string | undefined {
  return points === 0 ? undefined : JSON.stringify({ name, description, unit, ...data });
}
