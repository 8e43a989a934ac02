// Encodes the messages of remote write 1.0 and 2.0, as the specifications have them.
import type { MetricMetadata } from "../model/received-series.ts";
import { type NativeHistogram, STALE, type Stale } from "../model/sample.ts";
import { utf8Bytes } from "../model/text.ts";

/** A series as a sender has it. */
export type SentSeries = {
  /** In this order, and as often as they are given. */
  readonly labels: readonly (readonly [string, string])[];
  readonly samples?: readonly SentSample[];
  readonly histograms?: readonly SentHistogram[];
  readonly exemplars?: readonly SentExemplar[];
  /** Version 2.0 only. */
  readonly metadata?: Omit<MetricMetadata, "name">;
  readonly createdAt?: number;
};

type SentSample = {
  readonly at: number;
  readonly value: number | Stale;
  readonly startAt?: number;
};

export type SentHistogram = {
  readonly at: number;
  readonly value: NativeHistogram | Stale;
  /** Counts as whole numbers and their differences, or as doubles. */
  readonly whole: boolean;
  readonly startAt?: number;
};

type SentExemplar = {
  readonly labels: readonly (readonly [string, string])[];
  readonly value: number;
  readonly at: number;
};

/** The bytes of a message, field by field. */
export class MessageBytes {
  readonly #bytes: number[] = [];

  get bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  /** The bytes with their length before them, as in a stream of messages. */
  get delimited(): Uint8Array {
    const stream = new MessageBytes();
    stream.#varint(this.#bytes.length);
    stream.#bytes.push(...this.#bytes);
    return stream.bytes;
  }

  varint(field: number, value: number | bigint): this {
    this.#varint((field << 3) | 0);
    this.#varint(value);
    return this;
  }

  sint(field: number, value: number): this {
    return this.varint(field, zigzag(value));
  }

  double(field: number, value: number | Stale): this {
    this.#varint((field << 3) | 1);
    this.#bytes.push(...doubleBytes(value));
    return this;
  }

  message(field: number, content: Uint8Array): this {
    this.#varint((field << 3) | 2);
    this.#varint(content.length);
    this.#bytes.push(...content);
    return this;
  }

  text(field: number, text: string): this {
    return this.message(field, utf8Bytes(text));
  }

  packedVarints(field: number, values: readonly (number | bigint)[]): this {
    const inner = new MessageBytes();
    for (const value of values) inner.#varint(value);
    return values.length === 0 ? this : this.message(field, inner.bytes);
  }

  packedDoubles(field: number, values: readonly number[]): this {
    const content = values.flatMap((value) => [...doubleBytes(value)]);
    return values.length === 0 ? this : this.message(field, Uint8Array.from(content));
  }

  #varint(value: number | bigint): void {
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest >= 128n; rest >>= 7n) this.#bytes.push(Number(rest & 127n) | 128);
    this.#bytes.push(Number(rest));
  }
}

function zigzag(value: number): bigint {
  const wide = BigInt(value);
  return wide < 0n ? -wide * 2n - 1n : wide * 2n;
}

function doubleBytes(value: number | Stale): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  // The marker's bits would be lost if it travelled as a number.
  if (value === STALE) view.setBigUint64(0, 0x7ff0000000000002n, true);
  else view.setFloat64(0, value, true);
  return new Uint8Array(view.buffer);
}

/** `prometheus.WriteRequest`. */
export function writeRequest(
  all: readonly SentSeries[],
  metadata: readonly MetricMetadata[] = [],
): Uint8Array {
  const request = new MessageBytes();
  for (const { labels, samples = [], histograms = [], exemplars = [] } of all) {
    const series = new MessageBytes();
    for (const pair of labels) series.message(1, labelMessage(pair));
    for (const sample of samples) series.message(2, sampleMessage(sample));
    for (const exemplar of exemplars) {
      const message = new MessageBytes();
      for (const pair of exemplar.labels) message.message(1, labelMessage(pair));
      series.message(3, message.double(2, exemplar.value).varint(3, exemplar.at).bytes);
    }
    for (const histogram of histograms) series.message(4, histogramMessage(histogram));
    request.message(1, series.bytes);
  }
  for (const { name, type, help, unit } of metadata) {
    const message = new MessageBytes().varint(1, TYPES.indexOf(type)).text(2, name);
    request.message(3, message.text(4, help).text(5, unit).bytes);
  }
  return request.bytes;
}

