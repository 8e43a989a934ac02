import { assert } from "../model/assert.ts";
import type { ChunkRow } from "../model/engine-io.ts";
import type { Labels } from "../model/labels.ts";
import type { Limits } from "../model/limits.ts";
import { PatternCache } from "../model/matcher.ts";
import type { SampleValue, Stale } from "../model/sample.ts";
import { type EpochMs, epochMs, MINUTE_MS } from "../model/time.ts";
import { adopted, type Place } from "./adopt.ts";
import { checkChunk, ChunkList, ChunkPages } from "./chunk-list.ts";
import { Head } from "./head.ts";
import { LabelIndex } from "./label-index.ts";
import { histogramBytes } from "./mixed-samples.ts";
import { encodeRange } from "./samples.ts";
import { readSave, writeSave } from "./save.ts";
import { StoreReader } from "./store-reader.ts";
import { SampleEncoder } from "./xor-samples.ts";

/** A sample may come this much later than its series' newest one (DESIGN section 3). */
const OUT_OF_ORDER_MS: number = 5 * MINUTE_MS;

/** Samples of a chunk: at least 104, and up to 31 more by the series' labels, so 120 on average. */
const CHUNK_SAMPLES_MIN = 104;
const CHUNK_SAMPLES_SPREAD = 32;

/** Forgotten series whose place in the index is kept, before the index is made anew. */
const FORGOTTEN_MAX = 1000;

/**
 * What became of a sample. `late`: taken, though earlier than its series' newest one. `too-old`:
 * earlier than the out-of-order window allows, or than what is sealed. `repeat`: the series has just
 * this sample already. `duplicate`: it has another one at that time, which stays. `series-limit`: it
 * would begin a series past `limits.series`.
 */
export type AppendResult =
  "appended" | "late" | "too-old" | "repeat" | "duplicate" | "series-limit";

/**
 * What became of a persisted chunk. `known`: it is in memory already. `ahead`: this store has not come
 * so far, because the state that it was loaded from (or its beginning, without one) is older than the
 * chunk; the inputs since then, applied again, bring its samples and seal it again.
 */
export type AdoptResult = "adopted" | "known" | "ahead" | "series-limit";

export type StoreStats = {
  readonly series: number;
  readonly samples: number;
  /** Sealed ones. */
  readonly chunks: number;
  /** Of the earliest and the latest sample; 0 where there is none. */
  readonly from: EpochMs;
  readonly to: EpochMs;
  /** Of samples: sealed ones as encoded, open ones as their arrays. Labels and lists not counted. */
  readonly bytes: number;
};

/**
 * The series in memory: sealed chunks, an open head for each series, and an index of labels. All
 * of it is decided by the order of calls and their arguments alone, so that equal inputs seal equal
 * chunks, also after a restart.
 */
export class Store {
  private readonly limits: Pick<Limits, "series">;
  private readonly patterns = new PatternCache();
  private readonly encoder = new SampleEncoder();
  private readonly pages = new ChunkPages();
  private readonly place: Place = (chunk) => ({ ...chunk, ...this.pages.write(chunk) });
  /** Ids of the living series by their labels' key; the lists below are by id. */
  private readonly ids = new Map<string, number>();
  private index = new LabelIndex(this.patterns);
  private heads: Head[] = [];
  private chunks: (ChunkList | undefined)[] = [];
  /** The last time that was ever sealed; -Infinity where nothing was. */
  private sealedTo: number[] = [];
  /** How many samples this series' next chunk has. */
  private chunkSamples: number[] = [];
  private sealed: ChunkRow[] = [];
  private latest: StoreReader | undefined;
  /** The latest time up to which `drop` was asked to let go. */
  private droppedTo = -Infinity;

  constructor(limits: Pick<Limits, "series">) {
    this.limits = limits;
  }

  /**
   * Reads what `save` wrote. Sealed chunks are not part of it: `adoptChunk` brings them.
   *
   * @throws InputError of kind `snapshot` where the bytes are damaged or from a later version
   */
  static load(bytes: Uint8Array, limits: Pick<Limits, "series">): Store {
    const saved = readSave(bytes);
    const store = new Store(limits);
    store.droppedTo = saved.droppedTo;
    for (const { labels, sealedTo, head } of saved.series) {
      const id = store.create(labels);
      store.sealedTo[id] = sealedTo;
      store.heads[id] = Head.of(head);
    }
    return store;
  }

