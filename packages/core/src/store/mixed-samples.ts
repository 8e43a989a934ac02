import type { BucketSpan, CounterReset, NativeHistogram } from "../model/sample.ts";
import { ByteReader, ByteWriter } from "./byte-stream.ts";

/**
 * The encoding of samples of which some are native histograms. It begins with the stream of
 * XOR_SAMPLES, in which a histogram's value is its sum. Behind it stand the lengths of the runs
 * (numbers first, then histograms, and so on in turn), a record for each histogram, and in the last
 * four bytes the length of the stream (big-endian).
 *
 * A record has a byte of flags, the layout where it is another than the one before, and the counts:
 * of the zero bucket, of the buckets, and of all. Whole counts are differences from the record
 * before (from zero behind a new layout), of which a run of zeros is a zero and how many follow it;
 * others are the exclusive or with the bytes of the doubles before, without the zeros around.
 */
export const MIXED_SAMPLES = 2;

/** Index by index; `undefined` where the sample is a number or a stale marker. */
export type Histograms = readonly (NativeHistogram | undefined)[];

/** Where a histogram's buckets lie: it changes seldom, so histograms in turn share it. */
type Layout = Pick<
  NativeHistogram,
  "schema" | "zeroThreshold" | "positiveSpans" | "negativeSpans" | "customBounds"
>;

const NEW_LAYOUT = 1;
const FRACTIONS = 2;
const RESET_SHIFT = 2;
const COUNTER_RESETS: readonly CounterReset[] = ["unknown", "reset", "not-reset", "gauge"];

const STREAM_LENGTH_BYTES = 4;
/** Differences of counts below it, and their zigzag, stay exact. */
const WHOLE_MAX = 2 ** 52;
/** Far more than anybody sends, and little enough for a damaged length to do no harm. */
const BUCKETS_MAX = 1 << 20;

const EMPTY: Layout = {
  schema: 0,
  zeroThreshold: 0,
  positiveSpans: [],
  negativeSpans: [],
  customBounds: [],
};

const writer = new ByteWriter();
/** One double and its bytes, the highest first. */
const double = new DataView(new ArrayBuffer(8));
const doubleBytes = new Uint8Array(double.buffer);
const beforeBytes = new Uint8Array(8);

/**
 * The bytes of samples at [from, to).
 *
 * @param stream the same samples in XOR_SAMPLES, with sums in place of histograms
 */
export function encodeMixed(
  stream: Uint8Array,
  histograms: Histograms,
  from: number,
  to: number,
): Uint8Array {
  writer.clear();
  writer.raw(stream);
  writeRuns(histograms, from, to);
  let layout = EMPTY;
  let before: readonly number[] = [];
  for (let i = from; i < to; i++) {
    const histogram = histograms[i];
    if (histogram === undefined) continue;
    const isNew = before.length === 0 || !sameLayout(layout, histogram);
    const counts = countsOf(histogram);
    const isWhole = counts.every(isWholeCount) && (isNew || before.every(isWholeCount));
    const reset = COUNTER_RESETS.indexOf(histogram.counterReset) << RESET_SHIFT;
    writer.byte((isNew ? NEW_LAYOUT : 0) | (isWhole ? 0 : FRACTIONS) | reset);
    if (isNew) {
      writeLayout(histogram);
      before = [];
    }
    if (isWhole) writeDifferences(counts, before);
    else for (const [n, count] of counts.entries()) writeDouble(count, before[n] ?? 0);
    layout = histogram;
    before = counts;
  }
  const length = new Uint8Array(STREAM_LENGTH_BYTES);
  new DataView(length.buffer).setUint32(0, stream.length);
  writer.raw(length);
  return writer.written();
}

/** The part that is a stream of XOR_SAMPLES; empty where the bytes are too few. */
export function streamOfMixed(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, streamLength(bytes));
}

/**
 * The histograms among samples.
 *
 * @param sums of `count` samples, as the stream has them
 * @throws InputError of kind `snapshot` where the bytes are damaged
 */
