import { assert } from "@naruko/core/model/assert";
import type { Exemplar } from "@naruko/core/model/exemplar";
import { type Labels, sortedLabels } from "@naruko/core/model/labels";
import type { ReceivedSample, ReceivedSeries } from "@naruko/core/model/received-series";
import { type BucketSpan, type NativeHistogram, STALE } from "@naruko/core/model/sample";
import { epochMs } from "@naruko/core/model/time";

/** What a native histogram is apart from its counts; repeats from sample to sample. */
type HistogramShape = Pick<NativeHistogram, "counterReset" | "schema"> & {
  /** Offset, length, offset, length … */
  readonly positive: readonly number[];
  readonly negative: readonly number[];
};

/** Received series, with every text of their labels written once. */
export type SeriesColumns = {
  readonly texts: readonly string[];
  /** For each series its labels, as indexes of `texts`: name, value, name, value … */
  readonly labels: readonly (readonly number[])[];
  /** The labels of exemplars, likewise. */
  readonly exemplarLabels: readonly (readonly number[])[];
  readonly shapes: readonly HistogramShape[];
  /**
   * For each series how many samples and exemplars it has, then these. A sample: its kind, time,
   * start where it has one, and then the value, or shape, zero threshold, zero count, count, sum,
   * buckets, and the custom bounds led by their length. An exemplar: its time and value.
   */
  readonly numbers: Float64Array;
};

const NUMBER = 0;
const STALE_MARKER = 1;
const HISTOGRAM = 2;
/** Added to the kind of a sample that has a start. */
const HAS_START = 4;

export function toSeriesColumns(all: readonly ReceivedSeries[]): SeriesColumns {
  const texts = new Map<string, number>();
  const shapes = new Map<string, number>();
  const numbers: number[] = [];
  const exemplarLabels: (readonly number[])[] = [];
  const labels = all.map((series) => {
    numbers.push(series.samples.length, series.exemplars.length);
    for (const sample of series.samples) pushSample(numbers, sample, shapes);
    for (const { labels: itsLabels, at, value } of series.exemplars) {
      numbers.push(at, value);
      exemplarLabels.push(textIndexes(itsLabels, texts));
    }
    return textIndexes(series.labels, texts);
  });
  return {
    texts: [...texts.keys()],
    labels,
    exemplarLabels,
    shapes: [...shapes.keys()].map((json) => JSON.parse(json) as HistogramShape),
    numbers: Float64Array.from(numbers),
  };
}

function textIndexes({ pairs }: Labels, texts: Map<string, number>): readonly number[] {
  return pairs.map((text) => indexIn(texts, text));
}

function indexIn(known: Map<string, number>, key: string): number {
  const index = known.get(key) ?? known.size;
  if (index === known.size) known.set(key, index);
  return index;
}

function pushSample(
  numbers: number[],
  { at, value, startAt }: ReceivedSample,
  shapes: Map<string, number>,
): void {
  const kind = typeof value === "object" ? HISTOGRAM : value === STALE ? STALE_MARKER : NUMBER;
  numbers.push(startAt === undefined ? kind : kind + HAS_START, at);
  if (startAt !== undefined) numbers.push(startAt);
  if (typeof value === "number") numbers.push(value);
  if (typeof value === "object") pushHistogram(numbers, value, shapes);
}

function pushHistogram(
  numbers: number[],
  histogram: NativeHistogram,
  shapes: Map<string, number>,
): void {
  const { counterReset, schema, positiveSpans, negativeSpans, customBounds } = histogram;
  const shape: HistogramShape = {
    counterReset,
    schema,
    positive: flat(positiveSpans),
    negative: flat(negativeSpans),
  };
  numbers.push(
    indexIn(shapes, JSON.stringify(shape)),
    histogram.zeroThreshold,
    histogram.zeroCount,
    histogram.count,
    histogram.sum,
    ...histogram.positiveBuckets,
    ...histogram.negativeBuckets,
    customBounds.length,
    ...customBounds,
  );
}

function flat(spans: readonly BucketSpan[]): readonly number[] {
  return spans.flatMap(({ offset, length }) => [offset, length]);
}

export function fromSeriesColumns(columns: SeriesColumns): ReceivedSeries[] {
  const { numbers, texts, exemplarLabels, shapes } = columns;
  let place = 0;
  const next = (): number => {
    const value = numbers[place++];
    assert(value !== undefined, "a series' numbers are all written");
    return value;
  };
  // Written from labels, hence sorted.
  const labelsOf = (indexes: readonly number[] | undefined): Labels =>
    sortedLabels((indexes ?? []).map((index) => texts[index] ?? ""));
  let exemplarsRead = 0;
  return columns.labels.map((indexes) => {
    const sampleCount = next();
    const exemplarCount = next();
    const samples = Array.from({ length: sampleCount }, () => readSample(next, shapes));
    const exemplars = Array.from({ length: exemplarCount }, (): Exemplar => {
      const at = epochMs(next());
      return { labels: labelsOf(exemplarLabels[exemplarsRead++]), value: next(), at };
    });
    return { labels: labelsOf(indexes), samples, exemplars };
  });
}

function readSample(next: () => number, shapes: readonly HistogramShape[]): ReceivedSample {
  const kind = next();
  const at = epochMs(next());
  const start = kind >= HAS_START ? { startAt: epochMs(next()) } : {};
  switch (kind % HAS_START) {
    case STALE_MARKER:
      return { at, value: STALE, ...start };
    case HISTOGRAM:
      return { at, value: readHistogram(next, shapes), ...start };
    default:
      return { at, value: next(), ...start };
  }
}

function readHistogram(next: () => number, shapes: readonly HistogramShape[]): NativeHistogram {
  const shape = shapes[next()];
  assert(shape !== undefined, "a histogram's shape is written");
  const { counterReset, schema } = shape;
  const positiveSpans = spansFrom(shape.positive);
  const negativeSpans = spansFrom(shape.negative);
  const list = (length: number): readonly number[] => Array.from({ length }, next);
  return {
    counterReset,
    schema,
    zeroThreshold: next(),
    zeroCount: next(),
    count: next(),
    sum: next(),
    positiveSpans,
    positiveBuckets: list(bucketCount(positiveSpans)),
    negativeSpans,
    negativeBuckets: list(bucketCount(negativeSpans)),
    customBounds: list(next()),
  };
}

function spansFrom(numbers: readonly number[]): readonly BucketSpan[] {
  const spans: BucketSpan[] = [];
  for (let i = 0; i < numbers.length; i += 2) {
    spans.push({ offset: numbers[i] ?? 0, length: numbers[i + 1] ?? 0 });
  }
  return spans;
}

function bucketCount(spans: readonly BucketSpan[]): number {
  return spans.reduce((sum, { length }) => sum + length, 0);
}
