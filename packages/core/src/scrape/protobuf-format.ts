import { InputError } from "../model/input-error.ts";
import { labelsFrom, METRIC_NAME } from "../model/labels.ts";
import type { Limits } from "../model/limits.ts";
import type { MetricMetadata } from "../model/received-series.ts";
import type { BucketSpan, NativeHistogram } from "../model/sample.ts";
import { type EpochMs, epochMs, SECOND_MS } from "../model/time.ts";
import { Tally } from "../receive/tally.ts";
import { WireFault } from "../receive/wire-fault.ts";
import { WireReader } from "../receive/wire-reader.ts";
import type { Exposition, ScrapedExemplar, ScrapedSample } from "./exposition.ts";
import { boundText } from "./float-text.ts";

export type ProtobufOptions = {
  readonly limits: Limits;
  /** Classic buckets too where a histogram has native ones. */
  readonly classicBeside: boolean;
};

/**
 * Reads length-delimited `io.prometheus.client.MetricFamily` messages (client_model, metrics.proto):
 * the one format that has native histograms.
 *
 * @throws InputError of kind `exposition` with the byte at which the message is broken
 */
export function readProtobuf(bytes: Uint8Array, options: ProtobufOptions): Exposition {
  const samples: ScrapedSample[] = [];
  const metadata: MetricMetadata[] = [];
  /** Where what is being read begins: faults are told from there. */
  let from = 0;
  try {
    while (from < bytes.length) {
      const { body, to } = delimited(bytes, from);
      from = body;
      const tally = new Tally(options.limits);
      const family = readFamily(new WireReader(bytes.subarray(body, to), tally));
      metadata.push({ name: family.name, type: family.type, help: family.help, unit: family.unit });
      for (const metric of family.metrics) samples.push(...samplesOf(family, metric, options));
      from = to;
    }
  } catch (error) {
    if (!(error instanceof WireFault)) throw error;
    const field = error.field === 0 ? "" : `field ${error.field} `;
    const what = `byte ${from + error.offset}: ${field}${error.message}`;
    throw new InputError("exposition", what, undefined, error);
  }
  return { samples, metadata };
}

const LENGTH_BYTES = 5;

/** Where the message lies whose length stands at `from`. */
function delimited(
  bytes: Uint8Array,
  from: number,
): { readonly body: number; readonly to: number } {
  let length = 0;
  for (let i = 0; i < LENGTH_BYTES; i++) {
    const byte = bytes[from + i];
    if (byte === undefined) break;
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte >= 0x80) continue;
    const body = from + i + 1;
    if (body + length <= bytes.length) return { body, to: body + length };
    throw new WireFault(0, 0, `a message of ${length} bytes, but ${bytes.length - body} are left`);
  }
  throw new WireFault(0, 0, "expected the length of a message");
}

const TYPES: readonly MetricMetadata["type"][] = [
  "counter",
  "gauge",
  "summary",
  "unknown",
  "histogram",
  "gaugehistogram",
];

type Family = MetricMetadata & { readonly metrics: readonly Metric[] };

/** Exactly one of the values is there in a message that is valid. */
type Metric = {
  pairs: string[];
  at?: EpochMs;
  plain?: Plain;
  summary?: Summary;
  histogram?: Histogram;
};

type Plain = { value: number; startAt?: EpochMs; exemplar?: ScrapedExemplar };
type Quantile = { quantile: number; value: number };
type Summary = { count: number; sum: number; quantiles: Quantile[]; startAt?: EpochMs };
type Bucket = { count: number; bound: number; exemplar?: ScrapedExemplar };
type Histogram = {
  count: number;
  sum: number;
  buckets: Bucket[];
  schema: number;
  zeroThreshold: number;
  zeroCount: number;
  positive: NativeSide;
  negative: NativeSide;
  exemplars: ScrapedExemplar[];
  startAt?: EpochMs;
};
/** One side's buckets: as differences of whole counts, or as counts that may be fractions. */
type NativeSide = { spans: BucketSpan[]; deltas: number[]; counts: number[] };

function readFamily(reader: WireReader): Family {
  const family = { name: "", help: "", unit: "" };
  let type = 0;
  const metrics: Metric[] = [];
  while (reader.next()) {
    if (reader.field === 1) family.name = reader.text();
    else if (reader.field === 2) family.help = reader.text();
    else if (reader.field === 3) type = reader.int32();
    else if (reader.field === 4) metrics.push(within(reader, readMetric));
    else if (reader.field === 5) family.unit = reader.text();
    else reader.skip();
  }
  if (family.name === "") throw new WireFault(0, 1, "(name) is missing from a metric family");
  const known = TYPES[type];
  if (known === undefined) throw new WireFault(0, 3, `(type) is ${type}, which does not exist`);
  return { ...family, type: known, metrics };
}

function within<T>(reader: WireReader, read: (reader: WireReader) => T): T {
  const outer = reader.enter();
  const value = read(reader);
  reader.leave(outer);
  return value;
}

