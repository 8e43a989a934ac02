import { formatLabels, labels as labelsOf } from "@naruko/core/model/labels";
import { SECOND_MS } from "@naruko/core/model/time";

/** The `data` of an answer of Prometheus' API to a query. */
export type ApiData = {
  readonly resultType: string;
  readonly result: unknown;
};

type Timed<Value> = readonly [number, Value];

/** Numbers are texts; each bucket has the kind of its bounds, both of them and its count. */
type ApiHistogram = {
  readonly count: string;
  readonly sum: string;
  readonly buckets?: readonly (readonly [number, string, string, string])[];
};

type ApiSeries = {
  readonly metric: Record<string, string>;
  readonly value?: Timed<string>;
  readonly values?: readonly Timed<string>[];
  readonly histogram?: Timed<ApiHistogram>;
  readonly histograms?: readonly Timed<ApiHistogram>[];
};

/** One line a sample: the series, its value, and in a range its time. */
export function readableAnswer({ resultType, result }: ApiData): string {
  if (resultType === "scalar" || resultType === "string") {
    return `${(result as Timed<string>)[1]}\n`;
  }
  const rows = (result as readonly ApiSeries[]).flatMap((series) => {
    const name = formatLabels(labelsOf(series.metric));
    const { value, histogram } = series;
    if (value !== undefined) return [`${name}  ${value[1]}`];
    if (histogram !== undefined) return [`${name}  ${histogramText(histogram[1])}`];
    return [name, ...samplesOf(series).map(([at, text]) => `  ${isoOf(at)}  ${text}`)];
  });
  return rows.length === 0 ? "no series\n" : `${rows.join("\n")}\n`;
}

/** Numbers and histograms of a series by time; an answer tells them apart. */
function samplesOf({ values = [], histograms = [] }: ApiSeries): Timed<string>[] {
  const written = histograms.map(([at, histogram]) => [at, histogramText(histogram)] as const);
  return [...values, ...written].toSorted(([a], [b]) => a - b);
}

/** Brackets by the kind of bounds: open left, open right, open, closed. */
const BRACKETS: readonly (readonly [string, string])[] = [
  ["(", "]"],
  ["[", ")"],
  ["(", ")"],
  ["[", "]"],
];

/** As `count_values` writes a histogram: `{count:3, sum:5, (1,2]:3}`. */
function histogramText({ count, sum, buckets = [] }: ApiHistogram): string {
  const parts = buckets.map(([kind, lower, upper, inside]) => {
    const [left, right] = BRACKETS[kind] ?? ["?", "?"];
    return `${left}${lower},${upper}${right}:${inside}`;
  });
  return `{${[`count:${count}`, `sum:${sum}`, ...parts].join(", ")}}`;
}

function isoOf(seconds: number): string {
  return new Date(seconds * SECOND_MS).toISOString();
}
