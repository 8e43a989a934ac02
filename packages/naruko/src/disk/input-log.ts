import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  rmSync,
  statSync,
} from "node:fs";
import { assert } from "@naruko/core/model/assert";
import { InputError } from "@naruko/core/model/input-error";
import {
  decodeGroup,
  encodeGroup,
  GROUP_HEAD_BYTES,
  hasGroup,
  isWhole,
  readGroupHead,
  type GroupHead,
} from "./input-groups.ts";
import type { InputRow } from "./input-rows.ts";
import {
  createSegment,
  damaged,
  readAt,
  readSegment,
  SEGMENT_HEAD_BYTES,
  segmentFile,
  segmentNumbers,
  writeAt,
  type Position,
  type Segment,
} from "./log-segments.ts";

/** How the log works. */
export type InputLogOptions = {
  readonly folder: string;
  /** Bytes after which the next group begins another segment; only whole segments are deleted. */
  readonly segmentBytes: number;
};

/** What the database knows, against which the log is held. */
export type Known = {
  /** The seq that the older of two snapshots ends with: the log may begin there; 0 without two. */
  readonly covered: number;
  /** The latest that anything in the database has. */
  readonly last: Position;
};

/** Where to read on. */
export type LogPlace = { readonly segment: number; readonly offset: number };

/** Inputs in order, and where the next ones are; absent at the end. */
export type LogPage = { readonly rows: readonly InputRow[]; readonly next?: LogPlace };

/** Bytes of one page of inputs, so that a long recovery has bounded memory. */
const PAGE_BYTES = 16 * 1024 * 1024;

const OWNER_ONLY_DIR = 0o700;

/**
 * The inputs that were committed, in segment files of a folder: written behind the last one, and
 * synced before anybody is told that they are there. All calls block: it lives in a thread of its
 * own, where nothing but the disk makes it wait.
 */
export class InputLog {
  readonly #options: InputLogOptions;
  readonly #segments: Segment[];
  /** The last segment, for writing. */
  #fd: number;
  /** Up to here the last segment is whole and synced. */
  #end: number;
  /** A write failed, and what it left behind the end could not be taken away yet. */
  #torn = false;
  /** The next group begins a segment, however short the last one is. */
  #isTurnDue = false;
  #last: Position;

