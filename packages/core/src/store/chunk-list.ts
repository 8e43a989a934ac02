import { assert } from "../model/assert.ts";
import { InputError } from "../model/input-error.ts";
import { type EpochMs, epochMs } from "../model/time.ts";
import { decodeMixed, type Histograms, MIXED_SAMPLES } from "./mixed-samples.ts";
import { decodeAlone, isKnownEncoding } from "./samples.ts";
import { type SampleStream, STREAM_PADDING } from "./xor-samples.ts";

/** Most samples of one chunk that is read from outside; ours have about 120. */
const CHUNK_SAMPLES_MAX = 65_535;

/** Bytes of one page: a buffer of its own for each chunk would cost more than the samples in it. */
const PAGE_BYTES = 1 << 20;
/** Before each stream: the encoding (1 byte), the count (2), the stream's length (4). */
const HEADER_BYTES = 7;

/** A buffer that many chunks share. Its written part never changes. */
type Page = { readonly bytes: Uint8Array; readonly view: DataView };

/** Where one chunk lies. */
export type ChunkPlace = { readonly page: Page; readonly offset: number };

/** One chunk's samples in their encoding, outside of any page. */
export type EncodedChunk = {
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly count: number;
  readonly encoding: number;
  readonly bytes: Uint8Array;
};

/**
 * Puts chunks into pages, one behind the other. Nobody frees a page: it goes when the last list that
 * points into it goes, so snapshots may outlive what the store has dropped.
 */
export class ChunkPages {
  private page: Page = newPage(0);
  private used = PAGE_BYTES;

  write(chunk: EncodedChunk): ChunkPlace {
    const needed = HEADER_BYTES + chunk.bytes.length;
    if (this.used + needed + STREAM_PADDING > this.page.bytes.length) {
      this.page = newPage(Math.max(PAGE_BYTES, needed + STREAM_PADDING));
      this.used = 0;
    }
    const { bytes, view } = this.page;
    const offset = this.used;
    view.setUint8(offset, chunk.encoding);
    view.setUint16(offset + 1, chunk.count);
    view.setUint32(offset + 3, chunk.bytes.length);
    bytes.set(chunk.bytes, offset + HEADER_BYTES);
    this.used += needed;
    return { page: this.page, offset };
  }
}

function newPage(size: number): Page {
  const bytes = new Uint8Array(size);
  return { bytes, view: new DataView(bytes.buffer) };
}

/** Three numbers a chunk: its first time, its last time, and its offset in its page. */
const STRIDE = 3;

/**
 * The sealed chunks of one series, ascending and without overlap. It only grows at its end, and what
 * is below a length that somebody noted never changes: a snapshot is the list and that length.
 * Every other change makes another list.
 */
export class ChunkList {
  length = 0;
  /** Samples of all chunks, and their bytes in pages. */
  samples = 0;
  bytes = 0;
  private spans: Float64Array;
  private readonly pages: Page[] = [];

  constructor(capacity = 4) {
    this.spans = new Float64Array(capacity * STRIDE);
  }

  push(from: EpochMs, to: EpochMs, place: ChunkPlace): void {
    assert(this.length === 0 || from > this.to(this.length - 1), "chunks do not overlap");
    const at = this.length * STRIDE;
    if (at === this.spans.length) {
      const wider = new Float64Array(STRIDE * (this.length + (this.length >> 2) + 4));
      wider.set(this.spans);
      this.spans = wider;
    }
    this.spans[at] = from;
    this.spans[at + 1] = to;
    this.spans[at + 2] = place.offset;
    this.pages.push(place.page);
    this.length++;
    this.samples += place.page.view.getUint16(place.offset + 1);
    this.bytes += HEADER_BYTES + place.page.view.getUint32(place.offset + 3);
  }

  from(index: number): EpochMs {
    return epochMs(this.spans[index * STRIDE] ?? 0);
  }

  to(index: number): EpochMs {
    return epochMs(this.spans[index * STRIDE + 1] ?? 0);
  }

  count(index: number): number {
    const { page, offset } = this.place(index);
    return page.view.getUint16(offset + 1);
  }

