import type { IncomingMessage } from "node:http";
import { InputError } from "@naruko/core/model/input-error";
import { QueryCanceled, QueryTimeout } from "../drive/query.ts";
import type { ApiCall, ApiOptions, ApiResult } from "./api-call.ts";
import { queryExemplars } from "./api-exemplars.ts";
import { labelNames, labelValues, series } from "./api-labels.ts";
import {
  metadata,
  scrapePoolConfig,
  scrapePools,
  targetMetadata,
  targets,
} from "./api-metadata.ts";
import { API_ERRORS, ApiError } from "./api-params.ts";
import { formatQuery, parseQuery } from "./api-parse-query.ts";
import { instantQuery, rangeQuery } from "./api-query.ts";
import { apiAlerts, apiRules } from "./api-rules.ts";
import * as status from "./api-status.ts";
import { readBody } from "./body.ts";
import { hasHungUp } from "./send-answer.ts";
import type { Answer, Handler } from "./server.ts";

const FORM_LIMITS = { bodyBytes: 1024 * 1024, inflatedBytes: 1024 * 1024 };

/** What is served below `/api/v1`, by path. */
const CALLS: Readonly<Record<string, ApiCall>> = {
  query: instantQuery,
  query_range: rangeQuery,
  query_exemplars: queryExemplars,
  format_query: formatQuery,
  parse_query: parseQuery,
  series,
  labels: labelNames,
  metadata,
  targets,
  "targets/metadata": targetMetadata,
  scrape_pools: scrapePools,
  "scrape_pools/config": scrapePoolConfig,
  rules: ({ params, options: { engine, limits } }) => ({ data: apiRules(engine, params, limits) }),
  alerts: ({ options: { engine } }) => ({ data: apiAlerts(engine) }),
  alertmanagers: status.alertmanagers,
  features: status.features,
  "status/buildinfo": status.buildInfo,
  "status/config": status.config,
  "status/flags": status.flags,
  "status/runtimeinfo": status.runtimeInfo,
  "status/tsdb": status.tsdb,
  "status/walreplay": status.walReplay,
};

/** What also takes its parameters as a form, because they can be longer than a URL. */
const BY_FORM: ReadonlySet<string> = new Set([
  "query",
  "query_range",
  "query_exemplars",
  "format_query",
  "parse_query",
  "series",
  "labels",
]);

/** What would change or copy the data by request: Prometheus has it off where nobody asks for it. */
const ADMIN: ReadonlySet<string> = new Set([
  "admin/tsdb/clean_tombstones",
  "admin/tsdb/delete_series",
  "admin/tsdb/snapshot",
]);

function methodsOf(path: string): readonly string[] {
  if (ADMIN.has(path)) return ["POST", "PUT"];
  return BY_FORM.has(path) ? ["GET", "POST"] : ["GET"];
}

/** Prometheus' HTTP API. */
export function prometheusApi(options: ApiOptions): Handler {
  return async (request, url) => {
    if (!url.pathname.startsWith("/api/v1/")) return undefined;
    const path = url.pathname.slice("/api/v1/".length);
    const call = callOf(path);
    if (call === undefined) return undefined;
    const methods = methodsOf(path);
    if (!methods.includes(request.method ?? "")) {
      const answer = failed("bad_data", `use ${methods.join(" or ")}`);
      return { ...answer, status: 405, headers: { ...JSON_TYPE, Allow: methods.join(", ") } };
    }
    try {
      const params = await paramsOf(request, url);
      const isCanceled = (): boolean => hasHungUp(request);
      return succeeded(await call({ params, options, isCanceled }));
    } catch (error) {
      return answerError(error, url.pathname, options);
    }
  };
}

function callOf(path: string): ApiCall | undefined {
  if (ADMIN.has(path)) return refuseAdmin;
  const [, name] = /^label\/([^/]+)\/values$/.exec(path) ?? [];
  if (name !== undefined) return (request) => labelValues(decodeURIComponent(name), request);
  return Object.hasOwn(CALLS, path) ? CALLS[path] : undefined;
}

function refuseAdmin(): never {
  throw new ApiError("unavailable", "admin APIs disabled");
}

const JSON_TYPE = { "Content-Type": "application/json" };

function succeeded(result: ApiResult): Answer {
  const answer = { status: 200, headers: JSON_TYPE, compress: true };
  const { warnings = [], infos = [] } = result;
  const notes = {
    ...(warnings.length > 0 ? { warnings } : {}),
    ...(infos.length > 0 ? { infos } : {}),
  };
  if (!("pieces" in result)) {
    // Nothing is not an empty list: Prometheus has a status of its own for it.
    if (result.data === undefined) return { status: 204 };
    return { ...answer, body: JSON.stringify({ status: "success", data: result.data, ...notes }) };
  }
  const after = JSON.stringify(notes).slice(1);
  return { ...answer, stream: enclosed(result.pieces, after === "}" ? after : `,${after}`) };
}

function* enclosed(pieces: Iterable<string>, after: string): Generator<string> {
  yield '{"status":"success","data":';
  yield* pieces;
  yield after;
}

function failed(errorType: keyof typeof API_ERRORS, error: string): Answer {
  const body = JSON.stringify({ status: "error", errorType, error });
  return { status: API_ERRORS[errorType], headers: JSON_TYPE, compress: true, body };
}

function answerError(error: unknown, where: string, options: ApiOptions): Answer {
  if (error instanceof ApiError) return failed(error.type, error.message);
  if (error instanceof QueryTimeout) return failed("timeout", error.message);
  if (error instanceof QueryCanceled) return failed("canceled", error.message);
  if (error instanceof InputError) return failed("execution", error.message);
  if (error instanceof URIError) return failed("bad_data", "the path is not valid");
  options.broke(error, where);
  return failed("internal", "internal error; the log of the server has it");
}

/** Parameters of the form, which come first as in Go, and of the URL. */
async function paramsOf(request: IncomingMessage, url: URL): Promise<URLSearchParams> {
  if (request.method !== "POST") return url.searchParams;
  const body = await readBody(request, FORM_LIMITS);
  if ("refusal" in body) throw new ApiError("bad_data", body.refusal.reason);
  const params = new URLSearchParams(Buffer.from(body.bytes).toString("utf8"));
  for (const [name, value] of url.searchParams) params.append(name, value);
  return params;
}
