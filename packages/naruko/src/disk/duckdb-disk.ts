import { setTimeout as sleep } from "node:timers/promises";
import { InputError } from "@naruko/core/model/input-error";
import type { ChunkRow, Input } from "@naruko/core/model/engine-io";
import type { Labels } from "@naruko/core/model/labels";
import type { Outcome } from "@naruko/core/model/outcome";
import type { Telemetry } from "@naruko/core/model/telemetry";
import { epochMs } from "@naruko/core/model/time";
import { startWorker, type AskWorker } from "./ask-worker.ts";
import { inputFolderOf } from "./data-dir.ts";
import type { ChunkRequest, Disk, KeptEffect, Queued, Read } from "./disk.ts";
import { decodeInput, encodeInput, encodeTelemetry } from "./encode-input.ts";
import type { InputLogOptions, LogPlace } from "./input-log.ts";
import { labelsFromPairs } from "./point-columns.ts";
import type { StoredChunk, StoredSeries } from "./read-chunks.ts";
import type { DatabaseOperations, LogOperations } from "./requests.ts";
import type { StoreOptions } from "./store.ts";
import type { OutputRow } from "./write-outputs.ts";

/** Megabytes that the database may use for its buffers. */
export const DISK_MEMORY_MB = 512;

/**
 * Bytes of the database's write-ahead log at which it is folded into the file. Outputs and queries
 * wait meanwhile, some milliseconds a megabyte; it is read again after a crash.
 */
export const CHECKPOINT_BYTES: number = 256 * 1024 * 1024;

/**
 * Bytes of one file of the input log. Beginning another costs a write some milliseconds, and at most
 * this much is kept longer than it is needed.
 */
export const SEGMENT_BYTES: number = 32 * 1024 * 1024;

/** Outputs are seen by queries this much later; few transactions cost less than many. */
const LINGER_MS = 500;

/**
 * Bytes of outputs that may wait for the database. Beyond it commits wait for them, so that senders
 * slow down to what it takes, and memory is bounded.
 */
const WAITING_EFFECT_BYTES = 64 * 1024 * 1024;
const LOOK_AGAIN_MS = 20;

/** Bytes that a chunk or a transition is taken to need in the queue. */
const EFFECT_BYTES = 256;

/** Counts what was handed to the worker and has not come back. */
class Backlog {
  #count = 0;
  #bytes = 0;

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  async during<T>(count: number, bytes: number, work: Promise<T>): Promise<T> {
    this.#count += count;
    this.#bytes += bytes;
    try {
      return await work;
    } finally {
      this.#count -= count;
      this.#bytes -= bytes;
    }
  }
}

function valueOrThrow<T>(read: Read<T>): T {
  if (!read.ok) throw new InputError("snapshot", read.reason);
  return read.value;
}

function outcomeOf(read: Read<undefined>): Outcome {
  return read.ok ? { ok: true } : read;
}

function labelsOf({ pairs }: StoredSeries): Labels {
  return labelsFromPairs(JSON.parse(pairs) as string[]);
}

/** Puts the labels of their series to chunks; both come by the same ids. */
function chunkRows(
  chunks: readonly StoredChunk[],
  labels: ReadonlyMap<number, Labels>,
): readonly ChunkRow[] {
  return chunks.flatMap(({ seriesId, from, to, count, encoding, bytes }) => {
    const itsLabels = labels.get(seriesId);
    if (itsLabels === undefined) return [];
    return [{ labels: itsLabels, from: epochMs(from), to: epochMs(to), count, encoding, bytes }];
  });
}

function bytesOf(output: OutputRow): number {
  if (output.kind === "keep") return output.bytes.length;
  if (output.kind === "keep-transitions") return output.transitions.length * EFFECT_BYTES;
  if (output.kind === "keep-draws") return output.draws.length * EFFECT_BYTES;
  return output.chunks.reduce((sum, { bytes }) => sum + bytes.length + EFFECT_BYTES, 0);
}

type Threads = {
  readonly database: AskWorker<DatabaseOperations>;
  readonly log: AskWorker<LogOperations>;
};

/**
 * `Disk` over DuckDB and a log of inputs, in a worker thread each; see there for what each method
 * promises.
 */
class DuckDbDisk implements Disk {
  readonly #worker: AskWorker<DatabaseOperations>;
  readonly #log: AskWorker<LogOperations>;
  readonly #inputs = new Backlog();
  readonly #effects = new Backlog();
  /** What was encoded for its commit need not be encoded again to be kept. */
  readonly #encoded = new WeakMap<Telemetry, Uint8Array>();

