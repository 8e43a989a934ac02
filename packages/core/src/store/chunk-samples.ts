import type { NativeHistogram } from "../model/sample.ts";
import type { ChunkList } from "./chunk-list.ts";
import { type ChunkSpan, decodedRuns } from "./decoded-runs.ts";
import type { Head } from "./head.ts";
import type { Histograms } from "./mixed-samples.ts";
import {
  cutOut,
  NO_SAMPLES,
  type Samples,
  samplesOf,
  type Stretch,
  wholeOf,
  within,
} from "./samples.ts";
import { decodeSamples, wordsOf } from "./xor-samples.ts";

/** A range over so few chunks is one that a rule asks for again and again. */
const SHORT_CHUNKS = 8;

/** The first `length` samples of a head. */
export type OpenSamples = { readonly head: Head; readonly length: number };

/** (from, to]. */
type Range = { readonly from: number; readonly to: number };

/**
 * The samples with from < time ≤ to of the first `length` chunks of a list, and then those that are
 * open, which are later; `undefined` where there are none.
 */
export function chunkStretch(
  list: ChunkList,
  length: number,
  range: Range,
  open?: OpenSamples,
): Stretch | undefined {
  const { from, to } = range;
  const isOpen = open?.head.touches(from, to, open.length) === true;
  const first = list.firstEndingAfter(from, length);
  const end = list.firstBeginningAfter(to, length);
  const later = (): Stretch | undefined => open?.head.stretch(from, to, open.length);
  if (first >= end) return later();
  const span = { list, first, end };
  if (end - first > SHORT_CHUNKS) {
    const behind = later();
    return wholeOf(joined(span, range, behind === undefined ? NO_SAMPLES : cutOut(behind)));
  }
  const run = decodedRuns.of(span, isOpen ? open.head : undefined);
  return run.stretch(range, end, isOpen ? open.length : 0);
}

/** `chunkStretch` in arrays of exactly their size, which may be shared. */
export function chunkSamples(list: ChunkList, length: number, range: Range): Samples | undefined {
  const stretch = chunkStretch(list, length, range);
  return stretch && cutOut(stretch);
}

/**
 * A long range: a chunk that lies inside of it is decoded into its place; only the first and the last
 * can be cut, and are decoded before.
 */
function joined({ list, first, end }: ChunkSpan, { from, to }: Range, open: Samples): Samples {
  const parts: (Samples | undefined)[] = [];
  let count = open.times.length;
  for (let i = first; i < end; i++) {
    const isInside = list.from(i) > from && list.to(i) <= to;
    const part = isInside ? undefined : within(decoded(list, i), from, to);
    parts.push(part);
    count += part?.times.length ?? list.count(i);
  }
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
