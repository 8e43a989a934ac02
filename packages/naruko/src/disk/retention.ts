import type { DuckDBConnection } from "@duckdb/node-api";
import type { Deleted, RetentionPolicy } from "./disk.ts";
import { changedBy, numberIn, numberOrNull, rowsOf } from "./read-rows.ts";

/** Rows deleted in one transaction, so that commits in between wait for milliseconds. */
const STEP_ROWS = 50_000;

/** How much of the time on disk goes at once when there is too much: a twentieth. */
const SHARE = 20;

export const NOTHING_DELETED: Deleted = {
  calls: 0,
  evaluations: 0,
  transitions: 0,
  chunks: 0,
  series: 0,
};

export function addDeleted(a: Deleted, b: Deleted): Deleted {
  return {
    calls: a.calls + b.calls,
    evaluations: a.evaluations + b.evaluations,
    transitions: a.transitions + b.transitions,
    chunks: a.chunks + b.chunks,
    series: a.series + b.series,
  };
}

async function deleteBefore(
  connection: DuckDBConnection,
  table: string,
  timeColumn: string,
  before: number,
): Promise<number> {
  return await changedBy(
    connection,
    `DELETE FROM ${table} WHERE rowid IN
       (SELECT rowid FROM ${table} WHERE ${timeColumn} < $1 LIMIT $2)`,
    [BigInt(Math.trunc(before)), STEP_ROWS],
  );
}

/** What may go: everything before these times. */
type Cut = { readonly series: number; readonly calls: number };

async function deleteStep(connection: DuckDBConnection, cut: Cut): Promise<Deleted> {
  return {
    calls: await deleteBefore(connection, "call", "at_ms", cut.calls),
    evaluations: await deleteBefore(connection, "evaluation", "at_ms", cut.calls),
    transitions: await deleteBefore(connection, "transition", "at_ms", cut.calls),
    chunks: await deleteBefore(connection, "chunk", "to_ms", cut.series),
    series: 0,
  };
}

/** Series without a chunk can come back: they then get a new id. */
async function deleteEmptySeries(connection: DuckDBConnection): Promise<Deleted> {
  const series = await changedBy(
    connection,
    "DELETE FROM series WHERE id NOT IN (SELECT series_id FROM chunk)",
  );
  return { ...NOTHING_DELETED, series };
}

/** Bytes that hold data; the file itself may be larger, its free blocks are written again. */
export async function usedBytes(connection: DuckDBConnection): Promise<number> {
  const [row] = await rowsOf(
    connection,
    "SELECT (used_blocks * block_size)::DOUBLE FROM pragma_database_size()",
  );
  return numberIn(row?.[0]);
}

/** A twentieth of the time that is on disk, from its oldest end; undefined when all of it is gone. */
async function oldestShare(connection: DuckDBConnection, at: number): Promise<Cut | undefined> {
  const [row] = await rowsOf(
    connection,
    "SELECT least((SELECT min(at_ms) FROM call), (SELECT min(to_ms) FROM chunk))",
  );
  const oldest = numberOrNull(row?.[0]);
  if (oldest === null) return undefined;
  const cut = oldest + Math.ceil(Math.max(at - oldest, SHARE) / SHARE);
  return { series: cut, calls: cut };
}

function isNothing(deleted: Deleted): boolean {
  return Object.values(deleted).every((count) => count === 0);
}

/**
 * Deletes what is older than the policy allows and, while more bytes than `maxBytes` are in use,
 * the oldest of what is left. Yields after each short transaction, so that commits go first.
 */
export async function* retain(
  connection: DuckDBConnection,
  policy: RetentionPolicy,
): AsyncGenerator<Deleted> {
  const cut = { series: policy.at - policy.seriesMs, calls: policy.at - policy.callsMs };
  yield* deleteUntilDone(connection, cut);
  yield await deleteEmptySeries(connection);
  for (;;) {
    // Deleted rows free their blocks at a checkpoint only.
    await connection.run("CHECKPOINT");
    if ((await usedBytes(connection)) <= policy.maxBytes) return;
    const share = await oldestShare(connection, policy.at);
    if (share === undefined) return;
    yield* deleteUntilDone(connection, share);
    yield await deleteEmptySeries(connection);
  }
}

async function* deleteUntilDone(connection: DuckDBConnection, cut: Cut): AsyncGenerator<Deleted> {
  for (;;) {
    const deleted = await deleteStep(connection, cut);
    if (isNothing(deleted)) return;
    yield deleted;
  }
}
