import { assert } from "../model/assert.ts";
import type { Labels } from "../model/labels.ts";
import type { Matcher, Reader, SeriesSlice, SeriesStretch } from "../model/reader.ts";
import type { EpochMs } from "../model/time.ts";
import type { ChunkList } from "./chunk-list.ts";
import { chunkStretch } from "./chunk-samples.ts";
import type { Head } from "./head.ts";
import type { LabelIndex } from "./label-index.ts";
import { cutOut, type Stretch } from "./samples.ts";
import { finish } from "./turns.ts";

/** Sets of matchers; a series is meant where all matchers of one set hold. No set means every series. */
export type MatcherSets = readonly (readonly Matcher[])[];

/** Work between two yields, and what finding one series adds to it; a sample is one. */
const WORK_A_TURN = 100_000;
const SERIES_WORK = 50;
const LABELS_A_TURN = 4096;

/** How long each series' head and list of chunks were. */
type Lengths = { readonly heads: Int32Array; readonly chunks: Int32Array };

/**
 * The store as it was at one moment: it notes how long every list was and shares the lists; what the
 * store does later shows in it nowhere. Or the store as it is whenever it is asked.
 *
 * The questions about labels look at the stored spans, not at each sample: a series is left out
 * where no sealed chunk and no open sample touches (from, to].
 */
export class StoreReader implements Reader {
  private readonly index: LabelIndex;
  private readonly heads: readonly Head[];
  private readonly chunks: readonly (ChunkList | undefined)[];
  /** Absent where the lists are read as they are. */
  private readonly lengths: Lengths | undefined;

  /** @internal Taken by `Store.live`. */
  constructor(
    index: LabelIndex,
    heads: readonly Head[],
    chunks: readonly (ChunkList | undefined)[],
    lengths?: Lengths,
  ) {
    this.index = index;
    this.heads = heads;
    this.chunks = chunks;
    this.lengths = lengths;
  }

  /** @internal Taken by `Store.snapshot`; keeps copies of the lists, not of what is in them. */
  static asOfNow(
    index: LabelIndex,
    heads: readonly Head[],
    chunks: readonly (ChunkList | undefined)[],
  ): StoreReader {
    const lengths = { heads: new Int32Array(heads.length), chunks: new Int32Array(heads.length) };
    for (let id = 0; id < heads.length; id++) {
      lengths.heads[id] = heads[id]?.length ?? 0;
      lengths.chunks[id] = chunks[id]?.length ?? 0;
    }
    return new StoreReader(index, heads.slice(), chunks.slice(), lengths);
  }

  /** @throws InputError of kind `promql` where a matcher's regular expression is none */
  select(matchers: readonly Matcher[], from: EpochMs, to: EpochMs): readonly SeriesSlice[] {
    return finish(this.selecting(matchers, from, to));
  }

  /** See `Reader.selecting`. */
  *selecting(
    matchers: readonly Matcher[],
    from: EpochMs,
    to: EpochMs,
  ): Generator<number, readonly SeriesSlice[], undefined> {
    const stretches = yield* this.stretching(matchers, from, to);
    return stretches.map((stretch) => ({ labels: stretch.labels, ...cutOut(stretch) }));
  }

  /** See `Reader.stretching`. */
  *stretching(
    matchers: readonly Matcher[],
    from: EpochMs,
    to: EpochMs,
  ): Generator<number, readonly SeriesStretch[], undefined> {
    const stretches: SeriesStretch[] = [];
    let read = 0;
    let work = 0;
    const known = this.index.selected(matchers, this.heads.length);
    const ids = known ?? (yield* noneRead(this.index.selecting(matchers, this.heads.length)));
    for (const id of ids) {
      const stretch = this.stretch(id, from, to);
      work += SERIES_WORK;
      if (stretch !== undefined) {
        stretches.push(stretchOf(this.index.labels(id), stretch));
        const count = stretch.end - stretch.start;
        read += count;
        work += count;
      }
      if (work < WORK_A_TURN) continue;
      yield read;
      read = work = 0;
    }
    if (read > 0) yield read;
    return stretches;
  }

