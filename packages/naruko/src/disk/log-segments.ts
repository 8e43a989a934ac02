import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { crc32 } from "node:zlib";
import { InputError } from "@naruko/core/model/input-error";

/**
 * A segment is a file of the input log: a head, and groups of inputs behind it. The head's numbers
 * are little-endian:
 *
 * ```text
 * 0   8  magic
 * 8   4  version of the log's format
 * 12  4  zero
 * 16  8  seq of the last input before the segment
 * 24  8  at of that input, epoch milliseconds
 * 32  4  CRC-32 of the 32 bytes before
 * ```
 */
export const SEGMENT_HEAD_BYTES = 36;
const LOG_VERSION = 1;
const MAGIC = Buffer.from("NRKINPUT");

const OWNER_ONLY_FILE = 0o600;

/** Where an input stands in order and time. */
export type Position = { readonly seq: number; readonly at: number };

export type Segment = {
  readonly number: number;
  readonly file: string;
  /** The last input before it; those of the segment come after. */
  readonly after: Position;
};

/** The numbers of the segments in a folder, ascending; other files are nobody's business. */
export function segmentNumbers(folder: string): number[] {
  const numbers = readdirSync(folder).flatMap((name) => {
    const digits = /^(\d{6,})\.log$/.exec(name)?.[1];
    return digits === undefined ? [] : [Number(digits)];
  });
  return numbers.toSorted((a, b) => a - b);
}

export function segmentFile(folder: string, number: number): string {
  return path.join(folder, `${String(number).padStart(6, "0")}.log`);
}

function encodeHead({ seq, at }: Position): Buffer {
  const head = Buffer.alloc(SEGMENT_HEAD_BYTES);
  MAGIC.copy(head);
  head.writeUInt32LE(LOG_VERSION, 8);
  head.writeBigUInt64LE(BigInt(seq), 16);
  head.writeBigUInt64LE(BigInt(at), 24);
  head.writeUInt32LE(crc32(head.subarray(0, 32)), 32);
  return head;
}

/** Refuses a file of the log, with the place and what would do. */
export function damaged(file: string, what: string): InputError {
  return new InputError(
    "snapshot",
    `${file} is damaged: ${what}. It holds what was accepted last: bring it back from a copy, or ` +
      "choose another directory with --data",
  );
}

function positionIn(head: Buffer, file: string): Position | undefined {
  if (head.length < SEGMENT_HEAD_BYTES || !head.subarray(0, 8).equals(MAGIC)) return undefined;
  const version = head.readUInt32LE(8);
  if (version > LOG_VERSION) {
    throw new InputError(
      "snapshot",
      `${file} has format ${String(version)}, this version of naruko reads up to ` +
        `${String(LOG_VERSION)}: use the newer version that wrote it, or another directory with --data`,
    );
  }
  if (head.readUInt32LE(32) !== crc32(head.subarray(0, 32))) return undefined;
  return { seq: Number(head.readBigUInt64LE(16)), at: Number(head.readBigUInt64LE(24)) };
}

/**
 * A segment by its head; undefined where nothing but a part of the head is in the file, which is
 * what a stop while it was being made leaves.
 *
 * @throws InputError when the head is damaged, or of a newer version
 */
export function readSegment(folder: string, number: number): Segment | undefined {
  const file = segmentFile(folder, number);
  const fd = openSync(file, "r");
  try {
    const after = positionIn(readAt(fd, 0, SEGMENT_HEAD_BYTES), file);
    if (after !== undefined) return { number, file, after };
    if (fstatSync(fd).size <= SEGMENT_HEAD_BYTES) return undefined;
    throw damaged(file, "its first bytes are not those of an input log");
  } finally {
    closeSync(fd);
  }
}

/** Makes a segment, on disk for good when it returns; where that fails, nothing of it remains. */
export function createSegment(folder: string, number: number, after: Position): Segment {
  const file = segmentFile(folder, number);
  try {
    const fd = openSync(file, "w", OWNER_ONLY_FILE);
    try {
      writeAt(fd, encodeHead(after), 0);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    syncFolder(folder);
  } catch (cause) {
    rmSync(file, { force: true });
    throw cause;
  }
  return { number, file, after };
}

/** A file's name is on disk once its folder is. */
function syncFolder(folder: string): void {
  const fd = openSync(folder, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Bytes of an open file from `at` on; fewer than `length` at its end. */
export function readAt(fd: number, at: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const read = readSync(fd, bytes, filled, length - filled, at + filled);
    if (read === 0) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
}

/** Writes all of the bytes; a full disk takes a part of them and then fails. */
export function writeAt(fd: number, bytes: Buffer, at: number): void {
  for (let written = 0; written < bytes.length;) {
    written += writeSync(fd, bytes, written, bytes.length - written, at + written);
  }
}
