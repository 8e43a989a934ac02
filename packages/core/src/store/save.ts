import { InputError } from "../model/input-error.ts";
import { type Labels, labelsFrom } from "../model/labels.ts";
import { utf8Bytes, utf8Text } from "../model/text.ts";
import { decodeAlone, NO_SAMPLES, type Samples } from "./samples.ts";
import { SampleEncoder } from "./xor-samples.ts";

/** "NKST": what a save begins with, before its version. */
const MAGIC = [0x4e, 0x4b, 0x53, 0x54];
const VERSION = 1;

/** One series as a save has it. */
type SavedSeries = {
  readonly labels: Labels;
  /** The last time that was sealed; -Infinity where nothing was. */
  readonly sealedTo: number;
  readonly head: Samples;
};

/** The state of a store without its sealed chunks. */
export type SavedStore = {
  /** Up to when it had let go of what is older; -Infinity where it never did. */
  readonly droppedTo: number;
  readonly series: readonly SavedSeries[];
};

/**
 * Layout: magic, version; the time dropped to (double); the number of texts and each text (length, UTF-8); the number of series
 * and of each the number of texts in its labels, their numbers, the sealed time (double), and the
 * count of open samples with, where there are any, the first time (double) and their stream (length,
 * bytes). Numbers are LEB128, doubles big-endian.
 */
export function writeSave({ droppedTo, series: all }: SavedStore): Uint8Array {
  const texts = new Map<string, number>();
  for (const { labels } of all) {
    for (const text of labels.pairs) if (!texts.has(text)) texts.set(text, texts.size);
  }
  const writer = new SaveWriter();
  writer.raw(Uint8Array.from([...MAGIC, VERSION]));
  writer.double(droppedTo);
  writer.number(texts.size);
  for (const text of texts.keys()) writer.block(utf8Bytes(text));
  writer.number(all.length);
  const encoder = new SampleEncoder();
  for (const { labels, sealedTo, head } of all) {
    writer.number(labels.pairs.length);
    for (const text of labels.pairs) writer.number(texts.get(text) ?? 0);
    writer.double(sealedTo);
    const { length } = head.times;
    writer.number(length);
    if (length === 0) continue;
    writer.double(head.times[0] ?? 0);
    writer.block(encoder.encode(head.times, head.values, 0, length));
  }
  return writer.written();
}

/** @throws InputError of kind `snapshot` */
export function readSave(bytes: Uint8Array): SavedStore {
  const reader = new SaveReader(bytes);
  if (!reader.raw(MAGIC.length).every((byte, i) => byte === MAGIC[i])) {
    throw new InputError("snapshot", "saved series: not a save of series, it begins otherwise");
  }
  const [version] = reader.raw(1);
  if (version !== VERSION) {
    const message = `saved series: format ${version} is not known to this version, which reads ${VERSION}; use the version that wrote it, or a later one`;
    throw new InputError("snapshot", message);
  }
  const droppedTo = readBound(reader);
  const texts = reader.list(() => reader.text());
  const series = reader.list(() => readSeries(reader, texts));
  if (!reader.atEnd) throw reader.damaged("it goes on behind its end");
  return { droppedTo, series };
}

/** A time up to which something was done; -Infinity where it was never done. */
function readBound(reader: SaveReader): number {
  const bound = reader.double();
  if (bound === -Infinity || Number.isSafeInteger(bound)) return bound;
  throw reader.damaged("a time is none");
}

function readSeries(reader: SaveReader, texts: readonly string[]): SavedSeries {
  const flat = reader.list(() => {
    const text = texts[reader.number()];
    if (text === undefined) throw reader.damaged("a label's text is missing");
    return text;
  });
  const pairs: (readonly [string, string])[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) pairs.push([flat[i] ?? "", flat[i + 1] ?? ""]);
  const labels = labelsFrom(pairs);
  const sealedTo = readBound(reader);
  const count = reader.number();
  if (count === 0) {
    return { labels, sealedTo, head: NO_SAMPLES };
  }
  const from = reader.double();
  const stream = reader.block();
  if (stream.length * 8 < 64 + (count - 1) * 2) throw reader.damaged("a stream is too short");
  const head = decodeAlone(stream, from, count);
  const whole = head?.times.every(Number.isSafeInteger) === true;
  if (head === undefined || !whole) throw reader.damaged("a stream cannot be decoded");
  return { labels, sealedTo, head };
}

class SaveWriter {
  private bytes = new Uint8Array(1 << 16);
  private length = 0;

  raw(bytes: Uint8Array): void {
    this.room(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  block(bytes: Uint8Array): void {
    this.number(bytes.length);
    this.raw(bytes);
  }

  number(value: number): void {
    this.room(5);
    let rest = value;
    for (; rest >= 128; rest >>>= 7) this.bytes[this.length++] = (rest & 127) | 128;
    this.bytes[this.length++] = rest;
  }

  double(value: number): void {
    this.room(8);
    new DataView(this.bytes.buffer).setFloat64(this.length, value);
    this.length += 8;
  }

  written(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }

  private room(bytes: number): void {
    if (this.length + bytes <= this.bytes.length) return;
    const wider = new Uint8Array((this.length + bytes) * 2);
    wider.set(this.bytes);
    this.bytes = wider;
  }
}

class SaveReader {
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get atEnd(): boolean {
    return this.at === this.bytes.length;
  }

  damaged(what: string): InputError {
    return new InputError("snapshot", `saved series: damaged at byte ${this.at}: ${what}`);
  }

  raw(length: number): Uint8Array {
    if (this.at + length > this.bytes.length) throw this.damaged("it ends too early");
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
    for (let shift = 0; shift < 32; shift += 7) {
      const [byte = 0] = this.raw(1);
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
    throw this.damaged("a number is too long");
  }

  double(): number {
    const { buffer, byteOffset } = this.raw(8);
    return new DataView(buffer, byteOffset, 8).getFloat64(0);
  }

  /** A number, and as many items; each takes a byte at least, so that a false number ends soon. */
  list<T>(item: () => T): T[] {
    const count = this.number();
    if (count > this.bytes.length - this.at) throw this.damaged("a list is longer than the save");
    return Array.from({ length: count }, item);
  }
}
