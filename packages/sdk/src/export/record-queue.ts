/** Records that wait, at most; what comes beyond is dropped and counted. */
const RECORDS = 4096;
/** Bytes of them, at most. */
const LENGTH = 16 * 1024 * 1024;
/** Records of one request, and their bytes. */
const BATCH_RECORDS = 512;
const BATCH_LENGTH = 2 * 1024 * 1024;
/** Bytes that are held from the first record on, and that are kept when all were sent. */
const FIRST_LENGTH = 64 * 1024;
const KEPT_LENGTH = 512 * 1024;

const COMMA = ",";

/** Records for one request: JSON with commas between, valid until the queue is changed. */
export type Batch = { readonly count: number; readonly json: Uint8Array };

/**
 * Records as JSON, waiting to be sent. Bounded: the newest are dropped, since the oldest begin the story.
 * They lie in one buffer as they will be sent: as texts they would be copied by each collection of
 * garbage, which is most of what they cost.
 */
export class RecordQueue {
  #bytes = Buffer.alloc(0);
  /** Where each record ends, and the comma behind it. */
  #ends: number[] = [];
  /** Where the last of them ends. */
  #length = 0;
  dropped = 0;

  get size(): number {
    return this.#ends.length;
  }

  /** Whether there is enough for a request, so that there is no reason to wait. */
  get full(): boolean {
    return this.#ends.length >= BATCH_RECORDS || this.#length >= BATCH_LENGTH;
  }

  add(record: string): void {
    const start = this.#length;
    // A code unit takes three bytes at most; they are counted only where that is too many.
    const most = start + record.length * 3 + COMMA.length;
    const needed =
      most <= this.#bytes.length ? most : start + Buffer.byteLength(record) + COMMA.length;
    if (this.#ends.length >= RECORDS || needed > LENGTH) {
      this.dropped += 1;
      return;
    }
    if (needed > this.#bytes.length) this.#grow(needed);
    this.#length += this.#bytes.write(record + COMMA, start);
    this.#ends.push(this.#length);
  }

  #grow(needed: number): void {
    let length = Math.max(FIRST_LENGTH, this.#bytes.length);
    while (length < needed) length *= 2;
    this.#moveTo(Buffer.allocUnsafeSlow(length), 0);
  }

  /** The oldest records, for one request; they stay until `remove`. */
  batch(): Batch {
    let count = Math.min(this.#ends.length, BATCH_RECORDS);
    while (count > 1 && this.#endOf(count) > BATCH_LENGTH) count -= 1;
    const length = Math.max(0, this.#endOf(count) - COMMA.length);
    return { count, json: this.#bytes.subarray(0, length) };
  }

  /** Removes a batch, oldest first. */
  remove(count: number): void {
    const removed = this.#endOf(Math.min(count, this.#ends.length));
    // What many records took is not held for ever.
    const large = this.#bytes.length > KEPT_LENGTH && this.#length - removed <= KEPT_LENGTH;
    this.#moveTo(large ? Buffer.allocUnsafeSlow(KEPT_LENGTH) : this.#bytes, removed);
    this.#length -= removed;
    this.#ends = this.#ends.slice(count).map((end) => end - removed);
  }

  /** Has the bytes from `start` on at the beginning of a buffer, which may be the same. */
  #moveTo(buffer: Buffer<ArrayBuffer>, start: number): void {
    this.#bytes.copy(buffer, 0, start, this.#length);
    this.#bytes = buffer;
  }

  /** Where the record of that number ends, counted from one. */
  #endOf(count: number): number {
    return this.#ends[count - 1] ?? 0;
  }
}