export function decodeMixed(bytes: Uint8Array, count: number, sums: Float64Array): Histograms {
  const end = bytes.length - STREAM_LENGTH_BYTES;
  const reader = new ByteReader(bytes.subarray(streamLength(bytes), Math.max(0, end)), "chunk");
  const histograms: (NativeHistogram | undefined)[] = [];
  const records: number[] = [];
  for (let isHistogram = false; histograms.length < count; isHistogram = !isHistogram) {
    const run = reader.number();
    if (run > count - histograms.length) throw reader.damaged("a run is too long");
    if (run === 0 && histograms.length > 0) throw reader.damaged("a run is empty");
    for (let i = 0; i < run; i++) {
      if (isHistogram) records.push(histograms.length);
      histograms.push(undefined);
    }
  }
  let layout = EMPTY;
  let counts: readonly number[] = [];
  for (const index of records) {
    const flags = reader.byte();
    if ((flags & NEW_LAYOUT) !== 0) {
      layout = readLayout(reader);
      counts = Array.from({ length: bucketCount(layout, reader) + 2 }, () => 0);
    }
    if (counts.length === 0) throw reader.damaged("a layout is missing");
    const fractions = (flags & FRACTIONS) !== 0;
    counts = fractions ? readDoubles(reader, counts) : readDifferences(reader, counts);
    const counterReset = COUNTER_RESETS[(flags >>> RESET_SHIFT) & 3] ?? "unknown";
    histograms[index] = made(layout, counts, { counterReset, sum: sums[index] ?? 0 });
  }
  if (!reader.atEnd) throw reader.damaged("it goes on behind its end");
  return histograms;
}

/** A histogram with the other's layout where they are equal, so that memory has it once. */
export function sharingLayout(
  histogram: NativeHistogram,
  other: NativeHistogram | undefined,
): NativeHistogram {
  if (other === undefined || !sameLayout(histogram, other)) return histogram;
  const { positiveSpans, negativeSpans, customBounds } = other;
  return { ...histogram, positiveSpans, negativeSpans, customBounds };
}

export function sameHistogram(a: NativeHistogram, b: NativeHistogram): boolean {
  const sameKind = a.counterReset === b.counterReset && Object.is(a.sum, b.sum);
  if (!sameKind || !sameLayout(a, b)) return false;
  const counts = countsOf(b);
  return countsOf(a).every((count, i) => Object.is(count, counts[i]));
}

/** Bytes that histograms take in memory, about: their counts, and a hundred for the rest. */
export function histogramBytes(histograms: Histograms): number {
  let bytes = 0;
  for (const one of histograms) {
    if (one === undefined) continue;
    bytes += 100 + 8 * (one.positiveBuckets.length + one.negativeBuckets.length);
  }
  return bytes;
}

function streamLength(bytes: Uint8Array): number {
  if (bytes.length < STREAM_LENGTH_BYTES) return 0;
  const at = bytes.byteOffset + bytes.length - STREAM_LENGTH_BYTES;
  const length = new DataView(bytes.buffer, at, STREAM_LENGTH_BYTES).getUint32(0);
  return Math.min(length, bytes.length - STREAM_LENGTH_BYTES);
}

function writeRuns(histograms: Histograms, from: number, to: number): void {
  let isHistogram = false;
  let run = 0;
  for (let i = from; i < to; i++) {
    if ((histograms[i] !== undefined) !== isHistogram) {
      writer.number(run);
      isHistogram = !isHistogram;
      run = 0;
    }
    run++;
  }
  writer.number(run);
}

function writeLayout(layout: Layout): void {
  writer.signed(layout.schema);
  writer.double(layout.zeroThreshold);
  for (const spans of [layout.positiveSpans, layout.negativeSpans]) {
    writer.number(spans.length);
    for (const { offset, length } of spans) {
      writer.signed(offset);
      writer.number(length);
    }
  }
  writer.number(layout.customBounds.length);
  for (const bound of layout.customBounds) writer.double(bound);
}

function readLayout(reader: ByteReader): Layout {
  const span = (): BucketSpan => ({ offset: reader.signed(), length: reader.number() });
  return {
    schema: reader.signed(),
    zeroThreshold: reader.double(),
    positiveSpans: reader.list(span),
    negativeSpans: reader.list(span),
    customBounds: reader.list(() => reader.double()),
  };
}

