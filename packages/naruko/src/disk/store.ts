import type { DuckDBConnection } from "@duckdb/node-api";
import { assert } from "@naruko/core/model/assert";
import { fileBytes, inTransaction, openDatabase, type Database } from "./database.ts";
import type { DatabaseOptions } from "./database.ts";
import type { DiskStats, Read, Snapshot } from "./disk.ts";
import { failure, isFatal } from "./failure.ts";
import { writeInputs, type InputRow } from "./inputs.ts";
import { numberIn, rowsOf } from "./read-rows.ts";
import { ShapeIds } from "./shape-ids.ts";
import { readRecovery, writeSnapshot } from "./snapshots.ts";
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
  lastSeq: number;
};

async function open(options: DatabaseOptions): Promise<Read<Opened>> {
  const opened = await openDatabase(options);
  if (!opened.ok) return opened;
  const database = opened.value;
  const { connection } = database;
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
  readonly #options: DatabaseOptions;
  #opened: Opened | undefined;

  constructor(options: DatabaseOptions) {
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

  async snapshot(snapshot: Snapshot): Promise<Read<void>> {
    return await this.read((connection) =>
      inTransaction(connection, () => writeSnapshot(connection, snapshot)),
    );
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
