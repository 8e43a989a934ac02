import { labelsToRecord } from "@naruko/core/model/labels";
import { SECOND_MS } from "@naruko/core/model/time";
import type { ResultValue } from "@naruko/core/promql/evaluate";
import { formatNumber } from "@naruko/core/promql/number-text";

/** A sample as Prometheus' API writes it: seconds, and the value as text. */
type ApiSample = readonly [number, string];

function sample(at: number, value: number): ApiSample {
  return [at / SECOND_MS, formatNumber(value)];
}

/** The `data` of an answer to a query. */
export function apiResult(value: ResultValue): object {
  switch (value.kind) {
    case "scalar":
      return { resultType: "scalar", result: sample(value.at, value.value) };
    case "string":
      return { resultType: "string", result: [value.at / SECOND_MS, value.value] };
    case "vector":
      return {
        resultType: "vector",
        result: value.series.map((labels, i) => ({
          metric: labelsToRecord(labels),
          value: sample(value.at, value.values[i] ?? NaN),
        })),
      };
    case "matrix":
      return {
        resultType: "matrix",
        result: value.series.map(({ labels, times, values }) => ({
          metric: labelsToRecord(labels),
          values: Array.from(times, (at, i) => sample(at, values[i] ?? NaN)),
        })),
      };
  }
}
