import { formatFloat } from "@naruko/core/model/go-float";
import { histogramBuckets } from "@naruko/core/model/histogram-buckets";
import type { HistogramBucket } from "@naruko/core/model/histogram-buckets";
import type { Labels } from "@naruko/core/model/labels";
import type { NativeHistogram } from "@naruko/core/model/sample";
import { SECOND_MS } from "@naruko/core/model/time";
import type { ResultSeries, ResultValue } from "@naruko/core/promql/evaluate";

/** Characters of one piece of a streamed answer; a piece may be longer by one element. */
const PIECE_LENGTH = 32_768;

/** With an exponent below 1e-6 and from 1e21 on: where the platform begins to write one, too. */
export function sampleText(value: number): string {
  const plain = String(value);
  const isPlain = Number.isFinite(value) && !plain.includes("e") && !Object.is(value, -0);
  return isPlain ? plain : formatFloat(value, "g", -1);
}

/** Labels as a JSON object. */
export function labelsText({ pairs }: Labels): string {
  let text = "";
  for (let i = 0; i < pairs.length; i += 2) {
    text += `${i === 0 ? "" : ","}${JSON.stringify(pairs[i])}:${JSON.stringify(pairs[i + 1])}`;
  }
  return `{${text}}`;
}

/** A JSON list in pieces, of elements that are JSON themselves or pieces of it. */
export function* listText<Item>(
  items: Iterable<Item>,
  write: (item: Item) => string,
): Generator<string> {
  let text = "[";
  let separator = "";
  for (const item of items) {
    text += separator + write(item);
    separator = ",";
    if (text.length < PIECE_LENGTH) continue;
    yield text;
    text = "";
  }
  yield `${text}]`;
}

/** `resultType` and `result` of an answer to a query, inside the braces of its `data`. */
export function* resultText(value: ResultValue): Generator<string> {
  yield `"resultType":"${value.kind}","result":`;
  switch (value.kind) {
    case "scalar":
      // Prometheus never writes a scalar with an exponent.
      yield `[${value.at / SECOND_MS},"${formatFloat(value.value, "f", -1)}"]`;
      return;
    case "string":
      yield `[${value.at / SECOND_MS},${JSON.stringify(value.value)}]`;
      return;
    case "vector": {
      const { series, values, histograms } = value;
      const time = value.at / SECOND_MS;
      yield* listText(series.entries(), ([i, labels]) => {
        const histogram = histograms?.[i];
        const sample =
          histogram === undefined
            ? `"value":[${time},"${sampleText(values[i] ?? NaN)}"]`
            : `"histogram":[${time},${histogramText(histogram)}]`;
        return `{"metric":${labelsText(labels)},${sample}}`;
      });
      return;
    }
    case "matrix":
      yield* matrixText(value.series);
  }
}

function* matrixText(all: readonly ResultSeries[]): Generator<string> {
  let text = "[";
  let separator = "";
  for (const series of all) {
    text += `${separator}{"metric":${labelsText(series.labels)}`;
    separator = ",";
    for (const piece of seriesText(series)) {
      text += piece;
      if (text.length < PIECE_LENGTH) continue;
      yield text;
      text = "";
    }
    text += "}";
  }
  yield `${text}]`;
}

/** The samples of a series, numbers and histograms each in a list of their own. */
function* seriesText({ times, values, histograms }: ResultSeries): Generator<string> {
  let before = ',"values":[';
  let after = "";
  for (const [i, at] of times.entries()) {
    if (histograms?.[i] !== undefined) continue;
    yield `${before}[${at / SECOND_MS},"${sampleText(values[i] ?? NaN)}"]`;
    before = ",";
    after = "]";
  }
  yield after;
  if (histograms === undefined) return;
  before = ',"histograms":[';
  for (const [i, histogram] of histograms.entries()) {
    if (histogram === undefined) continue;
    yield `${before}[${(times[i] ?? NaN) / SECOND_MS},${histogramText(histogram)}]`;
    before = ",";
  }
  yield before === "," ? "]" : "";
}

/** Which ends of a bucket belong to it, as the API numbers it. */
function boundariesOf({ lowerInclusive, upperInclusive }: HistogramBucket): number {
  if (lowerInclusive) return upperInclusive ? 3 : 1;
  return upperInclusive ? 0 : 2;
}

/** A native histogram; empty buckets are left out. */
function histogramText(histogram: NativeHistogram): string {
  const buckets: string[] = [];
  for (const bucket of histogramBuckets(histogram)) {
    if (bucket.count === 0) continue;
    const numbers = [bucket.lower, bucket.upper, bucket.count].map((x) => `"${sampleText(x)}"`);
    buckets.push(`[${boundariesOf(bucket)},${numbers.join(",")}]`);
  }
  const { count, sum } = histogram;
  const shown = buckets.length === 0 ? "" : `,"buckets":[${buckets.join(",")}]`;
  return `{"count":"${sampleText(count)}","sum":"${sampleText(sum)}"${shown}}`;
}

/** The same as plain values: `data` as it is parsed from an answer. */
export function apiResult(value: ResultValue): object {
  return JSON.parse(`{${[...resultText(value)].join("")}}`) as object;
}