function readMetric(reader: WireReader): Metric {
  const metric: Metric = { pairs: [] };
  while (reader.next()) {
    if (reader.field === 1) metric.pairs.push(...within(reader, readPair));
    else if (reader.field === 2 || reader.field === 3 || reader.field === 5) {
      metric.plain = within(reader, readPlain);
    } else if (reader.field === 4) metric.summary = within(reader, readSummary);
    else if (reader.field === 6) metric.at = epochMs(reader.int64());
    else if (reader.field === 7) metric.histogram = within(reader, readHistogram);
    else reader.skip();
  }
  return metric;
}

function readPair(reader: WireReader): readonly [string, string] {
  let name = "";
  let value = "";
  while (reader.next()) {
    if (reader.field === 1) name = reader.text();
    else if (reader.field === 2) value = reader.text();
    else reader.skip();
  }
  return [name, value];
}

/** A counter, a gauge or an untyped value: the same fields, as far as they have them. */
function readPlain(reader: WireReader): Plain {
  const plain: Plain = { value: 0 };
  while (reader.next()) {
    if (reader.field === 1) plain.value = reader.double();
    else if (reader.field === 2) plain.exemplar = within(reader, readExemplar);
    else if (reader.field === 3) plain.startAt = within(reader, readTimestamp);
    else reader.skip();
  }
  return plain;
}

function readSummary(reader: WireReader): Summary {
  const summary: Summary = { count: 0, sum: 0, quantiles: [] };
  while (reader.next()) {
    if (reader.field === 1) summary.count = reader.int64();
    else if (reader.field === 2) summary.sum = reader.double();
    else if (reader.field === 3) summary.quantiles.push(within(reader, readQuantile));
    else if (reader.field === 4) summary.startAt = within(reader, readTimestamp);
    else reader.skip();
  }
  return summary;
}

function readQuantile(reader: WireReader): Quantile {
  const one: Quantile = { quantile: 0, value: 0 };
  while (reader.next()) {
    if (reader.field === 1) one.quantile = reader.double();
    else if (reader.field === 2) one.value = reader.double();
    else reader.skip();
  }
  return one;
}

/** What a field of a histogram does to it, by its number. */
const HISTOGRAM: Readonly<Record<number, (reader: WireReader, into: Histogram) => void>> = {
  1: (reader, into) => (into.count = reader.int64()),
  2: (reader, into) => (into.sum = reader.double()),
  3: (reader, into) => into.buckets.push(within(reader, readBucket)),
  4: (reader, into) => (into.count = reader.double()),
  5: (reader, into) => (into.schema = reader.sint64()),
  6: (reader, into) => (into.zeroThreshold = reader.double()),
  7: (reader, into) => (into.zeroCount = reader.int64()),
  8: (reader, into) => (into.zeroCount = reader.double()),
  9: (reader, into) => into.negative.spans.push(within(reader, readSpan)),
  10: (reader, into) => {
    reader.repeatedSint64(into.negative.deltas);
  },
  11: (reader, into) => {
    reader.repeated("double", into.negative.counts);
  },
  12: (reader, into) => into.positive.spans.push(within(reader, readSpan)),
  13: (reader, into) => {
    reader.repeatedSint64(into.positive.deltas);
  },
  14: (reader, into) => {
    reader.repeated("double", into.positive.counts);
  },
  15: (reader, into) => (into.startAt = within(reader, readTimestamp)),
  16: (reader, into) => into.exemplars.push(within(reader, readExemplar)),
};

function readHistogram(reader: WireReader): Histogram {
  const histogram: Histogram = {
    count: 0,
    sum: 0,
    buckets: [],
    schema: 0,
    zeroThreshold: 0,
    zeroCount: 0,
    positive: { spans: [], deltas: [], counts: [] },
    negative: { spans: [], deltas: [], counts: [] },
    exemplars: [],
  };
  while (reader.next()) {
    const take = HISTOGRAM[reader.field];
    if (take === undefined) reader.skip();
    else take(reader, histogram);
  }
  return histogram;
}

function readBucket(reader: WireReader): Bucket {
  const bucket: Bucket = { count: 0, bound: 0 };
  while (reader.next()) {
    if (reader.field === 1) bucket.count = reader.int64();
    else if (reader.field === 2) bucket.bound = reader.double();
    else if (reader.field === 3) bucket.exemplar = within(reader, readExemplar);
    else if (reader.field === 4) bucket.count = reader.double();
    else reader.skip();
  }
  return bucket;
}

function readSpan(reader: WireReader): BucketSpan {
  let offset = 0;
  let length = 0;
  while (reader.next()) {
    if (reader.field === 1) offset = reader.sint64();
    else if (reader.field === 2) length = reader.uint32();
    else reader.skip();
  }
  return { offset, length };
}

function readExemplar(reader: WireReader): ScrapedExemplar {
  const entries: (readonly [string, string])[] = [];
  let value = 0;
  let at: EpochMs | undefined;
  while (reader.next()) {
    if (reader.field === 1) entries.push(within(reader, readPair));
    else if (reader.field === 2) value = reader.double();
    else if (reader.field === 3) at = within(reader, readTimestamp);
    else reader.skip();
  }
  return { labels: labelsFrom(entries), value, ...(at === undefined ? {} : { at }) };
}