  /** Labels of all series, and the samples that are not sealed. Take the sealed ones before. */
  save(): Uint8Array {
    assert(this.sealed.length === 0, "sealed chunks are taken before a save");
    const series = [...this.ids.values()].map((id) => ({
      labels: this.index.labels(id),
      sealedTo: this.sealedTo[id] ?? -Infinity,
      head: this.head(id).all(),
    }));
    return writeSave({ droppedTo: this.droppedTo, series });
  }

  append(labels: Labels, at: EpochMs, value: SampleValue | Stale): AppendResult {
    let id = this.ids.get(labels.key);
    if (id === undefined) {
      if (this.ids.size >= this.limits.series) return "series-limit";
      id = this.create(labels);
    }
    const head = this.head(id);
    const sealedTo = this.sealedTo[id] ?? -Infinity;
    const newest = head.newest ?? sealedTo;
    if (at <= newest) {
      if (at < newest - OUT_OF_ORDER_MS || at <= sealedTo) return "too-old";
      const index = head.indexAfter(at);
      if (head.times[index - 1] === at) {
        return head.holds(index - 1, value) ? "repeat" : "duplicate";
      }
      this.heads[id] = head.inserted(index, at, value);
      this.latest = undefined;
      return "late";
    }
    const longer = head.pushed(at, value);
    if (longer !== head) this.heads[id] = longer;
    this.sealFull(id, longer);
    this.latest = undefined;
    return "appended";
  }

  /** The store as it is at this moment. */
  snapshot(): StoreReader {
    this.latest ??= StoreReader.asOfNow(this.index, this.heads, this.chunks);
    return this.latest;
  }

  /**
   * The store as it is whenever it is asked, until something is dropped. For rules, during whose
   * evaluation nothing else is written: a snapshot for each would copy the lists at every tick.
   */
  live(): StoreReader {
    return new StoreReader(this.index, this.heads, this.chunks);
  }

  /** The chunks that were sealed since the last call, to be persisted. */
  takeSealed(): readonly ChunkRow[] {
    const taken = this.sealed;
    this.sealed = [];
    return taken;
  }

  /**
   * Puts a persisted chunk back. What it has in common with samples in memory is kept once, as memory
   * has it.
   *
   * @throws InputError of kind `snapshot` where this version cannot read the chunk
   */
  adoptChunk(row: ChunkRow): AdoptResult {
    checkChunk(row);
    let id = this.ids.get(row.labels.key);
    // What was dropped is behind the store, whether its series is still known or began again.
    const sealedTo = id === undefined ? -Infinity : (this.sealedTo[id] ?? -Infinity);
    if (row.from > sealedTo && row.to > this.droppedTo) return "ahead";
    if (id === undefined) {
      if (this.ids.size >= this.limits.series) return "series-limit";
      id = this.create(row.labels);
    }
    const change = adopted(row, this.chunks[id] ?? new ChunkList(), this.head(id), this.place);
    if (change === "known") return "known";
    this.chunks[id] = change.chunks;
    this.heads[id] = change.head;
    const last = change.chunks.length - 1;
    if (last >= 0) this.sealedTo[id] = Math.max(this.sealedTo[id] ?? 0, change.chunks.to(last));
    this.latest = undefined;
    return "adopted";
  }

  /**
   * Seals the open samples of series whose newest one is at or before a time. Without it the last
   * minutes of a series that ended would stay open for as long as memory holds them.
   */
  sealIdle(before: EpochMs): void {
    for (const id of this.ids.values()) {
      let head = this.head(id);
      if (head.newest === undefined || head.newest > before) continue;
      while (head.length > 0) {
        this.seal(id, Math.min(head.length, this.chunkSamples[id] ?? CHUNK_SAMPLES_MIN));
        head = this.head(id);
      }
    }
  }

