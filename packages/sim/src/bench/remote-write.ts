// Prometheus' remote-write protocol 1.0: a protobuf `WriteRequest` in snappy's block format.
import type { SeriesSlice } from "@naruko/core/model/reader";
import { isStale } from "@naruko/core/model/sample";

/** 0x7ff0000000000002, little end first. */
const STALE_MARKER = Uint8Array.of(2, 0, 0, 0, 0, 0, 0xf0, 0x7f);

const utf8 = new TextEncoder();

/** Grows as it is written to. */
class Writer {
  #bytes = Buffer.alloc(1024 * 1024);
  #length = 0;

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  varint(value: number): void {
    this.#reserve(10);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  double(value: number): void {
    this.#reserve(8);
    this.#length = this.#bytes.writeDoubleLE(value, this.#length);
  }

  /** A NaN loses its payload where it travels as a number, so the marker is written as it is. */
  staleMarker(): void {
    this.raw(STALE_MARKER);
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** A length-delimited field. */
  field(tag: number, bytes: Uint8Array): void {
    this.varint(tag);
    this.varint(bytes.length);
    this.raw(bytes);
  }

  clear(): void {
    this.#length = 0;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const longer = Buffer.alloc((this.#bytes.length + count) * 2);
    this.#bytes.copy(longer);
    this.#bytes = longer;
  }
}

// Field number × 8 + wire type.
const LENGTH_1 = 10;
const LENGTH_2 = 18;
const DOUBLE_1 = 9;
const VARINT_2 = 16;

/** The body of one request. */
export function writeRequest(slices: readonly SeriesSlice[]): Buffer {
  const request = new Writer();
  const series = new Writer();
  const part = new Writer();
  for (const { labels, times, values } of slices) {
    series.clear();
    for (let i = 0; i < labels.pairs.length; i += 2) {
      part.clear();
      part.field(LENGTH_1, utf8.encode(labels.pairs[i]));
      part.field(LENGTH_2, utf8.encode(labels.pairs[i + 1]));
      series.field(LENGTH_1, part.bytes);
    }
    for (let i = 0; i < times.length; i++) {
      part.clear();
      part.varint(DOUBLE_1);
      if (isStale(values, i)) part.staleMarker();
      else part.double(values[i] ?? 0);
      part.varint(VARINT_2);
      part.varint(times[i] ?? 0);
      series.field(LENGTH_2, part.bytes);
    }
    request.field(LENGTH_1, series.bytes);
  }
  return snappyLiterals(request.bytes);
}

const LITERAL_BYTES = 65_536;

/** Snappy's block format without any compression: the length, then literals. */
function snappyLiterals(bytes: Uint8Array): Buffer {
  const block = new Writer();
  block.varint(bytes.length);
  for (let from = 0; from < bytes.length; from += LITERAL_BYTES) {
    const literal = bytes.subarray(from, from + LITERAL_BYTES);
    // Tag 61 × 4: a literal whose length less one stands in the next two bytes.
    const last = literal.length - 1;
    block.raw(Uint8Array.of(61 << 2, last & 0xff, last >>> 8));
    block.raw(literal);
  }
  return block.bytes;
}
