import { formatFloat } from "../../model/go-float.ts";
import { histogramBuckets } from "../../model/histogram-buckets.ts";
import type { NativeHistogram } from "../../model/sample.ts";

function written(value: number): string {
  return formatFloat(value, "g", -1);
}

/** Writes a histogram as a label value shows it: `{count:3, sum:5, (1,2]:3}`. */
export function formatHistogram(h: NativeHistogram): string {
  const parts = [`count:${written(h.count)}`, `sum:${written(h.sum)}`];
  for (const { lower, upper, lowerInclusive, upperInclusive, count } of histogramBuckets(h)) {
    if (count === 0) continue;
    const from = `${lowerInclusive ? "[" : "("}${written(lower)}`;
    const to = `${written(upper)}${upperInclusive ? "]" : ")"}`;
    parts.push(`${from},${to}:${written(count)}`);
  }
  return `{${parts.join(", ")}}`;
}
