import { InputError } from "../model/input-error.ts";
import type { Limits } from "../model/limits.ts";
import { textStart } from "../model/text.ts";
import type { CutReason, Decoded, RejectReason } from "./records.ts";

/** Applies the limits of one request while it is decoded, and counts what they keep out. */
export class Tally {
  readonly limits: Limits;
  private readonly rejected = new Map<RejectReason, number>();
  private readonly cutCounts = new Map<CutReason, number>();
  private records = 0;
  private envelopes = 0;
  private values = 0;

  constructor(limits: Limits) {
    this.limits = limits;
  }

  reject(reason: RejectReason, count = 1): void {
    if (count > 0) this.rejected.set(reason, (this.rejected.get(reason) ?? 0) + count);
  }

  cut(reason: CutReason): void {
    this.cutCounts.set(reason, (this.cutCounts.get(reason) ?? 0) + 1);
  }

  /** Whether one more record may be taken; where not, it is counted as rejected. */
  admitsRecord(): boolean {
    if (this.records < this.limits.recordsPerRequest) {
      this.records++;
      return true;
    }
    this.reject("records-limit");
    this.countValues(1);
    return false;
  }

  /**
   * Whether one more resource or scope may be opened. An empty one takes two bytes, so a request
   * of nothing else would keep the process busy for seconds.
   */
  admitsEnvelope(): boolean {
    return ++this.envelopes <= this.limits.recordsPerRequest;
  }

  /**
   * Counts what records are made of: attributes, entries of lists and maps, events, buckets, and
   * records past their own limit. Two bytes can be one of them, so the limits of each record do not
   * bound the work that a request asks for.
   *
   * @throws {InputError} past the limit: nothing of the request is taken
   */
  countValues(count: number): void {
    this.values += count;
    const { valuesPerRequest } = this.limits;
    if (this.values <= valuesPerRequest) return;
    const what = `the request has more than ${valuesPerRequest} attributes, list entries and events`;
    throw new InputError("otlp", `${what} (limit valuesPerRequest); send smaller batches`);
  }

  /** The text as it is kept: at most `limits.attributeLength` long. */
  keptText(text: string): string {
    if (text.length <= this.limits.attributeLength) return text;
    this.cut("text-length");
    return textStart(text, this.limits.attributeLength);
  }

  /** How many of a value's bytes are kept. */
  keptBytes(length: number): number {
    if (length <= this.limits.attributeLength) return length;
    this.cut("text-length");
    return this.limits.attributeLength;
  }

  /** Whether a list or map that has `size` entries takes one more. */
  admitsEntry(size: number): boolean {
    this.countValues(1);
    if (size < this.limits.attributeLength) return true;
    this.cut("value-entries");
    return false;
  }

  /** Whether a list or map may stand `depth` levels deep; 1 is an attribute's own value. */
  admitsDepth(depth: number): boolean {
    if (depth <= this.limits.depth) return true;
    this.cut("value-depth");
    return false;
  }

  /** Whether a span that has `size` events takes one more. */
  admitsEvent(size: number): boolean {
    this.countValues(1);
    if (size < this.limits.eventsPerSpan) return true;
    this.cut("events");
    return false;
  }

  /** Whether a record that has `size` attributes takes one more. */
  admitsAttribute(size: number): boolean {
    this.countValues(1);
    if (size < this.limits.attributesPerRecord) return true;
    this.cut("attributes");
    return false;
  }

  decoded<T>(records: readonly T[]): Decoded<T> {
    return { records, rejected: this.rejected, cut: this.cutCounts };
  }
}
