import {
  type BucketSpan,
  type CounterReset,
  type NativeHistogram,
  STALE,
  type Stale,
} from "../../model/sample.ts";
import { type EpochMs, epochMs } from "../../model/time.ts";
import type { WireReader } from "../wire-reader.ts";

/** A histogram as it was sent; `isWhole` says that its counts were whole numbers. */
export type ReadHistogram = {
  readonly at: EpochMs;
  readonly value: NativeHistogram | Stale;
  readonly isWhole: boolean;
  /** 0 where it is not told. */
  readonly startAt: EpochMs;
};

const COUNTER_RESETS: readonly CounterReset[] = ["unknown", "reset", "not-reset", "gauge"];

/** One sign's buckets: as differences of whole counts, or as counts that may be fractions. */
type Side = { readonly spans: BucketSpan[]; readonly deltas: number[]; readonly counts: number[] };

/** Reads the Histogram that the current field holds; both versions of remote write have the same. */
export function readHistogram(reader: WireReader): ReadHistogram {
  const outer = reader.enter();
  const positive: Side = { spans: [], deltas: [], counts: [] };
  const negative: Side = { spans: [], deltas: [], counts: [] };
  const customBounds: number[] = [];
  let isWhole = true;
  let count = 0;
  let sum: number | Stale = 0;
  let schema = 0;
  let zeroThreshold = 0;
  let zeroCount = 0;
  let reset = 0;
  let at = 0;
  let startAt = 0;
  while (reader.next()) {
    const { field } = reader;
    if (field === 1 || field === 2) {
      isWhole = field === 1;
      count = isWhole ? reader.int64() : reader.double();
    } else if (field === 3) sum = reader.sampleValue();
    else if (field === 4) schema = reader.sint64();
    else if (field === 5) zeroThreshold = reader.double();
    else if (field === 6) zeroCount = reader.int64();
    else if (field === 7) zeroCount = reader.double();
    else if (field >= 8 && field <= 13) readSide(reader, field > 10 ? positive : negative);
    else if (field === 14) reset = reader.int32();
    else if (field === 15) at = reader.int64();
    else if (field === 16) reader.repeated("double", customBounds);
    else if (field === 17) startAt = reader.int64();
    else reader.skip();
  }
  reader.leave(outer);
  const times = { at: epochMs(at), startAt: epochMs(startAt), isWhole };
  if (sum === STALE) return { ...times, value: STALE };
  const value: NativeHistogram = {
    counterReset: COUNTER_RESETS[reset] ?? "unknown",
    schema,
    zeroThreshold,
    zeroCount,
    count,
    sum,
    positiveSpans: positive.spans,
    positiveBuckets: bucketsOf(positive, isWhole),
    negativeSpans: negative.spans,
    negativeBuckets: bucketsOf(negative, isWhole),
    customBounds,
  };
  return { ...times, value };
}

/** Spans, deltas and counts follow each other: 8 to 10 of the negative side, 11 to 13 of the other. */
function readSide(reader: WireReader, side: Side): void {
  switch (reader.field) {
    case 8:
    case 11:
      side.spans.push(readSpan(reader));
      break;
    case 9:
    case 12:
      reader.repeatedSint64(side.deltas);
      break;
    default:
      reader.repeated("double", side.counts);
  }
}

function readSpan(reader: WireReader): BucketSpan {
  reader.tally.countValues(1);
  const outer = reader.enter();
  let offset = 0;
  let length = 0;
  while (reader.next()) {
    if (reader.field === 1) offset = reader.sint64();
    else if (reader.field === 2) length = reader.uint32();
    else reader.skip();
  }
  reader.leave(outer);
  return { offset, length };
}

function bucketsOf({ deltas, counts }: Side, isWhole: boolean): readonly number[] {
  if (!isWhole) return counts;
  let count = 0;
  return deltas.map((delta) => (count += delta));
}
