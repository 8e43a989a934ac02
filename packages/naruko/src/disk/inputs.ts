import { zstdCompressSync, zstdDecompressSync, constants } from "node:zlib";
import type { DuckDBConnection } from "@duckdb/node-api";
import { appendRows } from "./append-rows.ts";
import { bytesIn, numberIn, rowsOf, textIn } from "./read-rows.ts";

/** An input as it travels to the worker and back. */
export type InputRow = {
  readonly seq: number;
  readonly at: number;
  readonly kind: string;
  /** As `encodeInput` makes them. */
  readonly bytes: Uint8Array;
};

// Level 1 is the fastest that still takes off two thirds; what is written is deleted within minutes.
const FAST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** Bytes of one page of inputs on their way back, so that a long recovery has bounded memory. */
const PAGE_BYTES = 16 * 1024 * 1024;
const PAGE_ROWS = 1000;

export function compress(bytes: Uint8Array | string): Buffer {
  return zstdCompressSync(bytes, FAST);
}

export function decompress(bytes: Uint8Array): Buffer {
  return zstdDecompressSync(bytes);
}

/** Writes inputs within the caller's transaction. */
export async function writeInputs(
  connection: DuckDBConnection,
  inputs: readonly InputRow[],
): Promise<void> {
  const row = (n: number): InputRow => {
    const input = inputs[n];
    if (input === undefined) throw new RangeError("rows beyond the inputs");
    return input;
  };
  await appendRows(connection, "input", inputs.length, [
    { type: "long", at: (n) => row(n).seq },
    { type: "long", at: (n) => row(n).at },
    { type: "text", at: (n) => row(n).kind },
    { type: "bytes", at: (n) => compress(row(n).bytes) },
  ]);
}

/** The next inputs after `seq`, in order; an empty page is the end. */
export async function readInputs(
  connection: DuckDBConnection,
  seq: number,
): Promise<readonly InputRow[]> {
  const [first] = await rowsOf(connection, "SELECT min(seq) FROM input WHERE seq > $1", [
    BigInt(seq),
  ]);
  if (first === undefined || first[0] === null) return [];
  // Bounded on both sides, so that the blobs of later pages are not even looked at.
  const from = numberIn(first[0]);
  const result = await connection.stream(
    "SELECT seq, at_ms, kind, data FROM input WHERE seq >= $1 AND seq < $2 ORDER BY seq",
    [BigInt(from), BigInt(from + PAGE_ROWS)],
  );
  const page: InputRow[] = [];
  let bytes = 0;
  for await (const rows of result.yieldRows()) {
    for (const [itsSeq, at, kind, data] of rows) {
      const input = {
        seq: numberIn(itsSeq),
        at: numberIn(at),
        kind: textIn(kind),
        bytes: decompress(bytesIn(data)),
      };
      page.push(input);
      bytes += input.bytes.length;
      if (bytes > PAGE_BYTES) return page;
    }
  }
  return page;
}

/** `seq` and `at` of the last committed input; undefined where there is none. */
export async function lastInput(
  connection: DuckDBConnection,
): Promise<{ readonly seq: number; readonly at: number } | undefined> {
  const sql = "SELECT seq, at_ms FROM input WHERE seq = (SELECT max(seq) FROM input)";
  const [row] = await rowsOf(connection, sql);
  return row === undefined ? undefined : { seq: numberIn(row[0]), at: numberIn(row[1]) };
}