  /**
   * Lets go what ends at or before a time: whole chunks, and series that have nothing later, whose
   * open samples are sealed before. Returns what went.
   */
  drop(before: EpochMs): { readonly chunks: number; readonly series: number } {
    this.sealIdle(before);
    this.droppedTo = Math.max(this.droppedTo, before);
    let chunks = 0;
    let series = 0;
    for (const [key, id] of this.ids) {
      const list = this.chunks[id];
      const old = list && list.to(0) <= before ? list.firstEndingAfter(before, list.length) : 0;
      if (list && old > 0) {
        this.chunks[id] = old === list.length ? undefined : list.withoutFirst(old);
        chunks += old;
      }
      if (this.chunks[id] || this.head(id).length > 0) continue;
      // A series that waits for its chunks to be adopted has nothing in memory, but goes on.
      if ((this.sealedTo[id] ?? 0) > before) continue;
      this.ids.delete(key);
      series++;
    }
    if (chunks > 0 || series > 0) this.latest = undefined;
    this.forget();
    return { chunks, series };
  }

  stats(): StoreStats {
    let samples = 0;
    let bytes = 0;
    let chunks = 0;
    let from = Infinity;
    let to = -Infinity;
    for (const id of this.ids.values()) {
      const head = this.head(id);
      const list = this.chunks[id];
      const last = list === undefined ? 0 : list.length;
      chunks += last;
      if (list !== undefined && last > 0) {
        from = Math.min(from, list.from(0));
        to = Math.max(to, list.to(last - 1));
      }
      from = Math.min(from, head.first ?? Infinity);
      to = Math.max(to, head.newest ?? -Infinity);
      samples += head.length + (list?.samples ?? 0);
      bytes += head.times.byteLength + head.values.byteLength + (list?.bytes ?? 0);
      if (head.histograms !== undefined) bytes += histogramBytes(head.histograms);
    }
    if (samples === 0) from = to = 0;
    const span = { from: epochMs(from), to: epochMs(to) };
    return { series: this.ids.size, samples, bytes, chunks, ...span };
  }

  private head(id: number): Head {
    const head = this.heads[id];
    assert(head !== undefined, "every series has a head");
    return head;
  }

  private create(labels: Labels): number {
    const id = this.index.add(labels);
    this.ids.set(labels.key, id);
    this.heads.push(new Head());
    this.chunks.push(undefined);
    this.sealedTo.push(-Infinity);
    this.chunkSamples.push(CHUNK_SAMPLES_MIN + (hash(labels.key) % CHUNK_SAMPLES_SPREAD));
    return id;
  }

  /** Seals as many samples as make a chunk, once all of them are older than the window. */
  private sealFull(id: number, head: Head): void {
    const count = this.chunkSamples[id] ?? CHUNK_SAMPLES_MIN;
    if (head.length <= count) return;
    const last = head.times[count - 1] ?? Infinity;
    if (last < (head.newest ?? 0) - OUT_OF_ORDER_MS) this.seal(id, count);
  }

  private seal(id: number, count: number): void {
    const head = this.head(id);
    const encoded = encodeRange(this.encoder, head.all(), 0, count);
    const from = epochMs(head.times[0] ?? 0);
    const to = epochMs(head.times[count - 1] ?? 0);
    const row = { labels: this.index.labels(id), from, to, count, ...encoded };
    this.sealed.push(row);
    const list = this.chunks[id] ?? new ChunkList();
    list.push(from, to, this.pages.write(row));
    this.chunks[id] = list;
    this.sealedTo[id] = to;
    this.heads[id] = head.without(count);
    this.latest = undefined;
  }

  /** Makes index and lists anew without the series that are gone; snapshots keep the old ones. */
  private forget(): void {
    const gone = this.index.size - this.ids.size;
    if (gone <= FORGOTTEN_MAX || gone <= this.ids.size) return;
    const old = [...this.ids.values()];
    const index = new LabelIndex(this.patterns);
    for (const id of old) this.ids.set(this.index.labels(id).key, index.add(this.index.labels(id)));
    this.heads = old.map((id) => this.head(id));
    this.chunks = old.map((id) => this.chunks[id]);
    this.sealedTo = old.map((id) => this.sealedTo[id] ?? -Infinity);
    this.chunkSamples = old.map((id) => this.chunkSamples[id] ?? CHUNK_SAMPLES_MIN);
    this.index = index;
  }
}

/** FNV-1a over code units: spreads sealing in time, equal after every restart. */
function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193);
  return sum >>> 0;
}