  private constructor(options: InputLogOptions, segments: Segment[], known: Known) {
    const segment = segments.at(-1);
    assert(segment !== undefined, "a log has a segment");
    this.#options = options;
    this.#segments = segments;
    this.#fd = openSync(segment.file, "r+");
    const { end, last } = cutTornGroup(this.#fd, segment);
    this.#end = end;
    this.#last = last.seq > known.last.seq ? last : known.last;
  }

  /**
   * Opens the log, or begins one where the folder is empty. What a write that was cut off has left
   * at its end is taken away: nobody was told that it is there.
   *
   * @throws InputError when a segment is missing, damaged or of a newer version; the system's errors
   */
  static open(options: InputLogOptions, known: Known): InputLog {
    const { folder } = options;
    if (known.last.seq > 0 && !existsSync(folder)) throw missingFolder(folder);
    mkdirSync(folder, { recursive: true, mode: OWNER_ONLY_DIR });
    const segments = readSegments(folder);
    checkSegments(folder, segments, known);
    if (segments.length === 0) segments.push(createSegment(folder, 1, known.last));
    return new InputLog(options, segments, known);
  }

  /** Begins a log in place of whatever is in the folder. */
  static begin(options: InputLogOptions): InputLog {
    const { folder } = options;
    mkdirSync(folder, { recursive: true, mode: OWNER_ONLY_DIR });
    for (const number of segmentNumbers(folder)) rmSync(segmentFile(folder, number));
    return InputLog.open(options, { covered: 0, last: { seq: 0, at: 0 } });
  }

  /** The last input that is on disk. */
  get last(): Position {
    return this.#last;
  }

  /** Bytes on disk. */
  bytes(): number {
    return this.#segments.reduce((sum, { file }) => sum + statSync(file).size, 0);
  }

  /**
   * Writes inputs, all or none; they are on disk for good when it returns.
   *
   * @throws the system's error; nothing is changed then, and the same inputs may be tried again
   */
  append(rows: readonly InputRow[]): void {
    const [first] = rows;
    const last = rows.at(-1);
    if (first === undefined || last === undefined) return;
    assert(first.seq > this.#last.seq, "inputs are committed in the order of seq");
    this.#mend();
    const isFull = this.#end >= this.#options.segmentBytes;
    if (isFull || (this.#isTurnDue && this.#end > SEGMENT_HEAD_BYTES)) this.#beginSegment();
    const group = encodeGroup(rows);
    try {
      writeAt(this.#fd, group, this.#end);
      fdatasyncSync(this.#fd);
    } catch (cause) {
      this.#torn = true;
      this.#tryToMend();
      throw cause;
    }
    this.#end += group.length;
    this.#last = { seq: last.seq, at: last.at };
  }

  /**
   * Inputs after `after`, in order, a page at a time.
   *
   * @throws InputError where a segment is damaged
   */
  read(after: number, from: LogPlace = this.#placeAfter(after)): LogPage {
    const rows: InputRow[] = [];
    let index = this.#segments.findIndex(({ number }) => number === from.segment);
    assert(index !== -1, "a segment that is being read is not deleted");
    for (let { offset } = from; ; offset = SEGMENT_HEAD_BYTES) {
      const next = this.#readSegment(index, { offset, after, rows });
      const segment = this.#segments[index];
      if (next !== undefined && segment !== undefined) {
        return { rows, next: { segment: segment.number, offset: next } };
      }
      index++;
      if (index >= this.#segments.length) return { rows };
    }
  }

  /**
   * Deletes the segments whose inputs all have a seq up to `through`; the last one stays, and what is
   * appended from here on is in others: inputs may have text in them, and be so few that their segment
   * would be full after weeks.
   */
  drop(through: number): void {
    this.#isTurnDue = true;
    for (;;) {
      const [oldest, next] = this.#segments;
      if (oldest === undefined || next === undefined || next.after.seq > through) return;
      rmSync(oldest.file, { force: true });
      this.#segments.shift();
    }
  }

  close(): void {
    this.#tryToMend();
    closeSync(this.#fd);
  }

  /** Takes away what a failed write has left. @throws the system's error while that is not possible */
  #mend(): void {
    if (!this.#torn) return;
    ftruncateSync(this.#fd, this.#end);
    this.#torn = false;
  }

  #tryToMend(): void {
    try {
      this.#mend();
    } catch {
      // Tried again before the next write. A stop before that may bring back what was refused, which
      // its senders repeat: the engine knows it by its span ids.
    }
  }

  #beginSegment(): void {
    const number = (this.#segments.at(-1)?.number ?? 0) + 1;
    const segment = createSegment(this.#options.folder, number, this.#last);
    const fd = openSync(segment.file, "r+");
    closeSync(this.#fd);
    this.#segments.push(segment);
    this.#isTurnDue = false;
    this.#fd = fd;
    this.#end = SEGMENT_HEAD_BYTES;
  }

  #placeAfter(seq: number): LogPlace {
    const segment = this.#segments.findLast(({ after }) => after.seq <= seq) ?? this.#segments[0];
    assert(segment !== undefined, "a log has a segment");
    return { segment: segment.number, offset: SEGMENT_HEAD_BYTES };
  }

  /** Reads groups until the page is full, and returns where the next one is; undefined at the end. */
  #readSegment(
    index: number,
    { offset, after, rows }: { offset: number; after: number; rows: InputRow[] },
  ): number | undefined {
    const segment = this.#segments[index];
    assert(segment !== undefined, "the segment is one of the log's");
    const next = this.#segments[index + 1];
    const fd = next === undefined ? this.#fd : openSync(segment.file, "r");
    try {
      const end = next === undefined ? this.#end : fstatSync(fd).size;
      let bytes = 0;
      let lastSeq: number | undefined;
      while (offset < end) {
        if (bytes > PAGE_BYTES) return offset;
        const { head, body } = readGroup(fd, offset, segment);
        if (head.lastSeq > after) {
          for (const row of decodeGroup(body())) {
            if (row.seq <= after) continue;
            rows.push(row);
            bytes += row.bytes.length;
          }
        }
        offset += GROUP_HEAD_BYTES + head.bodyBytes;
        lastSeq = head.lastSeq;
      }
      checkEnd(segment, lastSeq, next);
      return undefined;
    } finally {
      if (next !== undefined) closeSync(fd);
    }
  }
}

function readSegments(folder: string): Segment[] {
  const numbers = segmentNumbers(folder);
  const segments: Segment[] = [];
  for (const [i, number] of numbers.entries()) {
    const segment = readSegment(folder, number);
    if (segment !== undefined) segments.push(segment);
    else if (i < numbers.length - 1) {
      throw damaged(segmentFile(folder, number), "its first bytes are missing");
    } else rmSync(segmentFile(folder, number));
  }
  return segments;
}

/** Segments are numbered without a gap, and begin where the database's snapshots need them. */
function checkSegments(folder: string, segments: readonly Segment[], known: Known): void {
  const [first] = segments;
  if (first === undefined) return;
  for (const [i, { number }] of segments.entries()) {
    if (number !== first.number + i) {
      throw damaged(segmentFile(folder, first.number + i), "it is missing");
    }
  }
  if (first.number > 1 && first.after.seq > known.covered) {
    throw damaged(segmentFile(folder, first.number - 1), "it is missing");
  }
}

function missingFolder(folder: string): InputError {
  return new InputError(
    "snapshot",
    `${folder} is missing: it holds what was accepted last. Bring it back from where the data ` +
      "directory was copied, choose another directory with --data, or make it anew, empty, to go " +
      "on without",
  );
}

type Group = { readonly head: GroupHead; readonly body: () => Buffer };

/** A group by its place; its body is read when it is asked for. */
function readGroup(fd: number, offset: number, { file }: Segment): Group {
  const head = readGroupHead(readAt(fd, offset, GROUP_HEAD_BYTES));
  if (head === undefined)
    throw damaged(file, `no group of inputs begins at byte ${String(offset)}`);
  return {
    head,
    body: () => {
      const body = readAt(fd, offset + GROUP_HEAD_BYTES, head.bodyBytes);
      if (isWhole(head, body)) return body;
      throw damaged(file, `the group of inputs at byte ${String(offset)} has a wrong sum`);
    },
  };
}

/** A segment ends where the next one begins; only the log's end can be cut off unnoticed. */
function checkEnd(segment: Segment, lastSeq: number | undefined, next: Segment | undefined): void {
  if (lastSeq === undefined || next === undefined || lastSeq === next.after.seq) return;
  throw damaged(
    segment.file,
    `it ends with input ${String(lastSeq)}, and the next file begins after ${String(next.after.seq)}`,
  );
}

/** Finds the end of the last segment, and takes away what a write that was cut off has left there. */
function cutTornGroup(fd: number, { file, after }: Segment): { end: number; last: Position } {
  const bytes = readAt(fd, 0, fstatSync(fd).size);
  let end = SEGMENT_HEAD_BYTES;
  let last = after;
  for (;;) {
    const head = readGroupHead(bytes.subarray(end));
    const bodyFrom = end + GROUP_HEAD_BYTES;
    if (head === undefined) break;
    if (!isWhole(head, bytes.subarray(bodyFrom, bodyFrom + head.bodyBytes))) break;
    end = bodyFrom + head.bodyBytes;
    last = { seq: head.lastSeq, at: head.lastAt };
  }
  // One group at a time is written: behind a torn one there is nothing.
  if (hasGroup(bytes.subarray(end))) {
    throw damaged(
      file,
      `what is at byte ${String(end)} is no whole group of inputs, but more follow`,
    );
  }
  if (end < bytes.length) {
    ftruncateSync(fd, end);
    fdatasyncSync(fd);
  }
  return { end, last };
}