const NANOS_PER_MS = 1_000_000;

function readTimestamp(reader: WireReader): EpochMs {
  let seconds = 0;
  let nanos = 0;
  while (reader.next()) {
    if (reader.field === 1) seconds = reader.int64();
    else if (reader.field === 2) nanos = reader.int32();
    else reader.skip();
  }
  return epochMs(seconds * SECOND_MS + Math.floor(nanos / NANOS_PER_MS));
}

function samplesOf(
  { name, type }: Family,
  metric: Metric,
  { classicBeside }: ProtobufOptions,
): readonly ScrapedSample[] {
  const time = metric.at === undefined ? {} : { at: metric.at };
  const { plain, summary, histogram } = metric;
  const named = (suffix: string, ...extra: readonly string[]): readonly string[] => [
    METRIC_NAME,
    name + suffix,
    ...metric.pairs,
    ...extra,
  ];
  if (plain !== undefined) return [{ pairs: named(""), ...plain, ...time }];
  if (summary !== undefined) return summarySamples(summary, named, time);
  if (histogram === undefined) return [];
  const native = nativeOf(histogram, type === "gaugehistogram" ? "gauge" : "unknown");
  const whole: ScrapedSample[] =
    native === undefined
      ? []
      : [{ pairs: named(""), value: native, ...time, ...startOf(histogram), ...latest(histogram) }];
  if (native !== undefined && !classicBeside) return whole;
  return [...whole, ...classicSamples(histogram, named, time)];
}

type Named = (suffix: string, ...extra: readonly string[]) => readonly string[];
type Time = Pick<ScrapedSample, "at">;

function startOf({ startAt }: { readonly startAt?: EpochMs }): Pick<ScrapedSample, "startAt"> {
  return startAt === undefined ? {} : { startAt };
}

/** A sample has one exemplar; a native histogram's latest stands for its others. */
function latest({ exemplars }: Histogram): Pick<ScrapedSample, "exemplar"> {
  const [exemplar] = exemplars.toSorted((a, b) => (b.at ?? 0) - (a.at ?? 0));
  return exemplar === undefined ? {} : { exemplar };
}

function summarySamples(summary: Summary, named: Named, time: Time): readonly ScrapedSample[] {
  const rest = { ...time, ...startOf(summary) };
  return [
    { pairs: named("_count"), value: summary.count, ...rest },
    { pairs: named("_sum"), value: summary.sum, ...rest },
    ...summary.quantiles.map(({ quantile, value }) => {
      return { pairs: named("", "quantile", boundText(quantile)), value, ...rest };
    }),
  ];
}

function classicSamples(histogram: Histogram, named: Named, time: Time): readonly ScrapedSample[] {
  const { buckets, count, sum } = histogram;
  const rest = { ...time, ...startOf(histogram) };
  const shown = buckets.map((bucket) => ({
    pairs: named("_bucket", "le", boundText(bucket.bound)),
    value: bucket.count,
    ...rest,
    ...(bucket.exemplar === undefined ? {} : { exemplar: bucket.exemplar }),
  }));
  const hasInfinite = buckets.some(({ bound }) => bound === Infinity);
  const infinite = { pairs: named("_bucket", "le", "+Inf"), value: count, ...rest };
  return [
    { pairs: named("_count"), value: count, ...rest },
    { pairs: named("_sum"), value: sum, ...rest },
    ...shown,
    ...(hasInfinite ? [] : [infinite]),
  ];
}

const SCHEMA_MIN = -4;
const SCHEMA_MAX = 8;

/** `undefined` where the histogram has classic buckets alone; told as client_model tells it. */
function nativeOf(
  histogram: Histogram,
  counterReset: NativeHistogram["counterReset"],
): NativeHistogram | undefined {
  const { schema, zeroThreshold, zeroCount, count, sum, positive, negative } = histogram;
  const spans = positive.spans.length + negative.spans.length;
  if (spans === 0 && zeroThreshold <= 0 && zeroCount <= 0) return undefined;
  if (schema < SCHEMA_MIN || schema > SCHEMA_MAX) {
    throw new WireFault(0, 7, `a native histogram has schema ${schema}, known are -4 to 8`);
  }
  return {
    counterReset,
    schema,
    zeroThreshold,
    zeroCount,
    count,
    sum,
    positiveSpans: positive.spans,
    positiveBuckets: countsOf(positive),
    negativeSpans: negative.spans,
    negativeBuckets: countsOf(negative),
    customBounds: [],
  };
}

function countsOf({ spans, deltas, counts }: NativeSide): readonly number[] {
  let count = 0;
  const absolute = counts.length > 0 ? counts : deltas.map((delta) => (count += delta));
  const expected = spans.reduce((sum, { length }) => sum + length, 0);
  if (spans.slice(1).some(({ offset }) => offset < 0)) {
    throw new WireFault(0, 7, "a native histogram's spans overlap");
  }
  if (expected === absolute.length) return absolute;
  const what = `a native histogram's spans have ${expected} buckets, but there are ${absolute.length}`;
  throw new WireFault(0, 7, what);
}
