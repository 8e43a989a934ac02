import type { DuckDBConnection } from "@duckdb/node-api";
import { assert } from "@naruko/core/model/assert";
import { fileBytes, inTransaction, logBytes, openDatabase, type Database } from "./database.ts";
import type { DatabaseOptions } from "./database.ts";
import type { DiskStats, Read } from "./disk.ts";
import { failure, isFatal } from "./failure.ts";
import { writeInputs, type InputRow } from "./inputs.ts";
import { numberIn, rowsOf } from "./read-rows.ts";
import { ShapeIds } from "./shape-ids.ts";
import { readRecovery } from "./snapshots.ts";
import { readWritten, writeOutputs, type OutputRow, type Written } from "./write-outputs.ts";

const COUNTED = [
  "call",
  "evaluation",
  "transition",
  "chunk",
  "series",
  "input",
] as const satisfies readonly string[];

/** An open database with what has to be remembered about it. */
type Opened = {
  readonly database: Database;
  written: Written;
  shapeIds: ShapeIds;
  /** Of the last input whose commit was not refused. */
  lastSeq: number;
};

/** How the store works. */
export type StoreOptions = DatabaseOptions & {
  /** Bytes of the write-ahead log at which it is folded into the file. */
  readonly checkpointBytes: number;
};

/** How long a failed checkpoint rests; a full disk does not get room within milliseconds. */
const CHECKPOINT_REST_MS = 10_000;

/**
 * Opens the database.
 *
 * @param knownSeq where it is opened again: inputs beyond it were refused, although the failure may
 *   have come after they were written, and do not come back
 */
async function open(options: DatabaseOptions, knownSeq?: number): Promise<Read<Opened>> {
  const opened = await openDatabase(options);
  if (!opened.ok) return opened;
  const database = opened.value;
  const { connection } = database;
  if (knownSeq !== undefined) {
    await connection.run("DELETE FROM input WHERE seq > $1", [BigInt(knownSeq)]);
  }
  const { lastSeq } = await readRecovery(connection, "latest");
  const written = await readWritten(connection);
  const shapeIds = await ShapeIds.load(connection);
  return { ok: true, value: { database, written, shapeIds, lastSeq } };
}

/**
 * The database as the worker uses it: one operation at a time. After a fatal error of the database
 * (a write to a full disk can be one) the next operation opens it again.
 */
export class Store {
  readonly #options: StoreOptions;
  #opened: Opened | undefined;
  /** What `lastSeq` was when the database broke. */
  #knownSeq: number | undefined;
  #checkpointAfter = 0;

  constructor(options: StoreOptions) {
    this.#options = options;
  }

  async open(): Promise<Read<undefined>> {
    const opened = await this.#reopen();
    return opened.ok ? { ok: true, value: undefined } : opened;
  }

  async commit(inputs: readonly InputRow[]): Promise<Read<void>> {
    return await this.#attempt(async (opened) => {
      const first = inputs[0];
      const last = inputs.at(-1);
      if (first === undefined || last === undefined) return;
      assert(first.seq > opened.lastSeq, "inputs are committed in the order of seq");
      const { connection } = opened.database;
      await inTransaction(connection, () => writeInputs(connection, inputs));
      opened.lastSeq = last.seq;
    });
  }

  async keep(outputs: readonly OutputRow[]): Promise<Read<void>> {
    return await this.#attempt(async (opened) => {
      const { connection } = opened.database;
      try {
        opened.written = await inTransaction(connection, () =>
          writeOutputs(connection, outputs, opened),
        );
      } catch (cause) {
        // Ids given out within the failed transaction stand for shapes that are not on disk.
        this.#opened = { ...opened, shapeIds: await ShapeIds.load(connection) };
        throw cause;
      }
    });
  }

  async stats(): Promise<Read<DiskStats>> {
    return await this.read(async (connection) => {
      const counts = COUNTED.map((table) => `(SELECT count(*) FROM ${table})`);
      const [row] = await rowsOf(connection, `SELECT ${counts.join(", ")}`);
      const count = (table: (typeof COUNTED)[number]): number =>
        numberIn(row?.[COUNTED.indexOf(table)]);
      return {
        fileBytes: await fileBytes(this.#options.file),
        calls: count("call"),
        evaluations: count("evaluation"),
        transitions: count("transition"),
        chunks: count("chunk"),
        series: count("series"),
        inputs: count("input"),
      };
    });
  }

  /** Runs work on the connection; what the database refuses becomes a value. */
  async read<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<Read<T>> {
    return await this.#attempt((opened) => work(opened.database.connection));
  }

  /**
   * Folds the write-ahead log into the file once it is long enough. A failure loses nothing and is
   * tried again later: everything is in the log.
   *
   * @param nowMs a monotonic clock
   */
  async checkpointIfDue(nowMs: number): Promise<void> {
    const { file, checkpointBytes } = this.#options;
    if (nowMs < this.#checkpointAfter || (await logBytes(file)) < checkpointBytes) return;
    const done = await this.read((connection) => connection.run("CHECKPOINT"));
    if (!done.ok) this.#checkpointAfter = nowMs + CHECKPOINT_REST_MS;
  }

  /** Closes; the database folds its log into the file where it can. */
  close(): void {
    this.#opened?.database.close();
    this.#opened = undefined;
  }

  async #reopen(): Promise<Read<Opened>> {
    if (this.#opened !== undefined) return { ok: true, value: this.#opened };
    const opened = await open(this.#options, this.#knownSeq);
    if (opened.ok) this.#opened = opened.value;
    return opened;
  }

  async #attempt<T>(work: (opened: Opened) => Promise<T>): Promise<Read<T>> {
    try {
      const opened = await this.#reopen();
      if (!opened.ok) return opened;
      return { ok: true, value: await work(opened.value) };
    } catch (cause) {
      const failed = failure(cause);
      if (isFatal(failed.reason)) {
        this.#knownSeq = this.#opened?.lastSeq ?? this.#knownSeq;
        this.close();
      }
      return failed;
    }
  }
}