const TYPES: readonly MetricMetadata["type"][] = [
  "unknown",
  "counter",
  "gauge",
  "histogram",
  "gaugehistogram",
  "summary",
  "info",
  "stateset",
];

/** `io.prometheus.write.v2.Request`. */
export function requestV2(all: readonly SentSeries[]): Uint8Array {
  const symbols = new Map([["", 0]]);
  const ref = (text: string): number => {
    const known = symbols.get(text) ?? symbols.size;
    symbols.set(text, known);
    return known;
  };
  const request = new MessageBytes();
  for (const sent of all) {
    const series = new MessageBytes().packedVarints(1, sent.labels.flat().map(ref));
    for (const sample of sent.samples ?? []) series.message(2, sampleMessage(sample));
    for (const one of sent.histograms ?? []) series.message(3, histogramMessage(one));
    for (const { labels, value, at } of sent.exemplars ?? []) {
      const exemplar = new MessageBytes().packedVarints(1, labels.flat().map(ref));
      series.message(4, exemplar.double(2, value).varint(3, at).bytes);
    }
    if (sent.metadata !== undefined) {
      const { type, help, unit } = sent.metadata;
      const message = new MessageBytes().varint(1, TYPES.indexOf(type)).varint(3, ref(help));
      series.message(5, message.varint(4, ref(unit)).bytes);
    }
    if (sent.createdAt !== undefined) series.varint(6, sent.createdAt);
    request.message(5, series.bytes);
  }
  // Behind the series, which protobuf allows: a receiver must not count on the order of fields.
  for (const text of symbols.keys()) request.text(4, text);
  return request.bytes;
}

function labelMessage([name, value]: readonly [string, string]): Uint8Array {
  return new MessageBytes().text(1, name).text(2, value).bytes;
}

function sampleMessage({ at, value, startAt }: SentSample): Uint8Array {
  const message = new MessageBytes().double(1, value).varint(2, at);
  return (startAt === undefined ? message : message.varint(3, startAt)).bytes;
}

const RESETS = ["unknown", "reset", "not-reset", "gauge"];

export function histogramMessage({ at, value, whole, startAt }: SentHistogram): Uint8Array {
  const message = new MessageBytes();
  if (value === STALE) return message.varint(1, 0).double(3, STALE).varint(15, at).bytes;
  const { positiveBuckets: positive, negativeBuckets: negative } = value;
  if (whole) message.varint(1, value.count).varint(6, value.zeroCount);
  else message.double(2, value.count).double(7, value.zeroCount);
  message.double(3, value.sum).sint(4, value.schema).double(5, value.zeroThreshold);
  for (const [field, spans] of [
    [8, value.negativeSpans],
    [11, value.positiveSpans],
  ] as const) {
    for (const { offset, length } of spans) {
      message.message(field, new MessageBytes().sint(1, offset).varint(2, length).bytes);
    }
  }
  if (whole) message.packedVarints(9, deltas(negative)).packedVarints(12, deltas(positive));
  else message.packedDoubles(10, negative).packedDoubles(13, positive);
  message.varint(14, RESETS.indexOf(value.counterReset)).varint(15, at);
  message.packedDoubles(16, value.customBounds);
  return (startAt === undefined ? message : message.varint(17, startAt)).bytes;
}

function deltas(counts: readonly number[]): readonly bigint[] {
  return counts.map((count, i) => zigzag(count - (counts[i - 1] ?? 0)));
}

/** Snappy's block format without any compression: the length, then one literal. */
export function snappyBlock(bytes: Uint8Array): Uint8Array {
  const length: number[] = [];
  let rest = bytes.length;
  for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) | 128);
  length.push(rest);
  if (bytes.length === 0) return Uint8Array.from(length);
  const last = bytes.length - 1;
  const tag = [63 << 2, last & 255, (last >>> 8) & 255, (last >>> 16) & 255, last >>> 24];
  return Uint8Array.from([...length, ...tag, ...bytes]);
}
