import { formatFloat, parseFloatText } from "../model/go-float.ts";
import { quote } from "../model/go-string.ts";
import { keepLabels, type Labels, labelValue, METRIC_NAME, withLabel } from "../model/labels.ts";
import type { NativeHistogram } from "../model/sample.ts";
import type { Call } from "./ast.ts";
import { type Bucket, bucketFraction, bucketQuantile } from "./buckets.ts";
import { emptyGrid, type Grid, hasNumbers, memoized } from "./grid.ts";
import {
  type Estimate,
  histogramFraction as nativeFraction,
  histogramQuantile as nativeQuantile,
  histogramVariance,
} from "./histogram/estimate.ts";
import { HistogramNotes, named } from "./histogram-notes.ts";
import { badQuantile } from "./range-functions.ts";
import { RowMemo, type Rows } from "./row-memo.ts";
import { dropNames, type Run, type Steps, type Work } from "./run.ts";

const BUCKET_LABEL = "le";

/** A histogram as a function sees it: rows of classic buckets by rising bound, or one native row. */
type Source = {
  readonly labels: Labels;
  readonly dropsName: boolean;
  /** Their counts are written anew at each step. */
  readonly buckets: (Bucket & { readonly row: number })[];
  /** The row that holds native histograms of the same labels. */
  native: number | undefined;
};

type Sources = { readonly sources: readonly Source[]; readonly rows: Rows };

const classicSources = new RowMemo<Sources | undefined>();

/** The histograms of a grid, and their labels by the same index. */
function sourcesOf(grid: Grid, call: Call, input: Input): Sources {
  const isPlain = grid.histograms === undefined && !grid.dropsName.includes(true);
  const known = isPlain
    ? classicSources.of(call, grid.rows, (rows) =>
        rows.every((labels) => boundOf(labels) !== undefined)
          ? findSources(grid, call, input)
          : undefined,
      )
    : undefined;
  return known ?? findSources(grid, call, input);
}

function findSources(grid: Grid, call: Call, input: Input): Sources {
  const sources = new Map<string, Source>();
  const sourceOf = (labels: Labels, row: number): Source => {
    const known = sources.get(labels.key);
    if (known !== undefined) return known;
    const dropsName = grid.dropsName[row] ?? false;
    const made: Source = { labels, dropsName, buckets: [], native: undefined };
    sources.set(labels.key, made);
    return made;
  };
  for (const [row, of] of grid.rows.entries()) {
    const hasNumber = hasNumbers(grid, row);
    if (hasHistograms(grid, row)) {
      sourceOf(of, row).native = row;
      if (!hasNumber) continue;
    }
    const upperBound = boundOf(of);
    if (upperBound !== undefined) {
      const labels = memoized(call, of, (all) => keepLabels(all, (name) => name !== BUCKET_LABEL));
      sourceOf(labels, row).buckets.push({ row, upperBound, count: NaN });
    } else if (hasNumber) {
      input.run.annotations.add("warning", badBound(of, input.run), input.arg.place);
    }
  }
  const found = [...sources.values()];
  for (const { buckets } of found) {
    buckets.sort((a, b) => (a.upperBound === b.upperBound ? 0 : a.upperBound - b.upperBound));
  }
  return { sources: found, rows: found.map(({ labels }) => labels) };
}

