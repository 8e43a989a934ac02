import { isStale } from "@naruko/core/model/sample";

const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const WORD = 2 ** 32;

/** Writes one protobuf message (protobuf.dev, "Encoding"); a field of an empty value is written too. */
export class ProtobufWriter {
  #bytes = Buffer.allocUnsafe(4096);
  #length = 0;

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Begins anew in the same memory: `bytes` of before are written over. */
  clear(): void {
    this.#length = 0;
  }

  text(field: number, text: string): void {
    this.message(field, Buffer.from(text));
  }

  message(field: number, bytes: Uint8Array): void {
    this.#tag(field, DELIMITED);
    this.#varint(bytes.length);
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  double(field: number, value: number): void {
    this.#tag(field, FIXED64);
    this.#reserve(8);
    this.#length = this.#bytes.writeDoubleLE(value, this.#length);
  }

  /** The value at an index: a stale marker keeps its bits, which a number would lose. */
  doubleAt(field: number, values: Float64Array, index: number): void {
    if (!isStale(values, index)) return this.double(field, values[index] ?? NaN);
    this.#tag(field, FIXED64);
    this.#reserve(8);
    this.#length = this.#bytes.writeUInt32LE(STALE_LOW, this.#length);
    this.#length = this.#bytes.writeUInt32LE(STALE_HIGH, this.#length);
    return undefined;
  }

  /** A whole number of at most 2^53, below zero as well (int64, uint64, an enum). */
  whole(field: number, value: number): void {
    this.#tag(field, VARINT);
    if (value >= 0) this.#varint(value);
    else this.#bigVarint(BigInt.asUintN(64, BigInt(value)));
  }

  /** Zigzag (sint32, sint64). */
  signed(field: number, value: number): void {
    this.#tag(field, VARINT);
    this.#varint(zigzag(value));
  }

  packedWhole(field: number, values: readonly number[]): void {
    this.#packed(field, values, (value) => {
      this.#varint(value);
    });
  }

  packedSigned(field: number, values: readonly number[]): void {
    this.#packed(field, values, (value) => {
      this.#varint(zigzag(value));
    });
  }

  packedDouble(field: number, values: readonly number[]): void {
    this.#packed(field, values, (value) => {
      this.#reserve(8);
      this.#length = this.#bytes.writeDoubleLE(value, this.#length);
    });
  }

  #packed(field: number, values: readonly number[], write: (value: number) => void): void {
    if (values.length === 0) return;
    const from = this.#length;
    for (const value of values) write(value);
    const bytes = Buffer.from(this.#bytes.subarray(from, this.#length));
    this.#length = from;
    this.message(field, bytes);
  }

  #tag(field: number, wire: number): void {
    this.#varint(field * 8 + wire);
  }

  #varint(value: number): void {
    this.#reserve(10);
    let rest = value;
    while (rest >= 0x80) {
      // Above 32 bits the operators of integers would cut the number.
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = rest < WORD ? rest >>> 7 : Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  #bigVarint(value: bigint): void {
    this.#reserve(10);
    let rest = value;
    for (; rest >= 0x80n; rest >>= 7n) {
      this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
    }
    this.#bytes[this.#length++] = Number(rest);
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + more));
    larger.set(this.bytes);
    this.#bytes = larger;
  }
}

/** The marker that Prometheus ends series with: 0x7ff0000000000002 in two words. */
const STALE_HIGH = 0x7ff00000;
const STALE_LOW = 2;

function zigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}
