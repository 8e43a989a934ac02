import { assert } from "@naruko/core/model/assert";
import { epochMs } from "@naruko/core/model/time";
import type { DuckDBConnection } from "@duckdb/node-api";
import { appendRows } from "./append-rows.ts";
import type { Recovery, Snapshot } from "./disk.ts";
import { compress, decompress, lastInput } from "./inputs.ts";
import { bytesIn, numberIn, rowsOf } from "./read-rows.ts";

const KEPT_SNAPSHOTS = 2;

/**
 * Writes a snapshot within the caller's transaction, drops all but the two latest, and the inputs
 * that the older of those has applied.
 */
export async function writeSnapshot(
  connection: DuckDBConnection,
  snapshot: Snapshot,
): Promise<void> {
  const { seq, at, version, state, heads } = snapshot;
  await connection.run("DELETE FROM snapshot WHERE seq = $1", [BigInt(seq)]);
  await appendRows(connection, "snapshot", 1, [
    { type: "long", at: () => seq },
    { type: "long", at: () => at },
    { type: "int", at: () => version },
    { type: "bytes", at: () => compress(state) },
    { type: "bytes", at: () => compress(heads) },
  ]);
  const kept = await rowsOf(connection, "SELECT seq FROM snapshot ORDER BY seq DESC LIMIT $1", [
    KEPT_SNAPSHOTS,
  ]);
  const older = kept.at(-1)?.[0];
  assert(typeof older === "bigint", "the snapshot just written is there");
  await connection.run("DELETE FROM snapshot WHERE seq < $1", [older]);
  // With one snapshot alone there is no older one to fall back to but the beginning.
  if (kept.length === KEPT_SNAPSHOTS) {
    await connection.run("DELETE FROM input WHERE seq <= $1", [older]);
  }
}

/** What a start begins with: the latest snapshot, or the one before it. */
export async function readRecovery(
  connection: DuckDBConnection,
  which: "latest" | "previous",
): Promise<Recovery> {
  const [row] = await rowsOf(
    connection,
    "SELECT seq, at_ms, version, state, heads FROM snapshot ORDER BY seq DESC LIMIT 1 OFFSET $1",
    [which === "latest" ? 0 : 1],
  );
  const last = await lastInput(connection);
  if (row === undefined) return { lastSeq: last?.seq ?? 0, lastAt: epochMs(last?.at ?? 0) };
  const [seq, at, version, state, heads] = row;
  const snapshot = {
    seq: numberIn(seq),
    at: epochMs(numberIn(at)),
    version: numberIn(version),
    state: decompress(bytesIn(state)).toString("utf8"),
    heads: new Uint8Array(decompress(bytesIn(heads))),
  };
  return {
    snapshot,
    lastSeq: Math.max(snapshot.seq, last?.seq ?? 0),
    lastAt: epochMs(Math.max(snapshot.at, last?.at ?? 0)),
  };
}
