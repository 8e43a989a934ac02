import type { Exemplar } from "@naruko/core/model/exemplar";
import { type Labels, labelValue, METRIC_NAME } from "@naruko/core/model/labels";
import type { MetricMetadata } from "@naruko/core/model/received-series";
import type { CounterReset, NativeHistogram } from "@naruko/core/model/sample";
import { METADATA_TYPES } from "@naruko/core/receive/remote-write/metadata-type";
import { ProtobufWriter } from "./protobuf-writer.ts";

/** Samples of one series, oldest first; an index with a histogram has no meaning in `values`. */
export type OutgoingSeries = {
  readonly labels: Labels;
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly histograms?: readonly (NativeHistogram | undefined)[] | undefined;
  readonly exemplars?: readonly Exemplar[];
};

const RESETS: readonly CounterReset[] = ["unknown", "reset", "not-reset", "gauge"];

/** A `prometheus.WriteRequest` (remote write 1.0). */
export function encodeV1(
  series: readonly OutgoingSeries[],
  metadata: readonly MetricMetadata[],
): Uint8Array {
  const request = new ProtobufWriter();
  const message = new ProtobufWriter();
  const pair = new ProtobufWriter();
  for (const one of series) {
    message.clear();
    writePairs(message, one.labels);
    writeSamples(message, one, { samples: 2, histograms: 4 });
    for (const exemplar of one.exemplars ?? []) {
      pair.clear();
      writePairs(pair, exemplar.labels);
      pair.double(2, exemplar.value);
      pair.whole(3, exemplar.at);
      message.message(3, pair.bytes);
    }
    request.message(1, message.bytes);
  }
  for (const { name, type, help, unit } of metadata) {
    message.clear();
    message.whole(1, METADATA_TYPES.indexOf(type));
    message.text(2, name);
    message.text(4, help);
    message.text(5, unit);
    request.message(3, message.bytes);
  }
  return request.bytes;
}

/**
 * An `io.prometheus.write.v2.Request` (remote write 2.0): texts stand once in a table.
 *
 * @param metadataOf what is known of a metric by the name of its series
 */
export function encodeV2(
  series: readonly OutgoingSeries[],
  metadataOf: (name: string) => MetricMetadata | undefined,
): Uint8Array {
  const symbols = new Map<string, number>([["", 0]]);
  const refOf = (text: string): number => {
    const known = symbols.get(text);
    if (known !== undefined) return known;
    symbols.set(text, symbols.size);
    return symbols.size - 1;
  };
  const body = new ProtobufWriter();
  const message = new ProtobufWriter();
  const inner = new ProtobufWriter();
  for (const one of series) {
    message.clear();
    message.packedWhole(1, one.labels.pairs.map(refOf));
    writeSamples(message, one, { samples: 2, histograms: 3 });
    for (const exemplar of one.exemplars ?? []) {
      inner.clear();
      inner.packedWhole(1, exemplar.labels.pairs.map(refOf));
      inner.double(2, exemplar.value);
      inner.whole(3, exemplar.at);
      message.message(4, inner.bytes);
    }
    const known = metadataOf(labelValue(one.labels, METRIC_NAME));
    if (known !== undefined) {
      inner.clear();
      inner.whole(1, METADATA_TYPES.indexOf(known.type));
      inner.whole(3, refOf(known.help));
      inner.whole(4, refOf(known.unit));
      message.message(5, inner.bytes);
    }
    body.message(5, message.bytes);
  }
  const table = new ProtobufWriter();
  for (const symbol of symbols.keys()) table.text(4, symbol);
  return Buffer.concat([table.bytes, body.bytes]);
}

/** Labels as version 1.0 has them, in field 1 of a series and of an exemplar. */
function writePairs(into: ProtobufWriter, { pairs }: Labels): void {
  const pair = new ProtobufWriter();
  for (let i = 0; i < pairs.length; i += 2) {
    pair.clear();
    pair.text(1, pairs[i] ?? "");
    pair.text(2, pairs[i + 1] ?? "");
    into.message(1, pair.bytes);
  }
}

function writeSamples(
  into: ProtobufWriter,
  { times, values, histograms }: OutgoingSeries,
  fields: { readonly samples: number; readonly histograms: number },
): void {
  const sample = new ProtobufWriter();
  for (const [i, at] of times.entries()) {
    sample.clear();
    const histogram = histograms?.[i];
    if (histogram === undefined) {
      sample.doubleAt(1, values, i);
      sample.whole(2, at);
    } else writeHistogram(sample, histogram, at);
    into.message(histogram === undefined ? fields.samples : fields.histograms, sample.bytes);
  }
}

function writeHistogram(into: ProtobufWriter, histogram: NativeHistogram, at: number): void {
  const { count, zeroCount, positiveBuckets, negativeBuckets } = histogram;
  const isWhole = [count, zeroCount, ...positiveBuckets, ...negativeBuckets].every(
    (one) => Number.isSafeInteger(one) && one >= 0,
  );
  if (isWhole) into.whole(1, count);
  else into.double(2, count);
  into.double(3, histogram.sum);
  into.signed(4, histogram.schema);
  into.double(5, histogram.zeroThreshold);
  if (isWhole) into.whole(6, zeroCount);
  else into.double(7, zeroCount);
  writeSide(into, 8, { spans: histogram.negativeSpans, buckets: negativeBuckets, isWhole });
  writeSide(into, 11, { spans: histogram.positiveSpans, buckets: positiveBuckets, isWhole });
  into.whole(14, RESETS.indexOf(histogram.counterReset));
  into.whole(15, at);
  into.packedDouble(16, histogram.customBounds);
}

/** Spans, then differences of whole counts, or counts that may be fractions. */
function writeSide(into: ProtobufWriter, field: number, { spans, buckets, isWhole }: Side): void {
  const inner = new ProtobufWriter();
  for (const { offset, length } of spans) {
    inner.clear();
    inner.signed(1, offset);
    inner.whole(2, length);
    into.message(field, inner.bytes);
  }
  if (isWhole) {
    const deltas = buckets.map((bucket, i) => bucket - (buckets[i - 1] ?? 0));
    into.packedSigned(field + 1, deltas);
  } else into.packedDouble(field + 2, buckets);
}

type Side = {
  readonly spans: NativeHistogram["positiveSpans"];
  readonly buckets: readonly number[];
  readonly isWhole: boolean;
};
