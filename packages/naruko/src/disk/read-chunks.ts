import type { DuckDBConnection, DuckDBValue } from "@duckdb/node-api";
import { bytesIn, numberIn, rowsOf, textIn } from "./read-rows.ts";

/** A chunk as it travels from the worker; the labels of each series travel once. */
export type StoredChunk = {
  readonly seriesId: number;
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly encoding: number;
  readonly bytes: Uint8Array;
};

/** A series on disk: its labels as name, value, name, value …, in JSON. */
export type StoredSeries = { readonly id: number; readonly pairs: string };

/** The chunks of some series; the next page is of the series after `lastId`. */
export type ChunkPage = {
  readonly series: readonly StoredSeries[];
  readonly chunks: readonly StoredChunk[];
  /** Absent at the end. */
  readonly lastId?: number;
};

/** Series whose chunks travel together when memory is filled at a start. */
const PAGE_SERIES = 500;

function chunkOf(row: readonly DuckDBValue[]): StoredChunk {
  return {
    seriesId: numberIn(row[0]),
    from: numberIn(row[1]),
    to: numberIn(row[2]),
    count: numberIn(row[3]),
    encoding: numberIn(row[4]),
    bytes: bytesIn(row[5]),
  };
}

/** The chunks that end at or after `since` of the next series after `afterId`, by series and time. */
export async function readChunkPage(
  connection: DuckDBConnection,
  since: number,
  afterId: number,
): Promise<ChunkPage> {
  const rows = await rowsOf(
    connection,
    "SELECT id, labels FROM series WHERE id > $1 ORDER BY id LIMIT $2",
    [BigInt(afterId), PAGE_SERIES],
  );
  const series = rows.map(([id, pairs]) => ({ id: numberIn(id), pairs: textIn(pairs) }));
  const lastId = series.at(-1)?.id;
  if (lastId === undefined) return { series, chunks: [] };
  const chunks = await rowsOf(
    connection,
    `SELECT * FROM chunk WHERE to_ms >= $1 AND series_id > $2 AND series_id <= $3
     ORDER BY series_id, from_ms`,
    [since, afterId, lastId].map(BigInt),
  );
  return { series, chunks: chunks.map(chunkOf), lastId };
}

/** Series that have a chunk overlapping [from, to], in the order of their ids. */
export async function readSeries(
  connection: DuckDBConnection,
  range: { readonly from: number; readonly to: number; readonly metric?: string },
): Promise<readonly StoredSeries[]> {
  const { from, to, metric } = range;
  const ofMetric = metric === undefined ? "" : "AND metric = $3";
  const rows = await rowsOf(
    connection,
    `SELECT id, labels FROM series
     WHERE id IN (SELECT series_id FROM chunk WHERE to_ms >= $1 AND from_ms <= $2) ${ofMetric}
     ORDER BY id`,
    [BigInt(from), BigInt(to), ...(metric === undefined ? [] : [metric])],
  );
  return rows.map(([id, pairs]) => ({ id: numberIn(id), pairs: textIn(pairs) }));
}

/** How many samples the chunks of some series hold within a range. */
export async function countSamples(
  connection: DuckDBConnection,
  range: { readonly from: number; readonly to: number; readonly ids: readonly number[] },
): Promise<number> {
  const [row] = await rowsOf(
    connection,
    `SELECT coalesce(sum(count), 0)::DOUBLE FROM chunk
     WHERE to_ms >= $1 AND from_ms <= $2 AND series_id IN (${range.ids.join(", ")})`,
    [BigInt(range.from), BigInt(range.to)],
  );
  return numberIn(row?.[0]);
}

/** The chunks of some series that overlap [from, to], by series and time. */
export async function readChunks(
  connection: DuckDBConnection,
  range: { readonly from: number; readonly to: number; readonly ids: readonly number[] },
): Promise<readonly StoredChunk[]> {
  const rows = await rowsOf(
    connection,
    `SELECT * FROM chunk
     WHERE to_ms >= $1 AND from_ms <= $2 AND series_id IN (${range.ids.join(", ")})
     ORDER BY series_id, from_ms`,
    [BigInt(range.from), BigInt(range.to)],
  );
  return rows.map(chunkOf);
}
