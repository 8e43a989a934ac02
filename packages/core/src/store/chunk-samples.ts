import type { ChunkList } from "./chunk-list.ts";
import { NO_SAMPLES, type Samples, within } from "./samples.ts";
import { decodeSamples, wordsOf } from "./xor-samples.ts";

/**
 * The samples with from < time ≤ to of the first `length` chunks of a list, and then those in
 * `open`, which are later and in the range already; `undefined` where there are none.
 *
 * Decodes into arrays of exactly their size. A chunk that lies inside the range is decoded into its
 * place; only the first and the last can be cut, and are decoded before.
 */
export function chunkSamples(
  list: ChunkList,
  length: number,
  range: { readonly from: number; readonly to: number },
  open: Samples = NO_SAMPLES,
): Samples | undefined {
  const { from, to } = range;
  const first = list.firstEndingAfter(from, length);
  const end = list.firstBeginningAfter(to, length);
  const cuts = new Map<number, Samples>();
  let count = open.times.length;
  for (let i = first; i < end; i++) {
    if (list.from(i) > from && list.to(i) <= to) count += list.count(i);
    else {
      const cut = within(decoded(list, i), from, to);
      cuts.set(i, cut);
      count += cut.times.length;
    }
  }
  if (count === 0) return undefined;
  // Open samples below a noted length never change, so they are shared and not copied.
  if (count === open.times.length) return open;
  const times = new Float64Array(count);
  const values = new Float64Array(count);
  const words = wordsOf(values);
  let at = 0;
  for (let i = first; i < end; i++) {
    const cut = cuts.get(i);
    if (cut === undefined) {
      const stream = list.stream(i);
      decodeSamples(stream, times, words, at);
      at += stream.count;
      continue;
    }
    times.set(cut.times, at);
    values.set(cut.values, at);
    at += cut.times.length;
  }
  times.set(open.times, at);
  values.set(open.values, at);
  return { times, values };
}

/** The samples of one chunk of a list. */
export function decoded(list: ChunkList, index: number): Samples {
  const stream = list.stream(index);
  const times = new Float64Array(stream.count);
  const values = new Float64Array(stream.count);
  decodeSamples(stream, times, wordsOf(values), 0);
  return { times, values };
}
