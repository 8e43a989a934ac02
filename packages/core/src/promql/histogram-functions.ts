import { parseFloatText } from "../model/go-float.ts";
import { keepLabels, type Labels, labelValue, METRIC_NAME } from "../model/labels.ts";
import type { Call } from "./ast.ts";
import { type Bucket, bucketFraction, bucketQuantile } from "./buckets.ts";
import { emptyGrid, type Grid, hasValues, memoized } from "./grid.ts";
import { badQuantile } from "./range-functions.ts";
import { dropNames, type Run, type Work } from "./run.ts";

const BUCKET_LABEL = "le";

/** The rows of one classic histogram, by rising bound. */
type Histogram = {
  readonly labels: Labels;
  readonly dropsName: boolean;
  readonly buckets: { readonly row: number; readonly upperBound: number }[];
};

function groupBuckets(call: Call, grid: Grid, run: Run): Histogram[] {
  const histograms = new Map<string, Histogram>();
  const place = call.args.at(-1)?.place ?? call.place;
  for (const [row, of] of grid.rows.entries()) {
    const upperBound = boundOf(of);
    if (upperBound === undefined) {
      if (hasValues(grid, row)) {
        run.annotations.add("warning", badBound(labelValue(of, BUCKET_LABEL), of), place);
      }
      continue;
    }
    const labels = memoized(call, of, (all) => keepLabels(all, (name) => name !== BUCKET_LABEL));
    const dropsName = grid.dropsName[row] ?? false;
    const histogram = histograms.get(labels.key) ?? { labels, dropsName, buckets: [] };
    histogram.buckets.push({ row, upperBound });
    histograms.set(labels.key, histogram);
  }
  for (const { buckets } of histograms.values()) {
    buckets.sort((a, b) => (a.upperBound === b.upperBound ? 0 : a.upperBound - b.upperBound));
  }
  return [...histograms.values()];
}

const bounds = new WeakMap<Labels, { readonly bound: number | undefined }>();

/** The bound that a bucket's label says, remembered like other things derived from labels. */
function boundOf(of: Labels): number | undefined {
  const known = bounds.get(of);
  if (known !== undefined) return known.bound;
  const bound = parseFloatText(labelValue(of, BUCKET_LABEL));
  bounds.set(of, { bound });
  return bound;
}

function badBound(bound: string, of: Labels): string {
  const what = `bucket label "le" is missing or has a malformed value of ${JSON.stringify(bound)}`;
  return what + forMetric(of);
}

function forMetric(of: Labels): string {
  const name = labelValue(of, METRIC_NAME);
  return name === "" ? "" : ` for metric name ${JSON.stringify(name)}`;
}

type Reading = (buckets: readonly Bucket[], step: number, of: Labels) => number;

/** Reads one number from each histogram at each step. */
function* readHistograms(call: Call, grid: Grid, read: Reading, run: Run): Work<Grid> {
  const histograms = groupBuckets(call, grid, run);
  const { steps, values, present } = grid;
  const out = emptyGrid(
    histograms.map(({ labels }) => labels),
    steps,
    histograms.map(({ dropsName }) => dropsName),
  );
  for (const [index, { labels, buckets }] of histograms.entries()) {
    for (let step = 0; step < steps; step++) {
      const there: Bucket[] = [];
      for (const { row, upperBound } of buckets) {
        const cell = row * steps + step;
        if (present[cell] === 1) there.push({ upperBound, count: values[cell] ?? NaN });
      }
      if (there.length === 0) continue;
      out.present[index * steps + step] = 1;
      out.values[index * steps + step] = read(there, step, labels);
    }
    if (run.budget.pause(buckets.length * steps)) yield;
  }
  return dropNames(run, out, call.place);
}

export function* histogramQuantile(call: Call, q: Float64Array, grid: Grid, run: Run): Work<Grid> {
  for (const value of new Set(q)) {
    if (value >= 0 && value <= 1) continue;
    run.annotations.add("warning", badQuantile(value), call.args[0]?.place ?? call.place);
  }
  const place = call.args.at(-1)?.place ?? call.place;
  return yield* readHistograms(
    call,
    grid,
    (buckets, step, of) => {
      const { value, repair } = bucketQuantile(q[step] ?? NaN, buckets);
      if (repair === "forced") {
        const what = "input to histogram_quantile needed to be fixed for monotonicity";
        run.annotations.add("info", `${what} (bucket counts fell)${forMetric(of)}`, place);
      }
      return value;
    },
    run,
  );
}

export type FractionBounds = { readonly lower: Float64Array; readonly upper: Float64Array };

export function* histogramFraction(
  call: Call,
  { lower, upper }: FractionBounds,
  grid: Grid,
  run: Run,
): Work<Grid> {
  const read: Reading = (buckets, step) =>
    bucketFraction(lower[step] ?? NaN, upper[step] ?? NaN, buckets);
  return yield* readHistograms(call, grid, read, run);
}
