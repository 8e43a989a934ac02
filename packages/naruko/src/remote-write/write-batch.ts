import type { Labels } from "@naruko/core/model/labels";
import type { NativeHistogram } from "@naruko/core/model/sample";
import type { OutgoingSeries } from "./encode-write.ts";

/** Samples that travel in one request, with the series that they are of. */
export type BatchSeries = OutgoingSeries & {
  /** As it is stored: relabelling may have made `labels` of it. */
  readonly stored: Labels;
};
export type WriteBatch = readonly BatchSeries[];

export function sampleCount(batch: WriteBatch): number {
  return batch.reduce((sum, { times }) => sum + times.length, 0);
}

/** Part of a series' samples, by index. */
export function pieceOf<Series extends OutgoingSeries>(
  series: Series,
  from: number,
  to: number,
): Series {
  const { histograms } = series;
  return {
    ...series,
    times: series.times.subarray(from, to),
    values: series.values.subarray(from, to),
    ...(histograms === undefined ? {} : { histograms: histograms.slice(from, to) }),
  };
}

/** The samples whose index passes, in arrays of their own. */
export function filtered<Series extends OutgoingSeries>(
  series: Series,
  keeps: (index: number) => boolean,
): Series {
  const indexes = [...series.times.keys()].filter(keeps);
  if (indexes.length === series.times.length) return series;
  const { histograms } = series;
  return {
    ...series,
    times: Float64Array.from(indexes, (i) => series.times[i] ?? NaN),
    // By pieces of the array, because a stale marker does not survive as a number.
    values: joined(indexes.map((i) => series.values.subarray(i, i + 1))),
    ...(histograms === undefined
      ? {}
      : { histograms: indexes.map((i): NativeHistogram | undefined => histograms[i]) }),
  };
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/**
 * A batch in two, so that what is refused can be told from what is not: first by time, because what
 * a remote has already is refused for its age; then by series. `undefined` for a single sample.
 */
export function halves(batch: WriteBatch): readonly [WriteBatch, WriteBatch] | undefined {
  const times = new Set<number>();
  for (const series of batch) for (const at of series.times) times.add(at);
  const sorted = [...times].toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (sorted.length > 1 && middle !== undefined) {
    const cut = (from: number, to: number): WriteBatch =>
      batch
        .map((series) => {
          const begin = series.times.findIndex((at) => at >= from && at < to);
          const end = series.times.findLastIndex((at) => at >= from && at < to) + 1;
          return pieceOf(series, Math.max(begin, 0), Math.max(end, 0));
        })
        .filter((series) => series.times.length > 0);
    return [cut(-Infinity, middle), cut(middle, Infinity)];
  }
  if (batch.length < 2) return undefined;
  const half = Math.ceil(batch.length / 2);
  return [batch.slice(0, half), batch.slice(half)];
}
