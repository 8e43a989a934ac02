import { assert } from "../model/assert.ts";
import type { ChunkRow } from "../model/engine-io.ts";
import { epochMs } from "../model/time.ts";
import type { ChunkList, ChunkPlace, EncodedChunk } from "./chunk-list.ts";
import { Head } from "./head.ts";
import { decodeAlone, encodeRange, merge, type Samples, within } from "./samples.ts";
import { decoded } from "./chunk-samples.ts";
import { SampleEncoder } from "./xor-samples.ts";

/** Samples of a chunk that is made of overlapping ones. */
const MERGED_SAMPLES = 120;

/** Gives an encoded chunk its place in a page. */
export type Place = (chunk: EncodedChunk) => EncodedChunk & ChunkPlace;

/**
 * Fits a persisted chunk into a series' chunks and head. Usually it lies between two chunks; where
 * it overlaps what is there, both are decoded and joined, and what is there wins.
 */
export function adopted(
  row: ChunkRow,
  chunks: ChunkList,
  head: Head,
  place: Place,
): { readonly chunks: ChunkList; readonly head: Head } | "known" {
  const first = chunks.firstEndingAfter(row.from - 1, chunks.length);
  const end = chunks.firstBeginningAfter(row.to, chunks.length);
  if (end - first === 1 && isSame(chunks, first, row)) return "known";
  const open = head.first ?? Infinity;
  if (first === end && row.to < open) {
    // At the end the list itself grows, which no snapshot of it notices.
    if (end < chunks.length) return { chunks: chunks.replaced(first, end, [place(row)]), head };
    chunks.push(row.from, row.to, place(row));
    return { chunks, head };
  }
  let samples = decodeAlone(row);
  assert(samples !== undefined, "a chunk was checked before it is adopted");
  for (let i = first; i < end; i++) samples = merge(decoded(chunks, i), samples);
  // Times are whole: the last time that is not open is one millisecond before the head's first.
  const closed = within(samples, -Infinity, open - 1);
  const late = within(samples, open - 1, Infinity);
  const pieces = encoded(closed).map(place);
  if (late.times.length === 0) return { chunks: chunks.replaced(first, end, pieces), head };
  const joined = merge(head.all(), late);
  return { chunks: chunks.replaced(first, end, pieces), head: Head.of(joined) };
}

function isSame(chunks: ChunkList, index: number, row: ChunkRow): boolean {
  const same = chunks.from(index) === row.from && chunks.to(index) === row.to;
  return same && chunks.count(index) === row.count;
}

function encoded(samples: Samples): readonly EncodedChunk[] {
  const { times } = samples;
  const encoder = new SampleEncoder();
  const chunks: EncodedChunk[] = [];
  for (let start = 0; start < times.length; start += MERGED_SAMPLES) {
    const end = Math.min(times.length, start + MERGED_SAMPLES);
    chunks.push({
      from: epochMs(times[start] ?? 0),
      to: epochMs(times[end - 1] ?? 0),
      count: end - start,
      ...encodeRange(encoder, samples, start, end),
    });
  }
  return chunks;
}
