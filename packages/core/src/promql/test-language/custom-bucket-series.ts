import type { ScriptSeries } from "./script-series.ts";

/**
 * What `load_with_nhcb` adds: for classic histograms among the series (`x_bucket`, `x_count`,
 * `x_sum`), a series `x` of native histograms with the same bounds.
 */
export function customBucketSeries(_series: readonly ScriptSeries[]): readonly ScriptSeries[] {
  return [];
}
