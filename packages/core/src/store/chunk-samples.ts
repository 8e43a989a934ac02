import type { ChunkList } from "./chunk-list.ts";
import { decodedChunks } from "./decoded-chunks.ts";
import type { NativeHistogram } from "../model/sample.ts";
import type { Histograms } from "./mixed-samples.ts";
import { NO_SAMPLES, type Samples, samplesOf, within } from "./samples.ts";
import { decodeSamples, wordsOf } from "./xor-samples.ts";

/** A range over so few chunks is one that a rule asks for again and again. */
const SHORT_CHUNKS = 8;

/**
 * The samples with from < time ≤ to of the first `length` chunks of a list, and then those in
 * `open`, which are later and in the range already; `undefined` where there are none.
 *
 * Arrays have exactly their size, and may be shared. In a long range a chunk that lies inside of it is
 * decoded into its place; only the first and the last can be cut, and are decoded before.
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
  const isShort = end - first <= SHORT_CHUNKS;
  const parts: (Samples | undefined)[] = [];
  let count = open.times.length;
  for (let i = first; i < end; i++) {
    const isInside = list.from(i) > from && list.to(i) <= to;
    let part: Samples | undefined;
    if (isShort) part = decodedChunks.of(list, i);
    else if (!isInside) part = decoded(list, i);
    if (part !== undefined && !isInside) part = within(part, from, to);
    parts.push(part);
    count += part?.times.length ?? list.count(i);
  }
  if (count === 0) return undefined;
  // Open samples below a noted length never change, so they are shared and not copied.
  if (count === open.times.length) return open;
  const [only] = parts;
  if (parts.length === 1 && only !== undefined && open.times.length === 0) return only;
  const times = new Float64Array(count);
  const values = new Float64Array(count);
  const words = wordsOf(values);
  const histograms = new Joined(count);
  let at = 0;
  for (let i = first; i < end; i++) {
    const part = parts[i - first];
    if (part === undefined) {
      const stream = list.stream(i);
      decodeSamples(stream, times, words, at);
      histograms.set(list.histograms(i, values.subarray(at, at + stream.count)), at);
      at += stream.count;
      continue;
    }
    times.set(part.times, at);
    values.set(part.values, at);
    histograms.set(part.histograms, at);
    at += part.times.length;
  }
  times.set(open.times, at);
  values.set(open.values, at);
  histograms.set(open.histograms, at);
  return samplesOf(times, values, histograms.all);
}

/** Histograms of parts, each in its place; nothing is made where no part has any. */
class Joined {
  all: (NativeHistogram | undefined)[] | undefined;
  private readonly count: number;

  constructor(count: number) {
    this.count = count;
  }

  set(part: Histograms | undefined, at: number): void {
    if (part === undefined) return;
    this.all ??= Array.from({ length: this.count }, () => undefined);
    for (let i = 0; i < part.length; i++) this.all[at + i] = part[i];
  }
}

/** The samples of one chunk of a list. */
export function decoded(list: ChunkList, index: number): Samples {
  const stream = list.stream(index);
  const times = new Float64Array(stream.count);
  const values = new Float64Array(stream.count);
  decodeSamples(stream, times, wordsOf(values), 0);
  return samplesOf(times, values, list.histograms(index, values));
}
