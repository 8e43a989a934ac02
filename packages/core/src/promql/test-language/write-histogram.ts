import { formatFloat } from "../../model/go-float.ts";
import type { BucketSpan, NativeHistogram } from "../../model/sample.ts";

/**
 * Writes a native histogram in the notation of test scripts, `{{schema:0 count:3 sum:4 …}}`. Equal
 * histograms give equal texts, however their buckets are cut into spans.
 */
export function writeHistogram(histogram: NativeHistogram): string {
  const parts: string[] = [];
  const add = (name: string, value: string): number => parts.push(`${name}:${value}`);
  if (histogram.schema !== 0) add("schema", String(histogram.schema));
  if (histogram.count !== 0) add("count", number(histogram.count));
  if (histogram.sum !== 0) add("sum", number(histogram.sum));
  if (histogram.zeroCount !== 0) add("z_bucket", number(histogram.zeroCount));
  if (histogram.zeroThreshold !== 0) add("z_bucket_w", number(histogram.zeroThreshold));
  if (histogram.customBounds.length > 0) add("custom_values", list(histogram.customBounds));
  if (histogram.counterReset !== "unknown") {
    add("counter_reset_hint", histogram.counterReset.replace("-", "_"));
  }
  for (const [prefix, spans, counts] of [
    ["", histogram.positiveSpans, histogram.positiveBuckets],
    ["n_", histogram.negativeSpans, histogram.negativeBuckets],
  ] as const) {
    const { first, dense } = denseBuckets(spans, counts);
    if (first !== 0) add(`${prefix}offset`, String(first));
    if (dense.length > 0) add(`${prefix}buckets`, list(dense));
  }
  return `{{${parts.join(" ")}}}`;
}

function number(value: number): string {
  return formatFloat(value, "g", -1);
}

function list(values: readonly number[]): string {
  return `[${values.map(number).join(" ")}]`;
}

/** Counts from the first bucket with observations to the last, zeros between them. */
function denseBuckets(
  spans: readonly BucketSpan[],
  counts: readonly number[],
): { readonly first: number; readonly dense: readonly number[] } {
  const all: number[] = [];
  let next = 0;
  for (const [i, { offset, length }] of spans.entries()) {
    if (i > 0) for (let gap = 0; gap < offset; gap++) all.push(0);
    for (let j = 0; j < length; j++) all.push(counts[next++] ?? 0);
  }
  const from = all.findIndex((count) => count !== 0);
  if (from < 0) return { first: 0, dense: [] };
  const to = all.findLastIndex((count) => count !== 0) + 1;
  return { first: (spans[0]?.offset ?? 0) + from, dense: all.slice(from, to) };
}
