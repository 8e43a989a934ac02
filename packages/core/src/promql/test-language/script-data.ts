import { InputError } from "../../model/input-error.ts";
import { formatLabels } from "../../model/labels.ts";
import type { Reader, SeriesSlice } from "../../model/reader.ts";
import { type NativeHistogram, setStale, STALE } from "../../model/sample.ts";
import { slicesReader } from "../fixed-reader.ts";
import { storedHint } from "../histogram/compare.ts";
import { customBucketSeries } from "./custom-bucket-series.ts";
import type { Load } from "./script.ts";
import type { ScriptSample, ScriptSeries } from "./script-series.ts";

/** The samples that a script has loaded so far. */
export class ScriptData {
  private readonly series = new Map<string, ScriptSeries>();
  private made: Reader | undefined;

  clear(): void {
    this.series.clear();
    this.made = undefined;
  }

  /**
   * Adds what one command loads; of two lines for one series the later counts, as in Prometheus.
   *
   * @throws InputError where an earlier command loaded another value at the same time
   */
  load({ line, series, stepMs, withCustomBuckets }: Load, fromMs = 0): void {
    this.made = undefined;
    const byKey = new Map<string, ScriptSeries>();
    for (const one of series) byKey.set(one.labels.key, seriesOf(one, fromMs, stepMs));
    const loaded = [...byKey.values()];
    for (const one of loaded) this.add(one, line);
    if (withCustomBuckets) for (const one of customBucketSeries(loaded)) this.add(one, line);
  }

  /** What evaluation reads: all that was loaded, whatever is loaded later. */
  reader(): Reader {
    this.made ??= slicesReader([...this.series.values()].map(sliceOf));
    return this.made;
  }

  private add({ labels, samples }: ScriptSeries, line: number): void {
    const known = this.series.get(labels.key);
    if (known === undefined) {
      this.series.set(labels.key, { labels, samples: new Map(samples) });
      return;
    }
    for (const [at, sample] of samples) {
      const before = known.samples.get(at)?.value;
      if (before !== undefined && !Object.is(before, sample.value)) {
        const what = `${formatLabels(labels)} has another sample at ${at / 1000}s already`;
        throw new InputError("promql-test", `${line}:1: ${what}; "clear" forgets what was loaded`);
      }
      known.samples.set(at, sample);
    }
  }
}

function seriesOf(
  { labels, values, startOffsetsMs }: Load["series"][number],
  fromMs: number,
  stepMs: number,
): ScriptSeries {
  const samples = new Map<number, ScriptSample>();
  for (const [i, value] of values.entries()) {
    if (value === undefined) continue;
    const at = fromMs + i * stepMs;
    const offset = startOffsetsMs?.[i];
    // A beginning at time 0 means an unknown one, in Prometheus as here.
    const startAt = at + (offset ?? -at);
    samples.set(at, startAt === 0 ? { value } : { value, startAt });
  }
  return { labels, samples };
}

function sliceOf({ labels, samples }: ScriptSeries): SeriesSlice {
  const sorted = [...samples].toSorted(([a], [b]) => a - b);
  const values = new Float64Array(sorted.length);
  const histograms: (NativeHistogram | undefined)[] = [];
  for (const [i, [, { value }]] of sorted.entries()) {
    if (value === STALE) setStale(values, i);
    else if (typeof value === "number") values[i] = value;
    else {
      const before = i === 0 ? undefined : histograms[i - 1];
      histograms[i] = { ...value, counterReset: storedHint(value, before) };
    }
  }
  const times = Float64Array.from(sorted, ([at]) => at);
  const starts = sorted.some(([, { startAt }]) => startAt !== undefined)
    ? { starts: Float64Array.from(sorted, ([, { startAt }]) => startAt ?? NaN) }
    : {};
  if (histograms.length === 0) return { labels, times, values, ...starts };
  histograms.length = sorted.length;
  return { labels, times, values, histograms, ...starts };
}
