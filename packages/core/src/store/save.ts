import { InputError } from "../model/input-error.ts";
import { type Labels, labelsFrom } from "../model/labels.ts";
import { utf8Bytes } from "../model/text.ts";
import { ByteReader, ByteWriter } from "./byte-stream.ts";
import { decodeAlone, encodeRange, isKnownEncoding, NO_SAMPLES, type Samples } from "./samples.ts";
import { SampleEncoder, XOR_SAMPLES } from "./xor-samples.ts";

/** "NKST": what a save begins with, before its version. */
const MAGIC = [0x4e, 0x4b, 0x53, 0x54];
const VERSION = 2;
/** Had no encoding before a stream, which was always XOR_SAMPLES. */
const VERSION_OF_NUMBERS = 1;

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
 * count of open samples with, where there are any, the first time (double), their encoding, and their
 * stream (length, bytes). Numbers are LEB128, doubles big-endian.
 */
export function writeSave({ droppedTo, series: all }: SavedStore): Uint8Array {
  const texts = new Map<string, number>();
  for (const { labels } of all) {
    for (const text of labels.pairs) if (!texts.has(text)) texts.set(text, texts.size);
  }
  const writer = new ByteWriter();
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
    const { encoding, bytes } = encodeRange(encoder, head, 0, length);
    writer.number(encoding);
    writer.block(bytes);
  }
  return writer.written();
}

/** @throws InputError of kind `snapshot` */
export function readSave(bytes: Uint8Array): SavedStore {
  const reader = new ByteReader(bytes, "saved series");
  if (!reader.raw(MAGIC.length).every((byte, i) => byte === MAGIC[i])) {
    throw new InputError("snapshot", "saved series: not a save of series, it begins otherwise");
  }
  const [version] = reader.raw(1);
  if (version !== VERSION && version !== VERSION_OF_NUMBERS) {
    const message = `saved series: format ${version} is not known to this version, which reads up to ${VERSION}; use the version that wrote it, or a later one`;
    throw new InputError("snapshot", message);
  }
  const droppedTo = readBound(reader);
  const texts = reader.list(() => reader.text());
  const series = reader.list(() => readSeries(reader, texts, version));
  if (!reader.atEnd) throw reader.damaged("it goes on behind its end");
  return { droppedTo, series };
}

/** A time up to which something was done; -Infinity where it was never done. */
function readBound(reader: ByteReader): number {
  const bound = reader.double();
  if (bound === -Infinity || Number.isSafeInteger(bound)) return bound;
  throw reader.damaged("a time is none");
}

function readSeries(reader: ByteReader, texts: readonly string[], version: number): SavedSeries {
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
  const encoding = version === VERSION_OF_NUMBERS ? XOR_SAMPLES : reader.number();
  if (!isKnownEncoding(encoding)) throw reader.damaged("an encoding is none");
  const bytes = reader.block();
  if (bytes.length * 8 < 64 + (count - 1) * 2) throw reader.damaged("a stream is too short");
  const head = decodeAlone({ from, count, encoding, bytes });
  const whole = head?.times.every(Number.isSafeInteger) === true;
  if (head === undefined || !whole) throw reader.damaged("a stream cannot be decoded");
  return { labels, sealedTo, head };
}
