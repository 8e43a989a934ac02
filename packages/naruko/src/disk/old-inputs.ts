// Version 1 kept inputs in a table of the database. The migration leaves them there under another
// name, from where they are moved into the log at the first start.
import type { DuckDBConnection } from "@duckdb/node-api";
import { decompress } from "./compress.ts";
import type { InputRow } from "./input-rows.ts";
import { bytesIn, numberIn, rowsOf, textIn } from "./read-rows.ts";

const PAGE_ROWS = 256;

export async function hasOldInputs(connection: DuckDBConnection): Promise<boolean> {
  const sql = "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'old_input'";
  const [row] = await rowsOf(connection, sql);
  return numberIn(row?.[0]) > 0;
}

/** The next inputs after `seq`, in order; an empty page is the end. */
export async function readOldInputs(
  connection: DuckDBConnection,
  seq: number,
): Promise<readonly InputRow[]> {
  const rows = await rowsOf(
    connection,
    "SELECT seq, at_ms, kind, data FROM old_input WHERE seq > $1 ORDER BY seq LIMIT $2",
    [BigInt(seq), PAGE_ROWS],
  );
  return rows.map(([itsSeq, at, kind, data]) => ({
    seq: numberIn(itsSeq),
    at: numberIn(at),
    kind: textIn(kind),
    bytes: decompress(bytesIn(data)),
  }));
}

export async function dropOldInputs(connection: DuckDBConnection): Promise<void> {
  await connection.run("DROP TABLE old_input");
}
