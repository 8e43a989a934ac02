import { isStaleMarker, STALE, type Stale } from "../model/sample.ts";
import { utf8Text } from "../model/text.ts";
import { InternedText } from "./interned-text.ts";
import type { Tally } from "./tally.ts";
import { type UnixNano, unixNanoFromWords } from "./unix-nano.ts";
import { WireFault } from "./wire-fault.ts";

/** Protobuf's wire types (protobuf.dev, "Encoding"). */
const VARINT = 0;
const FIXED64 = 1;
export const LENGTH_DELIMITED = 2;
const GROUP_START = 3;
const GROUP_END = 4;
const FIXED32 = 5;

const WORD = 0x1_0000_0000;
const VARINT_BYTES = 10;
/** OTLP's longest id has 16 bytes; of a longer one only so much is read as shows that it is. */
const HEX_BYTES = 17;

const HEX_DIGITS = Uint8Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));
const hexText = new Uint8Array(HEX_BYTES * 2);
const interned = new InternedText(12);

/**
 * Reads one protobuf message field by field: `while (reader.next()) switch (reader.field) …`. Each
 * reading method takes the value of the current field, and throws a `WireFault` when the field has
 * another wire type or its bytes are malformed.
 */
export class WireReader {
  readonly tally: Tally;
  /** The next byte to read; never past `end`. */
  at = 0;
  /** Where the current message ends. */
  end: number;
  /** The current field's number. */
  field = 0;
  wire = 0;
  private fieldAt = 0;
  /** The outermost group that is being skipped, if any: faults are told of it. */
  private group: { readonly at: number; readonly field: number } | undefined;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  // The words of the last 64-bit number: a BigInt or a pair would be made for every field. They are
  // signed, because engines keep a field that only ever holds 32-bit integers without boxing it.
  private low = 0;
  private high = 0;
  private lastHexAt = -1;
  private lastHex = "";

