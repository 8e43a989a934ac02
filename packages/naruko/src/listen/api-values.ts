import { formatFloat } from "@naruko/core/model/go-float";
import { labelsToRecord } from "@naruko/core/model/labels";
import { SECOND_MS } from "@naruko/core/model/time";
import type { ResultValue } from "@naruko/core/promql/evaluate";

/** A sample as Prometheus' API writes it: seconds, and the value as text. */
type ApiSample = readonly [number, string];

function sample(at: number, value: number): ApiSample {
  return [at / SECOND_MS, sampleText(value)];
}

/** With an exponent below 1e-6 and from 1e21 on: where the platform begins to write one, too. */
function sampleText(value: number): string {
  const plain = String(value);
  const isPlain = Number.isFinite(value) && !plain.includes("e") && !Object.is(value, -0);
  return isPlain ? plain : formatFloat(value, "g", -1);
}

/** The `data` of an answer to a query. */
export function apiResult(value: ResultValue): object {
  switch (value.kind) {
    case "scalar":
      // Prometheus never writes a scalar with an exponent.
      return {
        resultType: "scalar",
        result: [value.at / SECOND_MS, formatFloat(value.value, "f", -1)],
      };
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
