import { InputError } from "../model/input-error.ts";
import { utf8Text } from "../model/text.ts";

/** Bytes of a LEB128 number below 2^53. */
const NUMBER_BYTES_MAX = 8;

/** Writes numbers (LEB128), doubles (big-endian), and blocks (their length, then their bytes). */
export class ByteWriter {
  private bytes: Uint8Array;
  private view: DataView;
  private length = 0;

  constructor(capacity: number = 1 << 16) {
    this.bytes = new Uint8Array(capacity);
    this.view = new DataView(this.bytes.buffer);
  }

  byte(value: number): void {
    this.room(1);
    this.bytes[this.length++] = value;
  }

  raw(bytes: Uint8Array): void {
    this.room(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  block(bytes: Uint8Array): void {
    this.number(bytes.length);
    this.raw(bytes);
  }

  /** A whole number from 0 to 2^53. */
  number(value: number): void {
    this.room(NUMBER_BYTES_MAX);
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) {
      this.bytes[this.length++] = (rest % 128) | 128;
    }
    this.bytes[this.length++] = rest;
  }

  /** A whole number between -2^52 and 2^52; small ones take little room, whatever their sign. */
  signed(value: number): void {
    this.number(value < 0 ? -2 * value - 1 : 2 * value);
  }

  double(value: number): void {
    this.room(8);
    this.view.setFloat64(this.length, value);
    this.length += 8;
  }

  /** Begins anew, in the same memory. */
  clear(): void {
    this.length = 0;
  }

  /** A copy of what was written. */
  written(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }

  private room(bytes: number): void {
    if (this.length + bytes <= this.bytes.length) return;
    const wider = new Uint8Array((this.length + bytes) * 2);
    wider.set(this.bytes);
    this.bytes = wider;
    this.view = new DataView(wider.buffer);
  }
}

/** Reads what a `ByteWriter` wrote, and refuses what none could have written. */
export class ByteReader {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly what: string;
  private at = 0;

  /** @param what is read, for error messages */
  constructor(bytes: Uint8Array, what: string) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.what = what;
  }

  get atEnd(): boolean {
    return this.at === this.bytes.length;
  }

  /** How many bytes are left: no list can have more items. */
  get left(): number {
    return this.bytes.length - this.at;
  }

  damaged(fault: string): InputError {
    return new InputError("snapshot", `${this.what}: damaged at byte ${this.at}: ${fault}`);
  }

  byte(): number {
    const byte = this.bytes[this.at];
    if (byte === undefined) throw this.damaged("it ends too early");
    this.at++;
    return byte;
  }

  raw(length: number): Uint8Array {
    if (length > this.left) throw this.damaged("it ends too early");
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  block(): Uint8Array {
    return this.raw(this.number());
  }

  text(): string {
    const text = utf8Text(this.block());
    if (text === undefined) throw this.damaged("a text is not UTF-8");
    return text;
  }

  number(): number {
    let value = 0;
    let unit = 1;
    for (let i = 0; i < NUMBER_BYTES_MAX; i++) {
      const byte = this.byte();
      value += (byte & 127) * unit;
      if (byte < 128 && value <= Number.MAX_SAFE_INTEGER) return value;
      unit *= 128;
    }
    throw this.damaged("a number is too long");
  }

  signed(): number {
    const number = this.number();
    return number % 2 === 1 ? -(number + 1) / 2 : number / 2;
  }

  double(): number {
    if (this.left < 8) throw this.damaged("it ends too early");
    this.at += 8;
    return this.view.getFloat64(this.at - 8);
  }

  /** A number, and as many items; each takes a byte at least, so that a false number ends soon. */
  list<T>(item: () => T): T[] {
    const count = this.number();
    if (count > this.left) throw this.damaged("a list is longer than what holds it");
    return Array.from({ length: count }, item);
  }
}
