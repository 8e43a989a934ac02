import { assert } from "../model/assert.ts";
import type { NativeHistogram } from "../model/sample.ts";
import type { ChunkList } from "./chunk-list.ts";
import type { Head } from "./head.ts";
import { type Histograms, histogramBytes } from "./mixed-samples.ts";
import { cut, firstAfter, type Stretch, wholeOf } from "./samples.ts";
import { decodeSamples, wordsOf } from "./xor-samples.ts";

/** Chunks [first, end) of a list, at least one. */
export type ChunkSpan = {
  readonly list: ChunkList;
  readonly first: number;
  readonly end: number;
};

/**
 * A few chunks and the open samples behind them, decoded into one pair of arrays without gaps, so
 * that a range over them is a part of those arrays and no copy. Below a length nothing ever changes;
 * what is appended to the head is appended here when it is asked for.
 */
class DecodedRun {
  private readonly first: number;
  private readonly end: number;
  private readonly head: Head | undefined;
  private readonly times: Float64Array;
  private readonly values: Float64Array;
  private histograms: (NativeHistogram | undefined)[] | undefined = undefined;
  /** Where each chunk begins, and at last where the open samples do. */
  private readonly offsets: number[] = [0];
  /** How many samples of the head are here. */
  private open = 0;

  constructor({ list, first, end }: ChunkSpan, head: Head | undefined) {
    this.first = first;
    this.end = end;
    this.head = head;
    let sealed = 0;
    for (let i = first; i < end; i++) this.offsets.push((sealed += list.count(i)));
    // A head that outgrows its arrays is another head.
    this.times = new Float64Array(sealed + (head?.times.length ?? 0));
    this.values = new Float64Array(this.times.length);
    const words = wordsOf(this.values);
    for (let i = first; i < end; i++) {
      const offset = this.offset(i);
      decodeSamples(list.stream(i), this.times, words, offset);
      const sums = this.values.subarray(offset, this.offset(i + 1));
      this.setHistograms(list.histograms(i, sums), offset, sums.length);
    }
  }

  /** What it takes of the memory that decoded samples may take. */
  get bytes(): number {
    return 2 * this.times.byteLength + histogramBytes(this.histograms ?? []);
  }

  /** Whether it has these chunks, and the samples of this head right behind them. */
  covers({ first, end }: ChunkSpan, head: Head | undefined): boolean {
    if (first < this.first || end > this.end) return false;
    return head === undefined || (head === this.head && end === this.end);
  }

  /**
   * The samples with from < time ≤ to of the chunks before `end`, and of the first `open` of the
   * head; `undefined` where there are none.
   */
  stretch(
    { from, to }: { readonly from: number; readonly to: number },
    end: number,
    open: number,
  ): Stretch | undefined {
    if (open > this.open) this.take(open);
    const length = this.offset(end) + open;
    const start = firstAfter(this.times, from, length);
    const last = firstAfter(this.times, to, length);
    if (start === last) return undefined;
    const { times, values, histograms } = this;
    if (histograms === undefined) return { times, values, start, end: last };
    return wholeOf(cut({ times, values, histograms }, start, last));
  }

  private offset(chunk: number): number {
    const offset = this.offsets[chunk - this.first];
    assert(offset !== undefined, "a run is asked for chunks that it has");
    return offset;
  }

  /** Copies what the head has got since the last time. */
  private take(open: number): void {
    const { head, open: had } = this;
    assert(head !== undefined, "only a run with a head has open samples");
    const at = this.offset(this.end) + had;
    this.times.set(head.times.subarray(had, open), at);
    this.values.set(head.values.subarray(had, open), at);
    this.setHistograms(head.histograms?.slice(had, open), at, open - had);
    this.open = open;
  }

  /** Index by index from the first histogram on, as heads have it. */
  private setHistograms(part: Histograms | undefined, at: number, count: number): void {
    if (part === undefined && this.histograms === undefined) return;
    this.histograms ??= Array.from({ length: at }, () => undefined);
    for (let i = 0; i < count; i++) this.histograms[at + i] = part?.[i];
  }
}

/** Bytes in each of the two generations. */
const GENERATION_BYTES: number = 16 << 20;
/** Runs of one list: rules may look at it now, a day ago and a week ago. */
const RUNS_MAX = 4;

/**
 * Runs that were decoded lately. A rule looks at the same chunks at every tick for half an hour;
 * decoding and joining them each time was most of what it costs to read a range.
 *
 * Two generations: what is asked for moves into the younger one, and when that is full the older one
 * goes. What a noted length of a list or of a head has never changes.
 */
class DecodedRuns {
  #young = new WeakMap<ChunkList, DecodedRun[]>();
  #old = new WeakMap<ChunkList, DecodedRun[]>();
  #youngBytes = 0;

  /**
   * A run that has these chunks.
   *
   * @param head present where its samples are asked for, which come right behind the chunks
   */
  of(span: ChunkSpan, head: Head | undefined): DecodedRun {
    const runs = this.#runsOf(span.list);
    for (const run of runs) if (run.covers(span, head)) return run;
    const made = new DecodedRun(span, head);
    if (runs.length === RUNS_MAX) runs.shift();
    runs.push(made);
    this.#youngBytes += made.bytes;
    return made;
  }

  #runsOf(list: ChunkList): DecodedRun[] {
    const known = this.#young.get(list);
    if (known !== undefined) return known;
    if (this.#youngBytes >= GENERATION_BYTES) {
      this.#old = this.#young;
      this.#young = new WeakMap();
      this.#youngBytes = 0;
    }
    const runs = this.#old.get(list) ?? [];
    this.#young.set(list, runs);
    for (const { bytes } of runs) this.#youngBytes += bytes;
    return runs;
  }
}

/** A cache and no state: what it forgets is decoded again. */
export const decodedRuns: DecodedRuns = new DecodedRuns();
