import {
  isStale,
  type NativeHistogram,
  type SampleValue,
  setStale,
  STALE,
  type Stale,
} from "../model/sample.ts";
import type { EpochMs } from "../model/time.ts";
import { sameHistogram, sharingLayout } from "./mixed-samples.ts";
import { cut, firstAfter, type Samples, samplesOf, type Stretch, wholeOf } from "./samples.ts";

const FIRST_CAPACITY = 8;

/**
 * The samples of one series that are not sealed yet, ascending. Below its length nothing ever
 * changes: a snapshot is the head and the length that it noted. Appending at the end writes into the
 * same arrays; everything else makes another head.
 */
export class Head {
  readonly times: Float64Array;
  readonly values: Float64Array;
  /** From the first histogram on; index by index then. */
  histograms: (NativeHistogram | undefined)[] | undefined = undefined;
  length = 0;

  constructor(capacity: number = FIRST_CAPACITY) {
    this.times = new Float64Array(capacity);
    this.values = new Float64Array(capacity);
  }

  /** A head with copies of samples. */
  static of({ times, values, histograms }: Samples): Head {
    const head = new Head(times.length);
    head.times.set(times);
    head.values.set(values);
    head.histograms = histograms?.slice();
    head.length = times.length;
    return head;
  }

  get first(): number | undefined {
    return this.length === 0 ? undefined : this.times[0];
  }

  get newest(): number | undefined {
    return this.length === 0 ? undefined : this.times[this.length - 1];
  }

  /** This head with one more sample at its end; itself where it has room. */
  pushed(at: EpochMs, value: SampleValue | Stale): Head {
    const full = this.length === this.times.length;
    const head = full ? this.copied(0, wider(this.length)) : this;
    write(head, head.length, at, value);
    head.length++;
    return head;
  }

  /** Another head with one more sample before the one at `index`. */
  inserted(index: number, at: EpochMs, value: SampleValue | Stale): Head {
    const head = this.copied(0, Math.max(this.times.length, this.length + 1));
    head.times.copyWithin(index + 1, index, this.length);
    head.values.copyWithin(index + 1, index, this.length);
    head.histograms?.splice(index, 0, undefined);
    write(head, index, at, value);
    head.length++;
    return head;
  }

  /** Another head without the first samples. */
  without(count: number): Head {
    return this.copied(count, Math.max(FIRST_CAPACITY, this.length - count + 4));
  }

  /** The samples with from < time ≤ to among the first `length`; `undefined` where there are none. */
  stretch(from: number, to: number, length: number): Stretch | undefined {
    const { times, values, histograms } = this;
    // Rules ask for what there is up to their tick.
    const isLast = length > 0 && (times[length - 1] ?? Infinity) <= to;
    const end = isLast ? length : firstAfter(times, to, length);
    const start = firstAfter(times, from, end);
    if (start === end) return undefined;
    if (histograms !== undefined) return wholeOf(cut({ times, values, histograms }, start, end));
    return { times, values, start, end };
  }

  /** Whether one of the first `length` samples has from < time ≤ to. */
  touches(from: number, to: number, length: number): boolean {
    const next = firstAfter(this.times, from, length);
    return next < length && (this.times[next] ?? Infinity) <= to;
  }

  /** Whether the sample at an index has this value; NaN equals NaN. */
  holds(index: number, value: SampleValue | Stale): boolean {
    const histogram = this.histograms?.[index];
    if (typeof value === "object")
      return histogram !== undefined && sameHistogram(histogram, value);
    if (histogram !== undefined) return false;
    const stale = isStale(this.values, index);
    return value === STALE ? stale : !stale && Object.is(this.values[index], value);
  }

  /** All samples; numbers in shared arrays. */
  all(): Samples {
    const { times, values, histograms, length } = this;
    return cut(samplesOf(times, values, histograms), 0, length);
  }

  /** The index of the first sample later than a time. */
  indexAfter(time: number): number {
    return firstAfter(this.times, time, this.length);
  }

  private copied(from: number, capacity: number): Head {
    const head = new Head(capacity);
    head.times.set(this.times.subarray(from, this.length));
    head.values.set(this.values.subarray(from, this.length));
    head.histograms = this.histograms?.slice(from, this.length);
    head.length = this.length - from;
    return head;
  }
}

// Most heads reach 120 sealed samples and those of five minutes more: at one in 15 s that is 140,
// which doubling would miss by far.
function wider(capacity: number): number {
  return capacity + Math.max(64, capacity >> 2);
}

function write(head: Head, index: number, at: EpochMs, value: SampleValue | Stale): void {
  head.times[index] = at;
  if (typeof value === "object") {
    const all = (head.histograms ??= Array.from({ length: head.length }, () => undefined));
    all[index] = sharingLayout(value, all[index - 1]);
    writeNumber(head.values, index, value.sum);
    return;
  }
  if (head.histograms !== undefined) head.histograms[index] = undefined;
  if (value === STALE) setStale(head.values, index);
  else writeNumber(head.values, index, value);
}

// A number's NaN may carry any payload, the stale marker's too; stored is the plain one.
function writeNumber(values: Float64Array, index: number, value: number): void {
  values[index] = Number.isNaN(value) ? Number.NaN : value;
}
