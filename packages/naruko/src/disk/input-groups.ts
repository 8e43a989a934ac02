import { crc32 } from "node:zlib";
import { assert } from "@naruko/core/model/assert";
import { compress, decompress } from "./compress.ts";
import type { InputRow } from "./input-rows.ts";

/**
 * Inputs that were committed together are one group on disk, so that a write that was cut off takes
 * all of them with it: a commit is all or none. The numbers are little-endian:
 *
 * ```text
 * 0   4  magic
 * 4   4  bytes of the body
 * 8   8  seq of the last input
 * 16  8  at of the last input, epoch milliseconds
 * 24  4  CRC-32 of the body
 * 28  4  CRC-32 of the 28 bytes before
 * 32     the body: zstd over the inputs one after the other, each
 *        seq 8, at 8, bytes of the kind 4, bytes of the data 4, kind, data (of encode-input.ts)
 * ```
 */
export const GROUP_HEAD_BYTES = 32;
const MAGIC = Buffer.from("INPT");
const ROW_HEAD_BYTES = 24;

/** What the head of a group says. */
export type GroupHead = {
  readonly bodyBytes: number;
  readonly bodyCrc: number;
  readonly lastSeq: number;
  readonly lastAt: number;
};

/** A whole number below 2^53 in 8 bytes. */
function writeLong(bytes: Buffer, value: number, at: number): void {
  bytes.writeBigUInt64LE(BigInt(value), at);
}

function readLong(bytes: Buffer, at: number): number {
  return Number(bytes.readBigUInt64LE(at));
}

function bodyOf(rows: readonly InputRow[]): Buffer {
  const kinds = rows.map(({ kind }) => Buffer.byteLength(kind));
  const size = rows.reduce((sum, { bytes }, i) => sum + (kinds[i] ?? 0) + bytes.length, 0);
  const body = Buffer.allocUnsafe(size + rows.length * ROW_HEAD_BYTES);
  let at = 0;
  for (const [i, row] of rows.entries()) {
    const kindBytes = kinds[i] ?? 0;
    writeLong(body, row.seq, at);
    writeLong(body, row.at, at + 8);
    body.writeUInt32LE(kindBytes, at + 16);
    body.writeUInt32LE(row.bytes.length, at + 20);
    body.write(row.kind, at + ROW_HEAD_BYTES);
    body.set(row.bytes, at + ROW_HEAD_BYTES + kindBytes);
    at += ROW_HEAD_BYTES + kindBytes + row.bytes.length;
  }
  return body;
}

/** The bytes of a group, head and body. */
export function encodeGroup(rows: readonly InputRow[]): Buffer {
  const last = rows.at(-1);
  assert(last !== undefined, "a group has inputs");
  const body = compress(bodyOf(rows));
  const head = Buffer.alloc(GROUP_HEAD_BYTES);
  MAGIC.copy(head);
  head.writeUInt32LE(body.length, 4);
  writeLong(head, last.seq, 8);
  writeLong(head, last.at, 16);
  head.writeUInt32LE(crc32(body), 24);
  head.writeUInt32LE(crc32(head.subarray(0, 28)), 28);
  return Buffer.concat([head, body]);
}

/** What the head at the start of `bytes` says; undefined where there is no whole one. */
export function readGroupHead(bytes: Buffer): GroupHead | undefined {
  if (bytes.length < GROUP_HEAD_BYTES || !bytes.subarray(0, 4).equals(MAGIC)) return undefined;
  if (bytes.readUInt32LE(28) !== crc32(bytes.subarray(0, 28))) return undefined;
  return {
    bodyBytes: bytes.readUInt32LE(4),
    lastSeq: readLong(bytes, 8),
    lastAt: readLong(bytes, 16),
    bodyCrc: bytes.readUInt32LE(24),
  };
}

export function isWhole(head: GroupHead, body: Buffer): boolean {
  return body.length === head.bodyBytes && crc32(body) === head.bodyCrc;
}

/** The inputs of a body whose sum is right. */
export function decodeGroup(body: Buffer): InputRow[] {
  const bytes = decompress(body);
  const rows: InputRow[] = [];
  for (let at = 0; at < bytes.length;) {
    const kindFrom = at + ROW_HEAD_BYTES;
    const dataFrom = kindFrom + bytes.readUInt32LE(at + 16);
    const end = dataFrom + bytes.readUInt32LE(at + 20);
    rows.push({
      seq: readLong(bytes, at),
      at: readLong(bytes, at + 8),
      kind: bytes.toString("utf8", kindFrom, dataFrom),
      // Copied: it travels to another thread without the rest of the group.
      bytes: new Uint8Array(bytes.subarray(dataFrom, end)),
    });
    at = end;
  }
  return rows;
}

/** Whether a whole group begins anywhere in `bytes`. */
export function hasGroup(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(MAGIC); at !== -1; at = bytes.indexOf(MAGIC, at + 1)) {
    const head = readGroupHead(bytes.subarray(at));
    if (head === undefined) continue;
    const bodyFrom = at + GROUP_HEAD_BYTES;
    if (isWhole(head, bytes.subarray(bodyFrom, bodyFrom + head.bodyBytes))) return true;
  }
  return false;
}
