import {
  BIGINT,
  BLOB,
  BOOLEAN,
  DOUBLE,
  DuckDBBlobValue,
  DuckDBDataChunk,
  INTEGER,
  VARCHAR,
  type DuckDBAppender,
  type DuckDBConnection,
  type DuckDBType,
  type DuckDBValue,
} from "@duckdb/node-api";

/** Rows in one chunk: DuckDB's vector size. */
const CHUNK_ROWS = 2048;

/** The types that our tables have, with what writes a value of each. */
export type Column =
  | { readonly type: "text"; readonly at: (row: number) => string | null }
  | { readonly type: "float"; readonly at: (row: number) => number | null }
  | { readonly type: "int"; readonly at: (row: number) => number }
  /** A whole number beyond 32 bits: a time, a seq. */
  | { readonly type: "long"; readonly at: (row: number) => number }
  | { readonly type: "boolean"; readonly at: (row: number) => boolean }
  | { readonly type: "bytes"; readonly at: (row: number) => Uint8Array };

const TYPES: Readonly<Record<Column["type"], DuckDBType>> = {
  text: VARCHAR,
  float: DOUBLE,
  int: INTEGER,
  long: BIGINT,
  boolean: BOOLEAN,
  bytes: BLOB,
};

function valueAt(column: Column, row: number): DuckDBValue {
  if (column.type === "long") return BigInt(column.at(row));
  if (column.type === "bytes") return new DuckDBBlobValue(column.at(row));
  return column.at(row);
}

function appendChunks(appender: DuckDBAppender, rows: number, columns: readonly Column[]): void {
  const types = columns.map(({ type }) => TYPES[type]);
  for (let from = 0; from < rows; from += CHUNK_ROWS) {
    const count = Math.min(CHUNK_ROWS, rows - from);
    const chunk = DuckDBDataChunk.create(types, count);
    for (const [i, column] of columns.entries()) {
      const vector = chunk.getColumnVector(i);
      for (let row = 0; row < count; row++) vector.setItem(row, valueAt(column, from + row));
      vector.flush();
    }
    appender.appendDataChunk(chunk);
  }
}

/**
 * Appends to a table within the caller's transaction, a column at a time: a fourth of the time of
 * appending value by value. `write` gets a function that takes a number of rows and all of the
 * table's columns in their order.
 */
export async function appendTo(
  connection: DuckDBConnection,
  table: string,
  write: (append: (rows: number, columns: readonly Column[]) => void) => void,
): Promise<void> {
  const appender = await connection.createAppender(table);
  try {
    write((rows, columns) => {
      appendChunks(appender, rows, columns);
    });
    appender.flushSync();
  } finally {
    appender.closeSync();
  }
}

/** Appends rows to a table within the caller's transaction. */
export async function appendRows(
  connection: DuckDBConnection,
  table: string,
  rows: number,
  columns: readonly Column[],
): Promise<void> {
  if (rows === 0) return;
  await appendTo(connection, table, (append) => {
    append(rows, columns);
  });
}