  /** The stream of a chunk, ready for decoding. */
  stream(index: number): SampleStream {
    const { page, offset } = this.place(index);
    return {
      view: page.view,
      offset: offset + HEADER_BYTES,
      from: this.from(index),
      count: page.view.getUint16(offset + 1),
    };
  }

  /**
   * The histograms of a chunk; `undefined` where it has none.
   *
   * @param sums what the chunk's stream was decoded to
   */
  histograms(index: number, sums: Float64Array): Histograms | undefined {
    const { page, offset } = this.place(index);
    if (page.view.getUint8(offset) !== MIXED_SAMPLES) return undefined;
    const start = offset + HEADER_BYTES;
    const bytes = page.bytes.subarray(start, start + page.view.getUint32(offset + 3));
    return decodeMixed(bytes, page.view.getUint16(offset + 1), sums);
  }

  /** The first chunk among `length` that ends after a time; `length` where there is none. */
  firstEndingAfter(time: number, length: number): number {
    let low = 0;
    let high = length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.to(middle) > time) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** The first chunk among `length` that begins after a time; `length` where there is none. */
  firstBeginningAfter(time: number, length: number): number {
    // Chunks do not overlap: only the first that ends after the time can begin before it.
    const index = this.firstEndingAfter(time, length);
    return index < length && this.from(index) <= time ? index + 1 : index;
  }

  /** Another list without the first chunks, of which it keeps at least one. */
  withoutFirst(count: number): ChunkList {
    const list = new ChunkList(this.length - count + 1);
    list.spans.set(this.spans.subarray(count * STRIDE, this.length * STRIDE));
    list.pages.push(...this.pages.slice(count));
    list.length = this.length - count;
    list.samples = this.samples;
    list.bytes = this.bytes;
    for (let i = 0; i < count; i++) {
      const { page, offset } = this.place(i);
      list.samples -= page.view.getUint16(offset + 1);
      list.bytes -= HEADER_BYTES + page.view.getUint32(offset + 3);
    }
    return list;
  }

  /** Another list without chunks [from, to), and with others in their place. */
  replaced(from: number, to: number, by: readonly (EncodedChunk & ChunkPlace)[]): ChunkList {
    const list = new ChunkList(this.length - (to - from) + by.length + 1);
    for (let i = 0; i < from; i++) list.push(this.from(i), this.to(i), this.place(i));
    for (const chunk of by) list.push(chunk.from, chunk.to, chunk);
    for (let i = to; i < this.length; i++) list.push(this.from(i), this.to(i), this.place(i));
    return list;
  }

  private place(index: number): ChunkPlace {
    const page = this.pages[index];
    assert(page !== undefined && index < this.length, "a chunk's index is inside its list");
    return { page, offset: this.spans[index * STRIDE + 2] ?? 0 };
  }
}

/**
 * Refuses a chunk that cannot be decoded: another encoding, impossible in itself, or damaged. Decodes
 * it once for that, which takes about a microsecond.
 *
 * @throws InputError of kind `snapshot`
 */
export function checkChunk({ from, to, count, encoding, bytes }: EncodedChunk): void {
  if (!isKnownEncoding(encoding)) {
    const message = `chunk: encoding ${encoding} is not known to this version, which reads up to ${MIXED_SAMPLES}; use the version that wrote it, or a later one`;
    throw new InputError("snapshot", message);
  }
  const counted = Number.isInteger(count) && count >= 1 && count <= CHUNK_SAMPLES_MAX;
  // The first sample takes 8 bytes, and each further one 2 bits at least.
  const enough = bytes.length * 8 >= 64 + (count - 1) * 2;
  const ordered = Number.isSafeInteger(from) && Number.isSafeInteger(to) && from <= to;
  const samples =
    counted && enough && ordered ? decodeAlone({ from, count, encoding, bytes }) : undefined;
  if (samples?.times[count - 1] === to) return;
  const message = `chunk: ${count} samples from ${from} to ${to} in ${bytes.length} bytes cannot be; the file is damaged`;
  throw new InputError("snapshot", message);
}
