import { copyFile, stat } from "node:fs/promises";
import { DuckDBInstance, DuckDBPendingResultState, type DuckDBConnection } from "@duckdb/node-api";
import type { Read } from "./disk.ts";
import { FORMAT_VERSION, MIGRATIONS, PROGRAM, TABLES } from "./schema.ts";
import { reasonOf } from "./failure.ts";

export type Database = {
  readonly connection: DuckDBConnection;
  readonly close: () => void;
};

/** How a database file is opened. */
export type DatabaseOptions = {
  readonly file: string;
  /** Megabytes that DuckDB may use for its buffers. */
  readonly memoryMb: number;
};

/** What the file may become; the program's own, unless a test brings another. */
export type Format = {
  readonly version: number;
  readonly migrations: readonly (readonly string[])[];
};

export const FORMAT: Format = { version: FORMAT_VERSION, migrations: MIGRATIONS };

/**
 * The database folds its log into the file when it is told to, never within a COMMIT: there, a full
 * disk makes the COMMIT fail although what it wrote is durable. `Store` says when.
 */
const NEVER_BY_ITSELF = "1TB";

async function connect(options: DatabaseOptions): Promise<Database> {
  const instance = await DuckDBInstance.create(options.file, {
    threads: "1",
    memory_limit: `${String(options.memoryMb)}MB`,
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    checkpoint_threshold: NEVER_BY_ITSELF,
  });
  const connection = await instance.connect();
  return {
    connection,
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** Names the file, what is wrong with it, and what would do. */
function refusal(file: string, cause: unknown): Read<never> {
  const reason = reasonOf(cause);
  const holder = /Conflicting lock is held in (?:.*?)\(PID (\d+)\)/.exec(reason)?.[1];
  if (holder !== undefined) {
    return {
      ok: false,
      retry: true,
      reason:
        `${file} is in use by process ${holder}: stop that process, ` +
        "choose another directory with --data, or ask the server that holds it",
    };
  }
  if (/not a valid DuckDB database file/.test(reason)) {
    return {
      ok: false,
      retry: false,
      reason:
        `${file} is not a database that naruko wrote, or it is damaged: ` +
        "choose another directory with --data, or move the file away",
    };
  }
  return {
    ok: false,
    retry: false,
    reason: `${file} cannot be opened: ${reason}. Check that it exists and may be read and written`,
  };
}

async function versionOf(connection: DuckDBConnection): Promise<number | "empty" | "foreign"> {
  const tables = await connection.runAndReadAll("SELECT table_name FROM duckdb_tables()");
  const names = tables.getRows().map(([name]) => name);
  if (names.length === 0) return "empty";
  if (!names.includes("format")) return "foreign";
  const row = (await connection.runAndReadAll("SELECT version, program FROM format")).getRows()[0];
  return row?.[1] === PROGRAM ? Number(row[0]) : "foreign";
}

/**
 * Runs a statement in this thread, and hence at its priority: `run` gives it to one of four threads
 * that the whole process shares. For what takes long.
 */
export async function runHere(connection: DuckDBConnection, sql: string): Promise<void> {
  const prepared = await connection.prepare(sql);
  try {
    const pending = prepared.start();
    while (pending.runTask() !== DuckDBPendingResultState.RESULT_READY);
    await pending.getResult();
  } finally {
    prepared.destroySync();
  }
}

/** Runs statements in one transaction: all or none of their changes remain. */
export async function inTransaction<T>(
  connection: DuckDBConnection,
  work: () => Promise<T>,
): Promise<T> {
  await connection.run("BEGIN");
  try {
    const value = await work();
    await runHere(connection, "COMMIT");
    return value;
  } catch (cause) {
    try {
      await connection.run("ROLLBACK");
    } catch {
      // A failed COMMIT has rolled back already, and after a fatal error there is nothing to undo:
      // what the caller needs to know is the first error.
    }
    throw cause;
  }
}

async function create(connection: DuckDBConnection, version: number): Promise<void> {
  await inTransaction(connection, async () => {
    for (const statement of TABLES) await connection.run(statement);
    await connection.run(`INSERT INTO format VALUES (${String(version)}, '${PROGRAM}')`);
  });
}

async function migrate(options: DatabaseOptions, found: number, format: Format): Promise<Database> {
  await copyFile(options.file, `${options.file}.v${String(found)}`);
  const database = await connect(options);
  await inTransaction(database.connection, async () => {
    for (const statements of format.migrations.slice(found - 1)) {
      for (const statement of statements) await database.connection.run(statement);
    }
    await database.connection.run(`UPDATE format SET version = ${String(format.version)}`);
  });
  return database;
}

/**
 * Opens the file, creating it where it is missing, and brings it to this version's format; before a
 * migration a copy is kept beside it, named after its version. Refusals say what is wrong with the
 * file and what would do: held by another process, foreign, damaged, or of a newer version.
 */
export async function openDatabase(
  options: DatabaseOptions,
  format: Format = FORMAT,
): Promise<Read<Database>> {
  const { file } = options;
  try {
    const database = await connect(options);
    const found = await versionOf(database.connection);
    if (found === "empty") {
      await create(database.connection, format.version);
      return { ok: true, value: database };
    }
    if (found === format.version) return { ok: true, value: database };
    database.close();
    if (found === "foreign") {
      return {
        ok: false,
        retry: false,
        reason: `${file} is a DuckDB database, but not one that naruko wrote: choose another directory with --data`,
      };
    }
    if (found > format.version) {
      return {
        ok: false,
        retry: false,
        reason:
          `${file} has format ${String(found)}, this version of naruko reads up to ` +
          `${String(format.version)}: use the newer version that wrote it, or another directory with --data`,
      };
    }
    return { ok: true, value: await migrate(options, found, format) };
  } catch (cause) {
    return refusal(file, cause);
  }
}

async function bytesOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch {
    // The log does not exist between a checkpoint and the next write: that is no bytes.
    return 0;
  }
}

/** Bytes of the write-ahead log. */
export async function logBytes(file: string): Promise<number> {
  return await bytesOf(`${file}.wal`);
}

/** Bytes of the database file and its write-ahead log. */
export async function fileBytes(file: string): Promise<number> {
  return (await bytesOf(file)) + (await logBytes(file));
}
