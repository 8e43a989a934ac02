/** Records that wait, at most; what comes beyond is dropped and counted. */
const RECORDS = 4096;
/** UTF-16 code units of them, at most. */
const LENGTH = 16 * 1024 * 1024;
/** Records of one request, and their length. */
const BATCH_RECORDS = 512;
const BATCH_LENGTH = 2 * 1024 * 1024;

/** Records as JSON, waiting to be sent. Bounded: the newest are dropped, since the oldest begin the story. */
export class RecordQueue {
  #records: string[] = [];
  #length = 0;
  dropped = 0;

  get size(): number {
    return this.#records.length;
  }

  /** Whether there is enough for a request, so that there is no reason to wait. */
  get full(): boolean {
    return this.#records.length >= BATCH_RECORDS || this.#length >= BATCH_LENGTH;
  }

  add(record: string): void {
    if (this.#records.length >= RECORDS || this.#length + record.length > LENGTH) {
      this.dropped += 1;
      return;
    }
    this.#records.push(record);
    this.#length += record.length;
  }

  /** The oldest records, for one request; they stay until `remove`. */
  batch(): readonly string[] {
    let length = 0;
    let count = 0;
    for (const record of this.#records) {
      if (count === BATCH_RECORDS || (count > 0 && length + record.length > BATCH_LENGTH)) break;
      length += record.length;
      count += 1;
    }
    return this.#records.slice(0, count);
  }

  /** Removes a batch, oldest first. */
  remove(count: number): void {
    for (const record of this.#records.slice(0, count)) this.#length -= record.length;
    this.#records = this.#records.slice(count);
  }
}
