import type { IncomingMessage } from "node:http";
import { InputError } from "@naruko/core/model/input-error";
import type { Labels } from "@naruko/core/model/labels";
import { compareLabels, labelEntries, labelsToRecord } from "@naruko/core/model/labels";
import { epochMs } from "@naruko/core/model/time";
import type { EpochMs } from "@naruko/core/model/time";
import { formatAnnotation } from "@naruko/core/promql/annotations";
import { kindOf } from "@naruko/core/promql/check";
import type { QueryResult } from "@naruko/core/promql/evaluate";
import { QueryTimeout, runQuery } from "../drive/query.ts";
import type { QuerySources, QuerySpan } from "../drive/query.ts";
import { API_ERRORS, ApiError, durationParam, limitParam, timeParam } from "./api-params.ts";
import { apiResult } from "./api-values.ts";
import { apiAlerts, apiRules } from "./api-rules.ts";
import { exprParam, selectorParam } from "./api-selectors.ts";
import { readBody } from "./body.ts";
import type { Answer, Handler } from "./server.ts";

const FORM_LIMITS = { bodyBytes: 1024 * 1024, inflatedBytes: 1024 * 1024 };

export type ApiOptions = QuerySources & {
  /** Version, and how long the program has run, for `status/buildinfo`. */
  readonly build: { readonly version: string; readonly goVersion: string };
  readonly broke: (error: unknown, where: string) => void;
};

type Call = (params: URLSearchParams, options: ApiOptions) => object | Promise<object>;

/** What is served below `/api/v1`, by path. */
const CALLS: Readonly<Record<string, Call>> = {
  query: instantQuery,
  query_range: rangeQuery,
  series: (params, options) => series(params, options),
  labels: (params, options) => labelNames(params, options),
  rules: (params, { engine, limits }) => ({ data: apiRules(engine, params, limits) }),
  alerts: (_params, { engine }) => ({ data: apiAlerts(engine) }),
  "status/buildinfo": (_params, { build }) => ({
    data: {
      version: build.version,
      revision: "",
      branch: "",
      buildUser: "",
      buildDate: "",
      goVersion: build.goVersion,
    },
  }),
};

/** What also takes its parameters as a form, because they can be longer than a URL. */
const BY_FORM: ReadonlySet<string> = new Set(["query", "query_range", "series", "labels"]);

/** Prometheus' HTTP API, as far as it is served. */
export function prometheusApi(options: ApiOptions): Handler {
  return async (request, url) => {
    if (!url.pathname.startsWith("/api/v1/")) return undefined;
    const path = url.pathname.slice("/api/v1/".length);
    const values = /^label\/([^/]+)\/values$/.exec(path);
    const call: Call | undefined =
      values === null
        ? CALLS[path]
        : (params) => labelValues(decodeURIComponent(values[1] ?? ""), params, options);
    if (call === undefined || (!Object.hasOwn(CALLS, path) && values === null)) return undefined;
    const methods = BY_FORM.has(path) ? ["GET", "POST"] : ["GET"];
    if (!methods.includes(request.method ?? "")) {
      const answer = json(405, failure("bad_data", `use ${methods.join(" or ")}`));
      return { ...answer, headers: { ...answer.headers, Allow: methods.join(", ") } };
    }
    try {
      const params = await paramsOf(request, url);
      return json(200, { status: "success", ...(await call(params, options)) });
    } catch (error) {
      return answerError(error, url.pathname, options);
    }
  };
}

function json(status: number, body: object): Answer {
  const headers = { "Content-Type": "application/json" };
  return { status, headers, body: JSON.stringify(body) };
}

function failure(errorType: keyof typeof API_ERRORS, error: string): object {
  return { status: "error", errorType, error };
}

function answerError(error: unknown, where: string, options: ApiOptions): Answer {
  if (error instanceof ApiError)
    return json(API_ERRORS[error.type], failure(error.type, error.message));
  if (error instanceof QueryTimeout) return json(503, failure("timeout", error.message));
  if (error instanceof InputError) return json(422, failure("execution", error.message));
  if (error instanceof URIError) return json(400, failure("bad_data", "the path is not valid"));
  options.broke(error, where);
  return json(500, failure("internal", "internal error; the log of the server has it"));
}

/** Parameters of the URL and, for a POST, of its form. */
async function paramsOf(request: IncomingMessage, url: URL): Promise<URLSearchParams> {
  const params = new URLSearchParams(url.searchParams);
  if (request.method !== "POST") return params;
  const body = await readBody(request, FORM_LIMITS);
  if ("refusal" in body) throw new ApiError("bad_data", body.refusal.reason);
  const form = new URLSearchParams(Buffer.from(body.bytes).toString("utf8"));
  for (const [name, value] of form) params.append(name, value);
  return params;
}

async function instantQuery(params: URLSearchParams, options: ApiOptions): Promise<object> {
  const text = params.get("query") ?? "";
  exprParam("query", text, options.limits);
  const at = timeParam(params, "time", options.now());
  return ask(text, { from: at, to: at, stepMs: 0 }, params, options);
}

