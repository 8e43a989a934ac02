import { DuckDBBlobValue, type DuckDBConnection, type DuckDBValue } from "@duckdb/node-api";
import { assert } from "@naruko/core/model/assert";

/** Runs a statement and returns all of its rows. */
export async function rowsOf(
  connection: DuckDBConnection,
  sql: string,
  values: DuckDBValue[] = [],
): Promise<readonly (readonly DuckDBValue[])[]> {
  return (await connection.runAndReadAll(sql, values)).getRows();
}

/** Runs a statement and returns how many rows it changed. */
export async function changedBy(
  connection: DuckDBConnection,
  sql: string,
  values: DuckDBValue[] = [],
): Promise<number> {
  return (await connection.run(sql, values)).rowsChanged;
}

/** A number of a row; whole numbers arrive as bigint. */
export function numberIn(value: DuckDBValue | undefined): number {
  assert(typeof value === "number" || typeof value === "bigint", "the column is a number");
  return Number(value);
}

export function textIn(value: DuckDBValue | undefined): string {
  assert(typeof value === "string", "the column is a text");
  return value;
}

export function bytesIn(value: DuckDBValue | undefined): Uint8Array {
  assert(value instanceof DuckDBBlobValue, "the column is a blob");
  return value.bytes;
}

export function textOrNull(value: DuckDBValue | undefined): string | null {
  return value === null ? null : textIn(value);
}

export function numberOrNull(value: DuckDBValue | undefined): number | null {
  return value === null ? null : numberIn(value);
}
