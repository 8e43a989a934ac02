import type { ChunkRow } from "../model/engine-io.ts";
import type { Labels } from "../model/labels.ts";
import { compileMatchers, PatternCache } from "../model/matcher.ts";
import type { Reader, SeriesSlice } from "../model/reader.ts";
import { type Sample, setStale, STALE } from "../model/sample.ts";
import { adopted, type Place } from "./adopt.ts";
import { checkChunk, ChunkList, ChunkPages } from "./chunk-list.ts";
import { chunkSamples } from "./chunk-samples.ts";
import { Head } from "./head.ts";
import { merge, type Samples, within } from "./samples.ts";
import { finish } from "./turns.ts";

/** What a reader gets in addition: series with a way to read their samples in (from, to]. */
type Addition = {
  readonly labels: Labels;
  readonly samples: (from: number, to: number) => Samples | undefined;
};

/**
 * A reader over another one and chunks that were loaded from disk for it. Samples that both have are
 * given once, as the base has them; chunks may come in any order and overlap.
 *
 * @throws InputError of kind `snapshot` where this version cannot read a chunk
 */
export function overlay(base: Reader, chunks: readonly ChunkRow[]): Reader {
  const pages = new ChunkPages();
  const place: Place = (chunk) => ({ ...chunk, ...pages.write(chunk) });
  const loaded = new Map<string, { readonly labels: Labels; chunks: ChunkList }>();
  for (const row of chunks.toSorted((a, b) => a.from - b.from)) {
    checkChunk(row);
    const series = loaded.get(row.labels.key) ?? { labels: row.labels, chunks: new ChunkList() };
    const change = adopted(row, series.chunks, new Head(0), place);
    if (change !== "known") series.chunks = change.chunks;
    loaded.set(row.labels.key, series);
  }
  const additions = [...loaded.values()].map((series) => ({
    labels: series.labels,
    samples: (from: number, to: number) =>
      chunkSamples(series.chunks, series.chunks.length, { from, to }),
  }));
  return withAdditions(base, additions);
}

/**
 * A reader over another one and the values that some series have at this moment, which are stored
 * nowhere. A sample that the base has at the same time wins. Native histograms have no current value.
 */
export function withCurrent(base: Reader, samples: readonly Sample[]): Reader {
  const additions = samples.map(({ labels, at, value }) => ({
    labels,
    samples: (from: number, to: number): Samples | undefined => {
      if (typeof value === "object") return undefined;
      const one = { times: Float64Array.of(at), values: new Float64Array(1) };
      if (value === STALE) setStale(one.values, 0);
      else one.values[0] = value;
      return within(one, from, to);
    },
  }));
  return withAdditions(base, additions);
}

/** Additions looked at between two yields. */
const ADDITIONS_A_TURN = 4096;

function withAdditions(base: Reader, additions: readonly Addition[]): Reader {
  if (additions.length === 0) return base;
  const patterns = new PatternCache();
  function* selecting(
    ...asked: Parameters<Reader["select"]>
  ): Generator<number, readonly SeriesSlice[], undefined> {
    const [matchers, from, to] = asked;
    const fulfils = compileMatchers(matchers, patterns);
    const below = base.selecting ? yield* base.selecting(...asked) : base.select(...asked);
    const slices = new Map(below.map((slice) => [slice.labels.key, slice]));
    let added = 0;
    let read = 0;
    for (const [i, { labels, samples }] of additions.entries()) {
      if (i % ADDITIONS_A_TURN === ADDITIONS_A_TURN - 1) {
        yield read;
        read = 0;
      }
      if (!fulfils(labels)) continue;
      const more = samples(from, to);
      if (more === undefined || more.times.length === 0) continue;
      read += more.times.length;
      const known = slices.get(labels.key);
      if (known === undefined) added++;
      slices.set(labels.key, known ? { ...known, ...merge(known, more) } : { labels, ...more });
    }
    if (read > 0) yield read;
    const all = [...slices.values()];
    // The same order as the store's own, which sums of floats depend on.
    return added > 0 ? all.toSorted((a, b) => (a.labels.key < b.labels.key ? -1 : 1)) : all;
  }
  return { select: (...asked) => finish(selecting(...asked)), selecting };
}