async function rangeQuery(params: URLSearchParams, options: ApiOptions): Promise<object> {
  const text = params.get("query") ?? "";
  const kind = kindOf(exprParam("query", text, options.limits));
  const from = timeParam(params, "start");
  const to = timeParam(params, "end");
  const stepMs = durationParam(params, "step");
  if (to < from) {
    throw new ApiError(
      "bad_data",
      'invalid parameter "end": end timestamp must not be before start time',
    );
  }
  if (stepMs === undefined || stepMs <= 0) {
    throw new ApiError(
      "bad_data",
      'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer',
    );
  }
  if (Math.floor((to - from) / stepMs) > options.limits.querySteps) {
    const what = `exceeded maximum resolution of ${options.limits.querySteps} points per timeseries`;
    throw new ApiError("bad_data", `${what} (limit querySteps). Try a longer step`);
  }
  if (kind === "range vector" || kind === "string") {
    const what = `invalid expression type "${kind}" for range query`;
    throw new ApiError(
      "bad_data",
      `invalid parameter "query": ${what}, must be Scalar or instant Vector`,
    );
  }
  return ask(text, { from, to, stepMs }, params, options);
}

async function ask(
  text: string,
  span: QuerySpan,
  params: URLSearchParams,
  options: ApiOptions,
): Promise<object> {
  const lookbackMs = durationParam(params, "lookback_delta") ?? 0;
  const timeoutMs = Math.min(durationParam(params, "timeout") ?? Infinity, options.limits.queryMs);
  const full = lookbackMs <= 0 ? span : { ...span, lookbackMs };
  const result: QueryResult = await runQuery(text, full, options, timeoutMs);
  const limited = limitRows(result, limitParam(params));
  return {
    data: apiResult(limited.value),
    ...notes("warnings", [...levelOf(result, "warning", text), ...limited.warnings]),
    ...notes("infos", levelOf(result, "info", text)),
  };
}

function levelOf(result: QueryResult, level: "warning" | "info", text: string): string[] {
  return result.annotations
    .filter((annotation) => annotation.level === level)
    .map((annotation) => formatAnnotation(annotation, text));
}

function notes(key: string, texts: readonly string[]): object {
  return texts.length === 0 ? {} : { [key]: texts };
}

function limitRows(
  { value }: QueryResult,
  limit: number,
): { readonly value: QueryResult["value"]; readonly warnings: readonly string[] } {
  const isSeries = value.kind === "vector" || value.kind === "matrix";
  if (!isSeries || value.series.length <= limit) return { value, warnings: [] };
  const warnings = ["results truncated due to limit"];
  if (value.kind === "matrix") {
    return { value: { ...value, series: value.series.slice(0, limit) }, warnings };
  }
  const values = value.values.slice(0, limit);
  return { value: { ...value, series: value.series.slice(0, limit), values }, warnings };
}

/** Series that any selector matches (all, without one) with samples in the range of the request. */
async function matchingSeries(params: URLSearchParams, options: ApiOptions): Promise<Labels[]> {
  const { engine, disk, now } = options;
  const from = timeParam(params, "start", epochMs(0));
  const to = timeParam(params, "end", now());
  const isAsked = selectorParam(params, options.limits);
  const found = new Map<string, Labels>();
  const add = (labels: Labels): void => {
    if (isAsked(labels)) found.set(labels.key, labels);
  };
  for (const labels of engine.seriesIn(from, to)) add(labels);
  if (from < engine.memoryFrom()) {
    const stored = await disk.series({ from, to: earlier(to, engine.memoryFrom()) });
    if (!stored.ok) throw new ApiError("internal", stored.reason);
    for (const labels of stored.value) add(labels);
  }
  return [...found.values()];
}

function earlier(a: EpochMs, b: EpochMs): EpochMs {
  return a < b ? a : b;
}

async function series(params: URLSearchParams, options: ApiOptions): Promise<object> {
  if (!params.has("match[]")) throw new ApiError("bad_data", "no match[] parameter provided");
  const found = await matchingSeries(params, options);
  return truncated(found.toSorted(compareLabels).map(labelsToRecord), params);
}

async function labelNames(params: URLSearchParams, options: ApiOptions): Promise<object> {
  const names = new Set<string>();
  for (const labels of await matchingSeries(params, options)) {
    for (const [name] of labelEntries(labels)) names.add(name);
  }
  return truncated([...names].toSorted(), params);
}

async function labelValues(
  name: string,
  params: URLSearchParams,
  options: ApiOptions,
): Promise<object> {
  const values = new Set<string>();
  for (const labels of await matchingSeries(params, options)) {
    for (const [own, value] of labelEntries(labels)) if (own === name) values.add(value);
  }
  return truncated([...values].toSorted(), params);
}

function truncated(rows: readonly unknown[], params: URLSearchParams): object {
  const limit = limitParam(params);
  if (rows.length <= limit) return { data: rows };
  return { data: rows.slice(0, limit), warnings: ["results truncated due to limit"] };
}
