import type { DuckDBConnection } from "@duckdb/node-api";
import { runHere } from "./database.ts";
import type { Deleted, RetentionPolicy } from "./disk.ts";
import { changedBy, numberIn, numberOrNull, rowsOf } from "./read-rows.ts";

/** Rows deleted in one transaction, so that commits in between wait for milliseconds. */
const STEP_ROWS = 50_000;

/** When there is too much, the time on disk goes in this many steps from its oldest end. */
const SHARES = 20;

export const NOTHING_DELETED: Deleted = {
  calls: 0,
  evaluations: 0,
  transitions: 0,
  draws: 0,
  chunks: 0,
  series: 0,
};

export function addDeleted(a: Deleted, b: Deleted): Deleted {
  return {
    calls: a.calls + b.calls,
    evaluations: a.evaluations + b.evaluations,
    transitions: a.transitions + b.transitions,
    draws: a.draws + b.draws,
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
    draws: await deleteBefore(connection, "draw", "at_ms", cut.calls),
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
async function usedBytes(connection: DuckDBConnection): Promise<number> {
  const [row] = await rowsOf(
    connection,
    "SELECT (used_blocks * block_size)::DOUBLE FROM pragma_database_size()",
  );
  return numberIn(row?.[0]);
}

/** The earliest time on disk; undefined where nothing is. */
async function oldestOf(connection: DuckDBConnection): Promise<number | undefined> {
  const [row] = await rowsOf(
    connection,
    "SELECT least((SELECT min(at_ms) FROM call), (SELECT min(to_ms) FROM chunk))",
  );
  return numberOrNull(row?.[0]) ?? undefined;
}

function isNothing(deleted: Deleted): boolean {
  return Object.values(deleted).every((count) => count === 0);
}

/**
 * Deletes what is older than the policy allows and, while more bytes than `maxBytes` are in use,
 * the oldest of what is left. Yields after each short transaction, so that commits go first.
 *
 * The database gives room back a row group (122,880 rows) at a time, so that a limit of bytes can
 * take that many more rows than it had to.
 */
export async function* retain(
  connection: DuckDBConnection,
  policy: RetentionPolicy,
): AsyncGenerator<Deleted> {
  const { at, maxBytes } = policy;
  yield* deleteBeforeCut(connection, { series: at - policy.seriesMs, calls: at - policy.callsMs });
  const oldest = (await oldestOf(connection)) ?? at;
  for (let share = 1; share <= SHARES; share++) {
    // Deleted rows free their room at a checkpoint only.
    await runHere(connection, "CHECKPOINT");
    if ((await usedBytes(connection)) <= maxBytes) return;
    const cut = oldest + Math.ceil(((at - oldest) * share) / SHARES);
    yield* deleteBeforeCut(connection, { series: cut, calls: cut });
  }
}

async function* deleteBeforeCut(connection: DuckDBConnection, cut: Cut): AsyncGenerator<Deleted> {
  for (;;) {
    const deleted = await deleteStep(connection, cut);
    if (isNothing(deleted)) break;
    yield deleted;
  }
  yield await deleteEmptySeries(connection);
}
