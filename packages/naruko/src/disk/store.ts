import type { DuckDBConnection } from "@duckdb/node-api";
import {
  fileBytes,
  inTransaction,
  logBytes,
  openDatabase,
  runHere,
  type Database,
} from "./database.ts";
import type { DatabaseOptions } from "./database.ts";
import type { DiskStats, Read } from "./disk.ts";
import { failure, isFatal } from "./failure.ts";
import type { Known } from "./input-log.ts";
import { hasOldInputs } from "./old-inputs.ts";
import { numberIn, numberOrNull, rowsOf } from "./read-rows.ts";
import { ShapeIds } from "./shape-ids.ts";
import { coveredSeq } from "./snapshots.ts";
import type { DatabaseOperations } from "./requests.ts";
import { readWritten, writeOutputs, type OutputRow, type Written } from "./write-outputs.ts";

const COUNTED = [
  "call",
  "evaluation",
  "transition",
  "draw",
  "chunk",
  "series",
] as const satisfies readonly string[];

/** An open database with what has to be remembered about it. */
type Opened = {
  readonly database: Database;
  written: Written;
  shapeIds: ShapeIds;
};

/** How the store works. */
export type StoreOptions = DatabaseOptions & {
  /** Bytes of the write-ahead log at which it is folded into the file. */
  readonly checkpointBytes: number;
  /** How long outputs wait for others to be written with. */
  readonly lingerMs: number;
};

/** How long a failed checkpoint rests; a full disk does not get room within milliseconds. */
const CHECKPOINT_REST_MS = 10_000;

async function open(options: DatabaseOptions): Promise<Read<Opened>> {
  const opened = await openDatabase(options);
  if (!opened.ok) return opened;
  const database = opened.value;
  const { connection } = database;
  const written = await readWritten(connection);
  const shapeIds = await ShapeIds.load(connection);
  return { ok: true, value: { database, written, shapeIds } };
}

async function readKnown(connection: DuckDBConnection, written: Written): Promise<Known> {
  const [row] = await rowsOf(connection, "SELECT max(seq), max(at_ms) FROM snapshot");
  const [snapshotSeq, at] = row ?? [];
  const seqs = [
    numberOrNull(snapshotSeq) ?? 0,
    written.telemetry,
    written.transitions,
    written.draws,
  ];
  return {
    covered: await coveredSeq(connection),
    last: { seq: Math.max(...seqs), at: numberOrNull(at) ?? 0 },
  };
}

/**
 * The database as the worker uses it: one operation at a time. After a fatal error of the database
 * (a write to a full disk can be one) the next operation opens it again.
 */
export class Store {
  readonly #options: StoreOptions;
  #opened: Opened | undefined;
  #checkpointAfter = 0;

  constructor(options: StoreOptions) {
    this.#options = options;
  }

  async open(): Promise<Read<DatabaseOperations["open"]["value"]>> {
    return await this.#attempt(async ({ database: { connection }, written }) => ({
      known: await readKnown(connection, written),
      hasOldInputs: await hasOldInputs(connection),
    }));
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
        draws: count("draw"),
        chunks: count("chunk"),
        series: count("series"),
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
    const done = await this.read((connection) => runHere(connection, "CHECKPOINT"));
    if (!done.ok) this.#checkpointAfter = nowMs + CHECKPOINT_REST_MS;
  }

  /** Closes; the database folds its log into the file where it can. */
  close(): void {
    this.#opened?.database.close();
    this.#opened = undefined;
  }

  async #reopen(): Promise<Read<Opened>> {
    if (this.#opened !== undefined) return { ok: true, value: this.#opened };
    const opened = await open(this.#options);
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
      if (isFatal(failed.reason)) this.close();
      return failed;
    }
  }
}
