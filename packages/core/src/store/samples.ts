import { InputError } from "../model/input-error.ts";
import type { NativeHistogram } from "../model/sample.ts";
import {
  decodeMixed,
  encodeMixed,
  type Histograms,
  MIXED_SAMPLES,
  streamOfMixed,
} from "./mixed-samples.ts";
import {
  decodeSamples,
  type SampleEncoder,
  STREAM_PADDING,
  wordsOf,
  XOR_SAMPLES,
} from "./xor-samples.ts";

/**
 * Times ascending, and as many values; `histograms` only where there are some. The value of a sample
 * that is a histogram is its sum, so it is never taken for a stale marker.
 */
export type Samples = {
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly histograms?: Histograms;
};

export const NO_SAMPLES: Samples = { times: new Float64Array(), values: new Float64Array() };

/** Samples of arrays that are there anyhow. */
export function samplesOf(
  times: Float64Array,
  values: Float64Array,
  histograms: Histograms | undefined,
): Samples {
  // Numbers alone are by far the most, and their objects have one shape.
  return histograms === undefined ? { times, values } : { times, values, histograms };
}

/** The samples at [from, to), of which there is at least one, in the encoding that they need. */
export function encodeRange(
  encoder: SampleEncoder,
  { times, values, histograms }: Samples,
  from: number,
  to: number,
): { readonly encoding: number; readonly bytes: Uint8Array } {
  const stream = encoder.encode(times, values, from, to);
  if (histograms === undefined || !hasAny(histograms, from, to)) {
    return { encoding: XOR_SAMPLES, bytes: stream.slice() };
  }
  return { encoding: MIXED_SAMPLES, bytes: encodeMixed(stream, histograms, from, to) };
}

function hasAny(histograms: Histograms, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (histograms[i] !== undefined) return true;
  return false;
}

/** Whether samples come in an encoding that this version reads. */
export function isKnownEncoding(encoding: number): boolean {
  return encoding === XOR_SAMPLES || encoding === MIXED_SAMPLES;
}

/** Encoded samples that stand alone. */
type EncodedSamples = {
  readonly from: number;
  readonly count: number;
  readonly encoding: number;
  readonly bytes: Uint8Array;
};

/** Decodes samples that stand alone; `undefined` where they are damaged. */
export function decodeAlone({ from, count, encoding, bytes }: EncodedSamples): Samples | undefined {
  if (encoding !== MIXED_SAMPLES) return decodeStream(bytes, from, count);
  const samples = decodeStream(streamOfMixed(bytes), from, count);
  if (samples === undefined) return undefined;
  try {
    return { ...samples, histograms: decodeMixed(bytes, count, samples.values) };
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/** `undefined` where the stream leads past its end, or its times do not ascend. */
function decodeStream(bytes: Uint8Array, from: number, count: number): Samples | undefined {
  const padded = new Uint8Array(bytes.length + STREAM_PADDING);
  padded.set(bytes);
  const times = new Float64Array(count);
  const values = new Float64Array(count);
  const stream = { view: new DataView(padded.buffer), offset: 0, from, count };
  try {
    decodeSamples(stream, times, wordsOf(values), 0);
  } catch (error) {
    // The view refuses to be read past its end, which only a damaged stream asks for.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  for (let i = 1; i < count; i++) {
    if (!((times[i] ?? 0) > (times[i - 1] ?? 0))) return undefined;
  }
  return { times, values };
}

/**
 * The samples at [start, end) of arrays that may hold more. Where there are histograms, the arrays
 * hold no more.
 */
export type Stretch = Samples & { readonly start: number; readonly end: number };

/** All samples of arrays. */
export function wholeOf(samples: Samples): Stretch {
  return { ...samples, start: 0, end: samples.times.length };
}

/** A stretch of an array as arrays of its size; numbers in shared arrays. */
export function cutOut(stretch: Stretch): Samples {
  return cut(stretch, stretch.start, stretch.end);
}

/** The samples with from < time ≤ to; numbers in shared arrays. */
export function within(samples: Samples, from: number, to: number): Samples {
  const { times } = samples;
  const start = firstAfter(times, from, times.length);
  const end = firstAfter(times, to, times.length);
  return cut(samples, start, end);
}

/** The samples at [start, end); numbers in shared arrays, histograms only where there are some. */
export function cut({ times, values, histograms }: Samples, start: number, end: number): Samples {
  const numbers = { times: part(times, start, end), values: part(values, start, end) };
  if (histograms === undefined) return numbers;
  if (!hasAny(histograms, start, end)) return numbers;
  return { ...numbers, histograms: histograms.slice(start, end) };
}

/** As `subarray`, at half its cost: that one asks first what kind of array it is to make. */
export function part(numbers: Float64Array, start: number, end: number): Float64Array {
  const { buffer, byteOffset, BYTES_PER_ELEMENT } = numbers;
  return new Float64Array(buffer, byteOffset + start * BYTES_PER_ELEMENT, end - start);
}

/** The index of the first time among `length` later than a time. */
export function firstAfter(times: Float64Array, time: number, length: number): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? 0) > time) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Joins samples in order of time; where both have one at the same time, the first's is taken. */
export function merge(first: Samples, second: Samples): Samples {
  const [a, b] = [first.times, second.times];
  const times = new Float64Array(a.length + b.length);
  const values = new Float64Array(a.length + b.length);
  // Values are copied as words, because a copied number may lose a stale marker's payload.
  if ((a.at(-1) ?? -Infinity) < (b[0] ?? Infinity)) {
    times.set(a);
    times.set(b, a.length);
    values.set(first.values);
    values.set(second.values, a.length);
    return samplesOf(times, values, joined(first, second));
  }
  const words = wordsOf(values);
  const wordsA = wordsOf(first.values);
  const wordsB = wordsOf(second.values);
  const hasHistograms = first.histograms !== undefined || second.histograms !== undefined;
  const histograms: (NativeHistogram | undefined)[] | undefined = hasHistograms ? [] : undefined;
  let length = 0;
  for (let i = 0, j = 0; i < a.length || j < b.length; length++) {
    const left = a[i] ?? Infinity;
    const right = b[j] ?? Infinity;
    const [from, index] = left <= right ? [wordsA, i] : [wordsB, j];
    times[length] = Math.min(left, right);
    words[length * 2] = from[index * 2] ?? 0;
    words[length * 2 + 1] = from[index * 2 + 1] ?? 0;
    histograms?.push((left <= right ? first : second).histograms?.[index]);
    if (left <= right) i++;
    if (right <= left) j++;
  }
  return samplesOf(times.subarray(0, length), values.subarray(0, length), histograms);
}

function joined(first: Samples, second: Samples): Histograms | undefined {
  if (first.histograms === undefined && second.histograms === undefined) return undefined;
  return [...histogramsOf(first), ...histogramsOf(second)];
}

function histogramsOf({ times, histograms }: Samples): Histograms {
  return histograms ?? Array.from(times, () => undefined);
}