  constructor(bytes: Uint8Array, tally: Tally) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.end = bytes.length;
    this.tally = tally;
  }

  /** Moves to the next field; false at the end of the message. */
  next(): boolean {
    if (this.at >= this.end) return false;
    this.fieldAt = this.at;
    this.field = 0;
    this.readVarint();
    if (this.high !== 0) this.fault("a tag is longer than 32 bits");
    this.wire = this.low & 7;
    const field = this.low >>> 3;
    if (field === 0) this.fault("a tag has field number 0");
    this.field = field;
    return true;
  }

  /** Opens the message that the field holds; what it returns goes to `leave`. */
  enter(): number {
    const length = this.readLength();
    const outer = this.end;
    this.end = this.at + length;
    return outer;
  }

  /** Goes on behind the message that `enter` opened. */
  leave(outer: number): void {
    this.at = this.end;
    this.end = outer;
  }

  /** Text as it is kept: cut at `limits.attributeLength`. */
  text(): string {
    const to = this.readLength() + this.at;
    const text = interned.read(this.bytes, this.view, this.at, to);
    if (text === undefined) this.fault("is not valid UTF-8");
    this.at = to;
    return this.tally.keptText(text);
  }

  /** A copy of the field's bytes, cut at `limits.attributeLength`. */
  content(): Uint8Array {
    const length = this.readLength();
    const from = this.at;
    this.at += length;
    return this.bytes.slice(from, from + this.tally.keptBytes(length));
  }

  /** The field's bytes as lower-case hex digits. */
  hex(): string {
    const length = this.readLength();
    const from = this.at;
    this.at += length;
    if (length === 0) return "";
    if (this.repeatsLastHex(from, length)) return this.lastHex;
    const used = Math.min(length, HEX_BYTES);
    for (let i = 0; i < used; i++) {
      const byte = this.byteAt(from + i);
      hexText[i * 2] = HEX_DIGITS[byte >>> 4] ?? 0;
      hexText[i * 2 + 1] = HEX_DIGITS[byte & 15] ?? 0;
    }
    const hex = utf8Text(hexText.subarray(0, used * 2)) ?? "";
    if (length === HEX_BYTES - 1) {
      this.lastHex = hex;
      this.lastHexAt = from;
    }
    return hex;
  }

  bool(): boolean {
    this.expect(VARINT);
    this.readVarint();
    return (this.low | this.high) !== 0;
  }

  /** An enum's number or an int32: of a longer varint the low 32 bits count. */
  int32(): number {
    this.expect(VARINT);
    this.readVarint();
    return this.low;
  }

  uint32(): number {
    return this.int32() >>> 0;
  }

  /** Beyond ±2^53 the nearest number that a double can hold. */
  int64(): number {
    this.expect(VARINT);
    this.readVarint();
    return this.high * WORD + (this.low >>> 0);
  }

  /** A zigzag-encoded integer (sint32, sint64); precision as `int64`. */
  sint64(): number {
    this.expect(VARINT);
    this.readVarint();
    return this.zigzag();
  }

  double(): number {
    this.expect(FIXED64);
    this.take(8);
    return this.view.getFloat64(this.at - 8, true);
  }

  /** A sample's value: a double, of which one that is no number marks the end of a series. */
  sampleValue(): number | Stale {
    const value = this.double();
    if (value === value) return value;
    const high = this.view.getUint32(this.at - 4, true);
    return isStaleMarker(high, this.view.getUint32(this.at - 8, true)) ? STALE : value;
  }

  /** As `int64`, of fixed length. */
  sfixed64(): number {
    this.readFixed64();
    return this.high * WORD + (this.low >>> 0);
  }

  /** As `int64`, of fixed length and without sign. */
  fixed64(): number {
    this.readFixed64();
    return (this.high >>> 0) * WORD + (this.low >>> 0);
  }

  time(): UnixNano {
    this.readFixed64();
    return unixNanoFromWords(this.high >>> 0, this.low >>> 0);
  }

  /** Adds the field's numbers to a list; a repeated number may come packed or one by one. */
  repeated(of: "double" | "fixed64", into: number[]): void {
    if (this.wire === FIXED64) {
      this.tally.countValues(1);
      into.push(of === "double" ? this.double() : this.fixed64());
      return;
    }
    const length = this.readLength();
    if (length % 8 !== 0) this.fault(`is packed into ${length} bytes, expected a multiple of 8`);
    this.tally.countValues(length / 8);
    this.wire = FIXED64;
    for (const to = this.at + length; this.at < to;) {
      into.push(of === "double" ? this.double() : this.fixed64());
    }
  }

  /** As `repeated`, for zigzag-encoded integers. */
  repeatedSint64(into: number[]): void {
    if (this.wire === VARINT) {
      this.tally.countValues(1);
      into.push(this.sint64());
      return;
    }
    const outer = this.enter();
    while (this.at < this.end) {
      this.tally.countValues(1);
      this.readVarint();
      into.push(this.zigzag());
    }
    this.leave(outer);
  }

  /** As `repeated`, for uint32 and uint64. */
  repeatedUint64(into: number[]): void {
    if (this.wire === VARINT) {
      this.tally.countValues(1);
      this.readVarint();
      into.push((this.high >>> 0) * WORD + (this.low >>> 0));
      return;
    }
    const outer = this.enter();
    while (this.at < this.end) {
      this.tally.countValues(1);
      this.readVarint();
      into.push((this.high >>> 0) * WORD + (this.low >>> 0));
    }
    this.leave(outer);
  }

  /** Passes over the field, whatever it is. */
  skip(): void {
    switch (this.wire) {
      case VARINT:
        return this.readVarint();
      case FIXED64:
        return this.take(8);
      case LENGTH_DELIMITED:
        return this.take(this.readLength());
      case GROUP_START:
        return this.skipGroup();
      case GROUP_END:
        return this.fault("ends a group that did not begin");
      case FIXED32:
        return this.take(4);
      default:
        return this.fault(`has wire type ${this.wire}, which does not exist`);
    }
  }

  fault(reason: string): never {
    if (this.group === undefined) throw new WireFault(this.fieldAt, this.field, reason);
    throw new WireFault(this.group.at, this.group.field, `holds a malformed group: ${reason}`);
  }

  /** Groups nest, so their ends are counted and not recursed into. */
  private skipGroup(): void {
    const open = [this.field];
    this.group = { at: this.fieldAt, field: this.field };
    while (open.length > 0) {
      if (!this.next()) this.fault("it does not end");
      if (this.wire === GROUP_START) {
        open.push(this.field);
        const { depth } = this.tally.limits;
        if (open.length > depth) this.fault(`groups are nested deeper than ${depth}`);
      } else if (this.wire === GROUP_END) {
        if (open.pop() !== this.field) this.fault(`field ${this.field} ends another group`);
      } else {
        this.skip();
      }
    }
    this.group = undefined;
  }

  private zigzag(): number {
    const half = (this.high >>> 1) * WORD + (((this.low >>> 1) | (this.high << 31)) >>> 0);
    return (this.low & 1) === 0 ? half : -half - 1;
  }

  private expect(wire: number): void {
    if (this.wire !== wire) this.fault(`has wire type ${this.wire}, expected ${wire}`);
  }

  private take(length: number): void {
    const left = this.end - this.at;
    if (length > left) this.fault(`is ${length} bytes long, but ${left} are left`);
    this.at += length;
  }

  private readFixed64(): void {
    this.expect(FIXED64);
    this.take(8);
    this.low = this.view.getInt32(this.at - 8, true);
    this.high = this.view.getInt32(this.at - 4, true);
  }

  /** The length of a length-delimited field, of which all bytes are there. */
  private readLength(): number {
    this.expect(LENGTH_DELIMITED);
    this.readVarint();
    const left = this.end - this.at;
    if (this.high === 0 && this.low >= 0 && this.low <= left) return this.low;
    const length = (this.high >>> 0) * WORD + (this.low >>> 0);
    return this.fault(`is ${length} bytes long, but ${left} are left`);
  }

  private readVarint(): void {
    if (this.at < this.end) {
      const byte = this.byteAt(this.at);
      if (byte < 0x80) {
        this.at++;
        this.low = byte;
        this.high = 0;
        return;
      }
    }
    this.readLongVarint();
  }

  private readLongVarint(): void {
    let low = 0;
    let high = 0;
    for (let i = 0; i < VARINT_BYTES; i++) {
      if (this.at >= this.end) this.fault(`${this.subject()}ends within a number`);
      const byte = this.byteAt(this.at++);
      const bits = byte & 0x7f;
      const shift = i * 7;
      if (shift < 32) low |= bits << shift;
      if (shift > 28) high |= bits << (shift - 32);
      else if (shift === 28) high |= bits >>> 4;
      if (byte < 0x80) {
        this.low = low;
        this.high = high;
        return;
      }
    }
    this.fault(`${this.subject()}has a number longer than ${VARINT_BYTES} bytes`);
  }

  /** While a tag is read there is no field yet that a fault could name. */
  private subject(): string {
    return this.field === 0 ? "a tag " : "";
  }

  /** Spans of one trace follow each other, so that the last trace id is often the next one. */
  private repeatsLastHex(from: number, length: number): boolean {
    if (this.lastHexAt < 0 || length !== HEX_BYTES - 1) return false;
    for (let i = 0; i < length; i++) {
      if (this.bytes[from + i] !== this.bytes[this.lastHexAt + i]) return false;
    }
    return true;
  }

  private byteAt(index: number): number {
    // Callers stay below `end`, so the byte is there; asking again would cost on every byte read.
    return this.bytes[index] as number;
  }
}
