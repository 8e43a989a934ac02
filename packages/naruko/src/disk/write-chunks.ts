import type { DuckDBConnection } from "@duckdb/node-api";
import type { ChunkRow } from "@naruko/core/model/engine-io";
import { labelValue, METRIC_NAME } from "@naruko/core/model/labels";
import { assert } from "@naruko/core/model/assert";
import { appendRows } from "./append-rows.ts";

const STAGE = `CREATE OR REPLACE TEMP TABLE staged_chunk (metric VARCHAR, labels VARCHAR,
  from_ms BIGINT, to_ms BIGINT, count INTEGER, encoding INTEGER, data BLOB)`;

const ADD_SERIES = `INSERT INTO series
  SELECT nextval('series_id'), metric, labels
  FROM (SELECT DISTINCT metric, labels FROM staged_chunk) AS staged
  WHERE NOT EXISTS (SELECT 1 FROM series WHERE series.labels = staged.labels)`;

const DELETE_AGAIN = `DELETE FROM chunk USING staged_chunk AS staged, series
  WHERE chunk.from_ms >= $1 AND chunk.from_ms = staged.from_ms
    AND series.labels = staged.labels AND chunk.series_id = series.id`;

const ADD_CHUNKS = `INSERT INTO chunk
  SELECT series.id, from_ms, to_ms, count, encoding, data
  FROM staged_chunk AS staged JOIN series ON series.labels = staged.labels
  ORDER BY series.id, from_ms`;

/** Of chunks with the same key, the last. */
function lastOfEach(chunks: readonly ChunkRow[]): readonly ChunkRow[] {
  const byKey = new Map<string, ChunkRow>();
  for (const chunk of chunks) byKey.set(`${String(chunk.from)} ${chunk.labels.key}`, chunk);
  return [...byKey.values()];
}

/** Writes chunks within the caller's transaction, in place of those of the same series and `from`. */
export async function writeChunks(
  connection: DuckDBConnection,
  handedIn: readonly ChunkRow[],
): Promise<void> {
  if (handedIn.length === 0) return;
  const chunks = lastOfEach(handedIn);
  const chunkAt = (n: number): ChunkRow => {
    const chunk = chunks[n];
    assert(chunk !== undefined, "the row is one of the chunks");
    return chunk;
  };
  await connection.run(STAGE);
  await appendRows(connection, "staged_chunk", chunks.length, [
    { type: "text", at: (n) => labelValue(chunkAt(n).labels, METRIC_NAME) },
    { type: "text", at: (n) => JSON.stringify(chunkAt(n).labels.pairs) },
    { type: "long", at: (n) => chunkAt(n).from },
    { type: "long", at: (n) => chunkAt(n).to },
    { type: "int", at: (n) => chunkAt(n).count },
    { type: "int", at: (n) => chunkAt(n).encoding },
    { type: "bytes", at: (n) => chunkAt(n).bytes },
  ]);
  let earliest = Infinity;
  for (const { from } of chunks) earliest = Math.min(earliest, from);
  await connection.run(ADD_SERIES);
  await connection.run(DELETE_AGAIN, [BigInt(earliest)]);
  await connection.run(ADD_CHUNKS);
  await connection.run("DROP TABLE staged_chunk");
}
