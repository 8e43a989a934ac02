import type { Labels } from "@naruko/core/model/labels";
import { formatLabels, labels } from "@naruko/core/model/labels";

/** What a server said to a query. */
export type Answer =
  | {
      readonly kind: "refused";
      readonly status: number;
      readonly errorType: string;
      readonly why: string;
    }
  | {
      readonly kind: "single";
      readonly type: "scalar" | "string";
      readonly points: readonly Point[];
    }
  | {
      readonly kind: "series";
      readonly type: "vector" | "matrix";
      readonly series: readonly AnswerSeries[];
    };

export type AnswerSeries = {
  readonly labels: Labels;
  readonly name: string;
  readonly points: readonly Point[];
};

/** Seconds, and the value as text. */
export type Point = readonly [number, string];

type Wire = {
  readonly errorType?: string;
  readonly error?: string;
  readonly data?: { readonly resultType: string; readonly result: unknown };
};

type WireSeries = {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: Point;
  readonly values?: readonly Point[];
};

/** Reads the body of an answer of Prometheus' API, whose format both servers have. */
export function readAnswer(status: number, text: string): Answer {
  const { errorType = "", error = "", data } = JSON.parse(text) as Wire;
  if (data === undefined || status !== 200) {
    return { kind: "refused", status, errorType, why: error };
  }
  const { resultType: type, result } = data;
  if (type === "scalar" || type === "string")
    return { kind: "single", type, points: [result as Point] };
  if (type !== "vector" && type !== "matrix") throw new Error(`unknown result type ${type}`);
  const series = (result as readonly WireSeries[]).map(({ metric, value, values = [] }) => {
    const of = labels(metric);
    return { labels: of, name: formatLabels(of), points: value === undefined ? values : [value] };
  });
  return { kind: "series", type, series };
}

/** Reads a value as the API writes it. */
export function numberOf(text: string): number {
  if (text === "+Inf") return Infinity;
  if (text === "-Inf") return -Infinity;
  return Number(text);
}

/** Written out, for people. */
export function showAnswer(answer: Answer): string {
  if (answer.kind === "refused") return `${answer.status} ${answer.errorType}: ${answer.why}`;
  if (answer.kind === "single") return `${answer.type} ${String(answer.points[0]?.[1])}`;
  if (answer.series.length === 0) return "no series";
  return answer.series
    .map(({ name, points }) => `${name} ${points.map(([at, value]) => `${value}@${at}`).join(" ")}`)
    .join("\n");
}