  readonly #waitingBytes: number;

  constructor({ database, log }: Threads, waitingBytes: number) {
    this.#worker = database;
    this.#log = log;
    this.#waitingBytes = waitingBytes;
  }

  async commit(inputs: readonly Input[]): Promise<Outcome> {
    while (this.#effects.bytes > this.#waitingBytes) {
      const reason = this.#worker.trouble();
      if (reason !== undefined) return { ok: false, retry: true, reason };
      await sleep(LOOK_AGAIN_MS);
    }
    const rows = inputs.map((input) => {
      const bytes = encodeInput(input);
      if (input.kind === "telemetry") this.#encoded.set(input.telemetry, bytes);
      return { seq: input.seq, at: input.at, kind: input.kind, bytes };
    });
    const bytes = rows.reduce((sum, row) => sum + row.bytes.length, 0);
    const committed = this.#log.ask("commit", rows);
    return outcomeOf(await this.#inputs.during(rows.length, bytes, committed));
  }

  /**
   * Not async, because what an async function was called with lives until it is done: calls that
   * wait here as bytes need not be in memory as objects too.
   */
  keep(effects: readonly KeptEffect[]): Promise<Outcome> {
    const rows = effects.map((effect): OutputRow => {
      if (effect.kind !== "keep") return effect;
      const { kind, seq, at, telemetry } = effect;
      const bytes = this.#encoded.get(telemetry) ?? encodeTelemetry(telemetry);
      return { kind, seq, at, bytes };
    });
    const bytes = rows.reduce((sum, row) => sum + bytesOf(row), 0);
    const kept = this.#worker.ask("keep", rows);
    return this.#effects.during(rows.length, bytes, kept).then(outcomeOf);
  }

  async saveSnapshot(snapshot: Parameters<Disk["saveSnapshot"]>[0]): Promise<Outcome> {
    const { buffer, byteLength } = snapshot.heads;
    // A view of a larger buffer is copied: others may look at the rest of it.
    const transfer = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength;
    const written = await this.#worker.ask("snapshot", snapshot, transfer ? [buffer] : []);
    if (!written.ok) return written;
    return outcomeOf(await this.#log.ask("drop", { through: written.value }));
  }

  async recover(which: "latest" | "previous"): ReturnType<Disk["recover"]> {
    const read = await this.#worker.ask("recover", which);
    if (!read.ok) return read;
    const last = await this.#log.ask("position", undefined);
    if (!last.ok) return last;
    const { seq, at } = last.value;
    const snapshot = read.value;
    if (snapshot === undefined) return { ok: true, value: { lastSeq: seq, lastAt: epochMs(at) } };
    const lastSeq = Math.max(snapshot.seq, seq);
    return { ok: true, value: { snapshot, lastSeq, lastAt: epochMs(Math.max(snapshot.at, at)) } };
  }

  async *inputsAfter(after: number): AsyncGenerator<Input> {
    for (let from: LogPlace | undefined; ;) {
      const request = from === undefined ? { after } : { after, from };
      const page = valueOrThrow(await this.#log.ask("inputs", request));
      for (const row of page.rows) yield decodeInput(row);
      from = page.next;
      if (from === undefined) return;
    }
  }

  async *chunksSince(from: number): AsyncGenerator<readonly ChunkRow[]> {
    for (let afterId = 0; ;) {
      const request = { since: from, afterId };
      const page = valueOrThrow(await this.#worker.ask("chunkPage", request));
      const labels = new Map(page.series.map((series) => [series.id, labelsOf(series)]));
      if (page.chunks.length > 0) yield chunkRows(page.chunks, labels);
      if (page.lastId === undefined) return;
      afterId = page.lastId;
    }
  }

  async chunks(request: ChunkRequest): Promise<Read<readonly ChunkRow[]>> {
    const { matches, samples, ...range } = request;
    const series = await this.#worker.ask("series", range);
    if (!series.ok) return series;
    const labels = new Map<number, Labels>();
    for (const stored of series.value) {
      const itsLabels = labelsOf(stored);
      if (matches(itsLabels)) labels.set(stored.id, itsLabels);
    }
    const { from, to } = range;
    const ids = [...labels.keys()];
    const chunks = await this.#worker.ask("chunks", { from, to, ids, samples });
    return chunks.ok ? { ok: true, value: chunkRows(chunks.value, labels) } : chunks;
  }

  async series(range: Parameters<Disk["series"]>[0]): ReturnType<Disk["series"]> {
    const series = await this.#worker.ask("series", range);
    return series.ok ? { ok: true, value: series.value.map(labelsOf) } : series;
  }

  async calls(request: Parameters<Disk["calls"]>[0]): ReturnType<Disk["calls"]> {
    return await this.#worker.ask("calls", request);
  }

  async *history(range: Parameters<Disk["history"]>[0]): AsyncGenerator<Input> {
    for (let after = 0; ;) {
      const page = valueOrThrow(await this.#worker.ask("history", { ...range, after }));
      for (const { seq, at, telemetry } of page.rows) {
        yield { seq, at: epochMs(at), kind: "telemetry", telemetry };
      }
      if (page.next === undefined) return;
      after = page.next;
    }
  }

  async retain(policy: Parameters<Disk["retain"]>[0]): ReturnType<Disk["retain"]> {
    const log = await this.#log.ask("bytes", undefined);
    if (!log.ok) return log;
    const maxBytes = Math.max(0, policy.maxBytes - log.value);
    return await this.#worker.ask("retain", { ...policy, maxBytes });
  }

  async stats(): ReturnType<Disk["stats"]> {
    const stats = await this.#worker.ask("stats", undefined);
    const log = await this.#log.ask("bytes", undefined);
    if (!stats.ok) return stats;
    if (!log.ok) return log;
    return { ok: true, value: { ...stats.value, fileBytes: stats.value.fileBytes + log.value } };
  }

  queued(): Queued {
    const trouble = this.#worker.trouble();
    return {
      inputs: this.#inputs.count,
      inputBytes: this.#inputs.bytes,
      effects: this.#effects.count,
      effectBytes: this.#effects.bytes,
      ...(trouble !== undefined && { trouble }),
    };
  }

  async close(): Promise<void> {
    await closeBoth({ database: this.#worker, log: this.#log });
  }
}

/** The log last: it holds what the database does not have yet. */
async function closeBoth({ database, log }: Threads): Promise<void> {
  await database.ask("close", undefined);
  await log.ask("close", undefined);
}

/** How the files are kept; tests set it smaller. */
export type DiskOptions = Omit<StoreOptions, "file"> & {
  /** Bytes after which another file of the input log begins. */
  readonly segmentBytes: number;
  /** Bytes of outputs that may wait for the database before commits wait for it too. */
  readonly waitingBytes: number;
};

/**
 * Opens the database file and the log of inputs beside it, creating them where they are missing.
 *
 * @returns the disk, or why not, with the file's path and what would do
 */
export async function openDuckDbDisk(
  file: string,
  options: Partial<DiskOptions> = {},
): Promise<Read<Disk>> {
  const { segmentBytes = SEGMENT_BYTES, waitingBytes = WAITING_EFFECT_BYTES, ...rest } = options;
  const threads: Threads = {
    database: startWorker("worker", "disk"),
    log: startWorker("log-worker", "inputs"),
  };
  const opened = await open(
    threads,
    { folder: inputFolderOf(file), segmentBytes },
    {
      file,
      memoryMb: DISK_MEMORY_MB,
      checkpointBytes: CHECKPOINT_BYTES,
      lingerMs: LINGER_MS,
      ...rest,
    },
  );
  if (opened.ok) return { ok: true, value: new DuckDbDisk(threads, waitingBytes) };
  await closeBoth(threads);
  return opened;
}

/** The database first: whoever holds its lock owns the log too. */
async function open(
  { database, log }: Threads,
  options: InputLogOptions,
  storeOptions: StoreOptions,
): Promise<Read<undefined>> {
  const opened = await database.ask("open", storeOptions);
  if (!opened.ok) return opened;
  const { known, hasOldInputs } = opened.value;
  if (hasOldInputs) {
    const moved = await moveOldInputs({ database, log }, options);
    if (!moved.ok) return moved;
  }
  return await log.ask("open", { options, known });
}

/**
 * Moves the inputs of version 1 into a log that is begun anew: nothing else can be in it while the
 * database has them.
 */
async function moveOldInputs(
  { database, log }: Threads,
  options: InputLogOptions,
): Promise<Read<undefined>> {
  const begun = await log.ask("begin", options);
  if (!begun.ok) return begun;
  for (let after = 0; ;) {
    const page = await database.ask("oldInputs", { after });
    if (!page.ok) return page;
    const last = page.value.at(-1);
    if (last === undefined) break;
    const moved = await log.ask("commit", page.value);
    if (!moved.ok) return moved;
    after = last.seq;
  }
  return await database.ask("dropOldInputs", undefined);
}
