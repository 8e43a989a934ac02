import type { ChunkList } from "./chunk-list.ts";
import { histogramBytes } from "./mixed-samples.ts";
import { type Samples, samplesOf } from "./samples.ts";
import { decodeSamples, wordsOf } from "./xor-samples.ts";

/** Chunks in each of the two generations: of 120 samples, some 8 MB. */
const GENERATION_CHUNKS = 4096;
/** What a chunk of numbers takes; one with histograms counts as so many of them. */
const CHUNK_BYTES = 2048;

/**
 * Chunks that were decoded lately. A rule looks at the same chunks at every tick for half an hour;
 * decoding them each time was most of what it costs to read a range.
 *
 * Two generations: what is asked for moves into the younger one, and when that is full the older one
 * goes. A chunk's bytes never change, and pages are held weakly.
 */
class DecodedChunks {
  #young = new WeakMap<DataView, Map<number, Samples>>();
  #old = new WeakMap<DataView, Map<number, Samples>>();
  #youngCount = 0;

  /** The samples of one chunk of a list, in arrays that are shared. */
  of(list: ChunkList, index: number): Samples {
    const { view, offset } = list.stream(index);
    const known = this.#young.get(view)?.get(offset);
    if (known !== undefined) return known;
    const samples = this.#old.get(view)?.get(offset) ?? decode(list, index);
    this.#keep(view, offset, samples);
    return samples;
  }

  #keep(view: DataView, offset: number, samples: Samples): void {
    if (this.#youngCount >= GENERATION_CHUNKS) {
      this.#old = this.#young;
      this.#young = new WeakMap();
      this.#youngCount = 0;
    }
    const ofPage = this.#young.get(view);
    if (ofPage === undefined) this.#young.set(view, new Map([[offset, samples]]));
    else ofPage.set(offset, samples);
    this.#youngCount += 1 + Math.floor(histogramBytes(samples.histograms ?? []) / CHUNK_BYTES);
  }
}

/** A cache and no state: what it forgets is decoded again. */
export const decodedChunks: DecodedChunks = new DecodedChunks();

function decode(list: ChunkList, index: number): Samples {
  const stream = list.stream(index);
  const times = new Float64Array(stream.count);
  const values = new Float64Array(stream.count);
  decodeSamples(stream, times, wordsOf(values), 0);
  return samplesOf(times, values, list.histograms(index, values));
}
