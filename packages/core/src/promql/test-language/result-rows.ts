import { formatFloat } from "../../model/go-float.ts";
import { formatLabels, type Labels } from "../../model/labels.ts";
import type { NativeHistogram, SampleValue } from "../../model/sample.ts";
import type { ResultValue } from "../evaluate.ts";
import { almostEqual } from "./almost-equal.ts";
import { sameHistogram } from "./same-histogram.ts";
import type { ExpectedSeries } from "./script.ts";
import type { WrittenHistogram } from "./series-line.ts";
import { writeHistogram } from "./write-histogram.ts";

/** A series of a result, or of what was expected, with its points in the order of time. */
export type Row = { readonly labels: Labels; readonly points: readonly Point[] };

/** Time in ms. What was expected may leave the counter reset hint open. */
export type Point = {
  readonly at: number;
  readonly value: SampleValue | WrittenHistogram;
};

type Sampled = {
  readonly labels: Labels;
  readonly times: ArrayLike<number>;
  readonly values: Float64Array;
  readonly histograms?: readonly (NativeHistogram | undefined)[];
};

/** The series of a vector or a matrix. */
export function rowsOf(value: ResultValue & { readonly kind: "vector" | "matrix" }): Row[] {
  if (value.kind === "matrix") return value.series.map(rowOf);
  const { at, series, values }: typeof value = value;
  const { histograms }: Pick<Sampled, "values" | "histograms"> = value;
  return series.map((labels, i) => ({
    labels,
    points: [{ at, value: histograms?.[i] ?? values[i] ?? NaN }],
  }));
}

function rowOf({ labels, times, values, histograms }: Sampled): Row {
  const points = Array.from(times, (at, i): Point => {
    return { at, value: histograms?.[i] ?? values[i] ?? NaN };
  });
  return { labels, points };
}

/** What a script expects, from the first step on; gaps have no point. */
export function expectedRows(
  series: readonly ExpectedSeries[],
  from: number,
  stepMs: number,
): Row[] {
  return series.map(({ labels, values }): Row => {
    const points = values.flatMap((value, i): Point[] =>
      value === undefined || value === "stale" ? [] : [{ at: from + i * stepMs, value }],
    );
    return { labels, points };
  });
}

/** Why two results differ; `undefined` where they agree as closely as scripts demand. */
export function differenceOf(
  expected: readonly Row[],
  actual: readonly Row[],
  { ordered }: { readonly ordered: boolean },
): string | undefined {
  const byKey = new Map(actual.map((row) => [row.labels.key, row]));
  const missing = expected.find(({ labels }) => !byKey.has(labels.key));
  if (missing !== undefined) return `${formatLabels(missing.labels)} is not in the result`;
  for (const row of expected) {
    const different = pointsDiffer(row, byKey.get(row.labels.key)?.points ?? []);
    if (different !== undefined) return `${formatLabels(row.labels)} ${different}`;
  }
  const wanted = new Set(expected.map(({ labels }) => labels.key));
  const extra = actual.find(({ labels }) => !wanted.has(labels.key));
  if (extra !== undefined) return `${formatLabels(extra.labels)} is not expected`;
  const moved = ordered && expected.some((row, i) => row.labels.key !== actual[i]?.labels.key);
  return moved ? "the series are in another order" : undefined;
}

function pointsDiffer({ points }: Row, actual: readonly Point[]): string | undefined {
  if (points.length !== actual.length) {
    return `has ${actual.length} values, ${points.length} are expected`;
  }
  for (const [i, { at, value }] of points.entries()) {
    const found = actual[i];
    if (found?.at !== at) return `has a value at ${(found?.at ?? NaN) / 1000}s`;
    if (!sameValue(value, found.value)) return `differs at ${at / 1000}s`;
  }
  return undefined;
}

function sameValue(expected: Point["value"], actual: SampleValue): boolean {
  if (typeof expected === "number" || typeof actual === "number") {
    return typeof expected === typeof actual && almostEqual(Number(expected), Number(actual));
  }
  const withReset = "hintTold" in expected && expected.hintTold;
  return sameHistogram(expected, actual, { withReset });
}

/** A row as a script writes it: values a step apart, `_` where there is none. */
export function writeRow({ labels, points }: Row, from: number, stepMs: number): string {
  const values: string[] = [];
  let index = 0;
  for (const { at, value } of points) {
    const position = stepMs > 0 ? (at - from) / stepMs : index;
    const regular = Number.isInteger(position) && position >= index;
    if (regular) while (index < position) index = values.push("_");
    index = values.push(regular ? writeValue(value) : `${writeValue(value)}@${at / 1000}s`);
  }
  return `${formatLabels(labels)} ${values.join(" ")}`;
}

function writeValue(value: SampleValue): string {
  return typeof value === "number" ? formatFloat(value, "g", -1) : writeHistogram(value);
}
