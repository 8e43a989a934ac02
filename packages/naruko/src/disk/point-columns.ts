import { labelsFrom, type Labels } from "@naruko/core/model/labels";
import type { BucketCounts, MetricPoint } from "@naruko/core/model/metric-point";
import type { BucketSpan, NativeHistogram } from "@naruko/core/model/sample";
import { epochMs } from "@naruko/core/model/time";
import { assert } from "@naruko/core/model/assert";

/** What a point is apart from its labels and numbers; repeats from point to point. */
type PointShape =
  | { readonly service: string; readonly type: "gauge" }
  | {
      readonly service: string;
      readonly type: "sum";
      readonly monotonic: boolean;
      readonly temporality: "cumulative" | "delta";
    }
  | {
      readonly service: string;
      readonly type: "histogram";
      readonly temporality: "cumulative" | "delta";
    }
  | {
      readonly service: string;
      readonly type: "exponential-histogram";
      readonly temporality: "cumulative" | "delta";
    }
  | {
      readonly service: string;
      readonly type: "end";
      readonly of: "gauge" | "sum" | "histogram" | "exponential-histogram";
    };

/** Metric points, with labels and shapes written once each. */
export type PointColumns = {
  readonly count: number;
  readonly labels: readonly (readonly string[])[];
  readonly shapes: readonly PointShape[];
  /**
   * For each point: labels, shape, 1 if it has a start | 2 if it has a sum, time, start, and then
   * the value, or count, sum, bounds and counts of a histogram, both led by their length; of an
   * exponential one its schema, zero threshold, zero count, count and sum, and of the positive and
   * of the negative side the spans, led by their number, and the counts.
   */
  readonly numbers: Float64Array;
};

const HAS_START = 1;
const HAS_SUM = 2;

function shapeOf(point: MetricPoint): PointShape {
  const { service, type } = point;
  if (type === "gauge") return { service, type };
  if (type === "end") return { service, type, of: point.of };
  const { temporality } = point;
  return type === "sum"
    ? { service, type, monotonic: point.monotonic, temporality }
    : { service, type, temporality };
}

/** Gives equal keys the same index. */
class Dictionary<T> {
  readonly entries: T[] = [];
  readonly #indexes = new Map<string, number>();

  indexOf(key: string, make: () => T): number {
    const known = this.#indexes.get(key);
    if (known !== undefined) return known;
    const index = this.entries.length;
    this.#indexes.set(key, index);
    this.entries.push(make());
    return index;
  }
}

function pushBuckets(numbers: number[], { bounds, counts, sum, count }: BucketCounts): void {
  numbers.push(count, sum ?? 0, bounds.length, ...bounds, counts.length, ...counts);
}

function pushNative(numbers: number[], histogram: NativeHistogram): void {
  const { schema, zeroThreshold, zeroCount, count, sum } = histogram;
  numbers.push(schema, zeroThreshold, zeroCount, count, sum);
  pushSide(numbers, histogram.positiveSpans, histogram.positiveBuckets);
  pushSide(numbers, histogram.negativeSpans, histogram.negativeBuckets);
}

function pushSide(
  numbers: number[],
  spans: readonly BucketSpan[],
  buckets: readonly number[],
): void {
  numbers.push(spans.length, ...spans.flatMap(({ offset, length }) => [offset, length]));
  numbers.push(...buckets);
}

export function toPointColumns(points: readonly MetricPoint[]): PointColumns {
  const labels = new Dictionary<readonly string[]>();
  const shapes = new Dictionary<PointShape>();
  const numbers: number[] = [];
  for (const point of points) {
    const shape = shapeOf(point);
    const hasSum = point.type === "histogram" && point.buckets.sum !== undefined;
    numbers.push(
      labels.indexOf(point.labels.key, () => point.labels.pairs),
      shapes.indexOf(JSON.stringify(shape), () => shape),
      (point.startAt === undefined ? 0 : HAS_START) | (hasSum ? HAS_SUM : 0),
      point.at,
      point.startAt ?? 0,
    );
    if (point.type === "histogram") pushBuckets(numbers, point.buckets);
    else if (point.type === "exponential-histogram") pushNative(numbers, point.histogram);
    else if (point.type !== "end") numbers.push(point.value);
  }
  return {
    count: points.length,
    labels: labels.entries,
    shapes: shapes.entries,
    numbers: Float64Array.from(numbers),
  };
}

/** Rebuilds labels from name, value, name, value … */
export function labelsFromPairs(pairs: readonly string[]): Labels {
  const entries: [string, string][] = [];
  for (let i = 0; i < pairs.length; i += 2) entries.push([pairs[i] ?? "", pairs[i + 1] ?? ""]);
  return labelsFrom(entries);
}

export function fromPointColumns(columns: PointColumns): MetricPoint[] {
  const { numbers } = columns;
  const labels = columns.labels.map(labelsFromPairs);
  let place = 0;
  const next = (): number => {
    const value = numbers[place++];
    assert(value !== undefined, "a point's numbers are all written");
    return value;
  };
  const list = (): number[] => Array.from({ length: next() }, next);
  const points: MetricPoint[] = [];
  for (let n = 0; n < columns.count; n++) {
    const itsLabels = labels[next()];
    const shape = columns.shapes[next()];
    assert(
      itsLabels !== undefined && shape !== undefined,
      "a point's labels and shape are written",
    );
    const present = next();
    const at = epochMs(next());
    const startAt = epochMs(next());
    const base = { labels: itsLabels, at, ...((present & HAS_START) !== 0 && { startAt }) };
    if (shape.type === "histogram") {
      const count = next();
      const sum = next();
      const bounds = list();
      const buckets = { bounds, counts: list(), ...((present & HAS_SUM) !== 0 && { sum }), count };
      points.push({ ...base, ...shape, buckets });
    } else if (shape.type === "exponential-histogram") {
      points.push({ ...base, ...shape, histogram: readNative(next) });
    } else if (shape.type === "end") points.push({ ...base, ...shape });
    else points.push({ ...base, ...shape, value: next() });
  }
  return points;
}

/** What OTLP sends: it knows neither custom bounds nor why a counter began anew. */
function readNative(next: () => number): NativeHistogram {
  const [schema, zeroThreshold, zeroCount, count, sum] = [next(), next(), next(), next(), next()];
  const positive = readSide(next);
  const negative = readSide(next);
  return {
    counterReset: "unknown",
    schema,
    zeroThreshold,
    zeroCount,
    count,
    sum,
    positiveSpans: positive.spans,
    positiveBuckets: positive.buckets,
    negativeSpans: negative.spans,
    negativeBuckets: negative.buckets,
    customBounds: [],
  };
}

function readSide(next: () => number): {
  readonly spans: readonly BucketSpan[];
  readonly buckets: readonly number[];
} {
  const spans = Array.from({ length: next() }, () => ({ offset: next(), length: next() }));
  const length = spans.reduce((sum, span) => sum + span.length, 0);
  return { spans, buckets: Array.from({ length }, next) };
}
