import { InputError, lineAndColumn } from "@naruko/core/model/input-error";
import { SECOND_MS } from "@naruko/core/model/time";
import { formatAnnotation } from "@naruko/core/promql/annotations";
import { kindOf } from "@naruko/core/promql/check";
import type { QueryResult } from "@naruko/core/promql/evaluate";
import { runQuery } from "../drive/query.ts";
import type { QuerySpan, QueryTimes } from "../drive/query.ts";
import type { ApiRequest, ApiResult } from "./api-call.ts";
import { ApiError, durationParam, limitParam, timeParam } from "./api-params.ts";
import { exprParam } from "./api-selectors.ts";
import { resultText } from "./api-values.ts";

/** Shown of each level; further ones are counted. */
const ANNOTATIONS_SHOWN = 10;

/** `/api/v1/query` */
export async function instantQuery(request: ApiRequest): Promise<ApiResult> {
  const { params, options } = request;
  const asked = askedOf(params);
  const at = timeParam(params, "time", options.now());
  const span = { from: at, to: at, stepMs: 0, ...lookbackOf(params) };
  exprParam("query", asked.text, options);
  return answerQuery(span, asked, request);
}

/** `/api/v1/query_range` */
export async function rangeQuery(request: ApiRequest): Promise<ApiResult> {
  const { params, options } = request;
  const asked = askedOf(params);
  const span = { ...rangeOf(params, options.limits.querySteps), ...lookbackOf(params) };
  const kind = kindOf(exprParam("query", asked.text, options));
  if (kind === "range vector" || kind === "string") {
    const what = `invalid expression type "${kind}" for range query`;
    throw new ApiError(
      "bad_data",
      `invalid parameter "query": ${what}, must be Scalar or instant Vector`,
    );
  }
  return answerQuery(span, asked, request);
}

type Asked = {
  readonly text: string;
  readonly limit: number;
  readonly timeoutMs: number | undefined;
  readonly stats: string;
};

function askedOf(params: URLSearchParams): Asked {
  return {
    text: params.get("query") ?? "",
    limit: limitParam(params),
    timeoutMs: durationParam(params, "timeout"),
    stats: params.get("stats") ?? "",
  };
}

/** Zero and less stand for the default. */
function lookbackOf(params: URLSearchParams): Pick<QuerySpan, "lookbackMs"> {
  const lookbackMs = durationParam(params, "lookback_delta") ?? 0;
  return lookbackMs > 0 ? { lookbackMs } : {};
}

function rangeOf(params: URLSearchParams, querySteps: number): QuerySpan {
  const from = timeParam(params, "start");
  const to = timeParam(params, "end");
  if (to < from) {
    const what = "end timestamp must not be before start time";
    throw new ApiError("bad_data", `invalid parameter "end": ${what}`);
  }
  const stepMs = durationParam(params, "step");
  if (stepMs === undefined) throw new ApiError("bad_data", 'missing parameter "step"');
  if (stepMs <= 0) {
    const what = "zero or negative query resolution step widths are not accepted";
    throw new ApiError("bad_data", `invalid parameter "step": ${what}. Try a positive integer`);
  }
  if (Math.floor((to - from) / stepMs) > querySteps) {
    const what = `exceeded maximum resolution of ${querySteps} points per timeseries`;
    const remedy = "Try a longer step, or raise limits.querySteps";
    throw new ApiError("bad_data", `${what} (limit querySteps). ${remedy}`);
  }
  return { from, to, stepMs };
}

async function answerQuery(
  span: QuerySpan,
  { text, limit, timeoutMs, stats }: Asked,
  { options, isCanceled }: ApiRequest,
): Promise<ApiResult> {
  const most = Math.min(timeoutMs ?? Infinity, options.limits.queryMs);
  const control = { timeoutMs: most, isCanceled };
  const result = await runQuery(text, span, options, control).catch((error: unknown) => {
    throw withPlace(error, text);
  });
  const { value, truncated } = limited(result.value, limit);
  return {
    pieces: dataText(value, stats === "" ? "" : `,"stats":${JSON.stringify(statsOf(result))}`),
    warnings: [
      ...annotationTexts(result, "warning", text),
      ...(truncated ? ["results truncated due to limit"] : []),
      ...statsWarning(stats),
    ],
    infos: annotationTexts(result, "info", text),
  };
}

/** What refuses a query that parses points at a part of it as well. */
function withPlace(error: unknown, text: string): unknown {
  if (!(error instanceof InputError) || error.place === undefined) return error;
  const { line, column } = lineAndColumn(text, error.place.from);
  return new ApiError("execution", `${error.message} (${line}:${column})`);
}

function* dataText(value: QueryResult["value"], after: string): Generator<string> {
  yield "{";
  yield* resultText(value);
  yield `${after}}`;
}

/** What there is to say of a result, with line and column; the first ten, as in Prometheus. */
export function annotationTexts(
  result: QueryResult,
  level: "warning" | "info",
  text: string,
): string[] {
  const own = result.annotations.filter((annotation) => annotation.level === level);
  const shown = own
    .slice(0, ANNOTATIONS_SHOWN)
    .map((annotation) => formatAnnotation(annotation, text));
  const left = own.length - shown.length;
  return left === 0 ? shown : [...shown, `${left} more ${level} annotations omitted`];
}

/** Any text asks for statistics, as in Prometheus 3; only two are going to be taken by the next. */
function statsWarning(stats: string): string[] {
  if (["", "true", "all"].includes(stats)) return [];
  return [
    `value ${JSON.stringify(stats)} for parameter "stats" is deprecated, use "true" or "all"`,
  ];
}

/**
 * All samples of a query are in memory until its end, so that the peak is their number. Steps have
 * no statistics of their own: an evaluation does all of them at once.
 */
function statsOf({ samples, prepareMs, evaluateMs }: QueryResult & QueryTimes): object {
  const [prepare, evaluate] = [prepareMs / SECOND_MS, evaluateMs / SECOND_MS];
  return {
    timings: {
      evalTotalTime: prepare + evaluate,
      resultSortTime: 0,
      queryPreparationTime: prepare,
      innerEvalTime: evaluate,
      execQueueTime: 0,
      execTotalTime: prepare + evaluate,
    },
    samples: { totalQueryableSamples: samples, samplesRead: samples, peakSamples: samples },
  };
}

function limited(
  value: QueryResult["value"],
  limit: number,
): { readonly value: QueryResult["value"]; readonly truncated: boolean } {
  const isSeries = value.kind === "vector" || value.kind === "matrix";
  if (!isSeries || value.series.length <= limit) return { value, truncated: false };
  if (value.kind === "matrix") {
    return { value: { ...value, series: value.series.slice(0, limit) }, truncated: true };
  }
  const [series, values] = [value.series.slice(0, limit), value.values.slice(0, limit)];
  const { histograms } = value;
  const part = histograms === undefined ? {} : { histograms: histograms.slice(0, limit) };
  return { value: { ...value, series, values, ...part }, truncated: true };
}