/** Whether a row has a native histogram at any step. */
function hasHistograms({ steps, present, histograms }: Grid, row: number): boolean {
  if (histograms === undefined) return false;
  const end = (row + 1) * steps;
  for (let cell = row * steps; cell < end; cell++) {
    if (present[cell] === 1 && histograms[cell] !== undefined) return true;
  }
  return false;
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

function badBound(of: Labels, run: Run): string {
  const bound = quote(labelValue(of, BUCKET_LABEL));
  return named(
    `bucket label "le" is missing or has a malformed value of ${bound}`,
    nameOf(of, run),
  );
}

/** Classic histograms are called by their name only where names stay until the end. */
function nameOf(of: Labels, { delayedNames }: Run): string {
  return delayedNames ? labelValue(of, METRIC_NAME) : "";
}

/** What reads one number from a histogram at a step. */
type Reading = {
  readonly classic: (buckets: readonly Bucket[], step: number, of: Labels) => number;
  readonly native: (histogram: NativeHistogram, step: number, of: Labels) => number;
};

/** The argument that holds the histograms, and what is said about it. */
type Input = {
  readonly run: Run;
  readonly arg: Call;
  readonly notes: HistogramNotes;
};

function inputOf(call: Call, index: number, run: Run): Input {
  const place = call.args[index]?.place ?? call.place;
  return { run, arg: { ...call, place }, notes: new HistogramNotes(run.annotations, place) };
}

/**
 * Reads one number from each histogram at each step. Where classic buckets and a native histogram
 * have the same labels at a step, neither is read.
 */
function* readHistograms(call: Call, grid: Grid, read: Reading, input: Input): Work<Grid> {
  const { sources, rows } = sourcesOf(grid, call, input);
  const { steps, values, present, histograms } = grid;
  const out = emptyGrid(
    rows,
    steps,
    sources.map(({ dropsName }) => dropsName),
  );
  for (const [index, { labels, buckets, native }] of sources.entries()) {
    const there: Bucket[] = [];
    for (let step = 0; step < steps; step++) {
      there.length = 0;
      for (const bucket of buckets) {
        const cell = bucket.row * steps + step;
        if (present[cell] !== 1 || histograms?.[cell] !== undefined) continue;
        bucket.count = values[cell] ?? NaN;
        there.push(bucket);
      }
      const histogram = native === undefined ? undefined : histograms?.[native * steps + step];
      const isThere = histogram !== undefined && present[(native ?? 0) * steps + step] === 1;
      if (isThere && there.length > 0) {
        input.notes.mixedWithClassic(nameOf(labels, input.run));
      } else if (isThere || there.length > 0) {
        out.present[index * steps + step] = 1;
        out.values[index * steps + step] = isThere
          ? read.native(histogram, step, labels)
          : read.classic(there, step, labels);
      }
    }
    if (input.run.budget.pause(buckets.length * steps)) yield;
  }
  return out;
}

/** A vector that holds histograms, and the times of its steps. */
export type Histograms = { readonly grid: Grid; readonly steps: Steps; readonly run: Run };

export function* histogramQuantile(
  call: Call,
  q: Float64Array,
  { grid, steps, run }: Histograms,
): Work<Grid> {
  noteBadQuantiles(q, call, { index: 0, run });
  const input = inputOf(call, 1, run);
  const out = yield* readHistograms(call, grid, quantileReading(q, steps, input), input);
  return dropNames(run, out, call.place);
}

type Parameter = { readonly index: number; readonly run: Run };

function noteBadQuantiles(q: Float64Array, call: Call, { index, run }: Parameter): void {
  if (q.every((value) => value >= 0 && value <= 1)) return;
  for (const value of new Set(q)) {
    if (value >= 0 && value <= 1) continue;
    run.annotations.add("warning", badQuantile(value), call.args[index]?.place ?? call.place);
  }
}

const LIFTED =
  "input to histogram_quantile needed to be fixed for monotonicity " +
  "(see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)";

function quantileReading(q: Float64Array, steps: Steps, { run, arg, notes }: Input): Reading {
  return {
    classic: (buckets, step, of) => {
      const { value, lifted } = bucketQuantile(q[step] ?? NaN, buckets);
      if (lifted !== undefined) {
        const at = steps.from + step * steps.stepMs;
        run.annotations.addLifted(named(LIFTED, nameOf(of, run)), arg.place, lifted, at);
      }
      return value;
    },
    native: (histogram, step, of) => {
      const { value, nan } = nativeQuantile(q[step] ?? NaN, histogram);
      noteNan(nan, of, notes);
      return value;
    },
  };
}

function noteNan(nan: Estimate["nan"], of: Labels, notes: HistogramNotes): void {
  if (nan === "none") return;
  const name = labelValue(of, METRIC_NAME);
  if (nan === "result-is-nan") notes.quantileIsNan(name);
  else if (nan === "skewed") notes.quantileIsSkewed(name);
  else notes.fractionExcludesNan(name);
}

/** `histogram_quantiles`: several quantiles of each histogram, each told by a label. */
export function* histogramQuantiles(
  call: Call,
  label: string,
  quantiles: readonly Float64Array[],
  { grid, steps, run }: Histograms,
): Work<Grid> {
  const input = inputOf(call, 0, run);
  const rows: Labels[] = [];
  const drops: boolean[] = [];
  const parts: Grid[] = [];
  for (const [i, q] of quantiles.entries()) {
    noteBadQuantiles(q, call, { index: i + 2, run });
    const out = yield* readHistograms(call, grid, quantileReading(q, steps, input), input);
    for (const value of new Set(q)) {
      const present = out.present.map((there, cell) =>
        Object.is(q[cell % out.steps], value) ? there : 0,
      );
      const text = quantileText(value);
      rows.push(...out.rows.map((of) => withLabel(of, label, text)));
      drops.push(...out.dropsName);
      parts.push({ ...out, present });
    }
  }
  const all = emptyGrid(rows, grid.steps, drops);
  let offset = 0;
  for (const { values, present } of parts) {
    all.values.set(values, offset);
    all.present.set(present, offset);
    offset += present.length;
  }
  return dropNames(run, all, call.place);
}

/** As OpenMetrics writes numbers in labels: whole ones with a fraction. */
function quantileText(value: number): string {
  const text = formatFloat(value, "g", -1);
  return Number.isFinite(value) && !/[.e]/.test(text) ? `${text}.0` : text;
}

export type FractionBounds = { readonly lower: Float64Array; readonly upper: Float64Array };

export function* histogramFraction(
  call: Call,
  { lower, upper }: FractionBounds,
  grid: Grid,
  run: Run,
): Work<Grid> {
  const input = inputOf(call, 2, run);
  const read: Reading = {
    classic: (buckets, step) => bucketFraction(lower[step] ?? NaN, upper[step] ?? NaN, buckets),
    native: (histogram, step, of) => {
      const { value, nan } = nativeFraction(lower[step] ?? NaN, upper[step] ?? NaN, histogram);
      noteNan(nan, of, input.notes);
      return value;
    },
  };
  const out = yield* readHistograms(call, grid, read, input);
  return dropNames(run, out, call.place);
}

/** Functions of one native histogram; what is no native histogram gives nothing. */
export const OF_NATIVE: ReadonlyMap<string, (histogram: NativeHistogram) => number> = new Map([
  ["histogram_count", ({ count }: NativeHistogram) => count],
  ["histogram_sum", ({ sum }: NativeHistogram) => sum],
  ["histogram_avg", ({ count, sum }: NativeHistogram) => sum / count],
  ["histogram_stdvar", histogramVariance],
  ["histogram_stddev", (histogram: NativeHistogram) => Math.sqrt(histogramVariance(histogram))],
]);

/** Reads one number from each native histogram. */
export function ofNative(
  call: Call,
  read: (histogram: NativeHistogram) => number,
  grid: Grid,
  run: Run,
): Grid {
  const out = emptyGrid(grid.rows, grid.steps, grid.dropsName);
  for (const [cell, histogram] of grid.histograms?.entries() ?? []) {
    if (histogram === undefined || grid.present[cell] !== 1) continue;
    out.present[cell] = 1;
    out.values[cell] = read(histogram);
  }
  return dropNames(run, out, call.place);
}
