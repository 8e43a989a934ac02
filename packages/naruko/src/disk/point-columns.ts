import { labelsFrom, type Labels } from "@naruko/core/model/labels";
import type { BucketCounts, MetricPoint } from "@naruko/core/model/metric-point";
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
      readonly type: "end";
      readonly of: "gauge" | "sum" | "histogram";
    };

/** Metric points, with labels and shapes written once each. */
export type PointColumns = {
  readonly count: number;
  readonly labels: readonly (readonly string[])[];
  readonly shapes: readonly PointShape[];
  /**
   * For each point: labels, shape, 1 if it has a start | 2 if it has a sum, time, start, and then
   * the value, or count, sum, bounds and counts of a histogram, both led by their length.
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
    } else if (shape.type === "end") points.push({ ...base, ...shape });
    else points.push({ ...base, ...shape, value: next() });
  }
  return points;
}