function bucketCount(layout: Layout, reader: ByteReader): number {
  let count = 0;
  for (const { length } of layout.positiveSpans) count += length;
  for (const { length } of layout.negativeSpans) count += length;
  if (count > BUCKETS_MAX) throw reader.damaged(`${count} buckets cannot be`);
  return count;
}

function countsOf(histogram: NativeHistogram): readonly number[] {
  const { zeroCount, positiveBuckets, negativeBuckets, count } = histogram;
  return [zeroCount, ...positiveBuckets, ...negativeBuckets, count];
}

function made(
  layout: Layout,
  counts: readonly number[],
  of: Pick<NativeHistogram, "counterReset" | "sum">,
): NativeHistogram {
  let positives = 0;
  for (const { length } of layout.positiveSpans) positives += length;
  return {
    counterReset: of.counterReset,
    schema: layout.schema,
    zeroThreshold: layout.zeroThreshold,
    zeroCount: counts[0] ?? 0,
    count: counts.at(-1) ?? 0,
    sum: of.sum,
    positiveSpans: layout.positiveSpans,
    positiveBuckets: counts.slice(1, 1 + positives),
    negativeSpans: layout.negativeSpans,
    negativeBuckets: counts.slice(1 + positives, -1),
    customBounds: layout.customBounds,
  };
}

function isWholeCount(count: number): boolean {
  return Number.isInteger(count) && count >= 0 && count < WHOLE_MAX && !Object.is(count, -0);
}

function writeDifferences(counts: readonly number[], before: readonly number[]): void {
  let zeros = 0;
  for (const [i, count] of counts.entries()) {
    const difference = count - (before[i] ?? 0);
    if (difference === 0) {
      zeros++;
      continue;
    }
    writeZeros(zeros);
    zeros = 0;
    writer.signed(difference);
  }
  writeZeros(zeros);
}

function writeZeros(count: number): void {
  if (count === 0) return;
  writer.byte(0);
  writer.number(count - 1);
}

function readDifferences(reader: ByteReader, before: readonly number[]): readonly number[] {
  const counts: number[] = [];
  while (counts.length < before.length) {
    const difference = reader.signed();
    if (difference !== 0) {
      counts.push((before[counts.length] ?? 0) + difference);
      continue;
    }
    const zeros = reader.number() + 1;
    if (zeros > before.length - counts.length) throw reader.damaged("a run is too long");
    for (let i = 0; i < zeros; i++) counts.push(before[counts.length] ?? 0);
  }
  return counts;
}

/** A byte says how many zeros stand before (upper half) and how many other bytes follow (lower). */
function writeDouble(value: number, before: number): void {
  double.setFloat64(0, before);
  beforeBytes.set(doubleBytes);
  double.setFloat64(0, value);
  for (let i = 0; i < 8; i++) doubleBytes[i] = (doubleBytes[i] ?? 0) ^ (beforeBytes[i] ?? 0);
  const start = doubleBytes.findIndex((byte) => byte !== 0);
  if (start < 0) {
    writer.byte(0);
    return;
  }
  const end = doubleBytes.findLastIndex((byte) => byte !== 0) + 1;
  writer.byte((start << 4) | (end - start));
  writer.raw(doubleBytes.subarray(start, end));
}

function readDoubles(reader: ByteReader, before: readonly number[]): readonly number[] {
  return before.map((number) => {
    double.setFloat64(0, number);
    const head = reader.byte();
    const start = head >>> 4;
    const length = head & 15;
    if (start + length > 8) throw reader.damaged("a number is too long");
    const bytes = reader.raw(length);
    for (const [i, byte] of bytes.entries()) {
      doubleBytes[start + i] = (doubleBytes[start + i] ?? 0) ^ byte;
    }
    return double.getFloat64(0);
  });
}

function sameLayout(a: Layout, b: Layout): boolean {
  return (
    a.schema === b.schema &&
    a.zeroThreshold === b.zeroThreshold &&
    sameSpans(a.positiveSpans, b.positiveSpans) &&
    sameSpans(a.negativeSpans, b.negativeSpans) &&
    sameBounds(a.customBounds, b.customBounds)
  );
}

function sameSpans(a: readonly BucketSpan[], b: readonly BucketSpan[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  return a.every(({ offset, length }, i) => offset === b[i]?.offset && length === b[i].length);
}

function sameBounds(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((bound, i) => bound === b[i]));
}
