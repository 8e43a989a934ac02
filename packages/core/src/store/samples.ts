import { decodeSamples, STREAM_PADDING, wordsOf } from "./xor-samples.ts";

/** Times ascending, and as many values. */
export type Samples = { readonly times: Float64Array; readonly values: Float64Array };

export const NO_SAMPLES: Samples = { times: new Float64Array(), values: new Float64Array() };

/**
 * Decodes a stream that stands alone; `undefined` where it is damaged: it leads past its end, or its
 * times do not ascend.
 */
export function decodeAlone(bytes: Uint8Array, from: number, count: number): Samples | undefined {
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

/** The samples with from < time ≤ to, in shared arrays. */
export function within({ times, values }: Samples, from: number, to: number): Samples {
  const start = firstAfter(times, from, times.length);
  const end = firstAfter(times, to, times.length);
  return { times: times.subarray(start, end), values: values.subarray(start, end) };
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
    return { times, values };
  }
  const words = wordsOf(values);
  const wordsA = wordsOf(first.values);
  const wordsB = wordsOf(second.values);
  let length = 0;
  for (let i = 0, j = 0; i < a.length || j < b.length; length++) {
    const left = a[i] ?? Infinity;
    const right = b[j] ?? Infinity;
    const [from, index] = left <= right ? [wordsA, i] : [wordsB, j];
    times[length] = Math.min(left, right);
    words[length * 2] = from[index * 2] ?? 0;
    words[length * 2 + 1] = from[index * 2 + 1] ?? 0;
    if (left <= right) i++;
    if (right <= left) j++;
  }
  return { times: times.subarray(0, length), values: values.subarray(0, length) };
}