  /** The labels of the series that are meant, each once, in the order of their keys. */
  series(sets: MatcherSets, from: EpochMs, to: EpochMs): readonly Labels[] {
    return finish(this.listing(sets, from, to));
  }

  /** `series` in turns. */
  *listing(
    sets: MatcherSets,
    from: EpochMs,
    to: EpochMs,
  ): Generator<undefined, readonly Labels[], undefined> {
    const ids = new Set<number>();
    const found: Labels[] = [];
    for (const matchers of sets.length === 0 ? [[]] : sets) {
      for (const id of yield* this.index.selecting(matchers, this.heads.length)) {
        if (ids.has(id)) continue;
        ids.add(id);
        if (this.touches(id, from, to)) found.push(this.index.labels(id));
        if (ids.size % LABELS_A_TURN === 0) yield;
      }
    }
    return sets.length > 1 ? found.toSorted((a, b) => (a.key < b.key ? -1 : 1)) : found;
  }

  /** Names of the labels of the series that are meant, sorted. */
  labelNames(sets: MatcherSets, from: EpochMs, to: EpochMs): readonly string[] {
    const names = new Set<string>();
    for (const { pairs } of this.series(sets, from, to)) {
      for (let i = 0; i < pairs.length; i += 2) names.add(pairs[i] ?? "");
    }
    return [...names].toSorted();
  }

  /** Values of one label among the series that are meant, sorted. */
  labelValues(name: string, sets: MatcherSets, from: EpochMs, to: EpochMs): readonly string[] {
    const values = new Set<string>();
    for (const { pairs } of this.series(sets, from, to)) {
      for (let i = 0; i < pairs.length; i += 2)
        if (pairs[i] === name) values.add(pairs[i + 1] ?? "");
    }
    return [...values].toSorted();
  }

  private touches(id: number, from: EpochMs, to: EpochMs): boolean {
    const list = this.chunks[id];
    const length = this.chunkLength(id);
    if (list && list.firstEndingAfter(from, length) < list.firstBeginningAfter(to, length)) {
      return true;
    }
    return this.head(id).touches(from, to, this.headLength(id));
  }

  private stretch(id: number, from: EpochMs, to: EpochMs): Stretch | undefined {
    const head = this.head(id);
    const open = this.headLength(id);
    // Most ranges of rules are so short that no chunk, all of which end before the head, reaches into
    // them; that the head says so spares a look at the list.
    if (open > 0 && (head.times[0] ?? Infinity) <= from) return head.stretch(from, to, open);
    const list = this.chunks[id];
    const sealed = this.chunkLength(id);
    if (list === undefined || sealed === 0 || list.to(sealed - 1) <= from) {
      return head.stretch(from, to, open);
    }
    return chunkStretch(list, sealed, { from, to }, { head, length: open });
  }

  private headLength(id: number): number {
    return this.lengths?.heads[id] ?? this.head(id).length;
  }

  private chunkLength(id: number): number {
    return this.lengths?.chunks[id] ?? this.chunks[id]?.length ?? 0;
  }

  private head(id: number): Head {
    const head = this.heads[id];
    assert(head !== undefined, "a selected series has a head");
    return head;
  }
}

function stretchOf(labels: Labels, stretch: Stretch): SeriesStretch {
  const { times, values, histograms, start, end } = stretch;
  // Numbers alone are by far the most, and their objects have one shape.
  return histograms === undefined
    ? { labels, times, values, start, end }
    : { labels, times, values, histograms, start, end };
}

/** Turns in which no sample was read. */
function* noneRead<Result>(work: Generator<undefined, Result>): Generator<number, Result> {
  for (;;) {
    const turn = work.next();
    if (turn.done === true) return turn.value;
    yield 0;
  }
}
