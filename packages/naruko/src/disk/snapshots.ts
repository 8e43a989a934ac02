import { assert } from "@naruko/core/model/assert";
import { epochMs } from "@naruko/core/model/time";
import type { DuckDBConnection } from "@duckdb/node-api";
import { appendRows } from "./append-rows.ts";
import { inTransaction } from "./database.ts";
import { compress, decompress } from "./compress.ts";
import type { Snapshot } from "./disk.ts";
import { bytesIn, numberIn, rowsOf } from "./read-rows.ts";

const KEPT_SNAPSHOTS = 2;

/** Of one transaction: queries, for which somebody waits, come between two of them. */
const PART_BYTES = 1024 * 1024;

/**
 * Writes a snapshot a transaction at a time, and yields after each. Only the last makes it one, and
 * drops all but the two latest. Returns the seq up to which no start will need inputs.
 */
export async function* writeSnapshot(
  connection: DuckDBConnection,
  snapshot: Snapshot,
): AsyncGenerator<undefined, number> {
  const headsId = await makeHeadsId(connection);
  const { heads } = snapshot;
  for (let n = 0; n * PART_BYTES < heads.length; n++) {
    const part = compress(heads.subarray(n * PART_BYTES, (n + 1) * PART_BYTES));
    await inTransaction(connection, () =>
      appendRows(connection, "snapshot_heads", 1, [
        { type: "long", at: () => headsId },
        { type: "int", at: () => n },
        { type: "bytes", at: () => part },
      ]),
    );
    yield;
  }
  await inTransaction(connection, () => completeSnapshot(connection, snapshot, headsId));
  return await coveredSeq(connection);
}

/** A fresh id, after parts were taken away that a kill or a full disk has left behind. */
async function makeHeadsId(connection: DuckDBConnection): Promise<number> {
  const left = "DELETE FROM snapshot_heads WHERE id NOT IN (SELECT heads_id FROM snapshot)";
  await connection.run(left);
  const [row] = await rowsOf(connection, "SELECT coalesce(max(heads_id), 0) FROM snapshot");
  return numberIn(row?.[0]) + 1;
}

async function completeSnapshot(
  connection: DuckDBConnection,
  { seq, at, version, state }: Snapshot,
  headsId: number,
): Promise<void> {
  await connection.run("DELETE FROM snapshot WHERE seq = $1", [BigInt(seq)]);
  await appendRows(connection, "snapshot", 1, [
    { type: "long", at: () => seq },
    { type: "long", at: () => at },
    { type: "int", at: () => version },
    { type: "bytes", at: () => compress(state) },
    { type: "long", at: () => headsId },
  ]);
  const kept = await rowsOf(connection, "SELECT seq FROM snapshot ORDER BY seq DESC LIMIT $1", [
    KEPT_SNAPSHOTS,
  ]);
  const older = kept.at(-1)?.[0];
  assert(typeof older === "bigint", "the snapshot just written is there");
  await connection.run("DELETE FROM snapshot WHERE seq < $1", [older]);
  await connection.run(
    "DELETE FROM snapshot_heads WHERE id NOT IN (SELECT heads_id FROM snapshot)",
  );
}

/**
 * What the older of two snapshots ends with: inputs up to it are needed no more. With one snapshot
 * alone there is none to fall back to but the beginning.
 */
export async function coveredSeq(connection: DuckDBConnection): Promise<number> {
  const [row] = await rowsOf(connection, "SELECT count(*), min(seq) FROM snapshot");
  return numberIn(row?.[0]) < KEPT_SNAPSHOTS ? 0 : numberIn(row?.[1]);
}

async function readHeads(connection: DuckDBConnection, id: number): Promise<Uint8Array> {
  const sql = "SELECT data FROM snapshot_heads WHERE id = $1 ORDER BY n";
  const parts = await rowsOf(connection, sql, [BigInt(id)]);
  return new Uint8Array(Buffer.concat(parts.map(([data]) => decompress(bytesIn(data)))));
}

/** What a start begins with: the latest snapshot, or the one before it. */
export async function readSnapshot(
  connection: DuckDBConnection,
  which: "latest" | "previous",
): Promise<Snapshot | undefined> {
  const [row] = await rowsOf(
    connection,
    "SELECT seq, at_ms, version, state, heads_id FROM snapshot ORDER BY seq DESC LIMIT 1 OFFSET $1",
    [which === "latest" ? 0 : 1],
  );
  if (row === undefined) return undefined;
  const [seq, at, version, state, headsId] = row;
  return {
    seq: numberIn(seq),
    at: epochMs(numberIn(at)),
    version: numberIn(version),
    state: decompress(bytesIn(state)).toString("utf8"),
    heads: await readHeads(connection, numberIn(headsId)),
  };
}
